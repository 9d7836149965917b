"""What stands in the table, and what of it is believed."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from confstore import Change, reconcile, rollback, state_at
from confstore.adapter import is_same
from confstore.errors import CorruptStoreError
from confstore.testing import CANARY, assert_keeps_values
from confstore_dynamodb import DynamoDBStore

from ..interposed import Interposed

EVERYTHING = {
    "none": None,
    "flag": True,
    "one": 1,
    "integral": 1.0,
    "float": 0.1,
    "huge": 1e100,
    "decimal": Decimal("0.12345678901234567890123456789012345678"),
    "text": "é\0",
    "empty": "",
    "bytes": b"\xff\0",
    "no bytes": b"",
    "list": [1, [], {"a": None}],
    "dict": {"a.b#c": {}, "option": 1},
    "texts": {"a", "b"},
    "byteses": {b"a", b"\xff"},
    "numbers": {1, 2.5},
    "id": 7,
    "changes": [],
    "$bytes": "x",
}


def nested(levels: int, inner: Any = 1) -> Any:
    """A value in so many lists and dicts."""
    for level in range(levels):
        inner = [inner] if level % 2 else {"$set": inner}
    return inner


@pytest.fixture
def store(client: Any, table: str) -> Iterator[DynamoDBStore]:
    """An empty journaled store in moto and in DynamoDB Local."""
    with closing(DynamoDBStore(client, table, "prod")) as store:
        store.enable_journal()
        yield store
    client.delete_table(TableName=table)


def items(client: Any, table: str, partition: str) -> list[dict[str, Any]]:
    """The items of a partition as they are."""
    reply = client.scan(TableName=table, ConsistentRead=True)
    return sorted(
        (item for item in reply["Items"] if item["_store"]["S"] == partition),
        key=lambda item: item["_option"]["S"],
    )


def test_layout(store: DynamoDBStore, client: Any, table: str) -> None:
    """The journal is a partition of its own: a marker, and one item a commit."""
    store.set("db", {"port": 1})
    second = store.commit([Change("db", None)], author="me", comment="why")
    marker, one, two = items(client, table, "_journal:prod")
    assert marker == {
        "_store": {"S": "_journal:prod"},
        "_option": {"S": "!"},
        "baseline": {"N": "0"},
    }
    change = {"option": {"S": "db"}, "action": {"S": "set"}, "values": {"M": {"port": {"N": "1"}}}}
    assert one["_option"] == {"S": "000000000001"}
    assert one["changes"] == {"L": [{"M": change}]}
    assert set(one) == {"_store", "_option", "id", "at", "comment", "changes"}
    assert two == {
        "_store": {"S": "_journal:prod"},
        "_option": {"S": "000000000002"},
        "id": {"S": second.id},
        "previous": one["id"],
        "at": {"S": second.at.isoformat()},
        "by": {"S": "me"},
        "comment": {"S": "why"},
        "changes": {"L": [{"M": {"option": {"S": "db"}, "action": {"S": "delete"}}}]},
    }


def test_options_own_items_are_as_without_a_journal(
    store: DynamoDBStore, client: Any, table: str
) -> None:
    """Whether a store is journaled is not to be seen in its options' items."""
    plain = DynamoDBStore(client, table, "plain")
    for one in (store, plain):
        one.set("db", EVERYTHING)
        one.set("other", {"port": 1, "old": 2})
        one.update("other", {"host": "a"}, remove=["old"])
        one.update("new", {"key": 1})
        one.update("empty", {}, remove=["key"])
        one.set("gone", {})
        one.delete("gone")
    found = [
        [
            {key: _comparable(wire) for key, wire in item.items() if key != "_store"}
            for item in items(client, table, name)
        ]
        for name in ("prod", "plain")
    ]
    assert found[0] == found[1]
    assert [item["_option"]["S"] for item in found[0]] == ["db", "empty", "new", "other"]


def _comparable(wire: dict[str, Any]) -> dict[str, Any]:
    """An attribute value whose sets are in order."""
    return {
        kind: sorted(content) if kind in {"SS", "NS", "BS"} else content
        for kind, content in wire.items()
    }


def test_every_type_in_a_commit(store: DynamoDBStore) -> None:
    """What a commit says of an option is what the option is, in type, too."""
    store.set("db", EVERYTHING)
    (commit,) = store.commits()
    assert commit.changes[0].values == store.get("db")
    assert is_same(state_at(store, 1)["db"], store.get("db"))


