"""The ways in which a store asks DynamoDB: the same calls have the same replies and errors."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Collection, Coroutine, Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext
from types import ModuleType
from typing import Any

import boto3
from botocore.config import Config

from confstore.aio import AsyncStore
from confstore_dynamodb import DynamoDBStore, open_url

__all__ = ["OURS", "WAYS", "OnLoop", "connections_before", "opened", "without_botocore"]

OURS = ("mounted", "alone", "mounted on a loop", "alone on a loop")
"""By our own wire."""

WAYS = ("given", "botocore", *OURS)


def connections_before(way: str) -> int:
    """Connections of an opened store that its reads do not use: a loop has its own."""
    return 1 if "loop" in way else 0


@contextmanager
def without_botocore() -> Iterator[None]:
    """A process that has not imported botocore, for as long as the block."""
    kept = _taken_out()
    try:
        yield
    finally:
        _taken_out()
        sys.modules.update(kept)


def _taken_out() -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name.partition(".")[0] == "botocore"]
    return {name: sys.modules.pop(name) for name in names}


class OnLoop:
    """The reads of a store on a loop, which another thread runs; the rest is the store's own."""

    def __init__(self, store: DynamoDBStore) -> None:
        self._store = store
        self._async = AsyncStore(store)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._pid = os.getpid()
        self._of_child: asyncio.AbstractEventLoop | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def _run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        if os.getpid() != self._pid:
            # The parent's loop has no thread here.
            self._of_child = self._of_child or asyncio.new_event_loop()
            return self._of_child.run_until_complete(coroutine)
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def get(
        self, option: str, *, keys: Collection[str] | None = None, consistent: bool = True
    ) -> Any:
        return self._run(self._async.get(option, keys=keys, consistent=consistent))

    def items(self, *, consistent: bool = True) -> Any:
        return iter(self._run(self._all(consistent=consistent)))

    async def _all(self, *, consistent: bool) -> Any:
        return [found async for found in self._async.items(consistent=consistent)]

    def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Any:
        return self._run(self._async.poll(checkpoint, consistent=consistent))

    def close(self) -> None:
        self._run(self._async.close())

    def end(self) -> None:
        """End the loop, after what is under way."""
        self.close()
        self._run(self._loop.shutdown_asyncgens())
        self._run(self._loop.shutdown_default_executor())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@contextmanager
def opened(way: str, endpoint_url: str, *, more: str = "") -> Iterator[DynamoDBStore]:
    """A store that asks in one way, for as long as the block; `more` goes into its URL."""
    url = f"dynamodb://config/prod?region=eu-west-1&endpoint_url={endpoint_url}{more}"
    if way == "given":
        config = Config(
            connect_timeout=1,
            read_timeout=2,
            retries={"mode": "standard", "total_max_attempts": 3},
        )
        client: Any = boto3.client("dynamodb", endpoint_url=endpoint_url, config=config)
        with closing(client), closing(DynamoDBStore(client, "config", "prod")) as store:
            yield store
        return
    client, _, loop = way.partition(" on a ")
    asked = "" if client == "mounted" else f"&client={client}"
    place: Any = without_botocore() if client == "alone" else nullcontext()
    with place:
        store: Any = open_url(url + asked, purpose="write")
        with ExitStack() as stack:
            used = OnLoop(store) if loop else store
            stack.callback(used.end if loop else used.close)
            yield used
