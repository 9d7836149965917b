"""
Connections of the wire, kept open between exchanges.

A pool belongs to one process: whoever takes a connection from it has compared process ids. A
connection returns to it only after a whole reply, with nothing left to read.
"""

from __future__ import annotations

import os
import select
import socket
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from confstore_dynamodb._connections.replies import Reply, ReplyReader
from confstore_dynamodb._connections.requests import Endpoint, deadline_s
from confstore_dynamodb._connections.wire_errors import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    SSLError,
    UntrustedServerError,
)

if TYPE_CHECKING:
    import ssl

__all__ = ["CONNECT_S", "Pool", "TrustStore", "input_watch"]

CONNECT_S = 1.0
"""Seconds to connect to one address, as boto3's clients of ours had."""

_MAX_IDLE = 32
"""Connections kept open; as many threads may read at once without connecting anew."""

_RECEIVED_B = 65_536
"""More than a record of TLS holds, so that nothing is left in one."""

_LIMIT_PRECISION_S = 0.01


class TrustStore:
    """Whom TLS trusts: one bundle of certificates, read once."""

    def __init__(self, ca_file: str | None) -> None:
        """Take a file, or botocore's choice: certifi's bundle if it is installed, else its own."""
        self._ca_file = ca_file
        self._context: ssl.SSLContext | None = None

    def context(self) -> ssl.SSLContext:
        """
        The settings of a connection.

        Raises:
            OSError: The file is missing or cannot be read.
        """
        # Two threads that come at once make two.
        if self._context is None:
            import ssl

            ca_file = self._ca_file or _bundle()
            try:
                context = ssl.create_default_context(cafile=ca_file)
            except OSError as error:
                # It does not name the file.
                raise OSError(error.errno, error.strerror, ca_file) from None
            context.set_alpn_protocols(["http/1.1"])
            self._context = context
        return self._context


def _bundle() -> str:
    """The bundle that botocore trusts, found without importing it."""
    from importlib.util import find_spec

    for package in ("certifi", "botocore"):
        found = find_spec(package)
        if found is not None and found.origin:
            return os.path.join(os.path.dirname(found.origin), "cacert.pem")
    raise FileNotFoundError(2, "no bundle of certificates", "cacert.pem")