@pytest.mark.parametrize("levels", range(26, 32))
def test_deep_values_in_a_commit(local_store: DynamoDBStore, levels: int) -> None:
    """What is nested as deep as an option may be is committed, restored and polled."""
    local_store.enable_journal()
    values = {"deep": nested(levels, {1, 2}), "flat": b"\xff"}
    first = local_store.poll()
    local_store.set("db", values)
    assert local_store.poll(first.checkpoint).changed == {"db": values}
    local_store.delete("db")
    rollback(local_store, 1)
    assert local_store.get("db") == values


def test_many_keys_in_an_update(store: DynamoDBStore) -> None:
    """An update too large for an expression is a commit like any other."""
    store.set("db", {"kept": 1, **{f"old-{number}": 1 for number in range(200)}})
    changed = {f"key-{number}": number for number in range(400)}
    store.update("db", changed, remove=[f"old-{number}" for number in range(200)])
    assert store.get("db") == state_at(store, 2)["db"] == {"kept": 1, **changed}


def test_update_without_effect_makes_the_option(store: DynamoDBStore) -> None:
    """An update that only removes creates the option."""
    store.update("db", {}, remove=["port"])
    assert store.get("db") == state_at(store, 1)["db"] == {}
    store.update("other", {})
    assert store.get("other") == state_at(store, 2)["other"] == {}


@pytest.mark.parametrize(
    ("store_key", "option_key"),
    [("app", "name"), ("id", "at"), ("changes", "_changes"), ("by", "id"), ("option", "values")],
)
def test_keys_under_other_names(client: Any, table: str, store_key: str, option_key: str) -> None:
    """The table's keys may have any name, be it that of an attribute of the journal."""
    keys = {"store_key": store_key, "option_key": option_key}
    with closing(DynamoDBStore(client, table, "prod", **keys)) as store:
        store.set("db", {"port": 1})
        store.enable_journal()
        first = store.poll()
        store.update("db", {"port": 2})
        commit = store.commit([Change("other", {})], author="me", comment="c", if_version=2)
    with closing(DynamoDBStore(client, table, "prod", **keys)) as again:
        assert again.commits()[-1] == commit
        assert again.baseline() == 1
        assert store.name == again.name
        assert again.version() == 3
        assert state_at(again, 2) == {"db": {"port": 2}}
        assert first.changed == {"db": {"port": 1}}
    client.delete_table(TableName=table)


@pytest.mark.parametrize("name", ["x" * 2039, "é" * 1019, "!", "000000000001", "_journal"])
def test_names_of_stores(dynamodb_client: Any, table: str, name: str) -> None:
    """A store of any name can be journaled."""
    with closing(DynamoDBStore(dynamodb_client, table, name)) as store:
        store.enable_journal()
        store.set("!", {"port": 1})
        store.set("x" * 1024, {"port": 1})
        assert store.version() == 2
        assert len(store.poll().changed) == 2
    dynamodb_client.delete_table(TableName=table)


def test_neighbours(store: DynamoDBStore, client: Any, table: str) -> None:
    """The journals of a table's stores have nothing to do with each other."""
    neighbour = DynamoDBStore(client, table, "prod2")
    neighbour.set("db", {"port": 1})
    neighbour.enable_journal()
    store.set("db", {"port": 2})
    neighbour.set("db", {"port": 3})
    assert (store.version(), neighbour.version()) == (1, 2)
    assert state_at(store, 1) == {"db": {"port": 2}}


def test_time_of_a_commit(store: DynamoDBStore) -> None:
    """The time of a commit is aware, in UTC, and read as it was written."""
    before = datetime.now(UTC)
    commit = store.commit([Change("db", {})])
    assert before <= commit.at <= datetime.now(UTC)
    assert store.commits()[0].at == commit.at
    assert store.commits()[0].at.utcoffset() == commit.at.utcoffset()


def test_commits_pickle(store: DynamoDBStore) -> None:
    """A commit survives pickling."""
    store.set("db", {"hosts": ["a", {1}]})
    (commit,) = store.commits()
    assert pickle.loads(pickle.dumps(commit)) == commit


def test_reprs_show_no_value(store: DynamoDBStore) -> None:
    """What is printed of a commit shows no value."""
    store.set("db", {"secret": CANARY})
    (commit,) = store.commits()
    poll = store.poll()
    assert CANARY not in repr(commit) + repr(poll.checkpoint) + repr(store)


def test_long_journal(local_store: DynamoDBStore) -> None:
    """A journal of several pages is read to its end."""
    local_store.enable_journal()
    for number in range(5):
        local_store.set("db", {"text": str(number) * 300_000})
    commits = local_store.commits()
    assert [commit.version for commit in commits] == [1, 2, 3, 4, 5]
    assert local_store.poll().changed == {"db": {"text": "4" * 300_000}}


# -- what is not ours --------------------------------------------------------------------------

