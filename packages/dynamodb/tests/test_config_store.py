"""The facade over a store in DynamoDB."""

from __future__ import annotations

from typing import Any

import pytest

from confstore.errors import OptionNotFoundError, StoreClosedError
from confstore_dynamodb import DynamoDBConfigStore


def test_written_values_are_read(client: Any, table: str) -> None:
    """What is set through the facade is read through its strategy."""
    with DynamoDBConfigStore(client, table, "prod") as store:
        store.set("db", {"host": "db.example", "port": 27017})
        assert store.config.get("db", keys=["host"]) == {"host": "db.example"}
        store.delete("db")
        with pytest.raises(OptionNotFoundError):
            store.config.get("db")


def test_arguments_reach_the_store(client: Any, table: str) -> None:
    """Key names and units are the table's."""
    units = {"read_units": 4, "write_units": 2}
    with DynamoDBConfigStore(client, table, "prod", store_key="s", option_key="o", **units):
        described = client.describe_table(TableName=table)["Table"]
    assert {key["AttributeName"] for key in described["KeySchema"]} == {"s", "o"}
    assert described["ProvisionedThroughput"]["ReadCapacityUnits"] == 4


def test_options_reach_the_strategy(client: Any, table: str) -> None:
    """What the strategy takes is given by name."""
    with DynamoDBConfigStore(client, table, "prod") as writer:
        writer.set("external-port", {"port": 80})
    options = {"config_store": "TimeBasedConfigStore", "update_interval": 60}
    with DynamoDBConfigStore(client, table, "prod", **options) as store:
        assert getattr(store.config, "external-port")["port"] == 80


def test_unknown_strategy_closes_the_store(moto_client: Any, table: str) -> None:
    """A facade that cannot be made leaves nothing open."""
    with pytest.raises(ValueError, match="Simple"):
        DynamoDBConfigStore(None, table, "prod", config_store="SimpelConfigStore")


def test_closing_closes_the_store(moto_client: Any, table: str) -> None:
    """The store is closed with its facade."""
    store = DynamoDBConfigStore(moto_client, table, "prod")
    store.close()
    with pytest.raises(StoreClosedError):
        store.set("db", {})


def test_full_reload_interval_reaches_the_store(dynamodb_client: Any, table: str) -> None:
    """An interval that cannot be one is refused, whoever takes it."""
    with pytest.raises(ValueError, match="full_reload_interval"):
        DynamoDBConfigStore(dynamodb_client, table, "prod", full_reload_interval=0)
