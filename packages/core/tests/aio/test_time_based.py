"""The asyncio config: read without await, kept fresh by a thread."""

from __future__ import annotations

import asyncio
import gc
import inspect
import logging
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from confstore import Observer, SimpleConfigStore
from confstore.aio import AsyncStore, AsyncTimeBasedConfigStore
from confstore.errors import (
    OptionNotFoundError,
    SchemaError,
    StaleConfigError,
    StoreClosedError,
    StoreUnavailableError,
)
from confstore.testing import FakeClock
from forked import fork, fork_in_c

from ..conftest import ScriptedStore
from .conftest import Run

DB = {"host": "localhost", "port": 27017}

Make = Callable[..., AsyncTimeBasedConfigStore[Any]]


@pytest.fixture
def make(store: ScriptedStore, clock: FakeClock) -> Iterator[Make]:
    """Makes a config of the store, by a fake clock, whose first refresh comes after 30 s."""
    opened: list[AsyncStore] = []

    def make_(**options: Any) -> AsyncTimeBasedConfigStore[Any]:
        opened.append(AsyncStore(store))
        options = {"clock": clock, "random": lambda: 0.5, **options}
        return AsyncTimeBasedConfigStore(opened[-1], 60, **options)

    yield make_
    for one in opened:
        asyncio.run(one.close())


@dataclass
class Database:
    host: str
    port: int


def test_reads_without_await(run: Run, make: Make, store: ScriptedStore) -> None:
    """Everything that reads is the same as in the blocking config."""

    async def use() -> None:
        async with make() as config:
            assert config.db == DB
            assert config["db"] is config.get("db") is config.db
            assert config.get("db", keys=["port"]) == {"port": 27017}
            assert config.get("nothing", default=None) is None
            with pytest.raises(OptionNotFoundError):
                config.get("nothing")
            assert "db" in config
            assert "nothing" not in config
            assert len(config) == 2
            assert list(config) == list(config.keys()) == list(store.options)
            assert dict(config) == config.current == config.get() == store.options
            assert config.status.version == 1
            assert "db" in dir(config)
            assert repr(config).startswith("<AsyncTimeBasedConfigStore of store 'prod': 2 options")
            with pytest.raises(AttributeError, match="store 'prod' has no option 'nothing'"):
                _ = config.nothing
            with pytest.raises(AttributeError, match="read-only"):
                config.db = {}

    run(use())


def test_awaited(run: Run, make: Make, store: ScriptedStore) -> None:
    """It can be awaited instead of entered, as often as one likes, and is loaded once."""

    async def use() -> None:
        config = make()
        loaded = await asyncio.gather(*[_awaited(config) for _ in range(5)])
        assert {id(one) for one in loaded} == {id(config)}
        assert await _awaited(config) is config
        assert store.reads == [True]
        await config.close()
        await config.close()
        assert config.db == DB
        assert not store.is_closed
        with pytest.raises(StoreClosedError):
            await config
        with pytest.raises(StoreClosedError):
            await config.reload()

    run(use())


async def _awaited(config: Any) -> Any:
    return await config


def test_not_loaded_yet(make: Make) -> None:
    """Before it is loaded, reading says what to do, and looking at it harms nobody."""
    config = make()
    assert not hasattr(config, "db")
    with pytest.raises(AttributeError, match="not loaded: await its config, or enter it"):
        _ = config.db
    with pytest.raises(AttributeError, match="not loaded: await its config, or enter it"):
        config.get("db")
    with pytest.raises(AttributeError, match="not loaded"):
        _ = config.current
    assert repr(config) == "<AsyncTimeBasedConfigStore of store 'prod', not loaded>"
    assert "get" in dir(config)
    inspect.getmembers(config, callable)


def test_close_before_it_is_loaded(run: Run, make: Make, store: ScriptedStore) -> None:
    """A config that is closed is not loaded any more."""

    async def use() -> None:
        config = make()
        await config.close()
        with pytest.raises(StoreClosedError):
            await config

    run(use())
    assert store.reads == []


def test_close_right_before_it_is_loaded(run: Run, make: Make, store: ScriptedStore) -> None:
    """Nor is one that is closed by another thread while its first load begins."""

    async def use() -> None:
        def observers() -> Iterator[Observer]:
            asyncio.run(config.close())
            yield from ()

        config = make(observers=observers())
        with pytest.raises(StoreClosedError):
            await config

    run(use())


