"""A store whose methods are coroutines."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from typing import Any

import pytest

from confstore import Poll, SimpleConfigStore
from confstore.aio import AsyncSimpleConfigStore, AsyncStore
from confstore.errors import OptionNotFoundError, StoreClosedError, StoreUnavailableError
from forked import fork, fork_in_c

from ..conftest import ScriptedStore
from .conftest import Run

DB = {"host": "localhost", "port": 27017}


def test_methods(run: Run, store: ScriptedStore) -> None:
    """The methods do what those of the blocking store do."""

    async def use() -> None:
        async with AsyncStore(store) as opened:
            assert opened.name == "prod"
            assert await opened.get("db") == DB
            assert await opened.get("db", keys=["port"], consistent=False) == {"port": 27017}
            assert store.reads == [True, False]
            await opened.set("cache", {"size": 1})
            await opened.update("cache", {"ttl": 2}, remove=["size"])
            assert [option async for option, _ in opened.items()] == [
                "db",
                "external-port",
                "cache",
            ]
            await opened.delete("cache")
            with pytest.raises(OptionNotFoundError):
                await opened.get("cache")
            assert await opened.run(len, store.options) == 2
        assert store.is_closed

    run(use())


def test_long_store_is_read_in_batches(run: Run) -> None:
    """Every option comes, in order, and whoever stops has not read the rest."""
    store = ScriptedStore({f"option-{number}": {"n": number} for number in range(1000)})
    read = 0

    async def use() -> None:
        nonlocal read
        async with AsyncStore(store) as opened:
            found = [values["n"] async for _, values in opened.items()]
            assert found == list(range(1000))
            async for _ in opened.items():
                read += 1
                if read == 3:
                    break

    run(use())
    assert read == 3


def test_failure_within_items(run: Run, store: ScriptedStore) -> None:
    """An incomplete answer raises."""
    store.fail(StoreUnavailableError("prod", "down"))

    async def use() -> None:
        async with AsyncStore(store) as opened:
            with pytest.raises(StoreUnavailableError):
                _ = [option async for option in opened.items()]

    run(use())


def test_poll_of_any_store(run: Run, store: ScriptedStore) -> None:
    """A store that cannot be polled is read whole; one that can is polled."""

    class Pollable(ScriptedStore):
        def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Poll:
            return Poll((checkpoint, consistent), {})

    async def use() -> None:
        async with AsyncStore(store) as opened:
            poll = await opened.poll()
            assert poll == Poll(None, store.options, is_full=True)
        async with AsyncStore(Pollable()) as opened:
            assert (await opened.poll(1, consistent=True)).checkpoint == (1, True)

    run(use())


def test_context_goes_along(run: Run, store: ScriptedStore) -> None:
    """A context variable of the task is seen by the store, for tracers."""
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("trace")
    seen: list[str] = []
    store.before_read = lambda: seen.append(variable.get())

    async def use() -> None:
        variable.set("span")
        async with AsyncStore(store) as opened:
            await opened.get("db")

    run(use())
    assert seen == ["span"]


def test_limit_of_threads(run: Run, store: ScriptedStore) -> None:
    """So many calls run at once, and no more."""
    running, most = 0, 0
    lock, full = threading.Lock(), threading.Barrier(2)

    def before_read() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        full.wait(30)
        with lock:
            running -= 1

    store.before_read = before_read

    async def use() -> None:
        async with AsyncStore(store, max_threads=2) as opened:
            await asyncio.gather(*[opened.get("db") for _ in range(20)])

    run(use())
    assert most == 2


def test_cancelled_task(run: Run, store: ScriptedStore) -> None:
    """A task that is cancelled ends at once; its call goes on, and the store serves others."""
    begun, release = threading.Event(), threading.Event()

    def before_read() -> None:
        begun.set()
        release.wait(30)

    store.before_read = before_read

    async def use() -> None:
        async with AsyncStore(store) as opened:
            task = asyncio.create_task(opened.get("db"))
            await opened.run(begun.wait, 30)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            release.set()
            assert await opened.get("db") == DB

    run(use())


def test_one_store_serves_loop_after_loop(run: Run, store: ScriptedStore) -> None:
    """It is made without a loop, and serves one after the other."""
    opened = AsyncStore(store)
    for _ in range(3):
        assert run(opened.get("db")) == DB
    run(opened.close())
    assert store.is_closed


def test_one_store_serves_two_loops_at_once(run: Run, store: ScriptedStore) -> None:
    """Two threads, each with a loop, use it at the same time."""
    opened = AsyncStore(store)
    meet = threading.Barrier(2)
    found: list[Any] = []

    async def use() -> None:
        await opened.run(meet.wait, 30)
        found.extend([await opened.get("db") for _ in range(20)])

    threads = [threading.Thread(target=run, args=(use(),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [DB] * 40
    run(opened.close())


def test_close_under_load(run: Run, store: ScriptedStore) -> None:
    """Calls that have begun end well; those that wait, and later ones, find the store closed."""
    begun, release = threading.Event(), threading.Event()

    def before_read() -> None:
        begun.set()
        release.wait(30)

    store.before_read = before_read

    async def use() -> None:
        opened = AsyncStore(store, max_threads=1)
        tasks = [asyncio.create_task(opened.get("db")) for _ in range(50)]
        await asyncio.get_running_loop().run_in_executor(None, begun.wait, 30)
        closing = asyncio.create_task(opened.close())
        await asyncio.sleep(0)
        release.set()
        first, *others = await asyncio.gather(*tasks, return_exceptions=True)
        assert first == DB
        assert {type(error) for error in others} == {StoreClosedError}
        await closing
        await opened.close()
        with pytest.raises(StoreClosedError):
            await opened.get("db")

    run(use())


def test_close_is_cancelled(run: Run, store: ScriptedStore) -> None:
    """The store is closed all the same, as soon as a thread is free: nobody can close it again."""
    begun, release, closed = threading.Event(), threading.Event(), threading.Event()
    store.close = closed.set  # type: ignore[method-assign]  # tells when

    async def use() -> None:
        opened = AsyncStore(store, max_threads=1)
        loop = asyncio.get_running_loop()
        reading = asyncio.create_task(opened.run(lambda: (begun.set(), release.wait(30))))
        await loop.run_in_executor(None, begun.wait, 30)
        closing = asyncio.create_task(opened.close())
        await asyncio.sleep(0)
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing
        assert not closed.is_set()
        release.set()
        await reading
        await opened.close()
        assert await loop.run_in_executor(None, closed.wait, 30)

    run(use())


def test_fork_under_a_running_loop(store: ScriptedStore) -> None:
    """A child has threads of its own, on a loop of its own, and the parent goes on."""
    opened = AsyncStore(store)

    async def use() -> None:
        await opened.get("db")
        child = fork(lambda: asyncio.run(opened.get("db")) == DB)
        assert child.join() == "True"
        assert await opened.get("db") == DB
        await opened.close()

    asyncio.run(use())


def test_fork_in_c(store: ScriptedStore) -> None:
    """So has a child of uWSGI, of whose fork Python is not told."""
    opened = AsyncStore(store)
    assert asyncio.run(opened.get("db")) == DB
    assert fork(lambda: asyncio.run(opened.get("db")) == DB, fork_in_c).join() == "True"
    assert asyncio.run(opened.get("db")) == DB
    asyncio.run(opened.close())


@pytest.mark.parametrize("limit", [0, -1])
def test_no_thread_at_all(store: ScriptedStore, limit: int) -> None:
    """There is at least one thread."""
    with pytest.raises(ValueError, match=f"max_threads is a positive number, not {limit}"):
        AsyncStore(store, max_threads=limit)


def test_wrong_hand_ins(store: ScriptedStore) -> None:
    """What belongs elsewhere is refused, with what to pass instead."""
    opened: Any = AsyncStore(store)
    anything: Any = store
    with pytest.raises(TypeError, match=r"an asyncio store \(AsyncStore\): pass its .store"):
        AsyncStore(opened)
    with pytest.raises(TypeError, match=r"an asyncio store \(AsyncStore\): pass its .store"):
        SimpleConfigStore(opened)
    with pytest.raises(TypeError, match=r"a store belongs here, not a config \(AsyncSimple"):
        AsyncStore(AsyncSimpleConfigStore(opened))  # type: ignore[arg-type]  # the mistake
    with pytest.raises(TypeError, match=r"an AsyncStore belongs here, not a store \(Scripted"):
        AsyncSimpleConfigStore(anything)


def test_repr(store: ScriptedStore) -> None:
    """It names the blocking store."""
    assert repr(AsyncStore(store)).startswith("<AsyncStore of <")
