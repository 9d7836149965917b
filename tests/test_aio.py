"""asyncio on the real adapters: opening by URL, reading, writing, closing."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from confstore import LocalKeys, SealedStore, Secret, aio, history
from confstore.errors import (
    InvalidURLError,
    StoreClosedError,
    StoreNotFoundError,
)
from confstore_file import FileStore
from confstore_memory import MemoryStore


@dataclass
class Database:
    host: str


@dataclass
class Settings:
    db: Database


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A file with one option."""
    with FileStore(tmp_path / "prod.json") as store:
        store.set("db", {"host": "localhost"})
    return f"file:{tmp_path / 'prod.json'}"


def test_config_by_url(url: str, tmp_path: Path) -> None:
    """A config by a URL is entered or awaited, is typed, follows its file, and closes it."""

    async def use() -> None:
        async with aio.open_config(url, schema=Settings, update_interval=0.01) as config:
            assert config.current == Settings(Database("localhost"))
            changes = config.changes("db")
            async with aio.open_store(url) as store:
                await store.update("db", {"host": "other"})
            async for change in changes:
                assert (change.old, change.new) == (Database("localhost"), Database("other"))
                break
            assert config.db.host == "other"
        with pytest.raises(StoreClosedError):
            await config.reload()
        config = await aio.open_config(url, schema=Settings)
        assert "not loaded" not in repr(config)
        await config.close()
        await config.close()

    asyncio.run(use())


def test_config_of_an_absent_store(tmp_path: Path) -> None:
    """What cannot be opened raises when it is awaited; a fallback covers it, as elsewhere."""

    async def use() -> None:
        config = aio.open_config(f"file:{tmp_path / 'absent.json'}")
        assert repr(config) == "<AsyncTimeBasedConfigStore of store 'to be opened', not loaded>"
        with pytest.raises(StoreNotFoundError):
            await config
        with pytest.raises(InvalidURLError):
            await aio.open_config("prod.json")

    asyncio.run(use())


def test_all_strategies(url: str) -> None:
    """Each of the three reads the same store."""

    async def use() -> None:
        async with aio.open_store(url, purpose="create") as store:
            expected = {"host": "localhost"}
            assert await aio.AsyncSimpleConfigStore(store).get("db") == expected
            assert await aio.AsyncCachedConfigStore(store).get("db") == expected
            async with aio.AsyncTimeBasedConfigStore(store) as config:
                assert config.db == expected
            await store.run(store.store.enable_journal)  # type: ignore[attr-defined]  # FileStore's
            await store.delete("db")
            commits: Any = await store.run(lambda: list(history(store.store)))  # type: ignore[arg-type]  # FileStore
            assert len(commits) == 2

    asyncio.run(use())


def test_memory_is_read_before_each_read() -> None:
    """A store that costs nothing is looked at by the reads themselves, and no thread is there."""

    # Another test of this process may have left one, of a config that nobody closed.
    before = set(threading.enumerate())

    async def use() -> None:
        memory = MemoryStore(options={"db": {"port": 0}})
        async with aio.AsyncStore(memory) as store:
            config = await aio.AsyncTimeBasedConfigStore(store)
            memory.set("db", {"port": 1})
            assert config.db == {"port": 1}
            names = [thread.name for thread in set(threading.enumerate()) - before]
            assert not any(name.startswith("confstore-refresh") for name in names)
            await config.close()

    asyncio.run(use())


class NotingKeys:
    """Keys that note the threads in which secrets are opened."""

    def __init__(self) -> None:
        self._keys = LocalKeys.generate()
        self.kind, self.key_id = self._keys.kind, self._keys.key_id
        self.seal = self._keys.seal
        self.opened_in: list[str] = []

    def open_many(self, sealed: Any) -> Any:
        self.opened_in.append(threading.current_thread().name)
        return self._keys.open_many(sealed)


def test_secrets_are_opened_before_they_are_given() -> None:
    """The loop never waits for whoever opens a secret: a thread has opened it."""
    keys = NotingKeys()

    async def use() -> None:
        sealed = SealedStore(MemoryStore("prod"), keys)
        async with aio.AsyncStore(sealed) as store:
            await store.set("db", {"password": Secret("s3cret"), "host": "localhost"})
            assert (await store.get("db"))["password"].reveal() == "s3cret"
            found = [values async for _, values in store.items()]
            assert found[0]["password"].reveal() == "s3cret"
            assert (await aio.AsyncCachedConfigStore(store).get("db"))["password"].reveal()

    asyncio.run(use())
    assert keys.opened_in
    assert all(name.startswith("confstore-aio-prod") for name in keys.opened_in)


ADAPTER = """
import threading

opened = []
begun, release = threading.Event(), threading.Event()

class Store:
    name = "slow"

    def __init__(self):
        self.is_closed = threading.Event()
        opened.append(self)

    def get(self, option, *, keys=None, consistent=True):
        return {}

    def items(self, *, consistent=True):
        return iter(())

    def close(self):
        self.is_closed.set()

def open_url(url):
    begun.set()
    release.wait(30)
    return Store()
"""


@pytest.fixture
def slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An adapter that opens its stores when it is told to."""
    (tmp_path / "slow_adapter.py").write_text(ADAPTER)
    info = tmp_path / "slow_adapter-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: slow-adapter\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[confstore.stores]\nslow = slow_adapter:open_url\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    import slow_adapter

    yield slow_adapter
    del sys.modules["slow_adapter"]


def test_opening_is_entered_twice(tmp_path: Path) -> None:
    """Each block has a store of its own, and closes that one."""

    async def use() -> None:
        opening = aio.open_store(f"file:{tmp_path / 'dev.json'}")
        async with opening as outer:
            async with opening as inner:
                await inner.set("db", {"host": "a"})
            assert await outer.get("db") == {"host": "a"}
            with pytest.raises(StoreClosedError):
                await inner.get("db")
        with pytest.raises(StoreClosedError):
            await outer.get("db")

    asyncio.run(use())


def test_opening_is_cancelled(slow: Any) -> None:
    """A store that is opened when nobody waits for it any more is closed."""

    async def use() -> None:
        task = asyncio.ensure_future(aio.open_store("slow:"))
        await asyncio.get_running_loop().run_in_executor(None, slow.begun.wait, 30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        slow.release.set()

    asyncio.run(use())
    # The thread that opens it may still be at work.
    while not slow.opened:
        pass
    assert slow.opened[0].is_closed.wait(30)


def test_opening_is_cancelled_too_late(slow: Any) -> None:
    """So is one that was opened at that moment."""

    async def use() -> None:
        task = asyncio.ensure_future(aio.open_store("slow:"))
        await asyncio.sleep(0)
        slow.release.set()
        # The loop does not run while the store is opened, so the task does not know of it.
        while not slow.opened:
            pass
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert slow.opened[0].is_closed.wait(30)

    asyncio.run(use())


@pytest.mark.slow("starts a new interpreter")
def test_asyncio_is_imported_by_aio_only() -> None:
    """A program without coroutines does not pay for them; filelock may import them all the same."""
    program = (
        "import sys, confstore, confstore_dynamodb, confstore_memory;"
        "from confstore import open_config, TimeBasedConfigStore, CachedConfigStore;"
        "from confstore_dynamodb import DynamoDBStore;"
        "before = 'asyncio' in sys.modules; from confstore.aio import open_store;"
        "print(before, 'asyncio' in sys.modules)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert answer.stdout == "False True\n"
