"""What a network does to a request: the right answer, or a typed error within seconds."""

from __future__ import annotations

import json
import socket
import time
import zlib
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from confstore.errors import OptionNotFoundError, StoreUnavailableError
from confstore.testing import CANARY, assert_keeps_values
from confstore_dynamodb import DynamoDBStore, open_url

from ..loopback import Loopback

ITEM = {
    "_store": {"S": "prod"},
    "_option": {"S": "db"},
    "port": {"N": "1"},
    "secret": {"S": CANARY},
}
REPLY = json.dumps({"Item": ITEM}).encode()
PAGE = json.dumps({"Items": [ITEM], "Count": 1}).encode()
HTML = f"<html>Please sign in to send {CANARY}</html>".encode()


@pytest.fixture
def store(loopback: Loopback) -> Iterator[DynamoDBStore]:
    """A store on the server that misbehaves, through a client of ours."""
    with closing(open_url(f"dynamodb://config/prod?endpoint_url={loopback.url}")) as store:
        yield store


def assert_unavailable(store: DynamoDBStore) -> StoreUnavailableError:
    """Check that neither a read nor a listing gets an answer, and give the read's error."""
    with pytest.raises(StoreUnavailableError):
        list(store.items())
    with pytest.raises(StoreUnavailableError) as caught:
        store.get("db")
    assert_keeps_values(caught.value)
    return caught.value


def test_good_reply(store: DynamoDBStore, loopback: Loopback) -> None:
    """The server of these tests is believed when it behaves."""
    loopback.answer("GetItem", loopback.json({"Item": ITEM}))
    assert store.get("db") == {"port": 1, "secret": CANARY}


def test_absent_option_by_length(store: DynamoDBStore, loopback: Loopback) -> None:
    """An empty reply whose length says so means that there is no such option."""
    loopback.answer("GetItem", loopback.json({}))
    with pytest.raises(OptionNotFoundError):
        store.get("db")


def test_absent_option_by_checksum(store: DynamoDBStore, loopback: Loopback) -> None:
    """An empty reply whose checksum says so means that there is no such option."""
    loopback.answer("GetItem", loopback.checked({}))
    with pytest.raises(OptionNotFoundError):
        store.get("db")


def test_absent_option_with_its_capacity(store: DynamoDBStore, loopback: Loopback) -> None:
    """A reply without the option, but with what a handler of the client asked for, is whole."""
    capacity = {"TableName": "config", "CapacityUnits": 0.5}
    loopback.answer("GetItem", loopback.checked({"ConsumedCapacity": capacity}))
    with pytest.raises(OptionNotFoundError):
        store.get("db")


@pytest.mark.parametrize("status", [200, 302, 403, 404, 503])
@pytest.mark.parametrize("kind", ["text/html", None])
def test_html_page(store: DynamoDBStore, loopback: Loopback, status: int, kind: str | None) -> None:
    """A proxy's page is no answer of DynamoDB, whatever its status."""
    page = loopback.page(HTML, status=status, kind=kind)
    loopback.answer("GetItem", page)
    loopback.answer("Query", page)
    assert_unavailable(store)


def test_html_page_for_a_write(store: DynamoDBStore, loopback: Loopback) -> None:
    """A write that a proxy answered was not written."""
    loopback.answer("PutItem", loopback.page(HTML, kind="text/html"))
    with pytest.raises(StoreUnavailableError, match="proxy"):
        store.set("db", {})


@pytest.mark.parametrize("status", [400, 500])
def test_error_of_another_service(store: DynamoDBStore, loopback: Loopback, status: int) -> None:
    """JSON that is no error of DynamoDB is a proxy's, too."""
    reply = loopback.json({"error": CANARY}, status=status, kind="application/json")
    loopback.answer("GetItem", reply)
    loopback.answer("Query", reply)
    assert_unavailable(store)


def test_html_page_about_the_table(loopback: Loopback) -> None:
    """A proxy's page says nothing about the table: no call is made until DynamoDB does."""
    loopback.answer("DescribeTable", loopback.page(HTML, status=403, kind="text/html"))
    with closing(open_url(f"dynamodb://config/prod?endpoint_url={loopback.url}")) as store:
        with pytest.raises(StoreUnavailableError, match=r"DescribeTable.*proxy") as caught:
            store.get("db")
        assert_keeps_values(caught.value)


@pytest.mark.parametrize("sent", [0, 1, 20, len(REPLY) - 1])
def test_truncated_body(store: DynamoDBStore, loopback: Loopback, sent: int) -> None:
    """A body that ends before its length is no answer."""
    loopback.answer("GetItem", loopback.page(REPLY, sent=sent))
    loopback.answer("Query", loopback.page(PAGE, sent=sent))
    assert_unavailable(store)


@pytest.mark.parametrize("sent", [0, 1, 20, len(REPLY) - 1])
def test_truncated_body_without_a_length(
    store: DynamoDBStore, loopback: Loopback, sent: int
) -> None:
    """A body that ends anywhere, of which nobody said how long it is, is no answer."""
    loopback.answer("GetItem", loopback.page(REPLY, sent=sent, has_length=False))
    loopback.answer("Query", loopback.page(PAGE, sent=sent, has_length=False))
    assert_unavailable(store)


