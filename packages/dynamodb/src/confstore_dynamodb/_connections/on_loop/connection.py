"""One connection of the wire on one asyncio loop, and the exchange that is under way on it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import Any

from confstore_dynamodb._connections.on_loop.tls import LoopTLS
from confstore_dynamodb._connections.pool import input_watch
from confstore_dynamodb._connections.replies import Reply, ReplyReader
from confstore_dynamodb._connections.requests import Endpoint, deadline_s
from confstore_dynamodb._connections.wire_errors import (
    ConnectionClosedError,
    ReadTimeoutError,
    WireError,
)

__all__ = ["LAST_LOOK_S", "LoopConnection"]

LAST_LOOK_S = 0.01
"""
After a limit, for what has come in time: a loop that was busy for longer may not have looked yet.
uvloop looks at its timers first.
"""

_BUFFER_B = 1 << 16
"""For each connection; the system gives memory only for what a reply has filled."""


class LoopConnection(asyncio.BufferedProtocol):
    """One connection, and the exchange that is under way on it."""

    def __init__(
        self, endpoint: Endpoint, loop: asyncio.AbstractEventLoop, tls: LoopTLS | None
    ) -> None:
        self._endpoint = endpoint
        self._loop = loop
        self._tls = tls
        self._transport: Any = None
        # Otherwise each look at the socket would allocate a quarter of a megabyte.
        self._buffer = memoryview(bytearray(_BUFFER_B))
        self._has_input: Callable[[], object] = bool
        self._is_broken = False
        self._reader: ReplyReader | None = None
        self._reply: asyncio.Future[Reply] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._began_s = 0.0
        self._request_b = 0

    def send(self, request: bytes, began_s: float) -> asyncio.Future[Reply]:
        """
        Begin an exchange: send its request; the result is its reply.

        Raises:
            ssl.SSLError: Also as the result; TLS has failed.
            WireError: As the result; there was no usable reply in time.
        """
        self._reader = ReplyReader(self._endpoint)
        self._reply = reply = self._loop.create_future()
        self._began_s, self._request_b = began_s, len(request)
        if self._timer is None:
            self._timer = self._loop.call_at(self._until_s(), self._look_at_time)
        self._transport.write(request if self._tls is None else self._tls.encrypted(request))
        return reply

    def end_exchange(self) -> None:
        """Forget the exchange."""
        self._reader = self._reply = None

    def is_quiet(self) -> bool:
        """True if nothing has come, and the other side has not closed it."""
        # The loop does not know yet what came since its last turn.
        return not (self._is_broken or self._has_input())

    def abort(self) -> None:
        """Close it at once."""
        self._is_broken = True
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._transport.abort()

    def _until_s(self) -> float:
        reader = self._reader
        reply_b = 0 if reader is None else reader.expected_b
        return deadline_s(self._began_s, size_b=self._request_b + reply_b)

    def _look_at_time(self, late: asyncio.Future[Reply] | None = None) -> None:
        """
        Look at the limit of the exchange; one timer serves many: one each costs more.

        Args:
            late: The reply that has had its last chance.
        """
        self._timer = None
        reply = self._reply
        if reply is None or reply.done():
            return
        until_s = self._until_s()
        if self._loop.time() < until_s:
            # It is a later exchange, or more has come, which may take longer.
            self._timer = self._loop.call_at(until_s, self._look_at_time)
        elif reply is not late:
            self._timer = self._loop.call_later(LAST_LOOK_S, self._look_at_time, reply)
        else:
            error = TimeoutError("the exchange took too long")
            self._fail(ReadTimeoutError(self._endpoint.url, error))

    def _fail(self, error: WireError | ssl.SSLError) -> None:
        reply = self._reply
        if reply is not None and not reply.done():
            reply.set_exception(error)
        self.abort()

    # -- what the loop calls -----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._has_input = input_watch(transport.get_extra_info("socket").fileno())

    def get_buffer(self, _: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, received_b: int) -> None:
        received = bytes(self._buffer[:received_b])
        if self._tls is None:
            self._receive(received)
            return
        try:
            decrypted = self._tls.decrypted(received)
        except ssl.SSLError as error:
            self._fail(error)
            return
        self._transport.write(self._tls.unsent())
        if decrypted:
            self._receive(decrypted)
        if self._tls.is_ended:
            self.connection_lost(None)

    def _receive(self, received: bytes) -> None:
        reader, future = self._reader, self._reply
        if reader is None or future is None or future.done():
            # Nobody asked for it.
            self.abort()
            return
        try:
            reply = reader.feed(received)
        except WireError as error:
            self._fail(error)
            return
        if reply is not None:
            future.set_result(reply)

    def connection_lost(self, error: Exception | None) -> None:
        self._is_broken = True
        self._fail(ConnectionClosedError(self._endpoint.url, error))
