"""The table of a store: made, waited for, checked, or used without any of it."""

from __future__ import annotations

import copy
from contextlib import closing
from typing import Any

import pytest
from botocore.stub import Stubber

from confstore.errors import (
    AccessDeniedError,
    BackendError,
    StoreUnavailableError,
)
from confstore_dynamodb import DynamoDBStore
from confstore_dynamodb.errors import MisconfiguredSchemaError, TableNotFoundError

from .conftest import description

KEYS = [("_store", "HASH", "S"), ("_option", "RANGE", "S")]


def make_table(client: Any, table: str, keys: list[tuple[str, str, str]]) -> None:
    client.create_table(
        TableName=table,
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind, _ in keys],
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": type_} for name, _, type_ in keys
        ],
        BillingMode="PAY_PER_REQUEST",
    )


def test_absent_table_is_made_on_demand(client: Any, table: str) -> None:
    """Without read and write units a new table is paid on demand."""
    DynamoDBStore(client, table, "prod")
    billing = client.describe_table(TableName=table)["Table"]["BillingModeSummary"]
    assert billing["BillingMode"] == "PAY_PER_REQUEST"


def test_absent_table_is_made_with_units(client: Any, table: str) -> None:
    """With read and write units a new table is provisioned with them."""
    DynamoDBStore(client, table, "prod", read_units=7, write_units=3)
    units = client.describe_table(TableName=table)["Table"]["ProvisionedThroughput"]
    assert (units["ReadCapacityUnits"], units["WriteCapacityUnits"]) == (7, 3)


def test_one_unit_alone_is_refused(moto_client: Any, table: str) -> None:
    """Read units without write units are no throughput."""
    with pytest.raises(ValueError, match="both read_units and write_units"):
        DynamoDBStore(moto_client, table, "prod", read_units=7)


@pytest.mark.parametrize("keys", [("", "_option"), ("_store", ""), ("same", "same")])
def test_key_names_are_two(moto_client: Any, table: str, keys: tuple[str, str]) -> None:
    """The table's two keys have two different names."""
    with pytest.raises(ValueError, match="two different, non-empty names"):
        DynamoDBStore(moto_client, table, "prod", store_key=keys[0], option_key=keys[1])


def test_existing_table_is_used(client: Any, table: str) -> None:
    """A table with the right keys is opened as it is."""
    make_table(client, table, KEYS)
    store = DynamoDBStore(client, table, "prod", create_table=False)
    store.set("db", {"port": 1})
    assert store.get("db") == {"port": 1}


def test_custom_key_names(client: Any, table: str) -> None:
    """The table's keys can have any names, and are never among the values."""
    store = DynamoDBStore(client, table, "prod", store_key="_s", option_key="_o")
    store.set("db", {"port": 1})
    assert store.get("db") == {"port": 1}
    key = {"_s": {"S": "prod"}, "_o": {"S": "db"}}
    found = client.get_item(TableName=table, Key=key)["Item"]
    assert found == {**key, "port": {"N": "1"}}


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param(KEYS[:1], id="no range key"),
        pytest.param([("_option", "HASH", "S"), ("_store", "RANGE", "S")], id="swapped"),
        pytest.param([("id", "HASH", "S"), ("_option", "RANGE", "S")], id="other hash key"),
        pytest.param([("_store", "HASH", "S"), ("name", "RANGE", "S")], id="other range key"),
        pytest.param([("_store", "HASH", "N"), ("_option", "RANGE", "S")], id="number"),
        pytest.param([("_store", "HASH", "S"), ("_option", "RANGE", "B")], id="binary"),
    ],
)
def test_table_with_other_keys_is_refused(
    client: Any, table: str, keys: list[tuple[str, str, str]]
) -> None:
    """A table that has other keys than the store needs is named with both."""
    make_table(client, table, keys)
    with pytest.raises(MisconfiguredSchemaError, match="'_option' of type S") as caught:
        DynamoDBStore(client, table, "prod")
    assert table in str(caught.value)


def test_absent_table_is_not_made_against_the_will(client: Any, table: str) -> None:
    """With create_table=False an absent table is an error."""
    with pytest.raises(
        TableNotFoundError,
        match=r"(?m)does not exist at http.*or make it: "
        r"`confstore init`, or \?create=true in its URL$",
    ):
        DynamoDBStore(client, table, "prod", create_table=False)


