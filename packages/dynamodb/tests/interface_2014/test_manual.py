"""
What the manual, the announcement and the tests of the 2014 library show, on DynamoDB Local.

Only the connection is another one: boto3's in place of boto 2's.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest

from dynamodb_config_store import DynamoDBConfigStore
from dynamodb_config_store.exceptions import (
    ItemNotFound,
    MisconfiguredSchemaException,
    ValidationException,
)

API = {"endpoint": "http://test.com", "port": 80, "username": "test", "password": "something"}
USER = {"username": "luke", "password": "skywalker"}
DB = {"host": "127.0.0.1", "port": 27017}


@pytest.fixture
def connection(dynamodb_client: Any) -> Any:
    """The connection of 2014's examples."""
    return dynamodb_client


@pytest.fixture
def store(connection: Any, table: str) -> Iterator[DynamoDBConfigStore]:
    """The store of most examples."""
    with closing(DynamoDBConfigStore(connection, table, "test")) as store:
        yield store


def throughput(connection: Any, table: str) -> tuple[int, int]:
    units = connection.describe_table(TableName=table)["Table"]["ProvisionedThroughput"]
    return units["ReadCapacityUnits"], units["WriteCapacityUnits"]


def test_table_is_created(connection: Any, table: str) -> None:
    """A table that does not exist is made, with one read and one write unit."""
    DynamoDBConfigStore(connection, table, "test")
    assert throughput(connection, table) == (1, 1)


def test_custom_throughput(connection: Any, table: str) -> None:
    """A new table gets the units that it is given."""
    DynamoDBConfigStore(connection, table, "test", read_units=10, write_units=8)
    assert throughput(connection, table) == (10, 8)


def test_existing_table_is_left_intact(connection: Any, table: str) -> None:
    """A table that exists keeps its throughput."""
    DynamoDBConfigStore(connection, table, "test")
    DynamoDBConfigStore(connection, table, "test", read_units=10, write_units=5)
    assert throughput(connection, table) == (1, 1)


def test_keys_given_by_name(connection: Any, table: str) -> None:
    """The manual's way to open a store names the two keys."""
    store = DynamoDBConfigStore(connection, table, "test", store_key="_store", option_key="_option")
    assert store.set("option", {"key1": "value", "key2": "value"}) is True


def test_custom_store_and_option_keys(connection: Any, table: str) -> None:
    """An item's keys have the names that the store is given."""
    store = DynamoDBConfigStore(connection, table, "test", store_key="_s", option_key="_o")
    store.set("db", DB)
    key = {"_s": {"S": "test"}, "_o": {"S": "db"}}
    found = connection.get_item(TableName=table, Key=key)["Item"]
    assert found == {**key, "host": {"S": "127.0.0.1"}, "port": {"N": "27017"}}


def test_set(store: DynamoDBConfigStore, connection: Any, table: str) -> None:
    """An option is one item."""
    store.set("db", DB)
    key = {"_store": {"S": "test"}, "_option": {"S": "db"}}
    found = connection.get_item(TableName=table, Key=key)["Item"]
    assert found == {**key, "host": {"S": "127.0.0.1"}, "port": {"N": "27017"}}


def test_update(store: DynamoDBConfigStore) -> None:
    """Setting an option again replaces its values."""
    store.set("user", USER)
    store.set("user", {**USER, "username": "anakin"})
    assert store.config.get("user") == {**USER, "username": "anakin"}


def test_update_with_new_keys(store: DynamoDBConfigStore) -> None:
    """Setting an option again replaces its keys."""
    store.set("credentials", USER)
    store.set("credentials", {"access_key": "anakin", "secret_key": "skywalker"})
    found = store.config.get("credentials")
    assert found == {"access_key": "anakin", "secret_key": "skywalker"}


def test_insert_too_large_object(store: DynamoDBConfigStore) -> None:
    """An option that is too large is refused."""
    with pytest.raises(ValidationException):
        store.set("large", {str(number): "x" * 100 for number in range(9999)})


