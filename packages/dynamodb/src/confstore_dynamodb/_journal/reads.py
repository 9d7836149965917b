"""
Reads of a store's journal; see `partition` for its form.

Each read says what to ask and leaves the asking to others, so that a loop can make it, too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

import attrs

from confstore import Change, Commit, Head, ReadOnlyDict
from confstore.documents import number_from_text, values_from_json
from confstore.errors import CorruptStoreError
from confstore_dynamodb._connections.asks import Ask, Asks
from confstore_dynamodb._connections.connection import Connection
from confstore_dynamodb._keys import TableSchema
from confstore_dynamodb._wire.decoder import READ_ONLY

__all__ = ["MARKER", "MAX_CHANGES", "JournalReads", "LastCommit", "Marker", "sort_key"]

MARKER = "!"
_NAMES = ("baseline", "retention", "id", "previous", "at", "by", "comment", "changes")
_DIGITS = 12

MAX_CHANGES = 99
"""
Changes of one commit.

Source: AWS, "Amazon DynamoDB Transactions": at most 100 actions; one of them writes the commit.
"""


@attrs.frozen
class Marker:
    """
    The item that says that a store has a journal.

    Attributes:
        baseline: The last version that recorded the options of the time before the journal.
        retention_s: Seconds for which a commit is kept once there is a newer one; None for ever.
    """

    baseline: int = 0
    retention_s: int | None = None


@attrs.frozen
class LastCommit:
    """
    The last commit.

    Attributes:
        head: Its version and its id.
        is_full: It has as many changes as a commit can have, so that its transaction had no room
            for anything else.
    """

    head: Head
    is_full: bool = False


class JournalReads:
    """
    Reads of one journal, with the methods of core's `Journal`.

    Attributes:
        attributes: The attribute that holds each part of an item.
        read_options: Reads every option of the store, strongly consistent.
    """

    def __init__(
        self,
        connection: Connection,
        schema: TableSchema,
        name: str,
        read_options: Callable[[], Asks[Mapping[str, ReadOnlyDict]]],
    ) -> None:
        self.attributes = {part: _attribute(part, schema) for part in _NAMES}
        self.read_options = read_options
        self._connection = connection
        self._schema = schema
        self._name = name

    def read_marker(self) -> Asks[Marker | None]:
        """The marker; None if the store has no journal."""
        item = yield from self._item(MARKER)
        if item is None:
            return None
        values = self._values(item)
        baseline, retention_s = values.get("baseline", 0), values.get("retention")
        if type(baseline) is not int or not isinstance(retention_s, int | None):
            raise CorruptStoreError(self._name, f"the item {MARKER!r} is no marker of ours")
        return Marker(baseline, retention_s)

    def read_head(self) -> Asks[Head]:
        """The last commit, strongly consistent."""
        return (yield from self.read_last(asks_if_full=False)).head

    def read_last(self, *, asks_if_full: bool) -> Asks[LastCommit]:
        """The last commit, strongly consistent."""
        names = {
            "#0": self._schema.store_key,
            "#1": self._schema.option_key,
            "#2": self.attributes["id"],
        }
        wanted = "#1,#2"
        changes = self.attributes["changes"]
        if asks_if_full:
            names["#3"] = "action"
            # No alias before an index: moto does not know that.
            wanted = f"{wanted},{changes}[{MAX_CHANGES - 1}].#3"
        parameters = {
            "KeyConditionExpression": "#0=:0",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": {":0": {"S": self._name}},
            "ProjectionExpression": wanted,
            "ConsistentRead": True,
            "ScanIndexForward": False,
            "Limit": 1,
        }
        reply = yield Ask("query", parameters)
        for item in self._connection.items(reply):
            key = READ_ONLY.option_name(item, self._schema.option_key)
            if key != MARKER:
                return LastCommit(self._head(key, item), changes in item)
        return LastCommit(Head())

    def read_commits(self, since: int, *, consistent: bool) -> Asks[list[Commit]]:
        """The commits after a version, ascending; there may be holes."""
        # The marker sorts before every digit, and so before version 0.
        first_key = sort_key(max(0, since) + 1)
        items = yield from self._items(first_key, consistent=consistent)
        return list(map(self._commit, items))

    def read_following(self, head: Head, *, consistent: bool) -> Asks[list[Commit] | None]:
        """The commits after a known one; None if it is not in the journal."""
        first_key = sort_key(head.version)
        wanted = {self._schema.option_key: {"S": first_key}, self.attributes["id"]: {"S": head.id}}
        items = yield from self._items(first_key, wanted, consistent=consistent)
        return list(map(self._commit, items[1:])) if items else None

    def read_commit(self, version: int) -> Asks[Commit | None]:
        """One commit, strongly consistent; None if its version is free."""
        item = yield from self._item(sort_key(version))
        return None if item is None else self._commit(item)

    def _items(
        self,
        first_key: str,
        wanted: Mapping[str, Any] | None = None,
        *,
        consistent: bool,
    ) -> Asks[list[Mapping[str, Any]]]:
        """The items from a key on; none if the first one is another than the wanted."""
        items: list[Mapping[str, Any]] = []
        parameters: dict[str, Any] = {
            "KeyConditionExpression": "#0=:0 AND #1>=:1",
            "ExpressionAttributeNames": {
                "#0": self._schema.store_key,
                "#1": self._schema.option_key,
            },
            "ExpressionAttributeValues": {":0": {"S": self._name}, ":1": {"S": first_key}},
            "ConsistentRead": consistent,
        }
        while True:
            reply = yield Ask("query", dict(parameters))
            items += self._connection.items(reply)
            if wanted is not None and items and not _has(items[0], wanted):
                return []
            if not reply.get("LastEvaluatedKey"):
                return items
            parameters["ExclusiveStartKey"] = reply["LastEvaluatedKey"]

    def _item(self, key: str) -> Asks[Mapping[str, Any] | None]:
        parameters = {"Key": self._schema.item_key(self._name, key), "ConsistentRead": True}
        reply = yield Ask("get_item", parameters)
        if "Item" not in reply:
            self._connection.expect_empty(reply)
            return None
        item: Mapping[str, Any] = reply["Item"]
        return item

    def _head(self, key: str, item: Mapping[str, Any]) -> Head:
        match item.get(self.attributes["id"]):
            case {"S": str(id_)} if _is_version(key):
                return Head(int(key), id_)
        raise CorruptStoreError(self._name, f"the item {key!r} is no commit of ours")

    def _commit(self, item: Mapping[str, Any]) -> Commit:
        key = READ_ONLY.option_name(item, self._schema.option_key)
        head, values = self._head(key, item), self._values(item)
        try:
            return Commit(
                head.version,
                _text(head.id),
                datetime.fromisoformat(values["at"]).astimezone(timezone.utc),
                _text_or_none(values.get("by")),
                _text(values["comment"]),
                tuple(map(_decoded_change, values["changes"])),
                _text_or_none(values.get("previous")),
            )
        except (KeyError, TypeError, ValueError):
            # The text of any of them may quote a value.
            reason = f"the item {key!r} is no commit of ours"
        raise CorruptStoreError(self._name, reason)

    def _values(self, item: Mapping[str, Any]) -> dict[str, Any]:
        values = READ_ONLY.values(self._name, item, self._schema.reserved)
        return {
            name: values[stored] for name, stored in self.attributes.items() if stored in values
        }


def _has(item: object, wanted: Mapping[str, Any]) -> bool:
    return isinstance(item, Mapping) and all(item.get(key) == wanted[key] for key in wanted)


def _attribute(name: str, schema: TableSchema) -> str:
    """The attribute that holds this part of a commit."""
    while name in {schema.store_key, schema.option_key}:
        name = f"_{name}"
    return name


def sort_key(version: int) -> str:
    """The sort key of a commit, which sorts like its version."""
    return f"{version:0{_DIGITS}d}"


def _is_version(key: str) -> bool:
    return len(key) == _DIGITS and key.isascii() and key.isdigit()


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)


def _decoded_change(raw: Mapping[str, Any]) -> Change:
    option, action = _text(raw["option"]), raw["action"]
    if action == "delete":
        return Change(option, None)
    if action != "set":
        raise ValueError
    if "json" in raw:
        return Change(option, _from_json(_text(raw["json"])))
    if not isinstance(raw["values"], ReadOnlyDict):
        raise TypeError
    return Change(option, raw["values"])


def _from_json(text: str) -> ReadOnlyDict:
    return values_from_json(json.loads(text, parse_float=number_from_text))
