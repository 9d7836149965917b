"""Reading one option: a `GetItem`, parsed early."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from confstore import Values
from confstore.adapter import select
from confstore.errors import OptionNotFoundError
from confstore_dynamodb._connections.connection import Connection
from confstore_dynamodb._connections.early_parsing import EarlyMember
from confstore_dynamodb._keys import TableSchema
from confstore_dynamodb._wire.decoder import PLAIN
from confstore_dynamodb._wire.expressions import projection
from confstore_dynamodb._wire.json_reader import ItemReader, read_item, read_member

__all__ = ["OptionReader"]


class _ItemBody:
    """Reads the reply to a `GetItem`: the option's values."""

    operation = "GetItem"
    member = "Item"

    def __init__(self, schema: TableSchema) -> None:
        self._items = ItemReader(PLAIN, schema.option_key, schema.reserved, is_lasting=True)

    def read(self, body: bytes) -> tuple[Any, bytes] | None:
        """See `EarlyReader`."""
        return read_member(body, self.member, self._values)

    def _values(self, text: str, position: int) -> tuple[Any, int]:
        item, end = read_item(text, position)
        return self._items.values(item), end


class OptionReader:
    """Reads single options of one store."""

    def __init__(self, connection: Connection, schema: TableSchema) -> None:
        self._connection = connection
        self._schema = schema
        self._body = _ItemBody(schema)

    def read(self, option: str, keys: Collection[str] | None, *, consistent: bool = True) -> Values:
        """One option, or those of the given keys that it has; names and keys are checked."""
        request = self._request(option, keys, consistent=consistent)
        return self._values(self._connection.call("get_item", **request), option, keys)

    async def read_on_loop(
        self, option: str, keys: Collection[str] | None, *, consistent: bool
    ) -> Values:
        """The same on a loop."""
        request = self._request(option, keys, consistent=consistent)
        reply = await self._connection.call_on_loop("get_item", **request)
        return self._values(reply, option, keys)

    def _request(
        self, option: str, keys: Collection[str] | None, *, consistent: bool
    ) -> dict[str, Any]:
        parameters = {} if keys is None else projection(keys, self._schema.option_key)
        parameters["reader"] = self._body
        parameters["Key"] = self._schema.item_key(self._connection.store, option)
        parameters["ConsistentRead"] = consistent
        return parameters

    def _values(self, reply: dict[str, Any], option: str, keys: Collection[str] | None) -> Values:
        if "Item" not in reply:
            self._connection.expect_empty(reply)
            raise OptionNotFoundError(self._connection.store, option)
        item = reply["Item"]
        # For a long list of keys the whole item was read.
        if isinstance(item, EarlyMember) and not item.is_seen:
            return select(item.content, keys)
        values: Values = PLAIN.values(option, select(dict(item), keys), self._schema.reserved)
        return values
