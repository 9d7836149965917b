"""Early parsing of one option."""

from __future__ import annotations

from typing import Any

from confstore_dynamodb._keys import TableSchema
from confstore_dynamodb._wire.decoder import PLAIN
from confstore_dynamodb._wire.json_reader import ItemReader, read_item, read_member

__all__ = ["ItemBody"]


class ItemBody:
    """Reads the reply to a `GetItem`: the option's values."""

    operation = "GetItem"
    member = "Item"

    def __init__(self, schema: TableSchema) -> None:
        """Read items of tables with these keys."""
        self._items = ItemReader(PLAIN, schema.option_key, schema.reserved, has_memos=False)

    def read(self, body: bytes) -> tuple[Any, bytes] | None:
        """See `EarlyReader`."""
        return read_member(body, self.member, self._values)

    def _values(self, text: str, position: int) -> tuple[Any, int]:
        item, end = read_item(text, position)
        return self._items.values(item), end
