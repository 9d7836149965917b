"""The journal of one store: enabled or not, its commits, and its polls."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import timedelta
from typing import Any

from confstore import Change, Commit, Draft, Head, ReadOnlyDict, SystemClock
from confstore.adapter import (
    JournalPoller,
    check_if_version,
    checked_draft,
    merge_update,
    without_gap,
)
from confstore.errors import (
    AccessDeniedError,
    JournalGapError,
    NotJournaledError,
    OptionNotFoundError,
)
from confstore_dynamodb._connections.connection import Connection
from confstore_dynamodb._journal.partition import JournalPartition, Marker
from confstore_dynamodb._journal.writer import JournalWriter, Prepare
from confstore_dynamodb._keys import TableSchema
from confstore_dynamodb._wire.encoder import encode_values
from confstore_dynamodb._wire.expressions import condition_of_values, update_of_keys

__all__ = ["StoreJournal"]


class StoreJournal:
    """
    The journal of one store, as this process knows it since it first asked.

    Attributes:
        partition: Its items in the table.
        poller: Polls it.
    """

    def __init__(
        self,
        connection: Connection,
        schema: TableSchema,
        read_options: Callable[[], Mapping[str, ReadOnlyDict]],
        read_option: Callable[[str, Collection[str] | None], Mapping[str, Any]],
        sleep: Callable[[float], None],
        full_reload_interval_s: float,
    ) -> None:
        self.partition = JournalPartition(connection, schema, read_options)
        self.poller = JournalPoller(
            self.partition, SystemClock(), full_reload_interval_s=full_reload_interval_s
        )
        self._read_option = read_option
        self._store = connection.store
        self._sleep = sleep
        self._found: Marker | None = None
        self._is_read = False
        # Apart from `_found`, which a thread that asked before may still set to None.
        self._enabled: Marker | None = None

    @property
    def is_known(self) -> bool:
        """True once this process has found the journal, or enabled it."""
        return (self._enabled or self._found) is not None

    def marker(self) -> Marker | None:
        """
        The journal's marker, read once; None if there was no journal then.

        Raises:
            AccessDeniedError: This caller may not know.
        """
        if self._enabled is None and not self._is_read:
            try:
                self._found = self.partition.read_marker()
            except AccessDeniedError as error:
                reason = f"{error.reason}, in its journal's partition {self.partition.name!r}, too"
                raise AccessDeniedError(self._store, reason) from error.__cause__
            self._is_read = True
        return self._enabled or self._found

    def enabled(self) -> Marker:
        """
        The journal's marker.

        Raises:
            NotJournaledError: There is no journal.
        """
        marker = self.marker()
        if marker is None:
            self.partition.connection.check_open()
            raise NotJournaledError(self._store)
        return marker

    def enable(self, retention: timedelta | None) -> None:
        """Enable the journal unless it is enabled; see `DynamoDBStore.enable_journal`."""
        # Not at the top: a store is enabled once, and opened in many processes.
        from confstore_dynamodb._journal.enabling import enable

        self._enabled = enable(self.partition, retention, self._sleep)

    def commits(self, since: int, *, consistent: bool) -> list[Commit]:
        """
        The commits after a version, ascending and without gaps.

        Raises:
            JournalGapError: The journal does not hold all of them.
        """
        found = self.partition.read_commits(since, consistent=consistent)
        try:
            return without_gap(self._store, found, since)
        except JournalGapError:
            if consistent:
                raise
        # An eventually consistent read may miss commits that are there.
        return self.commits(since, consistent=True)

    def set(self, option: str, values: ReadOnlyDict) -> None:
        """Commit an option's whole new values, in canonical form."""
        action = self._write_action(option, values)
        self._write(option, lambda: (values, action))

    def update(self, option: str, changed: ReadOnlyDict, removed: frozenset[str]) -> None:
        """Commit the keys of an option that change, in canonical form."""
        self._write(option, lambda: self._merged(option, changed, removed))

    def delete(self, option: str) -> None:
        """
        Commit that an option is removed.

        Raises:
            OptionNotFoundError: It does not exist.
        """
        self._write(option, lambda: self._deleted(option))

    def _merged(
        self, option: str, changed: ReadOnlyDict, removed: frozenset[str]
    ) -> tuple[ReadOnlyDict, dict[str, Any]]:
        old = self._present(option)
        merged = merge_update(option, old, changed, removed, store=self._store)
        parameters = update_of_keys(encode_values(changed), removed)
        if "UpdateExpression" not in parameters:
            # Too many keys for an expression, the only form of it in a transaction, or none.
            return merged, self._write_action(option, merged)
        key = self.partition.schema.item_key(self._store, option)
        return merged, {"Update": {"Key": key, **parameters}}

    def _deleted(self, option: str) -> tuple[None, dict[str, Any]]:
        self._read_option(option, ())
        return None, self._write_action(option, None)

    def _write(
        self, option: str, make: Callable[[], tuple[ReadOnlyDict | None, dict[str, Any]]]
    ) -> None:
        """Commit one change and the action that writes it, made anew after somebody's commit."""

        def prepare(_: Head) -> tuple[Draft, list[dict[str, Any]]]:
            values, action = make()
            return Draft.of_checked(self._store, (Change(option, values),)), [action]

        self._commit(prepare, option)

    def commit(
        self,
        changes: Iterable[Change],
        if_version: int | None,
        author: str | None,
        comment: str,
        *,
        journal_only: bool,
    ) -> Commit:
        """Apply all of the changes or none; see `confstore.JournaledStore`."""
        self.enabled()
        reserved = self.partition.schema.reserved
        draft = checked_draft(
            self._store, changes, author, comment, if_version=if_version, reserved=reserved
        )
        if journal_only:
            actions = [self._check_action(change) for change in draft.changes]
        else:
            actions = [self._write_action(change.option, change.values) for change in draft.changes]

        def prepare(head: Head) -> tuple[Draft, list[dict[str, Any]]]:
            if if_version is not None and if_version != head.version:
                since = self.commits(max(0, if_version), consistent=True)
                # Others may have committed since the head was read.
                version = since[-1].version if since else head.version
                check_if_version(self._store, if_version, draft.options, since, version)
            if journal_only:
                # No condition says that an option has no other key, nor which one has changed.
                present = {option: self._present(option) for option in draft.options}
                there = {option: values for option, values in present.items() if values is not None}
                draft.check_unchanged(self._store, there, head.version)
            return draft, actions

        return self._commit(prepare)

    def _present(self, option: str) -> Mapping[str, Any] | None:
        try:
            return self._read_option(option, None)
        except OptionNotFoundError:
            return None

    def _check_action(self, change: Change) -> dict[str, Any]:
        """The part of a transaction that checks that an option is as a change says."""
        schema = self.partition.schema
        wires = None if change.values is None else encode_values(change.values)
        key = schema.item_key(self._store, change.option)
        condition = condition_of_values(wires, schema.option_key)
        return {"ConditionCheck": {"Key": key, **condition}}

    def _write_action(self, option: str, values: Mapping[str, Any] | None) -> dict[str, Any]:
        """The action of a transaction that replaces or deletes an option."""
        key = self.partition.schema.item_key(self._store, option)
        if values is None:
            return {"Delete": {"Key": key}}
        return {"Put": {"Item": {**key, **encode_values(values)}}}

    def _commit(self, prepare: Prepare, option: str | None = None) -> Commit:
        retention_s = self.enabled().retention_s
        return JournalWriter(self.partition, retention_s, self._sleep).commit(
            prepare, option=option
        )
