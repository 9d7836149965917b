"""A proxy to DynamoDB that stops in the middle of a write."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

__all__ = ["HoldingProxy", "holding_proxy"]

WRITES = ("PutItem", "DeleteItem", "TransactWriteItems")
PATIENCE_S = 60


class HoldingProxy(ThreadingHTTPServer):
    """
    Hands on requests, and keeps one write without an answer.

    Attributes:
        held: Set when the write has come to be held.
    """

    daemon_threads = True

    def __init__(self, endpoint_url: str, number: int, *, is_applied: bool) -> None:
        """
        Listen on a free port.

        Args:
            endpoint_url: Where to hand requests on to.
            number: Which write to hold, counted from 1.
            is_applied: Whether it is handed on, and only its answer is lost.
        """
        super().__init__(("127.0.0.1", 0), Handler)
        self.backend = urlsplit(endpoint_url).netloc
        self.held = threading.Event()
        self.released = threading.Event()
        self._left = number
        self._is_applied = is_applied
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """Its endpoint URL."""
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        """The backend's answer; that of the write to be held comes when the test has ended."""
        is_write = headers.get("X-Amz-Target", "").rpartition(".")[2] in WRITES
        with self._lock:
            self._left -= is_write
            is_held = is_write and self._left <= 0
        if is_held and not self._is_applied:
            return self._hold()
        connection = http.client.HTTPConnection(self.backend, timeout=PATIENCE_S)
        connection.request("POST", "/", body, headers)
        reply = connection.getresponse()
        content = reply.read()
        connection.close()
        if is_held:
            return self._hold()
        return reply.status, dict(reply.getheaders()), content

    def _hold(self) -> tuple[int, dict[str, str], bytes]:
        self.held.set()
        assert self.released.wait(PATIENCE_S)
        return 500, {}, b""


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    # Otherwise the body waits 40 ms for an acknowledgement of the head.
    disable_nagle_algorithm = True
    wbufsize = -1
    server: HoldingProxy

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status, headers, content = self.server.answer(dict(self.headers.items()), body)
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing: who was killed does not read its answer."""

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:
            # The client was killed.
            self.close_connection = True


@contextmanager
def holding_proxy(endpoint_url: str, number: int, *, is_applied: bool) -> Iterator[HoldingProxy]:
    """A proxy while the block runs."""
    proxy = HoldingProxy(endpoint_url, number, is_applied=is_applied)
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield proxy
    finally:
        proxy.released.set()
        proxy.shutdown()
        thread.join()
        proxy.server_close()
