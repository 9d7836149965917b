"""The asyncio cache of single options."""

from __future__ import annotations

import asyncio
import threading
import traceback
from typing import Any

import pytest

from confstore import Refresh
from confstore.aio import AsyncCachedConfigStore, AsyncStore
from confstore.errors import OptionNotFoundError, StoreUnavailableError
from confstore.testing import FakeClock
from forked import fork

from ..conftest import ScriptedStore
from .conftest import Run

DB = {"host": "localhost", "port": 27017}
DOWN = StoreUnavailableError("prod", "down")


class Gate:
    """Reads of a store that wait until a test lets them go on."""

    def __init__(self, store: ScriptedStore) -> None:
        self.begun = threading.Semaphore(0)
        self.open = threading.Event()
        store.before_read = self._wait

    def _wait(self) -> None:
        self.begun.release()
        assert self.open.wait(30)

    async def has_begun(self) -> None:
        """Wait for one more read to have begun."""
        await asyncio.get_running_loop().run_in_executor(None, self.begun.acquire)


def test_reads(run: Run, store: ScriptedStore) -> None:
    """A hit asks nobody; a missing option is remembered; everything together is not cached."""

    async def use() -> None:
        async with AsyncStore(store) as opened, AsyncCachedConfigStore(opened) as config:
            for _ in range(3):
                assert await config.get("db") == DB
                assert await config.get("db", keys=["port"]) == {"port": 27017}
                assert await config.get("nothing", default=None) is None
                with pytest.raises(OptionNotFoundError):
                    await config.get("nothing")
            assert store.asked == ["db", "nothing"]
            config.invalidate("nothing")
            assert repr(config) == "<AsyncCachedConfigStore of store 'prod': 1 option>"
            assert await config.get("nothing", default=None) is None
            assert await config.get(keys=["port"]) == {"db": {"port": 27017}, "external-port": {}}
            assert [option async for option in config] == list(store.options)
            assert store.asked == ["db", "nothing", "nothing", None, None]
            assert repr(config) == "<AsyncCachedConfigStore of store 'prod': 2 options>"
            found: Any = await config.get("db")
            with pytest.raises(TypeError, match="read-only"):
                found["port"] = 1

    run(use())


def test_hit_awaits_nothing(run: Run, store: ScriptedStore) -> None:
    """A hit runs to its end at once: no other task comes between."""

    async def use() -> None:
        async with AsyncStore(store) as opened:
            config = AsyncCachedConfigStore(opened)
            await config.get("db")
            hit = config.get("db")
            with pytest.raises(StopIteration) as end:
                hit.send(None)
            assert end.value.value == DB

    run(use())


def test_age(run: Run, store: ScriptedStore, clock: FakeClock) -> None:
    """An option is fresh for `max_age` seconds, or for those of the call; `refresh` reads now."""

    async def use() -> None:
        async with AsyncStore(store) as opened:
            config = AsyncCachedConfigStore(opened, max_age=60, clock=clock)
            await config.get("db")
            clock.advance(59)
            await config.get("db")
            assert len(store.reads) == 1
            await config.get("db", max_age=59)
            clock.advance(60)
            await config.get("db")
            assert len(store.reads) == 3
            await config.get("db", refresh=True)
            config.invalidate("db")
            await config.get("db")
            await config.reload()
            await config.get("db")
            assert len(store.reads) == 6

    run(use())


def test_one_fetch_for_many(run: Run, store: ScriptedStore, clock: FakeClock) -> None:
    """Ten thousand tasks that ask for one expired option cause one read."""

    async def use() -> None:
        async with AsyncStore(store) as opened:
            config = AsyncCachedConfigStore(opened, max_age=60, max_wait=600, clock=clock)
            await config.get("db")
            clock.advance(60)
            store.options["db"] = {"port": 1}
            found = await asyncio.gather(*[config.get("db") for _ in range(10_000)])
            assert found == [{"port": 1}] * 10_000
            assert len(store.reads) == 2

    run(use())


def test_one_error_for_many(run: Run, store: ScriptedStore) -> None:
    """A failed read is the failure of all who waited, and its traceback stays as long as it is."""
    store.fail(DOWN)

    async def use() -> None:
        async with AsyncStore(store) as opened:
            config = AsyncCachedConfigStore(opened)
            found = await asyncio.gather(
                *[config.get("db") for _ in range(1000)], return_exceptions=True
            )
            assert {type(error) for error in found} == {StoreUnavailableError}
            assert len(store.reads) == 1
            assert len(traceback.extract_tb(found[-1].__traceback__)) < 50

    run(use())


