"""Whether a store has a journal, how it gets one, and what the journal changes in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

import attrs

from confstore import Change, Commit, SystemClock, Value
from confstore.adapter import (
    Backoff,
    Draft,
    Head,
    JournalPoller,
    ReadOnlyDict,
    check_if_version,
    checked_draft,
    is_same,
    split_into_drafts,
    without_gap,
)
from confstore.errors import (
    AccessDeniedError,
    BackendError,
    MisconfiguredSchemaError,
    NotJournaledError,
    StoreUnavailableError,
)
from confstore_dynamodb._connections.connection import Connection
from confstore_dynamodb._connections.errors import error_code
from confstore_dynamodb._journal.partition import JournalPartition, Marker
from confstore_dynamodb._journal.writer import JournalWriter
from confstore_dynamodb._keys import TableSchema
from confstore_dynamodb._wire.encoder import encode_values

__all__ = ["TTL_ATTRIBUTE", "Journaling"]

TTL_ATTRIBUTE = "_expires"
# Each round writes down what changed during the one before, without the journal.
_MAX_BASELINE_ROUNDS = 10
_MAX_BASELINE_TRIES = 30
# A writer whose answer was lost, and a reader between two polls, still find the commits they need.
_MIN_RETENTION_S = 3600


class _OvertakenError(Exception):
    """Somebody else wrote to a journal that was to be enabled, or enabled it."""

    def __init__(self, is_enabled: bool) -> None:
        super().__init__(is_enabled)
        self.is_enabled = is_enabled


@attrs.define(eq=False)
class Journaling:
    """The journal of one store, as this process knows it since it first asked."""

    _connection: Connection
    _schema: TableSchema
    _store: str
    _table: str
    _read_options: Callable[[], Mapping[str, ReadOnlyDict]]
    _sleep: Callable[[float], None]
    _full_reload_interval_s: float
    partition: JournalPartition = attrs.field(init=False)
    poller: JournalPoller = attrs.field(init=False)
    _found: Marker | None = None
    _is_read: bool = False
    # Beside what was found, which a thread that asked before may still set to nothing.
    _enabled: Marker | None = None
    _backoff: Backoff = attrs.field(factory=lambda: Backoff(0.05, 5.0))

    def __attrs_post_init__(self) -> None:
        self.partition = JournalPartition(self._connection, self._schema, self._store)
        self.poller = JournalPoller(
            self, SystemClock(), full_reload_interval_s=self._full_reload_interval_s
        )

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
            raise NotJournaledError(self._store)
        return marker

    # -- reading, as confstore.adapter.Journal ---------------------------------------------------

    def read_head(self) -> Head:
        """The last commit, strongly consistent."""
        return self.partition.read_head()

    def read_commits(self, since: int, *, consistent: bool) -> list[Commit]:
        """The commits after a version, ascending; there may be holes."""
        return self.partition.read_commits(since, consistent=consistent)

    def commits(self, since: int, *, consistent: bool) -> list[Commit]:
        """
        The commits after a version, ascending and without gaps.

        Raises:
            JournalGapError: The journal does not hold all of them.
        """
        return without_gap(self._store, self.read_commits(since, consistent=consistent), since)

    def read_options(self) -> Mapping[str, ReadOnlyDict]:
        """Every option, strongly consistent."""
        return self._read_options()

    # -- writing ---------------------------------------------------------------------------------

    def write(
        self, make: Callable[[], tuple[Mapping[str, Value] | None, dict[str, Any]]], option: str
    ) -> None:
        """
        Commit one change, made anew whenever somebody else came first.

        Args:
            make: Gives the option's whole new values, and the part of a transaction that writes it.
            option: The option.
        """

        def prepare(_: Head) -> tuple[Draft, list[dict[str, Any]]]:
            values, part = make()
            return self._draft([Change(option, values)]), [part]

        self._writer(self._retention_s()).commit(prepare, option=option)

    def commit(
        self,
        changes: Iterable[Change],
        if_version: int | None,
        author: str | None,
        comment: str,
    ) -> Commit:
        """Apply all of the changes or none; see `confstore.JournaledStore`."""
        self.enabled()
        draft = self._draft(changes, author, comment)
        parts = [self.part_of(change.option, change.values) for change in draft.changes]

        def prepare(head: Head) -> tuple[Draft, list[dict[str, Any]]]:
            if if_version is not None and if_version < head.version:
                since = self.read_commits(if_version, consistent=True)
                since = without_gap(self._store, since, max(0, if_version))
                # Others may have committed since the head was read.
                version = since[-1].version if since else head.version
                check_if_version(self._store, if_version, draft.options, since, version)
            return draft, parts

        return self._writer(self._retention_s()).commit(prepare)

    def part_of(self, option: str, values: Mapping[str, Value] | None) -> dict[str, Any]:
        """The part of a transaction that replaces or deletes an option."""
        key = self._schema.item_key(self._store, option)
        if values is None:
            return {"Delete": {"Key": key}}
        return {"Put": {"Item": {**key, **encode_values(values)}}}

    def _draft(
        self, changes: Iterable[Change], author: str | None = None, comment: str = ""
    ) -> Draft:
        return checked_draft(self._store, changes, author, comment, reserved=self._schema.reserved)

    def _retention_s(self) -> int | None:
        return self.enabled().retention_s

    def _writer(self, retention_s: int | None) -> JournalWriter:
        return JournalWriter(
            self._connection, self.partition, self._store, retention_s, sleep=self._sleep
        )

    # -- enabling --------------------------------------------------------------------------------

    def enable(self, retention: timedelta | None) -> None:
        """
        Write down what there is as the first commits, then the marker; or nothing, if there is one.

        It may end half way and be called again, and several may call it at once: each goes on with
        what the journal holds already, and the marker is written once.
        """
        retention_s = None if retention is None else int(retention.total_seconds())
        if retention_s is not None and retention_s < _MIN_RETENTION_S:
            raise ValueError(f"a journal is kept for at least {_MIN_RETENTION_S} seconds")
        marker = self.partition.read_marker()
        if marker is None:
            if retention_s is not None:
                self._enable_expiry()
            marker = self._write_marker(self._write_baseline(retention_s), retention_s)
        self._enabled = marker

    def _write_marker(self, baseline: int, retention_s: int | None) -> Marker:
        marker = Marker(baseline, retention_s)
        try:
            self.partition.put_marker(marker)
        except BackendError as error:
            if error_code(error.__cause__) != "ConditionalCheckFailedException":
                raise
            # Somebody else's, or ours if the client had to send it twice.
            marker = self.partition.read_marker() or marker
        return marker

    def _write_baseline(self, retention_s: int | None) -> int:
        """
        Write down what the journal does not say yet.

        Returns:
            The last version of the baseline.

        Raises:
            StoreUnavailableError: Others did the same all the time.
        """
        rounds = 0
        for tries in range(_MAX_BASELINE_TRIES):
            head, changes = self._unrecorded()
            if not changes or rounds == _MAX_BASELINE_ROUNDS:
                return head.version
            try:
                self._record(head, changes, retention_s)
                rounds += 1
            except _OvertakenError as error:
                if error.is_enabled:
                    return head.version
                self._sleep(self._backoff.delay_s(tries + 1))
        raise StoreUnavailableError(
            self._store, "others write its baseline: wait until they are done"
        )

    def _record(self, head: Head, changes: list[Change], retention_s: int | None) -> None:
        """
        Commit what the options hold already.

        Raises:
            _OvertakenError: Somebody else did something since the head was read, and what was read
                then may contradict it.
        """
        drafts = split_into_drafts(
            self._store, changes, comment="baseline", reserved=self._schema.reserved
        )
        for draft in drafts:

            def prepare(
                now: Head, known: Head = head, draft: Draft = draft
            ) -> tuple[Draft, list[dict[str, Any]]]:
                # Read after the head: whoever commits once there is a marker takes the version.
                is_enabled = self.partition.read_marker() is not None
                if is_enabled or now != known:
                    raise _OvertakenError(is_enabled)
                return draft, []

            head = Head.of(self._writer(retention_s).commit(prepare))

    def _unrecorded(self) -> tuple[Head, list[Change]]:
        """The last commit, and in what the options differ from what the journal says."""
        head = Head()
        recorded: dict[str, Mapping[str, Value] | None] = {}
        for commit in self.read_commits(0, consistent=True):
            head = Head.of(commit)
            recorded.update((change.option, change.values) for change in commit.changes)
        options = self._read_options()
        return head, [
            Change(option, options.get(option))
            for option in sorted(recorded.keys() | options.keys())
            if not is_same(recorded.get(option), options.get(option))
        ]

    def _has_expiry(self) -> bool:
        """Whether items expire by our attribute; by another they may not."""
        reply = self._connection.call("describe_time_to_live")
        description = self._connection.expect(reply, "TimeToLiveDescription")
        if description.get("TimeToLiveStatus") in {"ENABLED", "ENABLING"}:
            attribute = description.get("AttributeName")
            if attribute == TTL_ATTRIBUTE:
                return True
            reason = (
                f"the items of table {self._table!r} expire by {attribute!r}, and a table has one "
                f"such attribute; retention needs it to be {TTL_ATTRIBUTE!r}"
            )
            raise MisconfiguredSchemaError(self._store, reason)
        return False

    def _enable_expiry(self) -> None:
        if TTL_ATTRIBUTE in {self._schema.store_key, self._schema.option_key}:
            reason = f"retention needs the attribute {TTL_ATTRIBUTE!r}, which is a key of the table"
            raise MisconfiguredSchemaError(self._store, reason)
        if self._has_expiry():
            return
        try:
            self._connection.call(
                "update_time_to_live",
                TimeToLiveSpecification={"Enabled": True, "AttributeName": TTL_ATTRIBUTE},
            )
        except BackendError:
            # DynamoDB refuses what somebody else has just done.
            if not self._has_expiry():
                raise
