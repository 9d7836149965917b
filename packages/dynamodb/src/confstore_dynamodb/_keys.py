"""The keys of a store's table."""

from __future__ import annotations

from typing import Any

from confstore.adapter import RESERVED_KEYS
from confstore_dynamodb.errors import MisconfiguredSchemaError

__all__ = ["TableSchema", "capacity_of"]


def capacity_of(read_units: int | None, write_units: int | None) -> dict[str, Any]:
    """Parameters of `create_table` for the capacity, in DynamoDB's units a second."""
    if read_units is None and write_units is None:
        return {"BillingMode": "PAY_PER_REQUEST"}
    if read_units is None or write_units is None:
        raise ValueError("give both read_units and write_units, or neither for on-demand")
    units = {"ReadCapacityUnits": read_units, "WriteCapacityUnits": write_units}
    return {"BillingMode": "PROVISIONED", "ProvisionedThroughput": units}


class TableSchema:
    """
    A hash key for the name of the store, a range key for that of the option, both text.

    Attributes:
        store_key: The attribute that holds the store's name.
        option_key: The attribute that holds the option's name.
        reserved: Attributes that are never the user's.
    """

    def __init__(self, store_key: str, option_key: str) -> None:
        """Raise `ValueError` if a name is empty or both are the same."""
        if not store_key or not option_key or store_key == option_key:
            raise ValueError("store_key and option_key are two different, non-empty names")
        self.store_key = store_key
        self.option_key = option_key
        self.reserved = RESERVED_KEYS | {store_key, option_key}

    def item_key(self, store: str, option: str) -> dict[str, dict[str, str]]:
        """The primary key of an option's item."""
        return {self.store_key: {"S": store}, self.option_key: {"S": option}}

    def new_table(self) -> dict[str, Any]:
        """Parameters of `create_table` for the keys."""
        keys = {self.store_key: "HASH", self.option_key: "RANGE"}
        return {
            "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"} for key in keys],
            "KeySchema": [{"AttributeName": key, "KeyType": kind} for key, kind in keys.items()],
        }

    def check(self, store: str, table: str, description: dict[str, Any]) -> None:
        """Refuse a table that has other keys, by DynamoDB's description of it."""
        types = {
            definition["AttributeName"]: definition["AttributeType"]
            for definition in description["AttributeDefinitions"]
        }
        found = {
            (key["KeyType"], key["AttributeName"], types.get(key["AttributeName"], "?"))
            for key in description["KeySchema"]
        }
        needed = {("HASH", self.store_key, "S"), ("RANGE", self.option_key, "S")}
        if found != needed:
            reason = (
                f"the table {table!r} has {_shown(found)}, this store needs {_shown(needed)}: "
                "give the table's own names as store_key and option_key, or use another table"
            )
            raise MisconfiguredSchemaError(store, reason)


def _shown(keys: set[tuple[str, str, str]]) -> str:
    return " and ".join(
        f"a {kind} key {name!r} of type {type_}" for kind, name, type_ in sorted(keys)
    )
