"""
Connections of the wire on one asyncio loop, kept open between exchanges.

The same bytes, limits and failures as in `pool`, by asyncio's transports. Everything here runs in
the thread of its loop.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Any, TypeVar

from confstore_dynamodb._connections.failures import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    SSLError,
    UntrustedServerError,
    WireError,
)
from confstore_dynamodb._connections.pool import CONNECT_S, TrustStore, input_watch
from confstore_dynamodb._connections.replies import Reply, ReplyReader
from confstore_dynamodb._connections.requests import Endpoint, deadline_s

__all__ = ["LoopPool"]

T = TypeVar("T")

_MAX_CONNECTIONS = 64
"""Exchanges at once; the others wait. A connection serves a thousand reads a second."""

_LAST_LOOK_S = 0.01
"""
After a limit, for what has come in time: a loop that was busy for longer may not have looked yet.
uvloop looks at its timers first.
"""


_BUFFER_B = 1 << 16
"""For each connection; the system gives memory only for what a reply has filled."""


class LoopPool:
    """
    The connections of one loop to one endpoint.

    Attributes:
        endpoint: The endpoint.
    """

    def __init__(self, endpoint: Endpoint, trust: TrustStore) -> None:
        self.endpoint = endpoint
        self._trust = trust
        self._idle: deque[_Connection] = deque()
        self._exchanges = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_closed = False
        self._guard: AsyncGenerator[None, None] | None = None

    async def exchange(self, request: bytes) -> Reply:
        """
        Send a request and read its reply.

        Raises:
            WireError: There was no usable reply in time.
        """
        if self._exchanges >= _MAX_CONNECTIONS:
            await self._wait_for_turn()
        self._exchanges += 1
        try:
            loop = asyncio.get_running_loop()
            began_s = loop.time()
            connection = self._idle_connection()
            if connection is None:
                connection, began_s = await self._connect(loop)
            stays_open = False
            try:
                reply = await connection.send(request, began_s)
                stays_open = reply.stays_open
                return reply
            finally:
                # Also after the task was cancelled: a reply may still come.
                connection.end_exchange()
                self._give_back(connection, stays_open=stays_open)
        finally:
            self._exchanges -= 1
            if self._waiting:
                self._wake_next()

    def _give_back(self, connection: _Connection, *, stays_open: bool) -> None:
        # No more are kept than can be in use.
        if stays_open and not self._is_closed:
            self._idle.append(connection)
        else:
            connection.abort()

    async def _wait_for_turn(self) -> None:
        """Wait until there are fewer exchanges; not a semaphore, which costs as much as signing."""
        while self._exchanges >= _MAX_CONNECTIONS:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except BaseException:
                # It may have been its turn, which is then somebody else's.
                turn.cancel()
                self._wake_next()
                raise

    def _wake_next(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    def _idle_connection(self) -> _Connection | None:
        """A connection on which nothing has come since its last reply."""
        while self._idle:
            # The newest: it is the least likely to have been closed.
            connection = self._idle.pop()
            if connection.is_quiet():
                return connection
            connection.abort()
        return None

    def close(self) -> None:
        """Close the idle connections now, and the others after their replies."""
        self._is_closed = True
        while self._idle:
            self._idle.pop().abort()

    # -- new connections -------------------------------------------------------------------------

    async def _connect(self, loop: asyncio.AbstractEventLoop) -> tuple[_Connection, float]:
        """A new connection, and when the exchange began: the names are resolved without limit."""
        endpoint = self.endpoint
        if self._guard is None:
            self._guard = self._until_loop_ends()
            await self._guard.__anext__()
        try:
            addresses = await loop.getaddrinfo(
                endpoint.host, endpoint.port, type=socket.SOCK_STREAM
            )
        except (OSError, UnicodeError) as error:
            raise EndpointConnectionError(endpoint.url, error) from None
        # It is there already: a blocking call has come before.
        context = self._trust.context() if endpoint.is_tls else None
        began_s = loop.time()
        raw = await self._connected(loop, addresses, deadline_s(began_s, size_b=0))
        connection = _Connection(endpoint, loop)
        name = endpoint.host if context is not None else None
        try:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            making = loop.create_connection(
                lambda: connection, sock=raw, ssl=context, server_hostname=name
            )
            await self._secured(making)
        except BaseException:
            connection.abort()
            raw.close()
            raise
        return connection, began_s

    async def _until_loop_ends(self) -> AsyncGenerator[None, None]:
        """
        Close the connections when the loop ends its asynchronous generators.

        `asyncio.run` does so, and there is no other hook; a client may well outlive its loops.
        """
        try:
            yield
        finally:
            self.close()
            # The loop closes a socket in its next turn.
            await asyncio.sleep(0)

    async def _connected(
        self, loop: asyncio.AbstractEventLoop, addresses: Sequence[Any], until_s: float
    ) -> socket.socket:
        failure: OSError = OSError("the name has no address")
        for address in addresses:
            try:
                return await self._connected_to(loop, address, until_s)
            except OSError as error:
                failure = error
        is_late = isinstance(failure, TimeoutError)
        raise (ConnectTimeoutError if is_late else EndpointConnectionError)(
            self.endpoint.url, failure
        )

    @staticmethod
    async def _connected_to(
        loop: asyncio.AbstractEventLoop, address: Any, until_s: float
    ) -> socket.socket:
        family, kind, protocol, _, place = address
        connection = socket.socket(family, kind, protocol)
        try:
            connection.setblocking(False)
            limit_s = min(CONNECT_S, until_s - loop.time())
            await _within(limit_s, loop.sock_connect(connection, place))
        except BaseException:
            connection.close()
            raise
        return connection

    async def _secured(self, making: Awaitable[object]) -> None:
        """Wait for the transport, and so for the handshake of TLS."""
        url = self.endpoint.url
        try:
            await _within(CONNECT_S, making)
        except TimeoutError as error:
            raise ConnectTimeoutError(url, error) from None
        except ssl.SSLCertVerificationError as error:
            raise UntrustedServerError(url, error) from None
        except ssl.SSLError as error:
            raise SSLError(url, error) from None
        except OSError as error:
            raise ConnectionClosedError(url, error) from None


class _Connection(asyncio.BufferedProtocol):
    """One connection, and the exchange that is under way on it."""

    def __init__(self, endpoint: Endpoint, loop: asyncio.AbstractEventLoop) -> None:
        self._endpoint = endpoint
        self._loop = loop
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
        """Begin an exchange: send its request; the result is its reply."""
        self._reader = ReplyReader(self._endpoint)
        self._reply = reply = self._loop.create_future()
        self._began_s, self._request_b = began_s, len(request)
        if self._timer is None:
            self._timer = self._loop.call_at(self._until_s(), self._look_at_time)
        self._transport.write(request)
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
            self._timer = self._loop.call_later(_LAST_LOOK_S, self._look_at_time, reply)
        else:
            error = TimeoutError("the exchange took too long")
            self._fail(ReadTimeoutError(self._endpoint.url, error))

    def _fail(self, error: WireError) -> None:
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
        reader, future = self._reader, self._reply
        if reader is None or future is None or future.done():
            # Nobody asked for it.
            self.abort()
            return
        try:
            reply = reader.feed(bytes(self._buffer[:received_b]))
        except WireError as error:
            self._fail(error)
            return
        if reply is not None:
            future.set_result(reply)

    def connection_lost(self, error: Exception | None) -> None:
        self._is_broken = True
        kind = SSLError if isinstance(error, ssl.SSLError) else ConnectionClosedError
        self._fail(kind(self._endpoint.url, error))


async def _within(limit_s: float, making: Awaitable[T]) -> T:
    """
    Wait for something to be made, so many seconds at most.

    Not `asyncio.wait_for`, which before Python 3.12 may swallow the cancellation of its caller.

    Raises:
        TimeoutError: It took longer, and was cancelled.
    """
    task = asyncio.ensure_future(making)
    try:
        await asyncio.wait([task], timeout=limit_s)
        if not task.done():
            # See `_LAST_LOOK_S`.
            await asyncio.wait([task], timeout=_LAST_LOOK_S)
    finally:
        if not task.done():
            task.cancel()
            # Its socket is closed by the caller, after it.
            await asyncio.wait([task])
    if task.cancelled():
        raise TimeoutError("the connection took too long")
    return task.result()
