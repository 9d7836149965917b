"""docs/reference/table.md says what a real table holds."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from confstore import Change
from confstore_dynamodb import DynamoDBStore
from tables_of_documents import ROOT, rows_of

PAGE = ROOT / "docs" / "reference" / "table.md"

VALUES = {
    "None": [None],
    "bool": [True],
    "int, float, Decimal": [1, 0.5, Decimal("0.1000000000000000055511151231257827")],
    "str": ["text"],
    "bytes": [b"bytes"],
    "list": [[1]],
    "dict": [{"a": 1}],
    "set of text": [{"a"}],
    "set of numbers": [{1, 2.5}],
    "set of bytes": [{b"a"}],
}
"""Values of each row of the page."""


@pytest.fixture
def table(dynamodb_client: Any) -> Iterator[str]:
    """The name of a table of this test's own, which is there after the test has made it."""
    name = f"layout-{uuid.uuid4().hex}"
    yield name
    dynamodb_client.delete_table(TableName=name)


def partition(client: Any, table: str, store: str) -> list[dict[str, Any]]:
    """The items of a hash key, as DynamoDB holds them."""
    reply = client.query(
        TableName=table,
        KeyConditionExpression="#0=:0",
        ExpressionAttributeNames={"#0": "_store"},
        ExpressionAttributeValues={":0": {"S": store}},
    )
    items: list[dict[str, Any]] = reply["Items"]
    return items


def layout(*items: Mapping[str, Mapping[str, Any]]) -> set[tuple[str, str]]:
    """Every attribute of some items, with its type."""
    return {(name, *value) for item in items for name, value in item.items()}


def documented(section: str) -> set[tuple[str, str]]:
    """Every attribute of a table of the page, with its type."""
    return {(row[0], row[1]) for row in rows_of(PAGE, section, "attribute")}


def test_options_and_values(dynamodb_client: Any, table: str) -> None:
    """An option's item has the two keys, and each value has the type of its row."""
    types = {row[0]: row[1] for row in rows_of(PAGE, "## Values", "value")}
    assert types.keys() == VALUES.keys()
    with DynamoDBStore(dynamodb_client, table, "prod") as store:
        for name, values in VALUES.items():
            store.set(name, {f"key {number}": value for number, value in enumerate(values)})
    for item in partition(dynamodb_client, table, "prod"):
        name = item["_option"]["S"]
        keys = {f"key {number}" for number in range(len(VALUES[name]))}
        values = {(key, types[name]) for key in keys}
        assert layout(item) == {("_store", "S"), ("_option", "S")} | values
    keys = documented("## Options") - {("any other name", "see below")}
    assert keys == {("_store", "S"), ("_option", "S")}


def test_journal(dynamodb_client: Any, table: str) -> None:
    """Its items have every attribute of the page, and no other."""
    deep: Any = "bottom"
    for _ in range(30):
        deep = [deep]
    with DynamoDBStore(dynamodb_client, table, "prod") as store:
        store.set("before", {"a": 1})
        store.enable_journal(retention=timedelta(days=1))
        store.commit([Change("db", {"a": 1})], author="ada", comment="why")
        store.commit([Change("deep", {"a": deep}), Change("db", None)])
    marker, *commits = partition(dynamodb_client, table, "_journal:prod")
    assert marker["_option"] == {"S": "!"}
    assert layout(marker) == documented("### The marker")
    assert [commit["_option"]["S"] for commit in commits] == [f"{n:012}" for n in (1, 2, 3)]
    assert layout(*commits) == documented("### Commits")
    changes = [change["M"] for commit in commits for change in commit["changes"]["L"]]
    assert layout(*changes) == documented("### Changes")
    assert {change["action"]["S"] for change in changes} == {"set", "delete"}
