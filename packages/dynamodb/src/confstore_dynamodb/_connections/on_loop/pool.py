"""
Connections of the wire on one asyncio loop, kept open between exchanges.

The same bytes, limits and failures as in `_connections.pool`, by asyncio's transports. Everything
here runs in the thread of its loop.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Sequence
from typing import Any, TypeVar

from confstore_dynamodb._connections.on_loop.connection import LAST_LOOK_S, LoopConnection
from confstore_dynamodb._connections.on_loop.tls import LoopTLS
from confstore_dynamodb._connections.pool import CONNECT_S, TrustStore
from confstore_dynamodb._connections.replies import Reply
from confstore_dynamodb._connections.requests import Endpoint, deadline_s
from confstore_dynamodb._connections.wire_errors import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    SSLError,
    UntrustedServerError,
)

__all__ = ["LoopPool"]

T = TypeVar("T")

_MAX_CONNECTIONS = 64
"""Exchanges at once; the others wait. A connection serves a thousand reads a second."""


class LoopPool:
    """
    The connections of one loop to one endpoint.

    Attributes:
        endpoint: The endpoint.
    """

    def __init__(self, endpoint: Endpoint, trust: TrustStore) -> None:
        self.endpoint = endpoint
        self._trust = trust
        self._idle: deque[LoopConnection] = deque()
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
            except ssl.SSLError as error:
                raise SSLError(self.endpoint.url, error) from None
            finally:
                # Also after the task was cancelled: a reply may still come.
                connection.end_exchange()
                self._give_back(connection, stays_open=stays_open)
        finally:
            self._exchanges -= 1
            if self._waiting:
                self._wake_next()

    def _give_back(self, connection: LoopConnection, *, stays_open: bool) -> None:
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

    def _idle_connection(self) -> LoopConnection | None:
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

    async def _connect(self, loop: asyncio.AbstractEventLoop) -> tuple[LoopConnection, float]:
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
        tls = LoopTLS(self._trust.context(), endpoint.host) if endpoint.is_tls else None
        began_s = loop.time()
        raw = await self._connected(loop, addresses, deadline_s(began_s, size_b=0))
        connection = LoopConnection(endpoint, loop, tls)
        try:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            await self._made(_begun(loop, raw, tls, connection))
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

    async def _made(self, making: Awaitable[object]) -> None:
        """Wait for the handshake of TLS, and for the transport."""
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


async def _begun(
    loop: asyncio.AbstractEventLoop,
    raw: socket.socket,
    tls: LoopTLS | None,
    connection: LoopConnection,
) -> None:
    if tls is not None:
        await tls.shake_hands(loop, raw)
    await loop.create_connection(lambda: connection, sock=raw)


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
            # See `LAST_LOOK_S`.
            await asyncio.wait([task], timeout=LAST_LOOK_S)
    finally:
        if not task.done():
            task.cancel()
            # Its socket is closed by the caller, after it.
            await asyncio.wait([task])
    if task.cancelled():
        raise TimeoutError("the connection took too long")
    return task.result()
