"""
The journal of a store, in a partition of its own of the same table.

Readers of the store's partition never see it. Its marker sorts before its commits, whose sort keys
are their versions in twelve digits:

```text
_store          _option         attributes
_journal:prod   !               baseline, retention
_journal:prod   000000000042    id, previous, at, by, comment, changes
```

Where one of the table's own keys has such a name, the attribute has an underscore before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import attrs

from confstore import Commit, Head, ReadOnlyDict
from confstore.errors import CorruptStoreError
from confstore_dynamodb._connections.connection import Connection
from confstore_dynamodb._journal.change_items import (
    decoded_change,
    encoded_change,
    text,
    text_or_none,
)
from confstore_dynamodb._keys import TableSchema
from confstore_dynamodb._wire.decoder import READ_ONLY
from confstore_dynamodb._wire.encoder import Wire, encode_values

__all__ = ["MAX_CHANGES", "TTL_ATTRIBUTE", "JournalPartition", "LastCommit", "Marker"]

TTL_ATTRIBUTE = "_expires"
"""The attribute by which the table's time to live deletes old commits."""

_MARKER = "!"
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


class JournalPartition:
    """
    Reads a journal, as core's `Journal`, and gives the actions that write to it.

    Attributes:
        name: The hash key of the partition.
        connection: The connection of the store whose journal this is.
        schema: The keys of its table.
        read_options: Reads every option of the store, strongly consistent.
    """

    def __init__(
        self,
        connection: Connection,
        schema: TableSchema,
        read_options: Callable[[], Mapping[str, ReadOnlyDict]],
    ) -> None:
        self.name = f"_journal:{connection.store}"
        self.connection = connection
        self.schema = schema
        self.read_options = read_options
        self._attributes = {name: _attribute(name, schema) for name in _NAMES}
        self._if_absent: dict[str, Any] = {
            "ConditionExpression": "attribute_not_exists(#0)",
            "ExpressionAttributeNames": {"#0": schema.option_key},
        }

    # -- reading -------------------------------------------------------------------------------

    def read_marker(self) -> Marker | None:
        """The marker; None if the store has no journal."""
        item = self._read_item(_MARKER)
        if item is None:
            return None
        values = self._values(item)
        baseline, retention_s = values.get("baseline", 0), values.get("retention")
        if type(baseline) is not int or not isinstance(retention_s, int | None):
            raise CorruptStoreError(self.name, f"the item {_MARKER!r} is no marker of ours")
        return Marker(baseline, retention_s)

    def read_head(self) -> Head:
        """The last commit, strongly consistent."""
        return self.read_last(asks_if_full=False).head

    def read_last(self, *, asks_if_full: bool) -> LastCommit:
        """The last commit, strongly consistent."""
        names = {
            "#0": self.schema.store_key,
            "#1": self.schema.option_key,
            "#2": self._attributes["id"],
        }
        wanted = "#1,#2"
        changes = self._attributes["changes"]
        if asks_if_full:
            names["#3"] = "action"
            # No alias before an index: moto does not know that.
            wanted = f"{wanted},{changes}[{MAX_CHANGES - 1}].#3"
        reply = self.connection.call(
            "query",
            KeyConditionExpression="#0=:0",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues={":0": {"S": self.name}},
            ProjectionExpression=wanted,
            ConsistentRead=True,
            ScanIndexForward=False,
            Limit=1,
        )
        for item in self.connection.items(reply):
            key = READ_ONLY.option_name(item, self.schema.option_key)
            if key != _MARKER:
                return LastCommit(self._head(key, item), changes in item)
        return LastCommit(Head())

    def read_commits(self, since: int, *, consistent: bool) -> list[Commit]:
        """The commits after a version, ascending; there may be holes."""
        # The marker sorts before every digit, and so before version 0.
        first_key = _sort_key(max(0, since) + 1)
        return list(map(self._commit, self._items_from(first_key, consistent=consistent)))

    def read_following(self, head: Head, *, consistent: bool) -> list[Commit] | None:
        """The commits after a known one; None if it is not in the journal."""
        first_key = _sort_key(head.version)
        items = self._items_from(first_key, consistent=consistent)
        first = next(items, None)
        if not isinstance(first, Mapping):
            return None
        key, id_ = first.get(self.schema.option_key), first.get(self._attributes["id"])
        if (key, id_) != ({"S": first_key}, {"S": head.id}):
            return None
        return list(map(self._commit, items))

    def _items_from(self, first_key: str, *, consistent: bool) -> Iterator[Mapping[str, Any]]:
        parameters: dict[str, Any] = {
            "KeyConditionExpression": "#0=:0 AND #1>=:1",
            "ExpressionAttributeNames": {"#0": self.schema.store_key, "#1": self.schema.option_key},
            "ExpressionAttributeValues": {":0": {"S": self.name}, ":1": {"S": first_key}},
            "ConsistentRead": consistent,
        }
        while True:
            reply = self.connection.call("query", **parameters)
            yield from self.connection.items(reply)
            if not reply.get("LastEvaluatedKey"):
                return
            parameters["ExclusiveStartKey"] = reply["LastEvaluatedKey"]

    def read_commit(self, version: int) -> Commit | None:
        """One commit, strongly consistent; None if its version is free."""
        item = self._read_item(_sort_key(version))
        return None if item is None else self._commit(item)

    def _read_item(self, sort_key: str) -> Mapping[str, Any] | None:
        key = self.schema.item_key(self.name, sort_key)
        reply = self.connection.call("get_item", Key=key, ConsistentRead=True)
        if "Item" not in reply:
            self.connection.expect_empty(reply)
            return None
        item: Mapping[str, Any] = reply["Item"]
        return item

    def _head(self, key: str, item: Mapping[str, Any]) -> Head:
        match item.get(self._attributes["id"]):
            case {"S": str(id_)} if _is_version(key):
                return Head(int(key), id_)
        raise CorruptStoreError(self.name, f"the item {key!r} is no commit of ours")

    def _commit(self, item: Mapping[str, Any]) -> Commit:
        key = READ_ONLY.option_name(item, self.schema.option_key)
        head, values = self._head(key, item), self._values(item)
        try:
            return Commit(
                head.version,
                text(head.id),
                datetime.fromisoformat(values["at"]).astimezone(UTC),
                text_or_none(values.get("by")),
                text(values["comment"]),
                tuple(map(decoded_change, values["changes"])),
                text_or_none(values.get("previous")),
            )
        except (KeyError, TypeError, ValueError):
            # The text of any of them may quote a value.
            reason = f"the item {key!r} is no commit of ours"
        raise CorruptStoreError(self.name, reason)

    def _values(self, item: Mapping[str, Any]) -> dict[str, Any]:
        values = READ_ONLY.values(self.name, item, self.schema.reserved)
        return {
            name: values[stored] for name, stored in self._attributes.items() if stored in values
        }

    # -- writing -------------------------------------------------------------------------------

    def put_marker(self, marker: Marker) -> None:
        """Write the marker, on condition that there is none."""
        values: dict[str, Any] = {"baseline": marker.baseline}
        if marker.retention_s is not None:
            values["retention"] = marker.retention_s
        item = self._item(_MARKER, encode_values(values))
        self.connection.call("put_item", Item=item, **self._if_absent)

    def commit_action(self, commit: Commit) -> dict[str, Any]:
        """The action that writes a commit, on condition that its version is free."""
        wires: dict[str, Wire] = {
            "id": {"S": commit.id},
            "at": {"S": commit.at.isoformat()},
            "comment": {"S": commit.comment},
            "changes": {"L": list(map(encoded_change, commit.changes))},
        }
        if commit.previous is not None:
            wires["previous"] = {"S": commit.previous}
        if commit.author is not None:
            wires["by"] = {"S": commit.author}
        item = self._item(_sort_key(commit.version), wires)
        return {"Put": {"Item": item, **self._if_absent}}

    def expiry_action(self, version: int, at_s: int) -> dict[str, Any]:
        """The action that lets a commit expire, at a time in seconds of Unix."""
        return {
            "Update": {
                "Key": self.schema.item_key(self.name, _sort_key(version)),
                "UpdateExpression": "SET #0=if_not_exists(#0,:0)",
                "ConditionExpression": "attribute_exists(#1)",
                "ExpressionAttributeNames": {"#0": TTL_ATTRIBUTE, "#1": self.schema.option_key},
                "ExpressionAttributeValues": {":0": {"N": str(at_s)}},
            }
        }

    def _item(self, sort_key: str, wires: Mapping[str, Wire]) -> dict[str, Wire]:
        item: dict[str, Wire] = self.schema.item_key(self.name, sort_key)
        for name, wire in wires.items():
            item[self._attributes[name]] = wire
        return item


def _attribute(name: str, schema: TableSchema) -> str:
    """The attribute that holds this part of a commit."""
    while name in {schema.store_key, schema.option_key}:
        name = f"_{name}"
    return name


def _sort_key(version: int) -> str:
    """The sort key of a commit, which sorts like its version."""
    return f"{version:0{_DIGITS}d}"


def _is_version(key: str) -> bool:
    return len(key) == _DIGITS and key.isascii() and key.isdigit()