def test_close_right_after_it_was_loaded(run: Run, make: Make, store: ScriptedStore) -> None:
    """Nor does one stay open that another thread closes while it warns of an empty store."""
    store.options = {}

    class Closing(logging.Handler):
        def emit(self, _: logging.LogRecord) -> None:
            asyncio.run(config.close())

    async def use() -> None:
        with pytest.raises(StoreClosedError):
            await config

    config = make()
    closing = Closing()
    logging.getLogger("confstore").addHandler(closing)
    try:
        run(use())
    finally:
        logging.getLogger("confstore").removeHandler(closing)


def test_first_load_fails(run: Run, make: Make, store: ScriptedStore) -> None:
    """The error of the first load comes from the await; a later one may succeed."""

    async def use() -> None:
        config = make(schema={"db": Database, "gone": Database})
        with pytest.raises(SchemaError):
            await config
        store.options["gone"] = DB
        async with config:
            assert config.gone == Database("localhost", 27017)

    run(use())


def test_first_load_is_cancelled(run: Run, make: Make, store: ScriptedStore) -> None:
    """A load that nobody waits for any more leaves no refresher behind."""
    begun, release = threading.Event(), threading.Event()

    def before_read() -> None:
        begun.set()
        release.wait(30)

    store.before_read = before_read

    async def use() -> None:
        config = make()
        task = asyncio.ensure_future(_awaited(config))
        await asyncio.get_running_loop().run_in_executor(None, begun.wait, 30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        release.set()
        with pytest.raises(StoreClosedError):
            await config

    run(use())


@pytest.mark.parametrize("is_hanging", [False, True], ids=["down", "hanging"])
@pytest.mark.parametrize("has_fallback", [False, True], ids=["", "fallback"])
@pytest.mark.parametrize("is_cancelled", [False, True], ids=["closed", "cancelled"])
def test_end_of_a_first_load_that_has_no_answer(
    run: Run,
    make: Make,
    store: ScriptedStore,
    tmp_path: Path,
    *,
    is_hanging: bool,
    has_fallback: bool,
    is_cancelled: bool,
) -> None:
    """
    A load that nobody wants any more gives up, however long it was to try: the process waits.

    The fake clock stands still, so without an end its thread would be left after the test.
    """
    begun, release = threading.Event(), threading.Event()

    def before_read() -> None:
        begun.set()
        if is_hanging:
            release.wait(30)
        raise StoreUnavailableError("prod", "down")

    store.before_read = before_read

    async def use() -> None:
        config = make(fallback=tmp_path / "absent.json" if has_fallback else None)
        task = asyncio.ensure_future(_awaited(config))
        await asyncio.get_running_loop().run_in_executor(None, begun.wait, 30)
        if is_cancelled:
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        else:
            await config.close()
            with pytest.raises(StoreClosedError):
                await task

    try:
        run(use())
    finally:
        release.set()


def test_end_of_a_first_load_that_another_waits_for(
    run: Run, make: Make, store: ScriptedStore
) -> None:
    """Of several that load one config, no other begins after it was closed."""
    begun, release = threading.Event(), threading.Event()

    def before_read() -> None:
        begun.set()
        release.wait(30)
        raise StoreUnavailableError("prod", "down")

    store.before_read = before_read

    async def use() -> None:
        config = make()
        tasks = [asyncio.ensure_future(_awaited(config)) for _ in range(3)]
        await asyncio.get_running_loop().run_in_executor(None, begun.wait, 30)
        await config.close()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(one) for one in found] == [StoreClosedError] * 3

    try:
        run(use())
    finally:
        release.set()
    assert store.reads == [True]


def test_one_of_two_who_load_is_cancelled(run: Run, make: Make, store: ScriptedStore) -> None:
    """The other one gets the config."""
    begun, release = threading.Event(), threading.Event()

    def before_read() -> None:
        begun.set()
        release.wait(30)

    store.before_read = before_read

    async def use() -> None:
        config = make()
        tasks = [asyncio.ensure_future(_awaited(config)) for _ in range(2)]
        await asyncio.get_running_loop().run_in_executor(None, begun.wait, 30)
        tasks[0].cancel()
        release.set()
        assert (await tasks[1]).db == DB
        await config.close()

    run(use())


def test_reload(run: Run, make: Make, store: ScriptedStore) -> None:
    """After a reload every write that has ended is seen; a failed one raises."""

    async def use() -> None:
        async with make() as config:
            store.options["db"] = {"port": 1}
            await config.reload()
            assert config.db == {"port": 1}
            store.fail(StoreUnavailableError("prod", "down"))
            with pytest.raises(StoreUnavailableError):
                await config.reload()
            assert config.db == {"port": 1}

    run(use())


