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

from collections.abc import Callable, Mapping
from typing import Any

from confstore import Change, Commit, Head, ReadOnlyDict
from confstore.adapter import journal_form
from confstore_dynamodb._connections.asks import Asks
from confstore_dynamodb._connections.connection import Connection
from confstore_dynamodb._journal.reads import MARKER, JournalReads, LastCommit, Marker, sort_key
from confstore_dynamodb._keys import TableSchema
from confstore_dynamodb._wire.encoder import Wire, encode_values

__all__ = ["TTL_ATTRIBUTE", "JournalPartition"]

TTL_ATTRIBUTE = "_expires"
"""The attribute by which the table's time to live deletes old commits."""


class JournalPartition:
    """
    Reads a journal, as core's `Journal`, and gives the actions that write to it.

    Attributes:
        name: The hash key of the partition.
        connection: The connection of the store whose journal this is.
        schema: The keys of its table.
        reads: Its reads, for whoever makes their calls otherwise.
    """

    def __init__(
        self,
        connection: Connection,
        schema: TableSchema,
        read_options: Callable[[], Asks[Mapping[str, ReadOnlyDict]]],
    ) -> None:
        self.name = f"_journal:{connection.store}"
        self.connection = connection
        self.schema = schema
        self.reads = JournalReads(connection, schema, self.name, read_options)
        self._if_absent: dict[str, Any] = {
            "ConditionExpression": "attribute_not_exists(#0)",
            "ExpressionAttributeNames": {"#0": schema.option_key},
        }

    # -- reading -------------------------------------------------------------------------------

    def read_marker(self) -> Marker | None:
        """The marker; None if the store has no journal."""
        return self.connection.run(self.reads.read_marker())

    def read_head(self) -> Head:
        """The last commit, strongly consistent."""
        return self.connection.run(self.reads.read_head())

    def read_last(self, *, asks_if_full: bool) -> LastCommit:
        """The last commit, strongly consistent."""
        return self.connection.run(self.reads.read_last(asks_if_full=asks_if_full))

    def read_commits(self, since: int, *, consistent: bool) -> list[Commit]:
        """The commits after a version, ascending; there may be holes."""
        return self.connection.run(self.reads.read_commits(since, consistent=consistent))

    def read_following(self, head: Head, *, consistent: bool) -> list[Commit] | None:
        """The commits after a known one; None if it is not in the journal."""
        return self.connection.run(self.reads.read_following(head, consistent=consistent))

    def read_commit(self, version: int) -> Commit | None:
        """One commit, strongly consistent; None if its version is free."""
        return self.connection.run(self.reads.read_commit(version))

    def read_options(self) -> Mapping[str, ReadOnlyDict]:
        """Every option of the store, strongly consistent."""
        return self.connection.run(self.reads.read_options())

    # -- writing -------------------------------------------------------------------------------

    def put_marker(self, marker: Marker) -> None:
        """Write the marker, on condition that there is none."""
        values: dict[str, Any] = {"baseline": marker.baseline}
        if marker.retention_s is not None:
            values["retention"] = marker.retention_s
        item = self._item(MARKER, encode_values(values))
        self.connection.call("put_item", Item=item, **self._if_absent)

    def commit_action(self, commit: Commit) -> dict[str, Any]:
        """The action that writes a commit, on condition that its version is free."""
        wires: dict[str, Wire] = {
            "id": {"S": commit.id},
            "at": {"S": commit.at.isoformat()},
            "comment": {"S": commit.comment},
            "changes": {"L": list(map(_encoded_change, commit.changes))},
        }
        if commit.previous is not None:
            wires["previous"] = {"S": commit.previous}
        if commit.author is not None:
            wires["by"] = {"S": commit.author}
        item = self._item(sort_key(commit.version), wires)
        return {"Put": {"Item": item, **self._if_absent}}

    def expiry_action(self, version: int, at_s: int) -> dict[str, Any]:
        """The action that lets a commit expire, at a time in seconds of Unix."""
        return {
            "Update": {
                "Key": self.schema.item_key(self.name, sort_key(version)),
                "UpdateExpression": "SET #0=if_not_exists(#0,:0)",
                "ConditionExpression": "attribute_exists(#1)",
                "ExpressionAttributeNames": {"#0": TTL_ATTRIBUTE, "#1": self.schema.option_key},
                "ExpressionAttributeValues": {":0": {"N": str(at_s)}},
            }
        }

    def _item(self, sort_key: str, wires: Mapping[str, Wire]) -> dict[str, Wire]:
        item: dict[str, Wire] = self.schema.item_key(self.name, sort_key)
        for name, wire in wires.items():
            item[self.reads.attributes[name]] = wire
        return item


def _encoded_change(change: Change) -> Wire:
    wires: dict[str, Wire] = {"option": {"S": change.option}}
    if change.values is None:
        return {"M": {**wires, "action": {"S": "delete"}}}
    wires["action"] = {"S": "set"}
    form = journal_form(change.values)
    if isinstance(form, str):
        return {"M": {**wires, "json": {"S": form}}}
    return {"M": {**wires, "values": {"M": encode_values(form)}}}
