"""A server that sends exactly the bytes that a test says, and nothing that HTTP would add."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
import zlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from .conftest import description

__all__ = ["JSON", "RawServer", "Say", "acknowledged", "reply_of", "say"]

JSON = "application/x-amz-json-1.0"

Say = Callable[["RawServer", socket.socket], None]
"""What is done about one request, which was read."""


def reply_of(
    body: bytes,
    *,
    status: str = "200 OK",
    version: str = "HTTP/1.1",
    crc32: int | None = None,
    headers: Iterable[str] = (),
    length: int | None = None,
) -> bytes:
    """A reply as AWS words it, or almost."""
    checksum = zlib.crc32(body) if crc32 is None else crc32
    lines = [
        f"{version} {status}",
        "Server: Server",
        f"Content-Type: {JSON}",
        f"Content-Length: {len(body) if length is None else length}",
        f"x-amz-crc32: {checksum}",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def say(*pieces: bytes, then: str = "go on") -> Say:
    """Send some pieces, each apart; then go on, close the connection, or reset it."""

    def act(server: RawServer, connection: socket.socket) -> None:
        for piece in pieces:
            connection.sendall(piece)
        if then == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if then != "go on":
            raise ConnectionAbortedError(then)

    return act


def never(server: RawServer, connection: socket.socket) -> None:
    """Say nothing until the test is over."""
    server.is_over.wait(60)


def acknowledged(connection: socket.socket) -> None:
    """Wait until what was sent has arrived; on this machine that takes no time."""
    import array
    import fcntl
    import termios

    unsent = array.array("i", [1])
    # A loop that has noticed it has closed the connection, and so did the server.
    with suppress(OSError, ValueError):
        while unsent[0]:
            fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, unsent)


class RawServer:
    """
    The server, as a context manager.

    Attributes:
        requests: The operations that were asked for, in order.
        heads: The head of each request.
        bodies: The body of each request.
        connections: How many connections were opened.
        closed: Set when the server has closed a connection.
        is_over: Set when the test ends.
    """

    def __init__(self, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.requests: list[str] = []
        self.heads: list[dict[str, str]] = []
        self.bodies: list[bytes] = []
        self.connections = 0
        self.closed = threading.Event()
        self.is_over = threading.Event()
        self._tls = tls
        self._acts: dict[str, list[Say]] = {
            "DescribeTable": [say(reply_of(json.dumps({"Table": description()}).encode()))],
            "GetItem": [say(reply_of(b"{}"))],
        }
        self._listener = socket.create_server((host, 0))
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self.port = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://{host}:{self.port}"

    def __enter__(self) -> RawServer:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self.is_over.set()
        # An accept that waits is ended by a connection; a test may have changed how names resolve.
        with suppress(OSError), socket.socket() as waker:
            waker.connect(self._listener.getsockname())
        self._threads[0].join()
        self._listener.close()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def answer(self, operation: str, *acts: Say) -> None:
        """Do these, one a request; the last one for all later requests."""
        self._acts[operation] = list(acts)

    def acts(self, operation: str) -> list[Say]:
        """What is going to be done."""
        return list(self._acts[operation])

    def _start(self, target: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=target, args=arguments)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self.is_over.is_set():
                connection.close()
                return
            self.connections += 1
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open.append(connection)
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError):
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
                self._open.append(connection)
            with connection, connection.makefile("rb") as stream:
                while self._answer_one(connection, stream):
                    pass
        connection.close()
        self.closed.set()

    def _answer_one(self, connection: socket.socket, stream: Any) -> bool:
        if not stream.readline():
            return False
        head: dict[str, str] = {}
        while line := stream.readline().strip().decode():
            name, _, text = line.partition(":")
            head[name.lower()] = text.strip()
        body = stream.read(int(head["content-length"]))
        operation = head["x-amz-target"].partition(".")[2]
        self.heads.append(head)
        self.bodies.append(body)
        self.requests.append(operation)
        acts = self._acts[operation]
        (acts.pop(0) if len(acts) > 1 else acts[0])(self, connection)
        return True
