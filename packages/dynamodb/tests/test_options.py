"""Options as items of a table: what the contract of all stores does not ask."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import Any

import pytest

from confstore.errors import (
    CorruptStoreError,
    InvalidNameError,
    InvalidValueError,
    OptionNotFoundError,
    StoreClosedError,
)
from confstore_dynamodb import DynamoDBStore

from .conftest import description


def key_of(option: str, store: str = "prod") -> dict[str, Any]:
    return {"_store": {"S": store}, "_option": {"S": option}}


def test_item_holds_the_keys_and_nothing_else(
    store: DynamoDBStore, client: Any, table: str
) -> None:
    """One option is one item, one key is one attribute."""
    store.set("db", {"host": "db.example", "port": 27017})
    found = client.get_item(TableName=table, Key=key_of("db"))["Item"]
    assert found == {**key_of("db"), "host": {"S": "db.example"}, "port": {"N": "27017"}}


@pytest.mark.parametrize(
    ("wire", "value"),
    [
        ({"S": ""}, ""),
        ({"S": "\x00\u2028\U0001f600"}, "\x00\u2028\U0001f600"),
        ({"N": "1.0"}, 1),
        ({"N": "1e3"}, 1000),
        ({"N": "-0.50"}, -0.5),
        ({"N": "0.1"}, 0.1),
        ({"N": "1.2345678901234567890123456789"}, Decimal("1.2345678901234567890123456789")),
        ({"N": "99999999999999999999999999999999999999"}, 10**38 - 1),
        ({"B": b"\x00\xff"}, b"\x00\xff"),
        ({"BOOL": False}, False),
        ({"NULL": True}, None),
        ({"SS": ["a", "b"]}, {"a", "b"}),
        ({"NS": ["1.0", "2.5"]}, {1, 2.5}),
        ({"BS": [b"a", b"b"]}, {b"a", b"b"}),
        ({"L": []}, []),
        ({"M": {}}, {}),
        ({"L": [{"M": {"x y": {"L": [{"N": "1.0"}]}}}]}, [{"x y": [1]}]),
    ],
)
def test_hand_written_item_is_read(
    store: DynamoDBStore, client: Any, table: str, wire: dict[str, Any], value: Any
) -> None:
    """Every type of DynamoDB is read, numbers in any legal form, to the type of the value."""
    client.put_item(TableName=table, Item={**key_of("db"), "key": wire})
    read = store.get("db")["key"]
    assert (read, type(read)) == (value, type(value))


def test_reserved_attributes_are_not_values(store: DynamoDBStore, client: Any, table: str) -> None:
    """The item's own attributes are not the user's, and neither is its time to live."""
    client.put_item(TableName=table, Item={**key_of("db"), "_expires": {"N": "1"}})
    assert store.get("db") == {}
    assert store.get("db", keys=["_expires", "_store"]) == {}
    assert dict(store.items()) == {"db": {}}
    assert store.poll().changed == {"db": {}}


def test_own_key_names_cannot_be_written(moto_client: Any, table: str) -> None:
    """A store with other key names reserves those, too."""
    store = DynamoDBStore(moto_client, table, "prod", store_key="_s", option_key="_o")
    for key in ("_s", "_o", "_store", "_option", "_expires"):
        with pytest.raises(InvalidValueError, match="reserved"):
            store.set("db", {key: 1})


def test_hundreds_of_keys_are_read(store: DynamoDBStore) -> None:
    """A read of more keys than an expression holds reads the item and picks."""
    values = {f"key {number}": number for number in range(2000)}
    store.set("big", values)
    wanted = [f"key {number}" for number in range(0, 2000, 2)]
    assert store.get("big", keys=wanted) == {key: values[key] for key in wanted}


def test_an_expression_full_of_keys_is_read(store: DynamoDBStore) -> None:
    """A read of as many keys as an expression takes gives exactly those."""
    values = {f"key {number}": number for number in range(400)}
    store.set("big", values)
    for count in (299, 300, 301):
        wanted = list(values)[:count]
        assert store.get("big", keys=wanted) == {key: values[key] for key in wanted}


@pytest.mark.parametrize(
    "key", ["name", "a.b", "#0", ":0", "-", " ", "ключ", "\x00", "\u2028", "k" * 300]
)
def test_any_key_is_read_and_updated(store: DynamoDBStore, key: str) -> None:
    """A key can be a reserved word of DynamoDB, or any characters."""
    store.update("db", {key: 1, "other": 2})
    assert store.get("db", keys=[key]) == {key: 1}
    store.update("db", {}, remove=[key])
    assert store.get("db") == {"other": 2}


def test_key_that_looks_like_a_path_is_one_key(local_store: DynamoDBStore) -> None:
    """A key is no path into a list or a dict (moto takes it for one)."""
    local_store.set("db", {"a[0]": 1, "a": [2], "a.b": 3})
    assert local_store.get("db", keys=["a[0]", "a.b"]) == {"a[0]": 1, "a.b": 3}


@pytest.mark.parametrize("count", [99, 100, 101, 1000])
def test_hundreds_of_keys_are_updated(store: DynamoDBStore, count: int) -> None:
    """An update of any number of keys sets and removes exactly those, and leaves the others."""
    store.set("big", {f"old {number}": number for number in range(count)} | {"kept": True})
    changes = {f"new {number}": number for number in range(count)}
    store.update("big", changes, remove=[f"old {number}" for number in range(count)])
    assert store.get("big") == {**changes, "kept": True}


@pytest.mark.parametrize("count", [0, 1, 500])
def test_update_that_only_removes_creates(store: DynamoDBStore, count: int) -> None:
    """An update makes an absent option, even if there is nothing to set."""
    store.update("db", {}, remove=[f"key {number}" for number in range(count)])
    assert store.get("db") == {}


@pytest.mark.parametrize("count", [5, 300])
def test_two_writers_of_different_keys_both_win(
    local_store: DynamoDBStore, dynamodb_client: Any, table: str, count: int
) -> None:
    """Updates of different keys of one option do not undo one another (moto takes no turns)."""

    def write(writer: int) -> None:
        other = DynamoDBStore(dynamodb_client, table, "prod")
        for number in range(5):
            other.update("db", {f"{writer} {key}": number for key in range(count)})

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = {f"{writer} {key}": 4 for writer in range(2) for key in range(count)}
    assert local_store.get("db") == expected


def test_outgrown_update_writes_nothing(store: DynamoDBStore) -> None:
    """An update that would make the option too large for DynamoDB is refused whole."""
    store.set("big", {"text": "a" * 300_000})
    with pytest.raises(InvalidValueError, match="400 KB") as caught:
        store.update("big", {"more": "b" * 300_000})
    assert caught.value.option == "big"
    assert store.get("big") == {"text": "a" * 300_000}


def test_outgrown_update_of_many_keys_writes_nothing(local_store: DynamoDBStore) -> None:
    """The same holds for an update of more keys than an expression takes (moto writes some)."""
    local_store.set("big", {"text": "a" * 300_000})
    with pytest.raises(InvalidValueError, match="400 KB"):
        local_store.update("big", {f"key {number}": "b" * 1000 for number in range(300)})
    assert local_store.get("big") == {"text": "a" * 300_000}


def test_large_store_is_read_whole(store: DynamoDBStore) -> None:
    """A store of several pages is read to its end, by items and by poll alike."""
    expected = {f"option {number:03}": {"text": chr(97 + number) * 300_000} for number in range(12)}
    for option, values in expected.items():
        store.set(option, values)
    assert dict(store.items()) == expected
    assert store.poll().changed == expected


def test_items_stops_when_the_store_is_closed(store: DynamoDBStore) -> None:
    """A closed store gives no further page."""
    for option in "abcdef":
        store.set(option, {"text": option * 300_000})
    items = store.items()
    next(items)
    store.close()
    with pytest.raises(StoreClosedError):
        list(items)


def test_closed_store_refuses_items_at_once(stub_store: DynamoDBStore) -> None:
    """A closed store refuses at the call, not at the first option."""
    stub_store.close()
    with pytest.raises(StoreClosedError):
        stub_store.items()


def test_absent_option_is_told_from_an_empty_one(store: DynamoDBStore) -> None:
    """An option without any of the keys gives nothing, an absent one an error."""
    store.set("empty", {})
    assert store.get("empty", keys=["a"]) == {}
    assert store.get("empty", keys=[]) == {}
    with pytest.raises(OptionNotFoundError):
        store.get("absent", keys=["a"])
    with pytest.raises(OptionNotFoundError):
        store.get("absent", keys=[])


def test_stores_of_one_table_are_apart(store: DynamoDBStore, client: Any, table: str) -> None:
    """Another store of the same table sees nothing of this one."""
    store.set("db", {"port": 1})
    other = DynamoDBStore(client, table, "prod2")
    assert dict(other.items()) == {}


def test_name_of_a_journal_is_refused(moto_client: Any, table: str) -> None:
    """A store cannot be opened in the partition of another's journal."""
    with pytest.raises(InvalidNameError):
        DynamoDBStore(moto_client, table, "_journal:prod")