def test_insert_keys_that_are_numbers(store: DynamoDBConfigStore) -> None:
    """What the old test inserted, with numbers for keys, is refused as it was."""
    with pytest.raises(ValidationException):
        store.set("large", {number: number * 10**13 for number in range(1, 9999)})


def test_get_option(store: DynamoDBConfigStore) -> None:
    """An option is read with all its keys, and without the table's own."""
    store.set("api", API)
    assert store.config.get("api") == API
    assert store.config.get_option("api") == API


def test_get_keys(store: DynamoDBConfigStore) -> None:
    """An option is read with some of its keys."""
    store.set("api", API)
    expected = {"endpoint": API["endpoint"], "port": API["port"]}
    assert store.config.get("api", keys=["endpoint", "port"]) == expected
    assert store.config.get_option("api", keys=["endpoint", "port"]) == expected


def test_get_item_not_found(store: DynamoDBConfigStore) -> None:
    """An option that does not exist raises ItemNotFound."""
    with pytest.raises(ItemNotFound):
        store.config.get("doesnotexist")


def test_get_full_store(store: DynamoDBConfigStore) -> None:
    """Without an option the whole store is read."""
    store.set("api", API)
    store.set("user", USER)
    assert store.config.get() == {"api": API, "user": USER}


def test_numbers_equal_their_decimals(store: DynamoDBConfigStore) -> None:
    """The manual shows Decimal(27017); what is read now is equal to it."""
    store.set("db", DB)
    assert store.config.get("db") == {"host": "127.0.0.1", "port": Decimal(27017)}


@pytest.mark.parametrize("keys", [{"store_key": "test"}, {"option_key": "test"}])
def test_misconfigured_schema(connection: Any, table: str, keys: dict[str, str]) -> None:
    """A table whose keys have other names is refused."""
    DynamoDBConfigStore(connection, table, "test")
    with pytest.raises(MisconfiguredSchemaException):
        DynamoDBConfigStore(connection, table, "test", **keys)


def test_simple_config_store_by_name(connection: Any, table: str) -> None:
    """The default strategy can be named."""
    store = DynamoDBConfigStore(connection, table, "test", config_store="SimpleConfigStore")
    store.set("db", DB)
    assert store.config.get("db") == DB


def test_time_based_config_store(connection: Any, table: str) -> None:
    """Options are attributes, as of the last load; a reload shows what was written since."""
    store = DynamoDBConfigStore(
        connection,
        table,
        "test",
        config_store="TimeBasedConfigStore",
        config_store_kwargs={"update_interval": 3600},
    )
    with closing(store):
        store.set("db", DB)
        with pytest.raises(AttributeError):
            store.config.db  # noqa: B018 (reading it is the test)
        store.reload()
        assert store.config.db == DB
        store.set("db", {**DB, "port": 8000})
        assert store.config.db["port"] == 27017
        store.reload()
        assert store.config.db["port"] == 8000


def test_time_based_config_store_updates_itself(connection: Any, table: str) -> None:
    """What was written shows after the update interval, without a reload."""
    store = DynamoDBConfigStore(
        connection,
        table,
        "test",
        config_store="TimeBasedConfigStore",
        config_store_kwargs={"update_interval": 0.05},
    )
    with closing(store):
        has_changed = threading.Event()
        store.config.subscribe(lambda option, old, new: has_changed.set())
        store.set("db", DB)
        assert has_changed.wait(60)
        assert store.config.db == DB


@pytest.mark.parametrize(
    "arguments",
    [
        {"config_store_kwargs": {"auto_reload": 60}},
        {"config_store_kwargs": {"update_interval": 60}},
        {"config_store_args": [60]},
        {},
    ],
)
def test_update_interval(connection: Any, table: str, arguments: dict[str, Any]) -> None:
    """The interval has two names, a position and a default."""
    name = "TimeBasedConfigStore"
    store = DynamoDBConfigStore(connection, table, "test", config_store=name, **arguments)
    with closing(store):
        assert store.config.get() == {}


def test_not_implemented_config_store(connection: Any, table: str) -> None:
    """A strategy that does not exist is not implemented."""
    with pytest.raises(NotImplementedError):
        DynamoDBConfigStore(connection, table, "test", config_store="NotExistingConfigStore")
