"""The changes of a config, for `async for`."""

from __future__ import annotations

import asyncio
import gc
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from confstore.aio import AsyncStore, AsyncTimeBasedConfigStore, ConfigChange
from forked import fork

from ..conftest import ScriptedStore
from .conftest import Run

Config = AsyncTimeBasedConfigStore[Any]


@asynccontextmanager
async def opened(store: ScriptedStore, **options: Any) -> AsyncIterator[Config]:
    async with (
        AsyncStore(store) as blocking,
        AsyncTimeBasedConfigStore(blocking, update_interval=3600, **options) as config,
    ):
        yield config


@pytest.fixture
def store() -> ScriptedStore:
    return ScriptedStore({"db": {"port": 0}, "cache": {"size": 0}})


def test_changes_in_order(run: Run, store: ScriptedStore) -> None:
    """Each change comes once, with what was shown before and what is shown now."""

    async def use() -> None:
        async with opened(store) as config:
            changes = config.changes()
            store.options = {"db": {"port": 1}, "new": {"a": 1}}
            await config.reload()
            found = [await changes.__anext__() for _ in range(3)]
            assert found == [
                ConfigChange("db", {"port": 0}, {"port": 1}),
                ConfigChange("new", None, {"a": 1}),
                ConfigChange("cache", {"size": 0}, None),
            ]

    run(use())


def test_one_option(run: Run, store: ScriptedStore) -> None:
    """Only the changes of one option come, if one is named."""

    async def use() -> None:
        async with opened(store) as config:
            changes = config.changes("cache")
            store.options = {"db": {"port": 1}, "cache": {"size": 1}}
            await config.reload()
            assert (await changes.__anext__()).option == "cache"
            await config.close()
            assert [change async for change in changes] == []

    run(use())


def test_waits_for_a_change(run: Run, store: ScriptedStore) -> None:
    """A task that waits is woken by a refresh in another thread; several may wait."""

    async def use() -> None:
        async with opened(store) as config:
            changes = config.changes()
            tasks = [asyncio.ensure_future(anext(changes)) for _ in range(2)]
            await asyncio.sleep(0)
            store.options["db"] = {"port": 1}
            await config.reload()
            store.options["cache"] = {"size": 1}
            await config.reload()
            assert {change.option for change in await asyncio.gather(*tasks)} == {"db", "cache"}

    run(use())


def test_nobody_reads(run: Run, store: ScriptedStore) -> None:
    """What nobody reads is kept once an option, from the oldest state to the newest."""

    async def use() -> None:
        async with opened(store) as config:
            changes = config.changes()
            for number in range(1, 101):
                store.options["db"] = {"port": number}
                store.options.pop(f"new-{number - 1}", None)
                store.options[f"new-{number}"] = {}
                await config.reload()
            await config.close()
            assert [change async for change in changes] == [
                ConfigChange("db", {"port": 0}, {"port": 100}),
                ConfigChange("new-100", None, {}),
            ]

    run(use())


def test_change_that_was_undone(run: Run, store: ScriptedStore) -> None:
    """An option that is as it was is no change; one of another type is one."""

    async def use() -> None:
        async with opened(store) as config:
            changes = config.changes()
            for values in ({"port": 1}, {"port": 0}):
                store.options["db"] = values
                await config.reload()
            store.options["cache"] = {"size": False}
            await config.reload()
            await config.close()
            assert [change.new async for change in changes] == [{"size": False}]

    run(use())


@dataclass
class Vector:
    """A typed option whose objects cannot be compared, like those that hold arrays of numpy."""

    port: int

    def __eq__(self, _: object) -> bool:
        raise ValueError("the truth value of an array is ambiguous")

    __hash__ = None  # type: ignore[assignment]  # as of a dataclass


def test_objects_that_cannot_be_compared(run: Run, store: ScriptedStore) -> None:
    """Their changes come, and none is lost."""

    async def use() -> None:
        async with opened(store, schema={"db": Vector}) as config:
            changes = config.changes("db")
            for port in (1, 2):
                store.options["db"] = {"port": port}
                await config.reload()
            await config.close()
            assert [(change.old.port, change.new.port) async for change in changes] == [(0, 2)]

    run(use())


def test_cancelled_reader(run: Run, store: ScriptedStore) -> None:
    """A reader that is cancelled while waiting loses no change."""

    async def use() -> None:
        async with opened(store) as config:
            changes = config.changes()
            waiting = asyncio.ensure_future(anext(changes))
            await asyncio.sleep(0)
            waiting.cancel()
            store.options["db"] = {"port": 1}
            await config.reload()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            assert (await changes.__anext__()).option == "db"

    run(use())


