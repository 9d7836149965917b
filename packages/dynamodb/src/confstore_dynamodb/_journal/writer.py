"""
Writes to a journaled store: the options and their commit in one transaction, exactly once.

The commit is written on condition that its version is free, so of two writers one wins, and the
other goes on with the next version. A try whose answer was lost can only ever be applied under the
version that it was sent with; so the next try has the same version and the same condition, or finds
that version taken, and by the commit's id by whom.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import attrs

from confstore import Commit
from confstore.adapter import Backoff, Draft, Head, next_commit
from confstore.errors import ConfigStoreError, StoreUnavailableError
from confstore_dynamodb._connections.connection import Connection
from confstore_dynamodb._connections.errors import cancellation_codes, error_code, retries
from confstore_dynamodb._journal.partition import JournalPartition

__all__ = ["JournalWriter", "Prepare"]

Prepare = Callable[[Head], tuple[Draft, list[dict[str, Any]]]]
"""Given the last commit: what to commit, and what of the transaction writes the options."""

# Each try under contention means that somebody else's commit went through.
_MAX_TRIES = 50
# Source: AWS, "Amazon DynamoDB Transactions": at most 100 actions.
_MAX_PARTS = 100


def _now() -> datetime:
    return datetime.now(timezone.utc)


@attrs.define(eq=False)
class _Sent:
    """
    What has been sent of one commit.

    Attributes:
        id: The commit's, the same in every try.
        version: The one that it was last sent with; 0 before the first try. Under an earlier one it
            was not applied, for that is somebody else's.
        is_in_doubt: Whether it may have been applied under that version, or still be.
        reason: What the last try under that version failed of; empty if none did.
    """

    id: str = attrs.field(factory=lambda: uuid.uuid4().hex)
    version: int = 0
    is_in_doubt: bool = False
    reason: str = ""


@attrs.frozen(eq=False)
class JournalWriter:
    """Commits to the journal of one store."""

    _connection: Connection
    _journal: JournalPartition
    _store: str
    _retention_s: int | None = None
    _backoff: Backoff = attrs.field(factory=lambda: Backoff(0.02, 1.0))
    _sleep: Callable[[float], None] = time.sleep
    _now: Callable[[], datetime] = _now

    def commit(self, prepare: Prepare, *, option: str | None = None) -> Commit:
        """
        Commit what `prepare` says; it is asked again whenever somebody else came first.

        Args:
            prepare: Says what to commit.
            option: The only option that is written, if it is one, for errors.

        Raises:
            StoreUnavailableError: Too many others came first, or whether the commit was applied
                cannot be known; the text says which.
            ConfigStoreError: `prepare` or DynamoDB refused.
        """
        sent = _Sent()
        try:
            for tries in range(_MAX_TRIES):
                if tries:
                    self._sleep(self._backoff.delay_s(tries))
                commit = self._try(prepare, sent, option)
                if commit is not None:
                    return commit
            reason = f"gave up after {_MAX_TRIES} tries to commit; the last one: {sent.reason}"
            raise StoreUnavailableError(self._store, reason)
        except ConfigStoreError as error:
            # What refuses may be our own commit: an option that our late request deleted is absent.
            if not sent.version:
                raise
            return self._applied_after_all(sent, error)

    def _try(self, prepare: Prepare, sent: _Sent, option: str | None) -> Commit | None:
        """The commit; None if it is worth another try."""
        head = self._journal.read_head()
        # Also a refusal can be the echo of our own commit: the client sends a request again when
        # its answer is lost, and then the version is taken, by us.
        if 0 < sent.version <= head.version:
            applied = self._applied(sent, head)
            if applied is not None:
                return applied
            sent.is_in_doubt, sent.reason = False, ""
        draft, writes = prepare(head)
        commit = next_commit(draft, head, id=sent.id, at=self._now())
        sent.version = commit.version
        try:
            self._connection.transact(self._parts(writes, commit, head), option=option)
        except ConfigStoreError as error:
            if _is_doubtful(error):
                sent.is_in_doubt = True
            if not _may_go_on(error):
                raise
            sent.reason = str(error)
            return None
        return commit

    def _applied(self, sent: _Sent, head: Head) -> Commit | None:
        """Our commit, if it is what took the version."""
        if head.version == sent.version and head.id != sent.id:
            return None
        found = self._journal.read_commit(sent.version)
        return found if found is not None and found.id == sent.id else None

    def _applied_after_all(self, sent: _Sent, error: ConfigStoreError) -> Commit:
        """Our commit if it is there; else the error, or one that says that nobody knows."""
        found = None
        is_in_doubt = sent.is_in_doubt
        try:
            found = self._journal.read_commit(sent.version)
        except ConfigStoreError:
            # A refusal may be the echo of our own commit, if something on the way sent it twice.
            is_in_doubt = is_in_doubt or bool(sent.reason)
        if found is not None and found.id == sent.id:
            return found
        # In a version that is taken, a request that is still under way cannot be applied.
        if found is not None or not is_in_doubt:
            raise error
        reason = f"whether commit {sent.id} was or will be applied is not known: {error}"
        raise StoreUnavailableError(self._store, reason) from error.__cause__

    def _parts(
        self, writes: list[dict[str, Any]], commit: Commit, head: Head
    ) -> list[dict[str, Any]]:
        parts = [*writes, self._journal.put_of(commit)]
        # A full transaction has no room for it; then the commit before is kept, which harms nobody.
        if self._retention_s is not None and head.version and len(parts) < _MAX_PARTS:
            expires_s = int(commit.at.timestamp()) + self._retention_s
            parts.append(self._journal.expiry_of(head.version, expires_s))
        return parts


def _may_go_on(error: ConfigStoreError) -> bool:
    """Whether the transaction failed of something that passes."""
    if isinstance(error, StoreUnavailableError):
        return True
    if error_code(error.__cause__) == "TransactionInProgressException":
        return True
    codes = cancellation_codes(error.__cause__)
    return bool(codes) and codes <= {
        "ConditionalCheckFailed",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
        "ThrottlingError",
        "TransactionConflict",
    }


def _is_doubtful(error: ConfigStoreError) -> bool:
    """Whether the transaction may have been applied all the same, now or later."""
    if isinstance(error, StoreUnavailableError) or retries(error.__cause__):
        return True
    return error_code(error.__cause__) == "TransactionInProgressException"
