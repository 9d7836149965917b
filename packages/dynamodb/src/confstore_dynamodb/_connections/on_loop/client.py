"""
Calls of one client of ours on asyncio loops.

Signing, requests, replies and retries are those of the blocking wire; only the connections are the
loop's own. A process may have several loops, in several threads or one after the other.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

from confstore_dynamodb._connections.calls import Call, Caller
from confstore_dynamodb._connections.early_parsing import EarlyReader
from confstore_dynamodb._connections.on_loop.pool import LoopPool
from confstore_dynamodb._connections.pool import TrustStore
from confstore_dynamodb._connections.replies import Reply
from confstore_dynamodb._connections.requests import Endpoint
from confstore_dynamodb._connections.retries import Attempts
from confstore_dynamodb._connections.signing import Key, Signer
from confstore_dynamodb._connections.wire import MAX_POOLS, Wire
from confstore_dynamodb._connections.wire_errors import WireError

__all__ = ["LoopClient", "Source"]

# The child keeps what it inherits for ever: to close a connection would take it out of the parent's
# selector, which both have.
_inherited: list[object] = []


class Source(Protocol):
    """
    A blocking client by our own wire, of which the loops have everything but the connections.

    Attributes:
        caller: Who makes the calls.
        wire: The wire: its clock, its retry quota, and whom it trusts.
        signer: Signs for the client's region.
    """

    @property
    def caller(self) -> Caller: ...

    @property
    def wire(self) -> Wire: ...

    @property
    def signer(self) -> Signer: ...

    def key(self) -> Key:
        """The credentials; it may wait until they are refreshed."""

    def ready_key(self) -> Key | None:
        """The credentials; None if that may wait."""

    def endpoint_for(self, key: Key) -> Endpoint:
        """Where requests with these credentials go."""

    def announced(
        self,
        operation: str,
        endpoint: Endpoint,
        headers: dict[str, str],
        body: bytes,
        /,
        *,
        is_first: bool,
    ) -> bytes | Reply:
        """The request as it travels, or the reply of somebody who has one ready."""


class LoopClient:
    """
    One client on every loop of its process.

    Attributes:
        source: The blocking client.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self._pid = os.getpid()
        self._by_loop: dict[asyncio.AbstractEventLoop, _OnLoop] = {}

    async def call(
        self, method: str, parameters: dict[str, Any], reader: EarlyReader | None
    ) -> dict[str, Any]:
        """
        Ask DynamoDB, as `Client.call`.

        Raises:
            Exception: For `raise_translated`.
        """
        source, here = self.source, self._here()
        wire = source.wire
        call = Call(method, parameters, reader, source.caller)
        attempts = Attempts(wire.quota)
        while True:
            key = source.ready_key() or await here.key(source.key)
            endpoint = source.endpoint_for(key)
            headers = source.signer.sign(
                key, endpoint.host_header, call.headers(attempts.number), call.body, wire.now_s()
            )
            prepared = source.announced(
                call.operation, endpoint, headers, call.body, is_first=attempts.number == 1
            )
            try:
                if isinstance(prepared, Reply):
                    reply = prepared
                    wire.check(reply, endpoint, is_from_wire=False)
                else:
                    reply = await here.pool(endpoint).exchange(prepared)
                    wire.check(reply, endpoint)
            except WireError as error:
                wait_s = wire.wait_after_failure_s(error, attempts)
                if wait_s is None:
                    raise
            else:
                wait_s = wire.wait_after_reply_s(reply, endpoint, attempts)
                if wait_s is None:
                    return call.response(reply, attempts.metadata)
            if wait_s:
                await asyncio.sleep(wait_s)

    def _here(self) -> _OnLoop:
        """The connections and credentials of the running loop."""
        if self._pid != os.getpid():
            _inherited.append(self._by_loop)
            self._by_loop, self._pid = {}, os.getpid()
        loop = asyncio.get_running_loop()
        here = self._by_loop.get(loop)
        if here is None:
            for known in list(self._by_loop):
                if known.is_closed():
                    self._by_loop.pop(known, None)
            here = self._by_loop[loop] = _OnLoop(loop, self.source.wire.trust)
        return here

    def close(self) -> None:
        """Close the connections: from any thread, each in its loop."""
        if self._pid != os.getpid():
            return
        for here in list(self._by_loop.values()):
            # A loop that was closed has no connections any more.
            with suppress(RuntimeError):
                here.loop.call_soon_threadsafe(here.close)


class _OnLoop:
    """The connections of one loop, and its wait for credentials."""

    def __init__(self, loop: asyncio.AbstractEventLoop, trust: TrustStore) -> None:
        self.loop = loop
        self._trust = trust
        self._pools: dict[str, LoopPool] = {}
        self._key: asyncio.Future[Key] | None = None

    def pool(self, endpoint: Endpoint) -> LoopPool:
        """The pool of an endpoint; the one that was made first makes room."""
        pool = self._pools.get(endpoint.url)
        if pool is None:
            pool = self._pools[endpoint.url] = LoopPool(endpoint, self._trust)
            for url in list(self._pools)[:-MAX_POOLS]:
                self._pools.pop(url).close()
        return pool

    async def key(self, read: Callable[[], Key]) -> Key:
        """The credentials, which one helper thread waits for, whoever asks meanwhile."""
        if self._key is None or self._key.done():
            self._key = self.loop.create_future()
            # Nobody may be left who asks what came of it.
            self._key.add_done_callback(lambda key: key.cancelled() or key.exception())
            threading.Thread(
                target=self._wait_for, args=(read, self._key), name="confstore-key", daemon=True
            ).start()
        return await asyncio.shield(self._key)

    def _wait_for(self, read: Callable[[], Key], future: asyncio.Future[Key]) -> None:
        # The loop may have been closed meanwhile.
        with suppress(RuntimeError):
            try:
                key = read()
            except Exception as error:
                self.loop.call_soon_threadsafe(future.set_exception, error)
            else:
                self.loop.call_soon_threadsafe(future.set_result, key)

    def close(self) -> None:
        """Close the connections."""
        for pool in self._pools.values():
            pool.close()
