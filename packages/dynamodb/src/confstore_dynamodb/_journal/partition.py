"""
The journal of a store, in a partition of its own of the same table.

Readers of the store's partition never see it. Its marker sorts before its commits, whose sort keys
are their versions in twelve digits:

```text
_store          _option         attributes
_journal:prod   !               baseline, retention
_journal:prod   000000000042    id, previous, at, by, comment, changes
```

Where the table's own keys have one of these names, the attribute has an underscore before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

import attrs

from confstore import Change, Commit
from confstore.adapter import Head, ReadOnlyDict, journal_form, values_from_journal
from confstore.errors import CorruptStoreError
from confstore_dynamodb._connections.connection import Connection
from confstore_dynamodb._keys import TableSchema
from confstore_dynamodb._wire.decoder import READ_ONLY
from confstore_dynamodb._wire.encoder import Wire, encode, encode_values

__all__ = ["JournalPartition", "Marker"]

_MARKER = "!"
_NAMES = ("baseline", "retention", "id", "previous", "at", "by", "comment", "changes")
_DIGITS = 12


@attrs.frozen
class Marker:
    """
    What is known of a journal as a whole.

    Attributes:
        baseline: The last version that wrote down what there was before.
        retention_s: Seconds for which a commit is kept once there is a newer one; None for ever.
    """

    baseline: int = 0
    retention_s: int | None = None


@attrs.frozen(eq=False)
class JournalPartition:
    """Reads a journal, and says what writing to it takes."""

    _connection: Connection
    _schema: TableSchema
    _store: str

    @property
    def name(self) -> str:
        """The hash key of the partition."""
        return f"_journal:{self._store}"

    # -- reading -------------------------------------------------------------------------------

    def read_marker(self) -> Marker | None:
        """The marker; None if the store has no journal."""
        reply = self._connection.call("get_item", Key=self._key(_MARKER), ConsistentRead=True)
        if "Item" not in reply:
            self._connection.expect_empty(reply)
            return None
        values = self._values(reply["Item"])
        baseline, retention_s = values.get("baseline", 0), values.get("retention")
        if type(baseline) is not int or not isinstance(retention_s, int | None):
            raise CorruptStoreError(self.name, f"the item {_MARKER!r} is no marker of ours")
        return Marker(baseline, retention_s)

    def read_head(self) -> Head:
        """The last commit, strongly consistent."""
        condition = self._condition("#0=:0")
        condition["ExpressionAttributeNames"]["#1"] = self._schema.option_key
        condition["ExpressionAttributeNames"]["#2"] = self._attribute("id")
        reply = self._connection.call(
            "query",
            **condition,
            ProjectionExpression="#1,#2",
            ConsistentRead=True,
            ScanIndexForward=False,
            Limit=1,
        )
        for item in self._connection.expect(reply, "Items"):
            if self._sort_key(item) != _MARKER:
                return self._decoded_head(item)
        return Head()

    def read_commits(self, since: int, *, consistent: bool) -> list[Commit]:
        """The commits after a version, ascending; there may be holes."""
        # The marker sorts before every digit, and so before version 0.
        condition = self._condition("#0=:0 AND #1>:1")
        condition["ExpressionAttributeNames"]["#1"] = self._schema.option_key
        condition["ExpressionAttributeValues"][":1"] = {"S": sort_key(max(0, since))}
        return [
            self._decoded(item)
            for page in self._pages(**condition, ConsistentRead=consistent)
            for item in page
        ]

    def read_commit(self, version: int) -> Commit | None:
        """One commit, strongly consistent; None if its version is free."""
        key = self._key(sort_key(version))
        reply = self._connection.call("get_item", Key=key, ConsistentRead=True)
        if "Item" not in reply:
            self._connection.expect_empty(reply)
            return None
        return self._decoded(reply["Item"])

    def _pages(self, **parameters: Any) -> Iterator[list[dict[str, Any]]]:
        start: dict[str, Any] = {}
        while True:
            reply = self._connection.call("query", **parameters, **start)
            yield self._connection.expect(reply, "Items")
            if not reply.get("LastEvaluatedKey"):
                return
            start = {"ExclusiveStartKey": reply["LastEvaluatedKey"]}

    def _condition(self, expression: str) -> dict[str, Any]:
        return {
            "KeyConditionExpression": expression,
            "ExpressionAttributeNames": {"#0": self._schema.store_key},
            "ExpressionAttributeValues": {":0": {"S": self.name}},
        }

    # -- writing -------------------------------------------------------------------------------

    def put_marker(self, marker: Marker) -> None:
        """Write the marker, unless there is one: then this does nothing."""
        values: dict[str, Any] = {"baseline": marker.baseline}
        if marker.retention_s is not None:
            values["retention"] = marker.retention_s
        self._connection.call(
            "put_item",
            Item={**self._key(_MARKER), **self._attributes(encode_values(values))},
            **self._if_absent(),
        )

    def put_of(self, commit: Commit) -> dict[str, Any]:
        """The part of a transaction that writes a commit, on condition that its version is free."""
        values: dict[str, Wire] = {
            "id": {"S": commit.id},
            "at": {"S": commit.at.isoformat()},
            "comment": {"S": commit.comment},
            "changes": {"L": [_encoded(change) for change in commit.changes]},
        }
        if commit.previous is not None:
            values["previous"] = {"S": commit.previous}
        if commit.author is not None:
            values["by"] = {"S": commit.author}
        item = {**self._key(sort_key(commit.version)), **self._attributes(values)}
        return {"Put": {"Item": item, **self._if_absent()}}

    def expiry_of(self, version: int, at_s: int) -> dict[str, Any]:
        """The part of a transaction that lets a commit expire, at a time in seconds of Unix."""
        return {
            "Update": {
                "Key": self._key(sort_key(version)),
                "UpdateExpression": "SET #0=:0",
                "ConditionExpression": "attribute_exists(#1)",
                "ExpressionAttributeNames": {"#0": "_expires", "#1": self._schema.option_key},
                "ExpressionAttributeValues": {":0": {"N": str(at_s)}},
            }
        }

    def _if_absent(self) -> dict[str, Any]:
        return {
            "ConditionExpression": "attribute_not_exists(#0)",
            "ExpressionAttributeNames": {"#0": self._schema.option_key},
        }

    # -- items ---------------------------------------------------------------------------------

    def _key(self, sort: str) -> dict[str, dict[str, str]]:
        return self._schema.item_key(self.name, sort)

    def _sort_key(self, item: Mapping[str, Any]) -> str:
        return READ_ONLY.option_name(item, self._schema.option_key)

    def _attribute(self, name: str) -> str:
        """What a commit's attribute is called, which may be the name of one of the table's keys."""
        while name in {self._schema.store_key, self._schema.option_key}:
            name = f"_{name}"
        return name

    def _attributes(self, wires: Mapping[str, Wire]) -> dict[str, Wire]:
        return {self._attribute(name): wire for name, wire in wires.items()}

    def _values(self, item: Mapping[str, Any]) -> dict[str, Any]:
        values = READ_ONLY.values(self.name, item, self._schema.reserved)
        return {
            name: values[stored] for name in _NAMES if (stored := self._attribute(name)) in values
        }

    def _decoded_head(self, item: Mapping[str, Any]) -> Head:
        key, id_ = self._sort_key(item), self._values(item).get("id")
        if _is_version(key) and isinstance(id_, str):
            return Head(int(key), id_)
        raise CorruptStoreError(self.name, f"the item {key!r} is no commit of ours")

    def _decoded(self, item: Mapping[str, Any]) -> Commit:
        head = self._decoded_head(item)
        values = self._values(item)
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
            # Any of them may quote what it found.
            fault = f"the item {sort_key(head.version)!r} is no commit of ours"
        raise CorruptStoreError(self.name, fault)


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


def _encoded(change: Change) -> Wire:
    if change.values is None:
        return encode({"option": change.option, "action": "delete"})
    form: Any = journal_form(change.values)
    member = "json" if isinstance(form, str) else "values"
    return encode({"option": change.option, "action": "set", member: form})


def _decoded_change(raw: Mapping[str, Any]) -> Change:
    option, action = _text(raw["option"]), raw["action"]
    if action == "delete":
        return Change(option, None)
    if action != "set":
        raise ValueError
    if "json" in raw:
        return Change(option, values_from_journal(_text(raw["json"])))
    if not isinstance(raw["values"], ReadOnlyDict):
        raise TypeError
    return Change(option, raw["values"])