def test_end_right_after_a_cancellation(run: Run, store: ScriptedStore) -> None:
    """The reader was cancelled, and is not told of the end as well."""

    async def use() -> None:
        async with opened(store) as config:
            reader = asyncio.ensure_future(_all(config.changes()))
            await asyncio.sleep(0)
            reader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reader

    run(use())


def test_end(run: Run, store: ScriptedStore) -> None:
    """The iteration ends when the config is closed, for who waits, too, and by `aclose`."""

    async def use() -> None:
        async with opened(store) as config:
            closed, waiting = config.changes(), config.changes()
            await closed.aclose()
            store.options["db"] = {"port": 1}
            await config.reload()
            assert [change async for change in closed] == []
            await waiting.__anext__()
            task = asyncio.ensure_future(_all(waiting))
            await asyncio.sleep(0)
            await config.close()
            assert await task == []

    run(use())


async def _all(changes: Any) -> list[ConfigChange]:
    return [change async for change in changes]


def test_begun_after_the_end(run: Run, store: ScriptedStore) -> None:
    """Of a config that was closed nothing can come: the iteration ends, and does not wait."""

    async def use() -> None:
        async with opened(store) as config:
            await config.close()
            async with asyncio.timeout(30):
                assert [change async for change in config.changes()] == []

    run(use())


def test_forgotten(run: Run, store: ScriptedStore) -> None:
    """An iteration that nobody holds is no subscriber any more."""

    async def use() -> None:
        async with opened(store) as config:
            changes = config.changes()
            subscribers = gc.get_referrers(changes)
            del subscribers, changes
            gc.collect()
            store.options["db"] = {"port": 1}
            await config.reload()
            assert config.db == {"port": 1}

    run(use())


def test_holds_its_config(run: Run, store: ScriptedStore) -> None:
    """As long as somebody iterates, the config goes on."""

    async def use() -> None:
        async with AsyncStore(store) as blocking:
            changes = (await AsyncTimeBasedConfigStore(blocking, 0.01)).changes()
            gc.collect()
            store.options["db"] = {"port": 1}
            assert (await changes.__anext__()).option == "db"

    run(use())
    gc.collect()


def test_change_after_the_loop(store: ScriptedStore, caplog: pytest.LogCaptureFixture) -> None:
    """A refresh finds nobody in a loop that was closed while it waited."""
    loop = asyncio.new_event_loop()

    async def begin() -> tuple[AsyncStore, Config, Any, Any]:
        blocking = AsyncStore(store)
        config = await AsyncTimeBasedConfigStore(blocking, update_interval=3600)
        changes = config.changes()
        waiting = asyncio.ensure_future(anext(changes))
        await asyncio.sleep(0)
        return blocking, config, changes, waiting

    blocking, config, changes, waiting = loop.run_until_complete(begin())
    loop.close()
    store.options["db"] = {"port": 1}

    async def use() -> None:
        await config.reload()
        assert (await changes.__anext__()).option == "db"
        await config.close()
        await blocking.close()

    asyncio.run(use())
    assert not waiting.done()
    # asyncio logs that its task cannot end: now, and not in the output of a later test.
    del changes, waiting
    gc.collect()
    assert "Task was destroyed but it is pending" in caplog.text


def test_fork_while_somebody_waits(store: ScriptedStore) -> None:
    """A child iterates on a loop of its own."""

    async def use() -> None:
        async with opened(store) as config:
            changes = config.changes()
            waiting = asyncio.ensure_future(anext(changes))
            await asyncio.sleep(0)

            def child() -> object:
                async def use() -> object:
                    store.options["db"] = {"port": 1}
                    await config.reload()
                    return (await changes.__anext__()).new

                return asyncio.run(use())

            assert fork(child).join() == "{'port': 1}"
            store.options["db"] = {"port": 2}
            await config.reload()
            assert (await waiting).new == {"port": 2}

    asyncio.run(use())


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs signals")
def test_changes_by_many_threads(run: Run, store: ScriptedStore) -> None:
    """Refreshes of several threads wake one loop, and no change is lost."""

    async def use() -> None:
        async with opened(store) as config:
            changes = config.changes()
            threads = [
                threading.Thread(target=_set, args=(store, f"option-{number}"))
                for number in range(20)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            await asyncio.gather(*[config.reload() for _ in range(5)])
            found = {(await changes.__anext__()).option for _ in range(20)}
            assert len(found) == 20

    run(use())


def _set(store: ScriptedStore, option: str) -> None:
    store.set(option, {"a": 1})