COMMIT = {
    "_store": {"S": "_journal:prod"},
    "_option": {"S": "000000000001"},
    "id": {"S": "0"},
    "at": {"S": "2024-05-01T12:00:00+00:00"},
    "comment": {"S": ""},
    "changes": {"L": []},
}


def change(**members: Any) -> dict[str, Any]:
    """A commit's changes, as DynamoDB holds them."""
    return {"L": [{"M": members}]}


@pytest.mark.parametrize(
    "attributes",
    [
        {"_option": {"S": "1"}},
        {"_option": {"S": "zebra"}},
        {"_option": {"S": "00000000000٣"}},
        {"id": {"N": "1"}},
        {"at": {"S": CANARY}},
        {"at": {"N": "1"}},
        {"by": {"N": "1"}},
        {"comment": {"NULL": True}},
        {"previous": {"N": "1"}},
        {"changes": {"S": CANARY}},
        {"changes": {"L": [{"S": CANARY}]}},
        {"changes": {"L": [{"N": "1"}]}},
        {"changes": change(option={"S": "db"})},
        {"changes": change(option={"S": "db"}, action={"S": "set"})},
        {"changes": change(option={"N": "1"}, action={"S": "delete"})},
        {"changes": change(option={"S": "db"}, action={"S": "set"}, values={"S": CANARY})},
        {"changes": change(option={"S": "db"}, action={"S": "rename"}, values={"M": {}})},
        {"changes": change(option={"S": "db"}, action={"S": "set"}, json={"S": f"[{CANARY}"})},
        {"changes": change(option={"S": "db"}, action={"S": "set"}, json={"S": f'["{CANARY}"]'})},
        {"changes": change(option={"S": "db"}, action={"S": "set"}, json={"N": "1"})},
    ],
)
def test_item_that_is_no_commit(
    local_store: DynamoDBStore, dynamodb_client: Any, table: str, attributes: dict[str, Any]
) -> None:
    """What is no commit of ours is named, and nothing that it holds is quoted."""
    local_store.enable_journal()
    local_store.set("db", {})
    dynamodb_client.put_item(TableName=table, Item={**COMMIT, **attributes})
    with pytest.raises(CorruptStoreError, match="no commit of ours") as caught:
        local_store.commits()
    assert_keeps_values(caught.value)


def test_commit_without_a_time_zone(
    local_store: DynamoDBStore, dynamodb_client: Any, table: str
) -> None:
    """A time that somebody wrote in another zone is told in UTC."""
    local_store.enable_journal()
    item = {**COMMIT, "at": {"S": "2024-05-01T14:00:00+02:00"}}
    dynamodb_client.put_item(TableName=table, Item=item)
    (commit,) = local_store.commits()
    assert commit.at.isoformat() == "2024-05-01T12:00:00+00:00"


@pytest.mark.parametrize("attributes", [{"baseline": {"S": CANARY}}, {"retention": {"S": CANARY}}])
def test_item_that_is_no_marker(
    local_store: DynamoDBStore, dynamodb_client: Any, table: str, attributes: dict[str, Any]
) -> None:
    """A marker that is none of ours is named, and nothing is written."""
    marker = {"_store": {"S": "_journal:prod"}, "_option": {"S": "!"}}
    dynamodb_client.put_item(TableName=table, Item={**marker, **attributes})
    with pytest.raises(CorruptStoreError, match="no marker of ours") as caught:
        local_store.set("db", {})
    assert_keeps_values(caught.value)
    assert dict(local_store.items()) == {}


# -- edits by hand -----------------------------------------------------------------------------


def test_reconcile_commits_what_was_edited(store: DynamoDBStore, client: Any, table: str) -> None:
    """What was written without the journal is committed, removals included."""
    for option in ("db", "gone", "same"):
        store.set(option, {"port": 1})
    client.put_item(
        TableName=table,
        Item={"_store": {"S": "prod"}, "_option": {"S": "db"}, "port": {"N": "2"}},
    )
    client.delete_item(TableName=table, Key={"_store": {"S": "prod"}, "_option": {"S": "gone"}})
    commit = reconcile(store)
    assert commit is not None
    assert {one.option: one.values for one in commit.changes} == {"db": {"port": 2}, "gone": None}
    assert reconcile(store) is None


def test_journal_that_was_erased(store: DynamoDBStore, client: Any, table: str) -> None:
    """A store whose journal was erased by hand is unjournaled when it is opened again."""
    store.set("db", {"port": 1})
    for item in items(client, table, "_journal:prod"):
        key = {name: item[name] for name in ("_store", "_option")}
        client.delete_item(TableName=table, Key=key)
    assert (store.version(), store.commits()) == (0, [])
    between = Interposed(client)
    again = DynamoDBStore(between, table, "prod")
    assert not again.is_journaled()
    assert again.get("db") == {"port": 1}
