"""
Enabling a journal: the options as the first commits, then the marker.

It may be interrupted and started again, and several processes may do it at once: each continues
from what the journal holds already, and the marker is written once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import attrs

from confstore import Change, Draft, Head
from confstore.adapter import Backoff, apply_changes, is_same, split_into_drafts
from confstore.errors import BackendError, StoreUnavailableError
from confstore_dynamodb._connections.refusals.error_reply import error_code
from confstore_dynamodb._journal.partition import TTL_ATTRIBUTE, JournalPartition, Marker
from confstore_dynamodb._journal.writer import JournalWriter
from confstore_dynamodb.errors import MisconfiguredSchemaError

__all__ = ["enable"]

# Each round records the options that were written, without the journal, during the one before.
_MAX_BASELINE_ROUNDS = 10
_MAX_BASELINE_TRIES = 30
# A writer whose reply was lost, and a reader between two polls, still find the commits they need.
_MIN_RETENTION_S = 3600


def enable(
    journal: JournalPartition, retention: timedelta | None, sleep: Callable[[float], None]
) -> Marker:
    """
    Enable a journal unless it is enabled.

    Raises:
        ConfigStoreError: See `DynamoDBStore.enable_journal`.
        ValueError: The retention is too short.
    """
    retention_s = None if retention is None else int(retention.total_seconds())
    if retention_s is not None and retention_s < _MIN_RETENTION_S:
        raise ValueError(f"a journal is kept for at least {_MIN_RETENTION_S} seconds")
    marker = journal.read_marker()
    if marker is not None:
        return marker
    if retention_s is not None:
        _enable_expiry(journal)
    marker = Marker(_Baseline(journal, retention_s, sleep).write(), retention_s)
    try:
        journal.put_marker(marker)
    except BackendError as error:
        if error_code(error.__cause__) != "ConditionalCheckFailedException":
            raise
        # Somebody else's, or ours if the client had to send it twice.
        return journal.read_marker() or marker
    return marker


class _OvertakenError(Exception):
    """Somebody else wrote to a journal that is being enabled, or enabled it."""

    def __init__(self, is_enabled: bool) -> None:
        super().__init__(is_enabled)
        self.is_enabled = is_enabled


@attrs.frozen(eq=False)
class _Baseline:
    """Records the options of the time before the journal."""

    _journal: JournalPartition
    _retention_s: int | None
    _sleep: Callable[[float], None]
    _backoff: Backoff = attrs.field(factory=lambda: Backoff(0.05, 5.0))

    def write(self) -> int:
        """
        Commit every option that the journal does not hold as it is.

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
                self._record(head, changes)
                rounds += 1
            except _OvertakenError as error:
                if error.is_enabled:
                    return head.version
                self._sleep(self._backoff.delay_s(tries + 1))
        reason = "others write its baseline: wait until they are done"
        raise StoreUnavailableError(self._journal.connection.store, reason)

    def _record(self, head: Head, changes: list[Change]) -> None:
        """
        Commit values that the options have already.

        Raises:
            _OvertakenError: Somebody else wrote to the journal after the head was read: the options
                that were read then may contradict it.
        """
        store, reserved = self._journal.connection.store, self._journal.schema.reserved
        writer = JournalWriter(self._journal, self._retention_s, self._sleep)
        for draft in split_into_drafts(store, changes, comment="baseline", reserved=reserved):

            def prepare(
                now: Head, known: Head = head, draft: Draft = draft
            ) -> tuple[Draft, list[dict[str, Any]]]:
                # Read after the head: a writer that sees a marker takes the next version.
                is_enabled = self._journal.read_marker() is not None
                if is_enabled or now != known:
                    raise _OvertakenError(is_enabled)
                return draft, []

            head = Head.of(writer.commit(prepare))

    def _unrecorded(self) -> tuple[Head, list[Change]]:
        """The last commit, and the options whose values the journal does not hold."""
        head = Head()
        recorded: dict[str, Mapping[str, Any]] = {}
        for commit in self._journal.read_commits(0, consistent=True):
            head = Head.of(commit)
            apply_changes(recorded, commit.changes)
        options = self._journal.read_options()
        return head, [
            Change(option, options.get(option))
            for option in sorted(recorded.keys() | options.keys())
            if not is_same(recorded.get(option), options.get(option))
        ]


def _enable_expiry(journal: JournalPartition) -> None:
    connection = journal.connection
    if TTL_ATTRIBUTE in {journal.schema.store_key, journal.schema.option_key}:
        reason = f"retention needs the attribute {TTL_ATTRIBUTE!r}, which is a key of the table"
        raise MisconfiguredSchemaError(connection.store, reason)
    if _has_expiry(journal):
        return
    try:
        connection.call(
            "update_time_to_live",
            TimeToLiveSpecification={"Enabled": True, "AttributeName": TTL_ATTRIBUTE},
        )
    except BackendError:
        # DynamoDB refuses it if somebody else has just done it.
        if not _has_expiry(journal):
            raise


def _has_expiry(journal: JournalPartition) -> bool:
    """
    True if the table's items expire by our attribute.

    Raises:
        MisconfiguredSchemaError: They expire by another one.
    """
    connection = journal.connection
    reply = connection.call("describe_time_to_live")
    description = connection.expect(reply, "TimeToLiveDescription")
    if description.get("TimeToLiveStatus") not in {"ENABLED", "ENABLING"}:
        return False
    attribute = description.get("AttributeName")
    if attribute != TTL_ATTRIBUTE:
        reason = (
            f"the items of table {connection.table!r} expire by {attribute!r}, and a table has one "
            f"such attribute; retention needs it to be {TTL_ATTRIBUTE!r}"
        )
        raise MisconfiguredSchemaError(connection.store, reason)
    return True
