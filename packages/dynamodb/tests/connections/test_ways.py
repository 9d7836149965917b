"""Whichever way a store asks DynamoDB, the same wire gives the same replies and the same errors."""

from __future__ import annotations

import gzip
import json
import os
import socket
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from email.utils import formatdate
from typing import Any

import botocore
import pytest
from botocore.client import BaseClient

from confstore.errors import (
    ConfigStoreError,
    OptionNotFoundError,
    StoreUnavailableError,
)
from confstore.testing import assert_keeps_values
from confstore_dynamodb import DynamoDBStore
from forked import fork, fork_in_c

from ..raw_server import JSON, RawServer, Say, acknowledged, never, reply_of, say
from .ways import OURS, WAYS, connections_before, opened

ITEM = {
    "_store": {"S": "prod"},
    "_option": {"S": "db"},
    "port": {"N": "1"},
    "raw": {"B": "AAE="},
    "tags": {"SS": ["a", "b"]},
    "blobs": {"BS": ["AA=="]},
    "numbers": {"NS": ["1", "2.5"]},
    "tree": {"M": {"list": {"L": [{"NULL": True}, {"BOOL": False}]}}},
}
VALUES = {
    "port": 1,
    "raw": b"\x00\x01",
    "tags": {"a", "b"},
    "blobs": {b"\x00"},
    "numbers": {1, 2.5},
    "tree": {"list": [None, False]},
}
BODY = json.dumps({"Item": ITEM}).encode()
GOOD = reply_of(BODY)


@pytest.fixture
def server() -> Iterator[RawServer]:
    """A server that sends exactly what a test says; the store has no journal."""
    with RawServer() as server:
        yield server


def outcome(way: str, server: RawServer, use: Callable[[DynamoDBStore], Any]) -> Any:
    """What a use of the store gives, or the type and the text of its error."""
    try:
        with opened(way, server.url) as store:
            return use(store)
    except ConfigStoreError as error:
        assert_keeps_values(error)
        return type(error).__name__, str(error).replace(server.url, "URL")


def outcomes(
    server: RawServer, operation: str, acts: list[Say], use: Callable[[DynamoDBStore], Any]
) -> list[Any]:
    """The outcomes of every way."""
    found = []
    for way in WAYS:
        server.answer(operation, *acts)
        found.append(outcome(way, server, use))
    return found


def read(store: DynamoDBStore) -> Any:
    return store.get("db")


def listed(store: DynamoDBStore) -> Any:
    return dict(store.items())


def removed(store: DynamoDBStore) -> Any:
    return store.delete("db")


def written(store: DynamoDBStore) -> Any:
    return store.set("db", {"port": 1})


def refused(code: str, status: str = "400 Bad Request", **members: Any) -> bytes:
    said = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "canary", **members}
    return reply_of(json.dumps(said).encode(), status=status)


# ---------------------------------------------------------------- replies

REPLIES: dict[str, bytes] = {
    "whole": BODY,
    "nothing": b"{}",
    "null": b'{"Item":null}',
    "other members": b'{"ConsumedCapacity":{"TableName":"config","CapacityUnits":0.5}}',
    "without blanks": json.dumps({"Item": ITEM}, separators=(",", ":")).encode(),
    "blanks": json.dumps({"Item": ITEM}, indent=1).encode(),
    "cut off after the item": BODY[:-1],
    "more after the end": BODY + b"}",
    "empty item": b'{"Item":{}}',
    "many keys": json.dumps({"Item": {f"k{n}": {"N": str(n)} for n in range(3000)}}).encode(),
    "escapes": json.dumps({"Item": {**ITEM, "text": {"S": "\u20ac\n"}}}).encode(),
    "no object": b"[]",
    "no JSON": b"canary",
    "no text": b"\xff\xfe",
    "no body": b"",
    "unknown type": b'{"Item":{"_option":{"S":"db"},"port":{"X":"canary"}}}',
    "not base64": b'{"Item":{"_option":{"S":"db"},"raw":{"B":"canary!"}}}',
    "no value": b'{"Item":{"_option":{"S":"db"},"port":{"N":"canary"}}}',
    "item is a list": b'{"Item":[]}',
}


@pytest.mark.parametrize("body", REPLIES.values(), ids=REPLIES)
def test_same_reply(server: RawServer, body: bytes) -> None:
    """A reply means the same in every way, whatever its JSON."""
    found = outcomes(server, "GetItem", [say(reply_of(body))], read)
    assert found[1:] == found[:-1]
    if body == BODY:
        assert found[0] == VALUES


