"""
Replies out of the bytes as they come, without input or output.

What AWS's DynamoDB sends is known exactly: HTTP/1.1, one `Content-Length`, no encoding of any kind.
DynamoDB Local sends long replies in chunks, so chunks are read from hosts that are not AWS's.
Whatever else comes is no reply: it is never guessed at.
"""

from __future__ import annotations

import json
import re
import zlib
from typing import NamedTuple

from confstore_dynamodb._connections.requests import Endpoint
from confstore_dynamodb._connections.wire_errors import (
    ChecksumError,
    ConnectionClosedError,
    UnintelligibleReplyError,
)

__all__ = ["Reply", "ReplyReader", "check", "error_of"]

_MAX_HEAD_B = 65_536
"""Source: CPython's `http.client`, which limits a line to as much."""

_MAX_BODY_B = 64 << 20
"""Source: AWS, "BatchGetItem": 16 MB of items, the longest reply; JSON may need 4 times as many."""

_HEAD = re.compile(
    rb"HTTP/1\.1 [2-5][0-9]{2}(?: [^\r\n\x00]*)?"
    rb"(?:\r\n[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[^\r\n\x00]*)*"
).fullmatch
"""Source: RFC 9112, sections 4 and 5: a status line and fields, without obsolete folding."""

_WITHOUT_BODY = (204, 304)
"""Source: RFC 9112, section 6.3: what is said of their length is not true of them."""

_LENGTH = re.compile("[0-9]{1,10}").fullmatch
_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,8}").fullmatch
_MAX_CHUNK_LINE_B = 16

_KIND = "application/x-amz-json"


class Reply(NamedTuple):
    """
    A whole reply.

    Attributes:
        status: The status.
        headers: The headers by their names in lower case.
        body: The body.
        stays_open: The connection can be used again.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    stays_open: bool = True

    @property
    def is_json(self) -> bool:
        """True if it is of DynamoDB's type."""
        return self.headers.get("content-type", "").startswith(_KIND)

    def __repr__(self) -> str:
        return f"<Reply {self.status}>"