def test_repr_names_store_and_table(stub_store: DynamoDBStore) -> None:
    """What is printed of a store is where it is."""
    place = "https://dynamodb.eu-west-1.amazonaws.com, region eu-west-1"
    assert repr(stub_store) == f"<DynamoDBStore 'prod' in table 'config' at {place}>"
    assert stub_store.name == "prod"


@pytest.mark.parametrize(
    "wire",
    [
        {},
        {"X": "canary"},
        {"S": 7},
        {"N": "canary"},
        {"N": 7},
        {"B": "canary"},
        {"BOOL": "canary"},
        {"NULL": "canary"},
        {"L": {"canary": 1}},
        {"M": ["canary"]},
        {"M": {"canary": {"X": 1}}},
        {"SS": [7]},
        {"NS": ["canary"]},
        {"NS": [7]},
        {"BS": ["canary"]},
        {"S": "canary", "N": "7"},
        "canary",
        None,
    ],
    ids=repr,
)
def test_malformed_attribute_is_corrupt(wire: Any) -> None:
    """What is no value of DynamoDB is named by option and key, and not shown."""
    store = DynamoDBStore(
        Answering({"Item": {"_option": {"S": "db"}, "key": wire}}), "table", "prod"
    )
    with pytest.raises(CorruptStoreError, match="db: the key 'key'") as caught:
        store.get("db")
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("name", [None, {"N": "1"}, {"S": 1}])
def test_item_without_a_name_is_corrupt(name: Any) -> None:
    """An item that is no option, in a table that nobody could check, is not left out."""
    store = DynamoDBStore(Answering({"Items": [{"_option": name}]}), "table", "prod")
    with pytest.raises(CorruptStoreError, match="sort key"):
        list(store.items())


class Answering:
    """A client that gives one answer to every read, and knows no AWS."""

    def __init__(self, reply: dict[str, Any]) -> None:
        self.reply = reply

    def describe_table(self, **_: Any) -> dict[str, Any]:
        return {"Table": description()}

    def get_item(self, **_: Any) -> dict[str, Any]:
        return self.reply

    def query(self, **_: Any) -> dict[str, Any]:
        return self.reply