def test_closest_table_is_named(client: Any, table: str) -> None:
    """Who mistypes a table is told the one that was meant."""
    with closing(DynamoDBStore(client, table, "prod")):
        mistyped = table[:-1] + "x" if table[-1] != "x" else table[:-1] + "y"
        with pytest.raises(TableNotFoundError, match=rf"did you mean '{table}'\?"):
            DynamoDBStore(client, mistyped, "prod", create_table=False)
    client.delete_table(TableName=table)


def test_every_page_of_tables_is_looked_at(stub_client: Any, stubber: Stubber) -> None:
    """DynamoDB names a hundred tables at a time."""
    stubber.add_client_error("describe_table", "ResourceNotFoundException")
    first = {"TableNames": ["another"], "LastEvaluatedTableName": "another"}
    stubber.add_response("list_tables", first, {})
    last = {"TableNames": ["config"]}
    stubber.add_response("list_tables", last, {"ExclusiveStartTableName": "another"})
    with pytest.raises(TableNotFoundError, match="did you mean 'config'"):
        DynamoDBStore(stub_client, "cofnig", "prod", create_table=False)


def test_pages_of_tables_have_an_end(stub_client: Any, stubber: Stubber) -> None:
    """Of an account with thousands of tables a thousand are looked at."""
    stubber.add_client_error("describe_table", "ResourceNotFoundException")
    for _ in range(10):
        page = {"TableNames": ["another"], "LastEvaluatedTableName": "another"}
        stubber.add_response("list_tables", page)
    with pytest.raises(TableNotFoundError, match=r"eu-west-1; correct its name or region"):
        DynamoDBStore(stub_client, "cofnig", "prod", create_table=False)


def test_tables_that_cannot_be_listed(stub_client: Any, stubber: Stubber) -> None:
    """A role that may not list them is told that the table is absent, and no more."""
    stubber.add_client_error("describe_table", "ResourceNotFoundException")
    stubber.add_client_error("list_tables", "AccessDeniedException")
    with pytest.raises(TableNotFoundError, match=r"eu-west-1; correct its name or region"):
        DynamoDBStore(stub_client, "cofnig", "prod", create_table=False)


def test_table_that_vanishes(client: Any, table: str) -> None:
    """A table that is deleted under a store is a missing table."""
    store = DynamoDBStore(client, table, "prod")
    client.delete_table(TableName=table)
    with pytest.raises(TableNotFoundError, match=table):
        store.get("db")


def test_new_table_is_waited_for(stub_client: Any, stubber: Stubber) -> None:
    """A new table is asked for again, at growing intervals, until it is active."""
    stubber.add_client_error("describe_table", "ResourceNotFoundException")
    stubber.add_response("create_table", {})
    stubber.add_client_error("describe_table", "ResourceNotFoundException")
    for status in ("CREATING", "CREATING", "ACTIVE"):
        stubber.add_response("describe_table", {"Table": description(status)})
    waits: list[float] = []
    DynamoDBStore(stub_client, "config", "prod", sleep=waits.append)
    assert waits == [0.2, 0.4, 0.8]


def test_table_that_is_being_made_is_waited_for(stub_client: Any, stubber: Stubber) -> None:
    """A table that somebody else is making is waited for, too."""
    for status in ("CREATING", "CREATING", "ACTIVE"):
        stubber.add_response("describe_table", {"Table": description(status)})
    waits: list[float] = []
    DynamoDBStore(stub_client, "config", "prod", sleep=waits.append)
    assert waits == [0.2]


def test_racing_creator_is_success(stub_client: Any, stubber: Stubber) -> None:
    """Whoever finds that another made the table meanwhile uses that one."""
    stubber.add_client_error("describe_table", "ResourceNotFoundException")
    stubber.add_client_error("create_table", "ResourceInUseException")
    stubber.add_response("describe_table", {"Table": description()})
    DynamoDBStore(stub_client, "config", "prod")