@pytest.mark.parametrize("cancelled", [0, 1, 4], ids=["first", "second", "last"])
def test_cancelled_waiter(run: Run, store: ScriptedStore, cancelled: int) -> None:
    """Whoever is cancelled while waiting disturbs nobody, even if it came first."""
    gate = Gate(store)

    async def use() -> None:
        async with AsyncStore(store) as opened:
            config = AsyncCachedConfigStore(opened)
            tasks = [asyncio.create_task(config.get("db")) for _ in range(5)]
            await gate.has_begun()
            tasks[cancelled].cancel()
            gate.open.set()
            found = await asyncio.gather(*tasks, return_exceptions=True)
            assert isinstance(found.pop(cancelled), asyncio.CancelledError)
            assert found == [DB] * 4
            assert len(store.reads) == 1

    run(use())


def test_cancelled_fetch(run: Run, store: ScriptedStore) -> None:
    """A read that somebody cancels, with all tasks, is no answer: it is read again."""
    gate = Gate(store)

    async def use() -> None:
        async with AsyncStore(store) as opened:
            config = AsyncCachedConfigStore(opened)
            before = asyncio.all_tasks()
            asked = asyncio.create_task(config.get("db"))
            # Before the read has begun, and after.
            for _ in range(2):
                await asyncio.sleep(0)
                fetches = asyncio.all_tasks() - before - {asked}
                assert len(fetches) == 1
                fetches.pop().cancel()
                await asyncio.sleep(0)
                await asyncio.sleep(0)
            await gate.has_begun()
            gate.open.set()
            assert await asked == DB

    run(use())


def test_backend_down(run: Run, store: ScriptedStore, clock: FakeClock) -> None:
    """An expired option is served while the backend is down, and asked for again later."""

    async def use() -> None:
        async with AsyncStore(store) as opened:
            config = AsyncCachedConfigStore(opened, 60, clock=clock, random=lambda: 0.5)
            await config.get("db")
            clock.advance(60)
            store.fail(DOWN)
            assert await config.get("db") == DB
            assert await config.get("db") == DB
            assert len(store.reads) == 2
            status = config.status
            assert status.stale == {"db"}
            assert (status.consecutive_failures, status.last_error) == (
                1,
                "StoreUnavailableError: store 'prod' is unavailable: down",
            )
            with pytest.raises(StoreUnavailableError):
                await config.get("db", refresh=True)
            with pytest.raises(StoreUnavailableError):
                await config.get("external-port")

    run(use())


def test_backend_hangs(run: Run, store: ScriptedStore, clock: FakeClock) -> None:
    """An expired option is served once the backend is late, and then without a wait."""

    async def use() -> None:
        async with AsyncStore(store) as opened:
            config = AsyncCachedConfigStore(opened, 60, max_wait=0.01, clock=clock)
            await config.get("db")
            clock.advance(60)
            gate = Gate(store)
            store.options["db"] = {"port": 1}
            assert await config.get("db") == DB
            assert config.status.stale == {"db"}
            hit = config.get("db")
            with pytest.raises(StopIteration) as end:
                hit.send(None)
            assert end.value.value == DB
            gate.open.set()
            while await config.get("db") == DB:
                await asyncio.sleep(0)
            assert len(store.reads) == 2

    run(use())


def test_write_overtakes_a_read(run: Run, store: ScriptedStore) -> None:
    """Whoever asks after a write gets no answer of a read that began before."""
    gate = Gate(store)

    async def use() -> None:
        async with AsyncStore(store) as opened:
            config = AsyncCachedConfigStore(opened)
            early = asyncio.create_task(config.get("db"))
            joined = asyncio.create_task(config.get("db"))
            await gate.has_begun()
            await opened.set("db", {"port": 1})
            config.invalidate("db")
            late = asyncio.create_task(config.get("db"))
            await gate.has_begun()
            gate.open.set()
            assert await late == {"port": 1}
            assert await joined == {"port": 1}
            await early

    run(use())


def test_loop_after_loop(run: Run, store: ScriptedStore) -> None:
    """What one loop has read, the next one finds."""
    opened = AsyncStore(store)
    config = AsyncCachedConfigStore(opened)
    assert run(config.get("db")) == DB
    assert run(config.get("db")) == DB
    assert len(store.reads) == 1
    run(opened.close())


def test_loop_that_ended_within_a_read(store: ScriptedStore) -> None:
    """A read of a loop that stopped without cancelling anything holds nobody up."""
    gate = Gate(store)
    opened = AsyncStore(store)
    config = AsyncCachedConfigStore(opened)
    loop = asyncio.new_event_loop()
    asked = loop.create_task(config.get("db"))
    loop.run_until_complete(gate.has_begun())
    gate.open.set()
    assert asyncio.run(config.get("db")) == DB
    assert loop.run_until_complete(asked) == DB
    loop.close()
    asyncio.run(opened.close())