class Pool:
    """
    The connections of one process to one endpoint.

    Attributes:
        endpoint: The endpoint.
    """

    def __init__(self, endpoint: Endpoint, trust: TrustStore) -> None:
        self.endpoint = endpoint
        self._trust = trust
        # Of a deque, append and pop are atomic.
        self._idle: deque[socket.socket] = deque()
        self._is_closed = False

    def exchange(self, request: bytes) -> Reply:
        """
        Send a request and read its reply.

        Raises:
            WireError: There was no usable reply in time.
        """
        connection, began_s = self._idle_connection(), time.monotonic()
        if connection is None:
            connection, began_s = self._connect()
        reply = None
        try:
            reply = self._exchanged(connection, request, began_s)
        except TimeoutError as error:
            raise ReadTimeoutError(self.endpoint.url, error) from None
        except OSError as error:
            kind = SSLError if _is_of_tls(error) else ConnectionClosedError
            raise kind(self.endpoint.url, error) from None
        finally:
            # Also after an exception that is none of ours, such as KeyboardInterrupt.
            if reply is not None and reply.stays_open:
                self._give_back(connection)
            else:
                connection.close()
        return reply

    def _exchanged(self, connection: socket.socket, request: bytes, began_s: float) -> Reply:
        unsent = memoryview(request)
        until_s = deadline_s(began_s, size_b=len(request))
        while unsent:
            _limit(connection, until_s)
            unsent = unsent[connection.send(unsent) :]
        reader, reply = ReplyReader(self.endpoint), None
        while reply is None:
            until_s = deadline_s(began_s, size_b=len(request) + reader.expected_b)
            _limit(connection, until_s)
            reply = reader.feed(connection.recv(_RECEIVED_B))
        return reply

    # -- connections that are kept ---------------------------------------------------------------

    def _idle_connection(self) -> socket.socket | None:
        """A connection on which nothing has come since its last reply."""
        while True:
            try:
                # The newest: it is the least likely to have been closed.
                connection = self._idle.pop()
            except IndexError:
                return None
            if not input_watch(connection)():
                return connection
            # The other side has closed it, or sent what nobody asked for.
            connection.close()

    def _give_back(self, connection: socket.socket) -> None:
        if len(self._idle) >= _MAX_IDLE:
            connection.close()
            return
        self._idle.append(connection)
        if self._is_closed:
            self.close()

    def close(self) -> None:
        """Close the idle connections now, and the others after their replies."""
        self._is_closed = True
        try:
            while True:
                self._idle.pop().close()
        except IndexError:
            return

    def __del__(self) -> None:
        """Close what nobody closed."""
        self.close()

    # -- new connections -------------------------------------------------------------------------

    def _connect(self) -> tuple[socket.socket, float]:
        """A new connection, and when the exchange began: the names are resolved without limit."""
        endpoint, kind = self.endpoint, socket.SOCK_STREAM
        try:
            addresses = socket.getaddrinfo(endpoint.host, endpoint.port, type=kind)
        except (OSError, UnicodeError) as error:
            raise EndpointConnectionError(endpoint.url, error) from None
        began_s = time.monotonic()
        connection = self._connected(addresses, deadline_s(began_s, size_b=0))
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            return self._secured(connection), began_s
        except BaseException:
            connection.close()
            raise

    def _connected(self, addresses: Sequence[Any], until_s: float) -> socket.socket:
        failure: OSError = OSError("the name has no address")
        for family, kind, protocol, _, address in addresses:
            try:
                connection = socket.socket(family, kind, protocol)
            except OSError as error:
                failure = error
                continue
            try:
                connection.settimeout(min(CONNECT_S, _left_s(until_s)))
                connection.connect(address)
                return connection
            except OSError as error:
                failure = error
                connection.close()
        is_late = isinstance(failure, TimeoutError)
        raise (ConnectTimeoutError if is_late else EndpointConnectionError)(
            self.endpoint.url, failure
        )

    def _secured(self, connection: socket.socket) -> socket.socket:
        """The connection with TLS, where the endpoint is asked by TLS."""
        endpoint = self.endpoint
        if not endpoint.is_tls:
            return connection
        import ssl

        try:
            context = self._trust.context()
        except OSError as error:
            raise UntrustedServerError(endpoint.url, error) from None
        try:
            connection.settimeout(CONNECT_S)
            return context.wrap_socket(connection, server_hostname=endpoint.host)
        except TimeoutError as error:
            raise ConnectTimeoutError(endpoint.url, error) from None
        except ssl.SSLCertVerificationError as error:
            raise UntrustedServerError(endpoint.url, error) from None
        except OSError as error:
            failure = SSLError if _is_of_tls(error) else ConnectionClosedError
            raise failure(endpoint.url, error) from None


def _limit(connection: socket.socket, until_s: float) -> None:
    """Let the next operation take no longer than until a time of the monotonic clock."""
    left_s, limit_s = _left_s(until_s), connection.gettimeout()
    # To set it is a system call, which is not worth some milliseconds.
    if limit_s is None or abs(limit_s - left_s) > _LIMIT_PRECISION_S:
        connection.settimeout(left_s)


def _left_s(until_s: float) -> float:
    """Seconds until a time of the monotonic clock."""
    left_s = until_s - time.monotonic()
    if left_s <= 0:
        raise TimeoutError("the exchange took too long")
    return left_s


def _is_of_tls(error: OSError) -> bool:
    # Without importing ssl, where there is no TLS.
    ssl = sys.modules.get("ssl")
    return ssl is not None and isinstance(error, ssl.SSLError)


if hasattr(select, "poll"):

    def input_watch(connection: socket.socket | int) -> Callable[[], object]:
        """A look: true if something can be read, or the other side has closed the connection."""
        poll = select.poll()
        poll.register(connection, select.POLLIN)
        return partial(poll.poll, 0)

else:  # pragma: no cover (Windows)

    def input_watch(connection: socket.socket | int) -> Callable[[], object]:
        """A look: true if something can be read, or the other side has closed the connection."""
        return lambda: select.select([connection], [], [], 0)[0]