def test_truncated_body_of_a_new_length(store: DynamoDBStore, loopback: Loopback) -> None:
    """A body that a proxy cut off and measured anew contradicts DynamoDB's checksum."""
    loopback.answer("GetItem", loopback.page(REPLY[:50], crc32=zlib.crc32(REPLY)))
    loopback.answer("Query", loopback.page(PAGE[:50], crc32=zlib.crc32(PAGE)))
    assert_unavailable(store)


@pytest.mark.parametrize("body", [b"[]", b"7", b"null", b"\xff\xfe", b'"canary"'])
def test_json_of_another_shape(store: DynamoDBStore, loopback: Loopback, body: bytes) -> None:
    """A body that is not one JSON object is no answer."""
    loopback.answer("GetItem", loopback.page(body))
    loopback.answer("Query", loopback.page(body))
    assert_unavailable(store)


@pytest.mark.parametrize("code", ["ProvisionedThroughputExceededException", "ThrottlingException"])
def test_throttled(store: DynamoDBStore, loopback: Loopback, code: str) -> None:
    """Throttling that goes on is an error after the client's three attempts."""
    loopback.answer("GetItem", loopback.error(code))
    with pytest.raises(StoreUnavailableError, match=code):
        store.get("db")
    assert loopback.requests.count("GetItem") == 3


def test_throttled_once(store: DynamoDBStore, loopback: Loopback) -> None:
    """Throttling that passes is not noticed."""
    throttled = loopback.error("ThrottlingException")
    loopback.answer("GetItem", throttled, loopback.json({"Item": ITEM}))
    assert store.get("db", keys=["port"]) == {"port": 1}


def test_dropped_reply(store: DynamoDBStore, loopback: Loopback) -> None:
    """A connection that ends without an answer is tried again, and then an error."""
    loopback.answer("GetItem", loopback.drop)
    loopback.answer("Query", loopback.drop)
    assert_unavailable(store)


def test_dropped_first_reply(store: DynamoDBStore, loopback: Loopback) -> None:
    """A connection that ends once without an answer is not noticed."""
    loopback.answer("GetItem", loopback.drop, loopback.json({"Item": ITEM}))
    assert store.get("db", keys=["port"]) == {"port": 1}


@pytest.mark.slow("waits until the connection times out, twice")
def test_black_hole_at_the_start(loopback: Loopback) -> None:
    """A server that never answers costs a client of ours seconds, and then it is an error."""
    loopback.answer("DescribeTable", loopback.hang)
    started = time.monotonic()
    store = open_url(f"dynamodb://config/prod?endpoint_url={loopback.url}")
    assert time.monotonic() - started < 20
    loopback.answer("DescribeTable", loopback.error("ResourceNotFoundException"))
    loopback.answer("CreateTable", loopback.error("AccessDeniedException"))
    with pytest.raises(LookupError):
        store.get("db")
    store.close()


def test_refused() -> None:
    """A store can be opened while nobody listens; every call then says so."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    store = open_url(f"dynamodb://config/prod?endpoint_url=http://127.0.0.1:{port}")
    with pytest.raises(StoreUnavailableError):
        store.get("db")
    with pytest.raises(StoreUnavailableError):
        store.set("db", {"secret": CANARY})
    with pytest.raises(StoreUnavailableError):
        store.poll()
    store.close()


def test_table_is_checked_as_soon_as_it_can_be(loopback: Loopback) -> None:
    """What could not be checked at the start is checked by the first call that gets through."""
    good = loopback.json(
        {"Table": {"TableStatus": "GONE", "AttributeDefinitions": [], "KeySchema": []}}
    )
    loopback.answer("DescribeTable", loopback.drop, loopback.drop, loopback.drop, good)
    store = open_url(f"dynamodb://config/prod?endpoint_url={loopback.url}")
    with pytest.raises(Exception, match="another schema"):
        store.get("db")
    store.close()


def test_delete_whose_first_reply_was_lost(
    dynamodb_local: str, dynamodb_client: Any, table: str, loopback: Loopback
) -> None:
    """A delete whose first reply was lost, and which was sent again, has succeeded."""
    seen = DynamoDBStore(dynamodb_client, table, "prod")
    seen.set("db", {"port": 1})
    done = loopback.forward_to(dynamodb_local, then=loopback.drop)
    again = loopback.error("ConditionalCheckFailedException")
    loopback.answer("DeleteItem", done, again)
    with closing(open_url(f"dynamodb://{table}/prod?endpoint_url={loopback.url}")) as store:
        store.delete("db")
    assert loopback.requests.count("DeleteItem") == 2
    assert dict(seen.items()) == {}


@pytest.mark.parametrize("operation", ["PutItem", "UpdateItem"])
def test_write_whose_first_reply_was_lost(
    dynamodb_local: str, dynamodb_client: Any, table: str, loopback: Loopback, operation: str
) -> None:
    """A write is the same if it is sent twice."""
    seen = DynamoDBStore(dynamodb_client, table, "prod")
    lost = loopback.forward_to(dynamodb_local, then=loopback.drop)
    loopback.answer(operation, lost, loopback.forward_to(dynamodb_local))
    with closing(open_url(f"dynamodb://{table}/prod?endpoint_url={loopback.url}")) as store:
        write = {"PutItem": store.set, "UpdateItem": store.update}[operation]
        write("db", {"port": 1})
    assert loopback.requests.count(operation) == 2
    assert dict(seen.items()) == {"db": {"port": 1}}