# The second is longer than it takes to find out about a loop that is blocked.
@pytest.mark.parametrize("slow_s", [0.0, 1.2])
def test_two_loops_at_once(run: Run, store: ScriptedStore, slow_s: float) -> None:
    """Tasks of two loops wait for one read, also for a slow one: the backend is asked once."""
    gate = Gate(store)
    opened = AsyncStore(store)
    config = AsyncCachedConfigStore(opened)
    first = threading.Thread(target=run, args=(config.get("db"),))
    first.start()

    async def use() -> None:
        await gate.has_begun()
        asked = asyncio.create_task(config.get("db"))
        await asyncio.wait([asked], timeout=slow_s)
        assert not asked.done()
        gate.open.set()
        assert await asked == DB

    run(use())
    first.join()
    assert len(store.reads) == 1
    run(opened.close())


def test_other_loop_ends_within_a_read(store: ScriptedStore) -> None:
    """A task that waits for the read of another loop reads itself once that loop has ended."""
    gate = Gate(store)
    opened = AsyncStore(store)
    config = AsyncCachedConfigStore(opened)
    loop = asyncio.new_event_loop()
    asked = loop.create_task(config.get("db"))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def use() -> None:
        await gate.has_begun()
        mine = asyncio.create_task(config.get("db"))
        await asyncio.sleep(0)
        loop.call_soon_threadsafe(loop.stop)
        await gate.has_begun()
        gate.open.set()
        assert await mine == DB

    asyncio.run(use())
    thread.join()
    assert loop.run_until_complete(asked) == DB
    loop.close()
    asyncio.run(opened.close())


def test_other_loop_waits_for_this_one(run: Run, store: ScriptedStore) -> None:
    """A loop whose thread waits for another loop ends no read: the other one reads itself, once."""
    gate = Gate(store)
    opened = AsyncStore(store)
    config = AsyncCachedConfigStore(opened)
    other = asyncio.new_event_loop()
    thread = threading.Thread(target=other.run_forever)
    thread.start()

    async def both() -> list[Any]:
        return await asyncio.gather(config.get("db"), config.get("db"))

    async def use() -> None:
        asked = asyncio.create_task(config.get("db"))
        await gate.has_begun()
        gate.open.set()
        assert asyncio.run_coroutine_threadsafe(both(), other).result(30) == [DB, DB]
        assert await asked == DB
        assert await config.get("db") == DB

    run(use())
    other.call_soon_threadsafe(other.stop)
    thread.join()
    other.close()
    assert len(store.reads) == 2
    run(opened.close())


def test_fork_within_a_read(store: ScriptedStore) -> None:
    """A child has what was read, and waits for nothing that its parent reads."""
    opened = AsyncStore(store)
    config = AsyncCachedConfigStore(opened)

    async def use() -> None:
        await config.get("db")
        gate = Gate(store)
        asked = asyncio.create_task(config.get("external-port"))
        await gate.has_begun()

        def child() -> object:
            store.fail(None)
            return [asyncio.run(config.get(option)) for option in ("db", "external-port")]

        assert fork(child).join() == str([DB, {"value": 80}])
        gate.open.set()
        assert await asked == {"value": 80}
        await opened.close()

    asyncio.run(use())


def test_wrong_arguments(store: ScriptedStore) -> None:
    """Arguments that make no sense are refused at once."""
    opened = AsyncStore(store)
    with pytest.raises(ValueError, match="max_age"):
        AsyncCachedConfigStore(opened, 0)
    with pytest.raises(ValueError, match="max_options"):
        AsyncCachedConfigStore(opened, max_options=0)


class Noting:
    """An observer that keeps what it is told."""

    def __init__(self) -> None:
        self.ended: list[Refresh] = []
        self.is_told = threading.Event()

    def refresh_started(self, store: str, /) -> None:
        """Nothing."""

    def refresh_ended(self, refresh: Refresh, /) -> None:
        self.ended.append(refresh)
        if len(self.ended) == 2:
            self.is_told.set()

    def stale_reads(self, reads: Any, /) -> None:
        """Nothing."""


def test_observers_are_told(run: Run, store: ScriptedStore) -> None:
    """Each read of the backend is told, with its option and its error."""
    noting = Noting()

    async def use() -> None:
        async with AsyncStore(store) as opened:
            config = AsyncCachedConfigStore(opened, observers=[noting])
            await config.get("db")
            store.fail(DOWN)
            with pytest.raises(StoreUnavailableError):
                await config.get("external-port")
            assert await opened.run(noting.is_told.wait, 30)

    run(use())
    assert [(one.option, one.error_type) for one in noting.ended] == [
        ("db", None),
        ("external-port", "StoreUnavailableError"),
    ]
