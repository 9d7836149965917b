"""The reading of one option before botocore does."""

from __future__ import annotations

from typing import Any

import attrs

from confstore_dynamodb._keys import TableSchema
from confstore_dynamodb._wire.decoder import PLAIN
from confstore_dynamodb._wire.json_reader import ItemReader, read_item, read_member

__all__ = ["ItemBody"]


@attrs.frozen(eq=False)
class ItemBody:
    """Reads the reply to a `GetItem`: the option's values."""

    _schema: TableSchema
    operation = "GetItem"
    member = "Item"

    def read(self, body: bytes) -> tuple[Any, bytes] | None:
        """See `EarlyReader`."""
        return read_member(body, self.member, self._values)

    def _values(self, text: str, position: int) -> tuple[Any, int]:
        item, end = read_item(text, position)
        reader = ItemReader(PLAIN, self._schema.option_key, self._schema.reserved)
        return reader.values(item), end
