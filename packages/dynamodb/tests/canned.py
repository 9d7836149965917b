"""A client of boto3 whose replies are bytes that a test gives, without a server."""

from __future__ import annotations

import io
import json
import threading
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse

from .conftest import description

JSON = "application/x-amz-json-1.0"


class Canned:
    """
    The client, and what it is answered.

    Attributes:
        client: The client.
        answers: A function from a request to the body of the reply, by operation.
        headers: The headers of every reply.
        requests: The operations and headers of the requests so far.
    """

    def __init__(self) -> None:
        self.client: Any = boto3.client("dynamodb")
        self.headers = {"content-type": JSON}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.answers: dict[str, Callable[[dict[str, Any]], bytes]] = {
            "DescribeTable": lambda _: json.dumps({"Table": description()}).encode(),
            "GetItem": lambda _: b"{}",
        }
        self._lock = threading.Lock()
        self.client.meta.events.register("before-send.dynamodb", self._send)

    def answer(self, operation: str, body: bytes) -> None:
        """Answer every request for an operation like this."""
        self.answers[operation] = lambda _: body

    def _send(self, request: Any, **_: Any) -> AWSResponse:
        headers = {name: _text(value) for name, value in request.headers.items()}
        operation = headers["X-Amz-Target"].partition(".")[2]
        with self._lock:
            self.requests.append((operation, headers))
        body = self.answers[operation](json.loads(request.body))
        checksum = {"x-amz-crc32": str(zlib.crc32(body))}
        return AWSResponse(request.url, 200, {**checksum, **self.headers}, _Raw(body))


class _Raw(io.BytesIO):
    """A body as urllib3 has it."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