@pytest.mark.parametrize("body", [BODY, REPLIES["without blanks"]])
def test_tracer_sees_botocores_reply(
    server: RawServer, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tracer that wraps botocore's own method finds in the reply what botocore gives."""
    server.answer("GetItem", say(reply_of(body, headers=["x-amzn-RequestId: request-1"])))
    replies: list[dict[str, Any]] = []
    send = vars(BaseClient)["_make_api_call"]

    def traced(self: Any, operation: str, parameters: Any) -> Any:
        reply = send(self, operation, parameters)
        if operation == "GetItem":
            replies.append(reply)
        return reply

    monkeypatch.setattr(BaseClient, "_make_api_call", traced)
    for way in ("botocore", "mounted"):
        with opened(way, server.url) as store:
            assert read(store) == VALUES
    of_botocore, of_ours = ({**reply, "Item": dict(reply["Item"])} for reply in replies)
    assert of_ours == of_botocore
    assert of_ours["ResponseMetadata"].keys() >= {"HTTPHeaders", "HTTPStatusCode", "RequestId"}


@pytest.mark.parametrize("body", [BODY, b"{}", b'{"Item":null}'])
def test_plain_reply_needs_no_botocore(server: RawServer, body: bytes) -> None:
    """A reply as DynamoDB writes it is read alone, and so are its refusals and failures."""
    server.answer("GetItem", say(reply_of(body)), say(refused("AccessDenied")), say(then="close"))
    with opened("alone", server.url) as store:
        for _ in range(3):
            with suppress(ConfigStoreError):
                read(store)
        assert "botocore" not in sys.modules
    assert server.requests.count("GetItem") == 5


def test_same_pages(server: RawServer) -> None:
    """Pages are followed to the last in every way."""
    key = {name: ITEM[name] for name in ("_store", "_option")}
    first = reply_of(json.dumps({"Items": [ITEM], "Count": 1, "LastEvaluatedKey": key}).encode())
    second = {**ITEM, "_option": {"S": "b"}, "more": {"B": "AAE="}}
    last = reply_of(json.dumps({"Items": [second], "Count": 1}).encode())
    found = outcomes(server, "Query", [say(first), say(last)], listed)
    assert found == [{"db": VALUES, "b": {**VALUES, "more": b"\x00\x01"}}] * len(WAYS)
    assert [json.loads(body).get("ExclusiveStartKey") for body in server.bodies][-1] == key


def test_same_table_names(server: RawServer) -> None:
    """A call whose reply has no items, and an error that is made of two."""
    for way in WAYS:
        server.answer("DescribeTable", say(refused("ResourceNotFoundException")))
        server.answer("CreateTable", say(refused("AccessDeniedException")))
        server.answer("ListTables", say(reply_of(b'{"TableNames":["confid"]}')))
        kind, text = outcome(way, server, read)
        assert (kind, "canary" in text) == ("TableNotFoundError", False)


@pytest.mark.parametrize("way", WAYS)
def test_binary_values_are_sent(server: RawServer, way: str) -> None:
    """Binary travels as base64 in every way."""
    server.answer("PutItem", say(reply_of(b"{}")))
    server.answer("GetItem", say(reply_of(b"{}")))
    with opened(way, server.url) as store:
        store.set("db", {"raw": b"\x00\x01", "blobs": {b"\x00"}})
    item = json.loads(server.bodies[-1])["Item"]
    assert (item["raw"], item["blobs"]) == ({"B": "AAE="}, {"BS": ["AA=="]})


@pytest.mark.parametrize("way", WAYS)
def test_values_of_a_commit(server: RawServer, way: str) -> None:
    """A reply that nobody reads early holds any value: here one of a journal."""
    marker = {"_store": {"S": "_journal:prod"}, "_option": {"S": "!"}, "baseline": {"N": "0"}}
    change = {
        "option": {"S": "db"},
        "action": {"S": "set"},
        "values": {"M": {name: ITEM[name] for name in VALUES}},
    }
    commit = {
        "_store": {"S": "_journal:prod"},
        "_option": {"S": "000000000001"},
        "id": {"S": "1"},
        "at": {"S": "2026-01-01T00:00:00+00:00"},
        "comment": {"S": ""},
        "changes": {"L": [{"M": change}]},
    }
    server.answer("GetItem", say(reply_of(json.dumps({"Item": marker}).encode())))
    page = json.dumps({"Items": [commit], "Count": 1}).encode()
    server.answer("Query", say(reply_of(page, headers=["x-amzn-RequestId: request-1"])))
    [found] = outcome(way, server, lambda store: store.commits())
    assert found.changes[0].values == VALUES


ODD = {
    "text": b'{"Items":[{"id":{"S":7}}]}',
    "list": b'{"Items":[{"id":{"L":"canary"}}]}',
    "set": b'{"Items":[{"id":{"SS":"canary"}}]}',
    "sets": b'{"Items":[{"id":{"SS":[7]}}]}',
    "numbers": b'{"Items":[{"id":{"NS":[7]}}]}',
    "flag": b'{"Items":[{"id":{"BOOL":1}}]}',
    "two": b'{"Items":[{"id":{"S":"a","N":"1"}}]}',
    "no items": b'{"Items":7}',
}


@pytest.mark.parametrize("page", ODD.values(), ids=ODD)
def test_same_odd_commit(server: RawServer, page: bytes) -> None:
    """What DynamoDB would not write is the same error in every way."""
    marker = {"_store": {"S": "_journal:prod"}, "_option": {"S": "!"}, "baseline": {"N": "0"}}
    server.answer("GetItem", say(reply_of(json.dumps({"Item": marker}).encode())))
    found = outcomes(server, "Query", [say(reply_of(page))], lambda store: store.commits())
    assert found[1:] == found[:-1]


REFUSALS = {
    "denied": refused("AccessDeniedException"),
    "expired": refused("ExpiredTokenException"),
    "absent table": refused("ResourceNotFoundException"),
    "validation": refused("ValidationException"),
    "too large": refused("ValidationException", message="Item size has exceeded"),
    "unknown": refused("SomethingNew"),
    "condition": refused("ConditionalCheckFailedException"),
    "code with a place": reply_of(b'{"__type":"Code:http://a#b"}', status="400 Bad"),
    "no code": reply_of(b'{"message":"canary"}', status="400 Bad Request"),
    "no JSON": reply_of(b"canary", status="403 Forbidden"),
    "page": reply_of(b"<html>canary</html>", status="502 Bad Gateway"),
    "no body": reply_of(b"", status="500 Oh"),
    "throttled": refused("ThrottlingException"),
    "too many": refused("Something", status="429 Too Many Requests"),
    "conflict": refused("ReplicatedWriteConflictException"),
    "internal": refused("InternalServerError", status="500 Internal Server Error"),
}


@pytest.mark.slow("throttled calls wait up to three seconds")
@pytest.mark.parametrize("reply", REFUSALS.values(), ids=REFUSALS)
def test_same_refusal(server: RawServer, reply: bytes) -> None:
    """A refusal is the same error in every way, after as many requests."""
    found, counts = [], []
    for way in WAYS:
        server.answer("PutItem", say(reply))
        before = len(server.requests)
        found.append(outcome(way, server, written))
        counts.append(server.requests[before:].count("PutItem"))
    assert found[1:] == found[:-1]
    assert counts[1:] == counts[:-1]


@pytest.mark.parametrize("way", WAYS)
def test_proxys_page(server: RawServer, way: str) -> None:
    """A page that is no JSON is no reply, and the error names the proxy."""
    page = GOOD.replace(JSON.encode(), b"text/html")
    server.answer("GetItem", say(page))
    kind, text = outcome(way, server, read)
    assert kind == "StoreUnavailableError"
    assert "text/html" in text
    assert "proxy" in text


# ---------------------------------------------------------------- faults

CONNECTION_FAULTS = {
    "closed": say(then="close"),
    "garbage": say(b"canary\r\n\r\n", then="close"),
    "reset": say(then="reset"),
}


@pytest.mark.parametrize("fault", CONNECTION_FAULTS.values(), ids=CONNECTION_FAULTS)
def test_same_fault(server: RawServer, fault: Say) -> None:
    """A connection that fails is asked for again twice, and then is the same error."""
    found, counts = [], []
    for way in WAYS:
        server.answer("GetItem", fault)
        before = len(server.requests)
        found.append(outcome(way, server, read))
        counts.append(server.requests[before:].count("GetItem"))
    assert found[0][0] == "StoreUnavailableError"
    assert found[1:] == found[:-1]
    assert counts == [3] * len(WAYS)


PARTS = {
    "head": say(GOOD[:60], then="close"),
    "end of the head": say(GOOD[: -len(BODY)], then="close"),
    "body": say(GOOD[:-1], then="close"),
    "reset": say(GOOD[:-9], then="reset"),
    "wrong checksum": say(reply_of(BODY, crc32=7), then="close"),
}


@pytest.mark.parametrize("way", OURS)
@pytest.mark.parametrize("fault", PARTS.values(), ids=PARTS)
def test_part_of_a_reply(server: RawServer, fault: Say, way: str) -> None:
    """A part of a reply is none: the request is sent again."""
    server.answer("GetItem", fault, fault, say(GOOD))
    assert outcome(way, server, read) == VALUES
    assert server.requests.count("GetItem") == 3


NOT_UNDERSTOOD = {
    "HTTP/1.0": reply_of(BODY, version="HTTP/1.0"),
    "HTTP/2": reply_of(BODY, version="HTTP/2.0"),
    "no version": BODY,
    "two lengths": reply_of(BODY, headers=[f"Content-Length: {len(BODY)}"]),
    "other lengths": reply_of(BODY, headers=["Content-Length: 2"]),
    "lengths in one": GOOD.replace(
        f"Content-Length: {len(BODY)}".encode(), f"Content-Length: {len(BODY)}, 2".encode()
    ),
    "no length": GOOD.replace(b"Content-Length", b"X-Length"),
    "negative length": GOOD.replace(b"Content-Length: ", b"Content-Length: -"),
    "length in other digits": GOOD.replace(b"Content-Length: ", b"Content-Length: \xb2"),
    "endless length": reply_of(BODY, length=9_000_000_000),
    "chunks and a length": reply_of(BODY, headers=["Transfer-Encoding: chunked"]),
    "unknown encoding": GOOD.replace(
        f"Content-Length: {len(BODY)}".encode(), b"Transfer-Encoding: gzip"
    ),
    "gzip": reply_of(gzip.compress(BODY), headers=["Content-Encoding: gzip"]),
    "more than one": GOOD + reply_of(b"{}"),
    "one byte more": GOOD + b"\n",
    "folded": GOOD.replace(b"Server: Server", b"Server: Server\r\n and more"),
    "no name": GOOD.replace(b"Server: Server", b": Server"),
    "blank in a name": GOOD.replace(b"Server: Server", b"Ser ver: Server"),
    "bare line break": GOOD.replace(b"Server: Server", b"Server: Server\nContent-Length: 2"),
    "bare return": GOOD.replace(b"Server: Server", b"Server: Server\rContent-Length: 2"),
    "status of two digits": GOOD.replace(b"200 OK", b"20 OK"),
    "status without a body": GOOD.replace(b"200 OK", b"204 No Content"),
    "endless head": GOOD.replace(b"Server: Server", b"Server: " + b"x" * 70_000),
    "no head": b"HTTP/1.1 200 OK" + b"x" * 70_000,
}


@pytest.mark.parametrize("way", OURS)
@pytest.mark.parametrize("reply", NOT_UNDERSTOOD.values(), ids=NOT_UNDERSTOOD)
def test_reply_that_is_not_dynamodbs(server: RawServer, reply: bytes, way: str) -> None:
    """What DynamoDB never sends is no reply, and nothing of it is read."""
    server.answer("GetItem", say(reply, then="close"))
    kind, text = outcome(way, server, read)
    assert (kind, "ConnectionClosedError" in text) == ("StoreUnavailableError", True)
    assert server.requests.count("GetItem") == 3
    assert server.connections == 3 + connections_before(way)


@pytest.mark.parametrize("way", OURS)
def test_botocore_takes_over(server: RawServer, way: str) -> None:
    """Two replies that are not DynamoDB's have botocore make the later calls."""
    old = reply_of(b"{}", version="HTTP/1.0")
    with opened(way, server.url) as store:
        server.answer("GetItem", say(old, then="close"))
        with pytest.raises(StoreUnavailableError):
            read(store)
        endpoint = next(store.diagnose())
        assert "two replies were not DynamoDB's own" in endpoint.text
        with pytest.raises(OptionNotFoundError):
            read(store)
        if way == "alone":
            assert "botocore" in sys.modules


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("size_b", [1, 7, 10_000])
def test_reply_in_chunks(server: RawServer, way: str, size_b: int) -> None:
    """DynamoDB Local sends long replies in chunks, however these come."""
    assert outcome(way, server, chunked(server, size_b)) == VALUES


def chunked(server: RawServer, size_b: int) -> Callable[[DynamoDBStore], Any]:
    chunks = [BODY[start : start + size_b] for start in range(0, len(BODY), size_b)]
    head = GOOD[: -len(BODY)].replace(
        f"Content-Length: {len(BODY)}".encode(), b"Transfer-Encoding: chunked"
    )
    pieces = [b"%X\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks]
    server.answer("GetItem", say(head, *pieces, b"0\r\n", b"\r\n"))
    return read


WRONG_CHUNKS = {
    "no size": b"x\r\n{}\r\n0\r\n\r\n",
    "endless size": b"fffffffffffffffffffff",
    "too much": b"fffffff\r\n",
    "other size": b"3\r\n{}\r\n0\r\n\r\n",
    "extension": b"2;a=b\r\n{}\r\n0\r\n\r\n",
    "trailer": b"2\r\n{}\r\n0\r\nA: b\r\n\r\n",
    "one byte more": b"2\r\n{}\r\n0\r\n\r\nx",
    "not whole": b"2\r\n{}\r\n",
}


@pytest.mark.parametrize("way", OURS)
@pytest.mark.parametrize("chunks", WRONG_CHUNKS.values(), ids=WRONG_CHUNKS)
def test_wrong_chunks(server: RawServer, way: str, chunks: bytes) -> None:
    """Chunks that are not as the standard has them are no reply."""
    head = GOOD[: -len(BODY)].replace(
        f"Content-Length: {len(BODY)}".encode(), b"Transfer-Encoding: chunked"
    )
    server.answer("GetItem", say(head + chunks, then="close"))
    assert outcome(way, server, read)[0] == "StoreUnavailableError"


@pytest.mark.parametrize("way", WAYS)
def test_reply_byte_by_byte(server: RawServer, way: str) -> None:
    """A reply may come in any pieces."""
    pieces = [GOOD[at : at + 1] for at in range(len(GOOD))]
    server.answer("GetItem", say(*pieces))
    assert outcome(way, server, read) == VALUES


def drip(server: RawServer, connection: socket.socket) -> None:
    """Send a reply byte by byte, slowly."""
    for at in range(len(GOOD)):
        connection.sendall(GOOD[at : at + 1])
        if server.is_over.wait(0.1):
            return


def flood(server: RawServer, connection: socket.socket) -> None:
    """Send small chunks for ever, so that something can be read all the time."""
    length = f"Content-Length: {len(BODY)}".encode()
    connection.sendall(GOOD[: -len(BODY)].replace(length, b"Transfer-Encoding: chunked"))
    while not server.is_over.wait(0.001):
        connection.sendall(b"1\r\n{\r\n")


@pytest.mark.slow("exchanges run into their limit of two seconds")
@pytest.mark.parametrize("way", OURS)
@pytest.mark.parametrize("slow", [never, drip, flood])
def test_slow_reply(server: RawServer, way: str, slow: Say) -> None:
    """An exchange has one limit, however its reply comes."""
    server.answer("GetItem", slow, say(GOOD))
    started = time.monotonic()
    assert outcome(way, server, read) == VALUES
    assert time.monotonic() - started < 30


@pytest.mark.slow("three exchanges wait a second for TLS")
@pytest.mark.parametrize("way", OURS)
def test_server_that_does_not_speak(way: str) -> None:
    """A server that takes the connection, and then says nothing, is not waited for."""
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        opened(way, f"https://127.0.0.1:{silent.getsockname()[1]}") as store,
        pytest.raises(StoreUnavailableError, match="ConnectTimeoutError"),
    ):
        read(store)


@pytest.mark.parametrize("way", OURS)
def test_address_that_cannot_be_used(
    server: RawServer, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of several addresses the first one that answers is used."""
    resolve = socket.getaddrinfo

    def several(*where: Any, **named: Any) -> Any:
        [(_, kind, protocol, name, address)] = found = resolve(*where, **named)
        dead = socket.AF_INET, kind, protocol, name, ("127.0.0.1", 1)
        return [(9999, kind, protocol, name, address), dead, *found]

    monkeypatch.setattr(socket, "getaddrinfo", several)
    server.answer("GetItem", say(GOOD))
    assert outcome(way, server, read) == VALUES


@pytest.mark.parametrize("way", OURS)
def test_name_without_an_address(
    server: RawServer, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that means nothing is an endpoint that cannot be reached."""
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [])
    kind, text = outcome(way, server, read)
    assert (kind, "EndpointConnectionError" in text) == ("StoreUnavailableError", True)


@pytest.mark.slow("three exchanges run into their limits of two seconds")
@pytest.mark.parametrize("way", OURS)
def test_server_that_never_answers(server: RawServer, way: str) -> None:
    """The error says that no reply came in time."""
    server.answer("GetItem", never)
    assert "ReadTimeoutError" in outcome(way, server, read)[1]


# ---------------------------------------------------------------- AWS's hosts


@pytest.fixture
def aws(server: RawServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """The server's URL under a name of AWS, which means this machine as long as the test runs."""
    resolve = socket.getaddrinfo

    def here(host: Any, *more: Any, **named: Any) -> Any:
        return resolve("127.0.0.1" if str(host).endswith("amazonaws.com") else host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", here)
    monkeypatch.setenv("NO_PROXY", "*")
    return f"http://dynamodb.eu-west-1.amazonaws.com:{server.port}"


@pytest.mark.parametrize("way", OURS)
def test_aws_sends_no_chunks(server: RawServer, aws: str, way: str) -> None:
    """A reply of AWS in chunks has been changed by somebody."""
    use = chunked(server, 10)
    with opened(way, aws) as store, pytest.raises(StoreUnavailableError):
        use(store)


@pytest.mark.parametrize("way", OURS)
def test_aws_sends_a_checksum(server: RawServer, aws: str, way: str) -> None:
    """A good reply of AWS without its checksum has been changed by somebody."""
    crc32 = f"x-amz-crc32: {zlib.crc32(BODY)}\r\n".encode()
    server.answer("GetItem", say(GOOD.replace(crc32, b"")))
    with opened(way, aws) as store, pytest.raises(StoreUnavailableError):
        store.get("db")


@pytest.mark.parametrize("way", OURS)
def test_refusal_of_aws_without_a_checksum(server: RawServer, aws: str, way: str) -> None:
    """What stands before DynamoDB refuses without one, and is asked again."""
    busy = b"HTTP/1.1 503 Slow\r\nContent-Length: 0\r\n\r\n"
    server.answer("GetItem", say(busy), say(GOOD))
    with opened(way, aws) as store:
        assert read(store) == VALUES


# ---------------------------------------------------------------- connections


@pytest.mark.parametrize("way", OURS)
def test_connection_is_kept(server: RawServer, way: str) -> None:
    """All calls share a connection, for as long as the other side keeps it open."""
    server.answer("GetItem", say(GOOD))
    with opened(way, server.url) as store:
        for _ in range(5):
            assert read(store) == VALUES
        assert server.connections == 1 + connections_before(way)
        server.answer("GetItem", say(GOOD, then="close"), say(GOOD))
        assert read(store) == VALUES
        wait_until_closed(server)
        assert read(store) == VALUES
    assert server.connections == 2 + connections_before(way)
    # The connection was seen to be closed, and so nothing was sent in vain.
    assert server.requests.count("GetItem") == 7


def wait_until_closed(server: RawServer) -> None:
    """Wait until the server's connections that ended are closed."""
    server.closed.wait(30)


@pytest.mark.parametrize("way", OURS)
def test_connection_that_is_to_be_closed(server: RawServer, way: str) -> None:
    """A server that says that it closes the connection is believed."""
    server.answer(
        "GetItem",
        say(reply_of(BODY, headers=["Connection: close"]), then="close"),
        say(GOOD),
    )
    with opened(way, server.url) as store:
        assert [read(store), read(store)] == [VALUES] * 2
    assert server.connections == 2 + connections_before(way)


@pytest.mark.parametrize("way", OURS)
def test_bytes_that_nobody_asked_for(server: RawServer, way: str) -> None:
    """A connection on which something came between two calls is not used again."""
    sent = socket.socket.sendall
    late: list[socket.socket] = []

    def answer(server: RawServer, connection: socket.socket) -> None:
        late.append(connection)
        connection.sendall(GOOD)

    server.answer("GetItem", answer, say(GOOD))
    with opened(way, server.url) as store:
        assert read(store) == VALUES
        sent(late[0], reply_of(b"{}"))
        # It is in the buffer of the other side once it has been acknowledged.
        acknowledged(late[0])
        assert read(store) == VALUES
    assert server.connections == 2 + connections_before(way)


# ---------------------------------------------------------------- retries and clocks


@pytest.mark.parametrize("way", WAYS)
def test_retries_are_reported(server: RawServer, way: str) -> None:
    """A delete that was sent again, and then finds nothing, has succeeded the first time."""
    server.answer("DeleteItem", say(then="close"), say(refused("ConditionalCheckFailedException")))
    assert outcome(way, server, removed) is None
    server.answer("DeleteItem", say(refused("ConditionalCheckFailedException")))
    assert outcome(way, server, removed)[0] == "OptionNotFoundError"


@pytest.mark.parametrize("way", WAYS)
def test_transaction_has_a_token(server: RawServer, way: str) -> None:
    """A transaction that is sent twice is named as the same one, so that it is applied once."""
    marker = {"_store": {"S": "_journal:prod"}, "_option": {"S": "!"}, "baseline": {"N": "0"}}
    server.answer("GetItem", say(reply_of(json.dumps({"Item": marker}).encode())))
    server.answer("Query", say(reply_of(b'{"Items":[],"Count":0}')))
    server.answer("TransactWriteItems", say(then="close"), say(reply_of(b"{}")))
    outcome(way, server, written)
    tokens = [
        json.loads(body)["ClientRequestToken"]
        for operation, body in zip(server.requests, server.bodies, strict=True)
        if operation == "TransactWriteItems"
    ]
    assert len(tokens) == 2
    assert len(set(tokens)) == 1
    assert len(tokens[0]) == 36


@pytest.mark.parametrize("way", WAYS)
def test_reasons_of_a_cancelled_transaction(server: RawServer, way: str) -> None:
    """The reasons are there in every way: the writer tries again for one that passes."""
    marker = {"_store": {"S": "_journal:prod"}, "_option": {"S": "!"}, "baseline": {"N": "0"}}
    server.answer("GetItem", say(reply_of(json.dumps({"Item": marker}).encode())))
    server.answer("Query", say(reply_of(b'{"Items":[],"Count":0}')))
    reasons = [{"Code": "TransactionConflict", "Message": "canary"}, {"Code": "None"}]
    cancelled = refused("TransactionCanceledException", CancellationReasons=reasons)
    server.answer("TransactWriteItems", say(cancelled), say(reply_of(b"{}")))
    assert outcome(way, server, written) is None
    assert server.requests.count("TransactWriteItems") == 2


def skewed(server: RawServer, offset_s: float, code: str, text: str) -> None:
    """Have the server refuse what is not signed for its own time."""

    def answer(server: RawServer, connection: socket.socket) -> None:
        now_s = time.time() + offset_s
        stamp = time.strftime("%Y%m%dT%H%M", time.gmtime(now_s))
        near = time.strftime("%Y%m%dT%H%M", time.gmtime(now_s - 30))
        signed = server.heads[-1]["x-amz-date"][:13]
        if signed in (stamp, near):
            connection.sendall(GOOD)
            return
        said = json.dumps({"__type": code, "message": text}).encode()
        date = f"Date: {formatdate(now_s, usegmt=True)}"
        connection.sendall(reply_of(said, status="400 Bad Request", headers=[date]))

    server.answer("GetItem", answer)


@pytest.mark.parametrize("way", OURS)
@pytest.mark.parametrize("offset_s", [-4000, 4000])
def test_clock_that_is_wrong(server: RawServer, way: str, offset_s: int) -> None:
    """The server's time is believed where it comes from this machine, and kept."""
    text = "Signature expired: 20260101T000000Z is now earlier"
    skewed(server, offset_s, "a#InvalidSignatureException", text)
    with opened(way, server.url) as store:
        assert read(store) == VALUES
        assert server.requests.count("GetItem") == 2
        assert read(store) == VALUES
        assert server.requests.count("GetItem") == 3


@pytest.mark.parametrize("way", OURS)
@pytest.mark.parametrize(
    ("offset_s", "code", "text"),
    [
        (4000, "a#InvalidSignatureException", "the secret access key is wrong"),
        (20, "a#RequestExpired", "late"),
        (4000, "a#ValidationException", "Signature expired"),
    ],
)
def test_clock_that_is_not_blamed(
    server: RawServer, way: str, offset_s: int, code: str, text: str
) -> None:
    """Another refusal, or a time that is nearly ours, is no reason to sign for another time."""

    def answer(server: RawServer, connection: socket.socket) -> None:
        said = json.dumps({"__type": code, "message": text}).encode()
        date = f"Date: {formatdate(time.time() + offset_s, usegmt=True)}"
        connection.sendall(reply_of(said, status="400 Bad Request", headers=[date]))

    server.answer("GetItem", answer)
    outcome(way, server, read)
    assert server.requests.count("GetItem") == 1


@pytest.mark.parametrize("way", OURS)
@pytest.mark.parametrize("date", ["", "Date: yesterday"])
def test_server_without_a_clock(server: RawServer, way: str, date: str) -> None:
    """A refusal for the time that does not say the time is final."""
    said = b'{"__type":"a#RequestTimeTooSkewed"}'
    lines = [date] if date else []
    server.answer("GetItem", say(reply_of(said, status="403 Forbidden", headers=lines)))
    outcome(way, server, read)
    assert server.requests.count("GetItem") == 1


@pytest.mark.parametrize("way", OURS)
def test_time_of_somebody_between(server: RawServer, aws: str, way: str) -> None:
    """Without TLS another machine's time is not believed: requests could be signed for later."""
    skewed(server, 4000, "a#RequestExpired", "")
    with opened(way, aws) as store, pytest.raises(ConfigStoreError, match="RequestExpired"):
        read(store)
    assert server.requests.count("GetItem") == 1


@pytest.mark.parametrize("way", OURS)
def test_clock_is_corrected_once_a_call(server: RawServer, way: str) -> None:
    """A server that refuses every time is asked twice."""

    def answer(server: RawServer, connection: socket.socket) -> None:
        said = b'{"__type":"a#RequestInTheFuture"}'
        date = f"Date: {formatdate(time.time() - 9000, usegmt=True)}"
        connection.sendall(reply_of(said, status="400 Bad Request", headers=[date]))

    server.answer("GetItem", answer)
    outcome(way, server, read)
    assert server.requests.count("GetItem") == 2


def test_quota_of_retries(server: RawServer) -> None:
    """A client whose calls all fail stops trying again, in every way after as many requests."""
    counts = []
    server.answer("GetItem", say(reply_of(b"{}", status="503 Service Unavailable")))
    for way in WAYS:
        before = len(server.requests)
        with opened(way, server.url) as store:
            for _ in range(25):
                with pytest.raises(StoreUnavailableError):
                    read(store)
        counts.append(server.requests[before:].count("GetItem"))
    # A retry costs 14 of 500 since botocore 1.44; before, 5: then the quota outlasts 25 calls.
    is_earlier = tuple(map(int, botocore.__version__.split(".")[:2])) < (1, 44)
    botocores = 25 * 3 if is_earlier else 25 + 500 // 14
    assert counts == [botocores, botocores, *(25 + 500 // 14 for _ in OURS)]


def test_quota_is_refilled(server: RawServer) -> None:
    """A call that succeeds gives back what its retries cost."""
    bad = say(reply_of(b"{}", status="503 Service Unavailable"))
    counts = []
    for way in WAYS:
        server.answer("GetItem", *[bad, say(GOOD)] * 40, bad)
        before = len(server.requests)
        with opened(way, server.url) as store:
            assert [read(store) for _ in range(40)] == [VALUES] * 40
            with pytest.raises(StoreUnavailableError):
                read(store)
        counts.append(server.requests[before:].count("GetItem"))
    assert counts == [83] * len(WAYS)


@pytest.mark.parametrize("way", OURS)
@pytest.mark.parametrize("asked", ["1", "-1", "soon", "\u00b2"])
def test_server_that_says_when(server: RawServer, way: str, asked: str) -> None:
    """A server may ask for more time before a retry, in milliseconds."""
    busy = reply_of(b"{}", status="503 Oh", headers=[f"x-amz-retry-after: {asked}"])
    server.answer("GetItem", say(busy), say(GOOD))
    assert outcome(way, server, read) == VALUES


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize("way", OURS)
@pytest.mark.parametrize("fork_by", [os.fork, fork_in_c], ids=["os", "c"])
def test_forked_child(server: RawServer, way: str, fork_by: Callable[[], int]) -> None:
    """A child makes connections of its own, and its parent keeps the ones that it has."""
    server.answer("GetItem", say(GOOD))
    with opened(way, server.url) as store:
        assert read(store) == VALUES
        assert server.connections == 1 + connections_before(way)
        child = fork(lambda: [read(store) == VALUES, read(store) == VALUES], fork_by)
        assert child.join() == "[True, True]"
        made = server.connections
        # On a loop the first read of a client that was renewed blocks a thread.
        more = connections_before(way)
        assert 2 + more <= made <= 2 + 2 * more
        assert read(store) == VALUES
    assert server.connections == made


@pytest.mark.parametrize("way", OURS)
def test_threads_share_connections(server: RawServer, way: str) -> None:
    """
    Each of many threads has a connection while it reads.

    32 of them are kept for later, and by a loop as many as it uses at once.
    """
    # Those who read begin together: an exchange has two seconds, also on a busy machine.
    are_ready, are_all_here = threading.Barrier(34), threading.Barrier(34)

    def answer_together(server: RawServer, connection: socket.socket) -> None:
        are_all_here.wait(60)
        connection.sendall(GOOD)

    server.answer("GetItem", answer_together)
    found: list[Any] = []

    def read_together() -> None:
        are_ready.wait(60)
        found.append(read(store))

    def read_at_once() -> None:
        threads = [threading.Thread(target=read_together) for _ in range(34)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    with opened(way, server.url) as store:
        read_at_once()
        # None was late and sent again, which would be a connection more.
        assert server.requests.count("GetItem") == 34
        assert server.connections == 34 + connections_before(way)
        read_at_once()
        assert server.connections == (35 if "loop" in way else 36)
    assert found == [VALUES] * 68


@pytest.mark.parametrize("way", OURS)
def test_connection_that_ends_after_close(server: RawServer, way: str) -> None:
    """A reply that comes after the store was closed is read, and its connection is closed."""
    is_asked, may_answer = threading.Event(), threading.Event()

    def answer(server: RawServer, connection: socket.socket) -> None:
        is_asked.set()
        may_answer.wait(60)
        connection.sendall(GOOD)

    server.answer("GetItem", answer)
    found: list[Any] = []
    with opened(way, server.url) as store:
        reader = threading.Thread(target=lambda: found.append(read(store)))
        reader.start()
        is_asked.wait(60)
        store.close()
        may_answer.set()
        reader.join()
    assert found == [VALUES]
    assert server.closed.wait(60)
