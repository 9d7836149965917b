"""A server that answers DynamoDB's requests in all the ways that networks have."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import urllib.request
import zlib
from collections import defaultdict
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

JSON = "application/x-amz-json-1.0"

Behaviour = Callable[[BaseHTTPRequestHandler, bytes], None]
"""What is done about one request, whose body is at hand."""


class Loopback:
    """
    The server, as a context manager.

    Attributes:
        requests: The operations that were asked for, in order.
        connections: How many connections were opened.
        tls: If set, what is sent through a tunnel, as to a proxy, is sent by TLS.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[str] = []
        self.connections = 0
        self.tls = tls
        self._behaviours: dict[str, list[Behaviour]] = defaultdict(list)
        self._is_over = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Otherwise the body waits 40 ms for an acknowledgement of the head.
            disable_nagle_algorithm = True

            def setup(self) -> None:
                outer.connections += 1
                super().setup()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                target = self.headers["X-Amz-Target"]
                operation = target.partition(".")[2] if target else _action(body)
                outer._behaviour(operation)(self, body)

            def do_CONNECT(self) -> None:
                assert outer.tls is not None
                outer.requests.append(f"CONNECT {self.path}")
                self.send_response(200)
                self.end_headers()
                # This server is the proxy, and what is behind it.
                try:
                    self.connection = outer.tls.wrap_socket(self.connection, server_side=True)
                except ssl.SSLError:
                    self.close_connection = True
                    return
                self.close_connection = False
                self.rfile = self.connection.makefile("rb")
                self.wfile = self.connection.makefile("wb", buffering=0)  # type: ignore[assignment]

            def finish(self) -> None:
                super().finish()
                self.connection.close()

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Loopback:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, operation: str, *behaviours: Behaviour) -> None:
        """Do these, one a request; the last one for all later requests."""
        self._behaviours[operation] = list(behaviours)

    def _behaviour(self, operation: str) -> Behaviour:
        self.requests.append(operation)
        behaviours = self._behaviours[operation]
        return behaviours.pop(0) if len(behaviours) > 1 else behaviours[0]

    def json(self, reply: Any, *, status: int = 200, kind: str = JSON) -> Behaviour:
        """Answer as DynamoDB does."""
        return self.page(json.dumps(reply).encode(), status=status, kind=kind)

    def error(self, code: str, *, status: int = 400) -> Behaviour:
        """Answer with an error as DynamoDB does."""
        reply = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "no"}
        return self.json(reply, status=status)

    def page(
        self,
        body: bytes,
        *,
        status: int = 200,
        kind: str | None = JSON,
        sent: int | None = None,
        has_length: bool = True,
        crc32: int | None = None,
    ) -> Behaviour:
        """Answer with any body, of which so many bytes are sent before the connection ends."""

        def behave(handler: BaseHTTPRequestHandler, _: bytes) -> None:
            handler.send_response(status)
            if kind is not None:
                handler.send_header("Content-Type", kind)
            if crc32 is not None:
                handler.send_header("x-amz-crc32", str(crc32))
            if has_length:
                handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body if sent is None else body[:sent])
            handler.close_connection = not has_length or sent is not None

        return behave

    def chunks(self, body: bytes, *, size_b: int = 10_000) -> Behaviour:
        """Answer in chunks, as HTTP calls them."""

        def behave(handler: BaseHTTPRequestHandler, _: bytes) -> None:
            handler.send_response(200)
            handler.send_header("Content-Type", JSON)
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            for start in range(0, len(body), size_b):
                chunk = body[start : start + size_b]
                handler.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
            handler.wfile.write(b"0\r\n\r\n")

        return behave

    def checked(self, reply: Any) -> Behaviour:
        """Answer as AWS does, with a checksum."""
        body = json.dumps(reply).encode()
        return self.page(body, crc32=zlib.crc32(body))

    def drop(self, handler: BaseHTTPRequestHandler, _: bytes) -> None:
        """Close the connection instead of answering."""
        handler.close_connection = True
        handler.connection.shutdown(socket.SHUT_RDWR)

    def hang(self, handler: BaseHTTPRequestHandler, _: bytes) -> None:
        """Never answer."""
        self._is_over.wait()
        handler.close_connection = True

    def forward_to(self, url: str, *, then: Behaviour | None = None) -> Behaviour:
        """Let another server do it, and pass its answer on, or do something else then."""

        def behave(handler: BaseHTTPRequestHandler, body: bytes) -> None:
            passed = ("Authorization", "Content-Type", "X-Amz-Date", "X-Amz-Target")
            headers = {name: handler.headers[name] for name in passed}
            request = urllib.request.Request(url, data=body, headers=headers)
            with urllib.request.urlopen(request) as answer:
                reply = answer.read()
            (then or self.page(reply))(handler, body)

        return behave


def _action(body: bytes) -> str:
    """The operation of a request to one of the services that take them as forms, such as STS."""
    return parse_qs(body.decode())["Action"][0]
