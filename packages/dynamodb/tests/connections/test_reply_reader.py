"""The reader of replies never hangs, never gives a part, and never reads into the next reply."""

from __future__ import annotations

import asyncio
import json
import random
import zlib
from collections import Counter
from contextlib import closing, suppress
from http.client import HTTPException, HTTPResponse
from io import BytesIO
from typing import Any

import pytest

from confstore_dynamodb._connections.on_loop.pool import LoopPool
from confstore_dynamodb._connections.pool import TrustStore
from confstore_dynamodb._connections.replies import Reply, ReplyReader, check
from confstore_dynamodb._connections.requests import Endpoint, endpoint_of
from confstore_dynamodb._connections.wire_errors import (
    ConnectionClosedError,
    ReadTimeoutError,
    UnintelligibleReplyError,
    WireError,
)
from effort import at_length

from ..raw_server import reply_of

LOCAL = endpoint_of("http://127.0.0.1:8000")
AWS = endpoint_of("https://dynamodb.eu-west-1.amazonaws.com")
BODIES = [
    b"{}",
    b"",
    json.dumps({"Items": [{"_option": {"S": "db"}, "text": {"S": "x" * 300}}]}).encode(),
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    b"\r\n\r\n",
]
PIECES = [
    b"\r\n",
    b"\n",
    b"\r",
    b":",
    b" ",
    b"\x00",
    b"0",
    b"9",
    b"Content-Length: 2\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Content-Encoding: gzip\r\n",
    b"Connection: close\r\n",
    b"HTTP/1.0",
    b"\r\n\r\n",
    b"{}",
]


def chunked(body: bytes, random_: random.Random) -> bytes:
    """The reply in chunks."""
    chunks, at = b"", 0
    while at < len(body):
        size_b = random_.randint(1, 200)
        chunk = body[at : at + size_b]
        chunks += b"%x\r\n%b\r\n" % (len(chunk), chunk)
        at += size_b
    length = f"Content-Length: {len(body)}".encode()
    head = reply_of(body)[: -len(body) or None].replace(length, b"Transfer-Encoding: chunked")
    return head + chunks + b"0\r\n\r\n"


def mutated(reply: bytes, random_: random.Random) -> bytes:
    """The reply with some changes, or none."""
    for _ in range(random_.choice([0, 0, 1, 1, 2, 4])):
        at, end = sorted(random_.randint(0, len(reply)) for _ in range(2))
        reply = random_.choice(
            [
                lambda r, at=at: r[:at] + random_.choice(PIECES) + r[at:],
                lambda r, at=at: r[:at] + random_.randbytes(1) + r[at + 1 :],
                lambda r, at=at, end=end: r[:at] + r[end:],
                lambda r, at=at: r[:at],
                lambda r, at=at, end=end: r[:end] + r[at:],
                lambda r: r + random_.choice(PIECES),
            ]
        )(reply)
    return reply


def read(endpoint: Endpoint, stream: bytes, random_: random.Random) -> Reply | None:
    """What the reader gives of a stream that comes in random pieces, and then ends."""
    reader = ReplyReader(endpoint)
    at = 0
    try:
        while True:
            size_b = random_.choice([1, 2, 7, 50, 1000])
            reply = reader.feed(stream[at : at + size_b])
            at += size_b
            assert reader.expected_b <= len(stream) or reply is None
            if reply is not None:
                return reply
    except ConnectionClosedError:
        return None


def as_python(stream: bytes) -> tuple[int, bytes] | None:
    """What Python's own reader gives of it."""

    class Connection:
        def makefile(self, *_: object) -> BytesIO:
            return BytesIO(stream)

    connection: Any = Connection()
    try:
        response = HTTPResponse(connection, method="POST")
        response.begin()
        return response.status, response.read()
    except (HTTPException, ValueError):
        return None


def test_mutated_replies() -> None:
    """A reply is exactly right, by the judgement of another reader, or an error."""
    random_ = random.Random(14)
    wholes = [(body, reply_of(body)) for body in BODIES]
    wholes += [(body, chunked(body, random_)) for body in BODIES]
    read_whole = 0
    for _ in range(at_length(100_000, short=4_000)):
        _, whole = random_.choice(wholes)
        stream = mutated(whole, random_)
        for endpoint in (LOCAL, AWS):
            assert endpoint is not None
            reply = read(endpoint, stream, random_)
            if reply is None:
                continue
            read_whole += 1
            assert as_python(stream) == (reply.status, reply.body)
            assert not (endpoint.is_aws and "transfer-encoding" in reply.headers)
    assert read_whole