def test_blocked_loop(run: Run, make: Make, store: ScriptedStore, clock: FakeClock) -> None:
    """A loop that does nothing else for minutes reads a fresh snapshot: a thread refreshes it."""

    async def use() -> None:
        async with make() as config:
            for port in range(5):
                store.options["db"] = {"port": port}
                # No await: nothing of this loop runs meanwhile.
                clock.advance(60)
                assert config.db == {"port": port}
                assert config.status.age <= 60

    run(use())


def test_blocked_loop_by_real_time(run: Run, store: ScriptedStore) -> None:
    """The same with the machine's clock."""

    async def use() -> None:
        async with (
            AsyncStore(store) as opened,
            AsyncTimeBasedConfigStore(opened, update_interval=0.01) as config,
        ):
            store.options["db"] = {"port": 1}
            give_up_s = time.monotonic() + 30
            while config.db != {"port": 1}:
                assert time.monotonic() < give_up_s

    run(use())


def test_typed(run: Run, make: Make, store: ScriptedStore) -> None:
    """With a schema, attributes are typed."""

    async def use() -> None:
        async with make(schema={"db": Database}) as config:
            assert config.db == Database("localhost", 27017)
            assert config.get("db") == DB

    run(use())


def test_stale(run: Run, make: Make, store: ScriptedStore, clock: FakeClock) -> None:
    """A snapshot older than `max_stale` is refused, without waiting for a backend."""

    async def use() -> None:
        async with make(max_stale=100) as config:
            store.fail(StoreUnavailableError("prod", "down"))
            clock.advance(90)
            assert config.db == DB
            clock.advance(30)
            with pytest.raises(StaleConfigError):
                _ = config.db
            store.fail(None)
            await config.reload()
            with pytest.raises(AttributeError, match="no option 'nothing'"):
                _ = config.nothing

    run(use())


def test_loop_after_loop(run: Run, make: Make, store: ScriptedStore, clock: FakeClock) -> None:
    """It is loaded on one loop, read without any, reloaded on the next and closed on another."""
    config = make()
    run(_awaited(config))
    store.options["db"] = {"port": 1}
    clock.advance(30)
    assert config.db == {"port": 1}
    store.options["db"] = {"port": 2}
    run(config.reload())
    assert config.db == {"port": 2}
    run(config.close())


def test_fork_under_a_running_loop(store: ScriptedStore) -> None:
    """A child refreshes by a thread of its own, and reloads on a loop of its own."""

    async def use() -> None:
        async with (
            AsyncStore(store) as opened,
            AsyncTimeBasedConfigStore(opened, update_interval=3600) as config,
        ):

            def child() -> object:
                store.options["db"] = {"port": 1}
                assert config.get("db") == DB
                asyncio.run(config.reload())
                return config.db

            assert fork(child).join() == "{'port': 1}"
            assert config.db == DB

    asyncio.run(use())


def test_fork_in_c(store: ScriptedStore) -> None:
    """So does one of uWSGI, of whose fork Python is not told."""
    opened = AsyncStore(store)
    config = AsyncTimeBasedConfigStore(opened, update_interval=3600)
    asyncio.run(_awaited(config))

    def child() -> object:
        store.options["db"] = {"port": 1}
        asyncio.run(config.reload())
        return config.db

    assert fork(child, fork_in_c).join() == "{'port': 1}"
    assert config.db == DB
    asyncio.run(config.close())
    asyncio.run(opened.close())


def test_collected(run: Run, store: ScriptedStore, clock: FakeClock) -> None:
    """A config that nobody holds ends its thread."""

    async def use() -> None:
        async with AsyncStore(store) as opened:
            config = await AsyncTimeBasedConfigStore(opened, 60, clock=clock)
            reference = weakref.ref(config)
            del config
            give_up_s = time.monotonic() + 30
            # The thread that loaded it lets it go a moment after it has said so.
            while reference() is not None:
                assert time.monotonic() < give_up_s
                gc.collect()

    run(use())
    clock.advance(60)


def test_wrong_hand_in(run: Run, make: Make, store: ScriptedStore) -> None:
    """A blocking store is refused, and a blocking strategy refuses this config."""
    anything: Any = store
    with pytest.raises(TypeError, match="an AsyncStore belongs here"):
        AsyncTimeBasedConfigStore(anything)
    config: Any = make()
    with pytest.raises(TypeError, match="a store belongs here, not a config"):
        SimpleConfigStore(config)