class ReplyReader:
    """Reads one reply."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._parts: list[bytes] = []
        self._received_b = 0
        self._status = 0
        self._headers: dict[str, str] = {}
        # Of the whole reply, if its head says how long it is.
        self._whole_b = 0
        self._chunks: _Chunks | None = None

    @property
    def expected_b(self) -> int:
        """The bytes of the reply, as far as they are known; of chunks without their frames."""
        if self._chunks is not None:
            return self._chunks.expected_b
        return max(self._whole_b, self._received_b)

    def feed(self, received: bytes) -> Reply | None:
        """
        Read on; empty bytes say that the connection was closed.

        Returns:
            The reply, once it is whole.

        Raises:
            ConnectionClosedError: The connection was closed before that.
            UnintelligibleReplyError: It is no reply of DynamoDB, or more than one.
        """
        if not received:
            raise ConnectionClosedError(self._endpoint.url)
        self._received_b += len(received)
        self._parts.append(received)
        if not (self._status or self._read_head()):
            return None
        if self._chunks is not None:
            return self._of_chunks(self._chunks, self._parts.pop())
        if self._received_b < self._whole_b:
            return None
        if self._received_b > self._whole_b:
            raise self._unintelligible("more than one reply")
        return self._reply(b"".join(self._parts))

    def _reply(self, body: bytes) -> Reply:
        connection = self._headers.get("connection", "").lower()
        return Reply(self._status, self._headers, body, "close" not in connection)

    def _of_chunks(self, chunks: _Chunks, received: bytes) -> Reply | None:
        try:
            body = chunks.feed(received)
        except ValueError as error:
            raise self._unintelligible(str(error)) from None
        return None if body is None else self._reply(body)

    def _unintelligible(self, reason: str) -> UnintelligibleReplyError:
        return UnintelligibleReplyError(self._endpoint.url, reason)

    def _read_head(self) -> bool:
        """Read the head, and find out where the body ends; False if it is not whole yet."""
        received = b"".join(self._parts)
        self._parts = [received]
        end = received.find(b"\r\n\r\n", 0, _MAX_HEAD_B)
        if end < 0:
            if len(received) >= _MAX_HEAD_B:
                raise self._unintelligible("an endless head")
            if not b"HTTP/1.1 ".startswith(received[:9]):
                raise self._unintelligible("not HTTP/1.1")
            return False
        head = received[:end]
        if not _HEAD(head):
            raise self._unintelligible("not a head of HTTP/1.1")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = self._headers
        for line in lines:
            name, _, text = line.partition(":")
            name, text = name.lower(), text.strip(" \t")
            if name in headers:
                if name in ("content-length", "transfer-encoding"):
                    raise self._unintelligible("more than one length")
                text = f"{headers[name]}, {text}"
            headers[name] = text
        self._status = int(first[9:12])
        self._parts = [received[end + 4 :]]
        self._frame(end + 4)
        return True

    def _frame(self, head_b: int) -> None:
        headers = self._headers
        if self._status in _WITHOUT_BODY:
            raise self._unintelligible("a status without a body")
        if headers.get("content-encoding", "identity") != "identity":
            raise self._unintelligible("an encoded body")
        if "transfer-encoding" in headers:
            is_chunked = headers["transfer-encoding"].lower() == "chunked"
            if self._endpoint.is_aws or not is_chunked or "content-length" in headers:
                raise self._unintelligible("a transfer encoding")
            self._chunks = _Chunks()
            return
        length = headers.get("content-length", "")
        if not _LENGTH(length):
            raise self._unintelligible("no length")
        if int(length) > _MAX_BODY_B:
            raise self._unintelligible("an endless body")
        self._whole_b = head_b + int(length)


class _Chunks:
    """
    A body in chunks.

    Source: RFC 9112, section 7.1; extensions and trailers are not read.
    """

    def __init__(self) -> None:
        self._unread = bytearray()
        self._body = bytearray()
        # Of the present chunk, with the line break after it; 0 if a size comes next.
        self._missing_b = 0
        self._is_last = False

    @property
    def expected_b(self) -> int:
        """The bytes of the body, as far as they are known."""
        return len(self._body) + self._missing_b

    def feed(self, received: bytes) -> bytes | None:
        """
        Read on.

        Returns:
            The body, once it is whole.

        Raises:
            ValueError: These are no chunks; the text says why.
        """
        unread = self._unread
        unread += received
        while not self._is_last or self._missing_b:
            if not self._missing_b:
                if not self._read_size():
                    return None
            elif not self._read_chunk():
                return None
        if unread:
            raise ValueError("more than one reply")
        return bytes(self._body)

    def _read_size(self) -> bool:
        """Read the line with a chunk's size; False if it is not there yet."""
        end = self._unread.find(b"\r\n", 0, _MAX_CHUNK_LINE_B)
        if end < 0:
            if len(self._unread) >= _MAX_CHUNK_LINE_B:
                raise ValueError("no size of a chunk")
            return False
        size = bytes(self._unread[:end])
        if not _CHUNK_SIZE(size):
            raise ValueError("no size of a chunk")
        size_b = int(size, 16)
        if len(self._body) + size_b > _MAX_BODY_B:
            raise ValueError("an endless body")
        del self._unread[: end + 2]
        self._missing_b, self._is_last = size_b + 2, not size_b
        return True

    def _read_chunk(self) -> bool:
        """Read a chunk, and the line break after it; False if they are not there yet."""
        if len(self._unread) < self._missing_b:
            return False
        content_b = self._missing_b - 2
        if self._unread[content_b : self._missing_b] != b"\r\n":
            raise ValueError("a chunk of another size")
        self._body += self._unread[:content_b]
        del self._unread[: self._missing_b]
        self._missing_b = 0
        return True


def check(reply: Reply, endpoint: Endpoint, *, is_required: bool) -> None:
    """
    Check a reply's body by its checksum, which every good reply of AWS must have.

    Raises:
        ChecksumError: It is wrong.
        UnintelligibleReplyError: It is missing.
    """
    checksum = reply.headers.get("x-amz-crc32")
    if checksum is not None:
        if checksum != str(zlib.crc32(reply.body)):
            raise ChecksumError(endpoint.url, "a wrong checksum")
    elif is_required and reply.status == 200:
        raise UnintelligibleReplyError(endpoint.url, "no checksum")


def error_of(reply: Reply) -> tuple[str, str]:
    """
    The code and the message of a refusal; for what is none of DynamoDB's, the status and no text.

    Source: botocore 1.44, the parser of the protocol `json`.
    """
    try:
        said = json.loads(reply.body or b"{}")
        code = said.get("__type") or str(reply.status)
        text = str(said.get("message", said.get("Message", "")))
        return code.partition(":")[0].rpartition("#")[2], text
    except (AttributeError, ValueError):
        return str(reply.status), ""