@pytest.mark.slow("sends a thousand replies over sockets")
def test_mutated_replies_on_a_loop() -> None:
    """The same over sockets on a loop: connections are used again after good replies only."""
    random_ = random.Random(14)
    wholes = [reply_of(body) for body in BODIES] + [chunked(body, random_) for body in BODIES]
    streams: dict[bytes, tuple[bytes, bool]] = {}
    # Of the last one that was said, and has ended its connection.
    has_ended = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer), suppress(OSError, asyncio.IncompleteReadError):
            while not writer.is_closing():
                stream, may_end = streams[await reader.readexactly(8)]
                while stream:
                    size_b = random_.choice([1, 7, 50, 1000, 1000])
                    writer.write(stream[:size_b])
                    await writer.drain()
                    await asyncio.sleep(0)
                    stream = stream[size_b:]
                if may_end:
                    writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        has_ended.set()

    async def use() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        endpoint = endpoint_of(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        assert endpoint is not None
        pool = LoopPool(endpoint, TrustStore(None))
        for number in range(at_length(20_000, short=1_000)):
            stream = mutated(random_.choice(wholes), random_)
            name, is_good = b"%08d" % number, stream in wholes
            # A part would be waited for, were it not for the end of the connection.
            streams[name] = stream, not is_good
            has_ended.clear()
            failure = reply = None
            try:
                reply = await pool.exchange(name)
            except WireError as error:
                failure = error
            if reply is not None:
                assert as_python(stream) == (reply.status, reply.body)
            assert not (is_good and failure)
            assert not isinstance(failure, ReadTimeoutError)
            kinds[type(failure)] += 1
            if not is_good:
                await has_ended.wait()
        # So that there is a connection whose end can be waited for.
        streams[b"the last"] = wholes[0], False
        await pool.exchange(b"the last")
        has_ended.clear()
        pool.close()
        server.close()
        await has_ended.wait()

    kinds: Counter[type] = Counter()
    asyncio.run(use())
    for kind in (type(None), ConnectionClosedError, UnintelligibleReplyError):
        assert kinds[kind] > 50, kinds


@pytest.mark.parametrize("body", BODIES)
def test_whole_replies(body: bytes) -> None:
    """A reply that nobody has changed is read, and what comes after it is not."""
    random_ = random.Random(14)
    assert LOCAL is not None
    for stream in (reply_of(body), chunked(body, random_)):
        for _ in range(200):
            reply = read(LOCAL, stream, random_)
            assert reply is not None
            assert (reply.status, reply.body, reply.stays_open) == (200, body, True)
            check(reply, LOCAL, is_required=True)
            assert read(LOCAL, stream + b"H", random.Random(0)) is None or body == b""


def test_reply_shows_nothing_of_its_body() -> None:
    """A reply prints without its content."""
    assert "canary" not in repr(Reply(200, {"x": "canary"}, b"canary"))


def test_wrong_checksum_is_an_error() -> None:
    """A checksum is compared as a text: DynamoDB writes it in one way."""
    assert LOCAL is not None
    for crc32 in ("", "7", f"0{zlib.crc32(b'{}')}", f"+{zlib.crc32(b'{}')}"):
        with pytest.raises(ConnectionClosedError):
            check(Reply(200, {"x-amz-crc32": crc32}, b"{}"), LOCAL, is_required=False)


UNUSUAL = [
    "http://",
    "ftp://localhost",
    "http://user:canary@localhost",
    "http://localhost/path",
    "http://localhost?query",
    "http://localhost#fragment",
    "http://localhost:0",
    "http://localhost:70000",
    "http://localhost:x",
    "http://lo calhost",
    "http://l\u00f6calhost",
    "http://-localhost",
    "http://[::1",
    "http://[canary]",
    "http://[v1.x]",
    "localhost",
]


@pytest.mark.parametrize("url", UNUSUAL)
def test_unusual_url_is_botocores(url: str) -> None:
    """A URL that is more than a host and a port is left to botocore."""
    assert endpoint_of(url) is None


@pytest.mark.parametrize(
    ("url", "host", "port", "header", "is_trusted"),
    [
        ("http://localhost:8000", "localhost", 8000, "localhost:8000", True),
        ("http://LOCALHOST:80/", "localhost", 80, "localhost", True),
        ("https://dynamodb.test", "dynamodb.test", 443, "dynamodb.test", True),
        ("https://dynamodb.test:443/", "dynamodb.test", 443, "dynamodb.test", True),
        ("http://dynamodb.test:443/", "dynamodb.test", 443, "dynamodb.test:443", False),
        ("http://[::1]:8000/", "::1", 8000, "[::1]:8000", True),
        ("http://192.0.2.1", "192.0.2.1", 80, "192.0.2.1", False),
    ],
)
def test_usual_urls(url: str, host: str, port: int, header: str, is_trusted: bool) -> None:
    """What a URL says of the place to connect to and of the header."""
    endpoint = endpoint_of(url)
    assert endpoint is not None
    found = (endpoint.host, endpoint.port, endpoint.host_header, endpoint.is_trusted)
    assert found == (host, port, header, is_trusted)


@pytest.mark.parametrize(
    ("host", "is_aws"),
    [
        ("dynamodb.eu-west-1.amazonaws.com", True),
        ("111122223333.ddb.eu-west-1.amazonaws.com", True),
        ("dynamodb.cn-north-1.amazonaws.com.cn", True),
        ("dynamodb.eu-west-1.api.aws", True),
        ("amazonaws.com.example", False),
        ("notamazonaws.com", False),
        ("localhost", False),
    ],
)
def test_hosts_of_aws(host: str, is_aws: bool) -> None:
    """AWS's hosts are known by the domains of its partitions."""
    endpoint = endpoint_of(f"https://{host}")
    assert endpoint is not None
    assert endpoint.is_aws is is_aws