def test_racing_creator_of_other_keys(stub_client: Any, stubber: Stubber) -> None:
    """A table that another made meanwhile is checked as any other."""
    theirs = copy.deepcopy(description())
    theirs["KeySchema"].pop()
    stubber.add_client_error("describe_table", "ResourceNotFoundException")
    stubber.add_client_error("create_table", "ResourceInUseException")
    stubber.add_response("describe_table", {"Table": theirs})
    with pytest.raises(MisconfiguredSchemaError):
        DynamoDBStore(stub_client, "config", "prod")


def test_waiting_ends(stub_client: Any, stubber: Stubber) -> None:
    """A table that does not become active within minutes is an error."""
    waits: list[float] = []
    for _ in range(35):
        stubber.add_response("describe_table", {"Table": description("CREATING")})
    with pytest.raises(TableNotFoundError, match="still being created"):
        DynamoDBStore(stub_client, "config", "prod", sleep=waits.append)
    assert 150 <= sum(waits) < 160


def test_updating_table_is_used(stub_client: Any, stubber: Stubber) -> None:
    """A table whose throughput is being changed serves as ever."""
    stubber.add_response("describe_table", {"Table": description("UPDATING")})
    DynamoDBStore(stub_client, "config", "prod")


@pytest.mark.parametrize("status", ["DELETING", "ARCHIVED"])
def test_table_that_is_going_is_refused(stub_client: Any, stubber: Stubber, status: str) -> None:
    """A table that is being deleted or was archived is no place for a store."""
    stubber.add_response("describe_table", {"Table": description(status)})
    with pytest.raises(StoreUnavailableError, match=status):
        DynamoDBStore(stub_client, "config", "prod")


def test_denied_description_is_no_error(stub_client: Any, stubber: Stubber) -> None:
    """A role that may not describe the table still reads and writes, and is asked once."""
    stubber.add_client_error("describe_table", "AccessDeniedException")
    stubber.add_response("get_item", {})
    stubber.add_response("put_item", {})
    stubber.add_response("get_item", {"Item": {"_option": {"S": "db"}, "port": {"N": "1"}}})
    store = DynamoDBStore(stub_client, "config", "prod")
    store.set("db", {"port": 1})
    assert store.get("db") == {"port": 1}


def test_bad_credentials_are_an_error(stub_client: Any, stubber: Stubber) -> None:
    """Credentials that are no good are found when the store is opened."""
    stubber.add_client_error("describe_table", "UnrecognizedClientException")
    with pytest.raises(AccessDeniedError):
        DynamoDBStore(stub_client, "config", "prod")


def test_denied_creation_says_so(stub_client: Any, stubber: Stubber) -> None:
    """An absent table that may not be made is named with the missing permission."""
    stubber.add_client_error("describe_table", "ResourceNotFoundException")
    stubber.add_client_error("create_table", "AccessDeniedException")
    with pytest.raises(TableNotFoundError, match="dynamodb:CreateTable"):
        DynamoDBStore(stub_client, "config", "prod")


def test_failed_creation_is_an_error(stub_client: Any, stubber: Stubber) -> None:
    """What else stands in the way of a new table is reported with its code."""
    stubber.add_client_error("describe_table", "ResourceNotFoundException")
    stubber.add_client_error("create_table", "ValidationException")
    with pytest.raises(BackendError, match="CreateTable: ValidationException"):
        DynamoDBStore(stub_client, "config", "prod")


def test_throttled_description_is_asked_for_later(stub_client: Any, stubber: Stubber) -> None:
    """DescribeTable has a limit of its own: reads go on, and the check is made up for."""
    throttled = "ThrottlingException"
    found = {"Item": {"_option": {"S": "db"}}}
    stubber.add_client_error("describe_table", throttled)
    stubber.add_client_error("describe_table", throttled)
    stubber.add_response("get_item", found)
    stubber.add_response("describe_table", {"Table": description()})
    stubber.add_response("get_item", found)
    stubber.add_response("get_item", found)
    store = DynamoDBStore(stub_client, "config", "prod")
    assert [store.get("db") for _ in range(3)] == [{}, {}, {}]


def test_incomplete_description_is_no_table(stub_client: Any, stubber: Stubber) -> None:
    """A reply without a description says nothing about the table."""
    stubber.add_response("describe_table", {})
    stubber.add_response("describe_table", {})
    store = DynamoDBStore(stub_client, "config", "prod")
    with pytest.raises(StoreUnavailableError, match="without Table"):
        store.get("db")
