"""Secrets that coroutines read."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

from confstore import LocalKeys, Opened, SealedStore, Secret, SecretFault
from confstore.aio import AsyncCachedConfigStore, AsyncSimpleConfigStore, AsyncStore
from confstore.testing import CANARY
from confstore_memory import MemoryStore


class Watched:
    """Keys that note the thread in which they open."""

    def __init__(self) -> None:
        self._keys = LocalKeys.generate()
        self.threads: set[int] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._keys, name)

    def open_many(self, *arguments: Any) -> Sequence[Opened | SecretFault]:
        self.threads.add(threading.get_ident())
        return self._keys.open_many(*arguments)


def test_secrets_are_open_when_a_read_returns() -> None:
    """A secret is opened in a thread: `reveal` asks nobody, and does not block the loop."""
    keys = Watched()
    store = SealedStore(MemoryStore("prod"), keys)
    store.set("db", {"host": "db.example", "password": Secret(CANARY)})

    async def read() -> None:
        async with AsyncStore(SealedStore(store.beneath, keys)) as opened:
            values = await opened.get("db")
            found = {option: values async for option, values in opened.items()}
            cached = AsyncCachedConfigStore(opened)
            for one in (
                values,
                found["db"],
                await AsyncSimpleConfigStore(opened).get("db"),
                await cached.get("db"),
            ):
                threads = set(keys.threads)
                assert one["password"].reveal() == CANARY
                assert keys.threads == threads
            assert keys.threads
            assert threading.get_ident() not in keys.threads
            await cached.close()

    asyncio.run(read())
