"""
Exactly-once commits: the options and their commit in one transaction.

The commit is written on condition that its version is free: optimistic locking. Of two writers one
wins, and the other tries again with the next version. A request whose reply was lost can only ever
be applied under the version that it was sent with. So the next try has the same version and the
same condition; or it finds that version taken, and by the commit's id it knows who took it.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from typing import Any

import attrs

from confstore import Commit, Draft, Head
from confstore.adapter import Backoff, next_commit
from confstore.errors import ConfigStoreError, StoreUnavailableError
from confstore_dynamodb._connections.refusals.error_reply import (
    cancellation_codes,
    error_code,
    retry_count,
)
from confstore_dynamodb._journal.partition import MAX_CHANGES, JournalPartition

__all__ = ["JournalWriter", "Prepare"]

_log = logging.getLogger("confstore")

Prepare = Callable[[Head], tuple[Draft, list[dict[str, Any]]]]
"""Given the last commit: the draft to commit, and the actions that write its options."""

# Each try under contention means that somebody else's commit was applied.
_MAX_TRIES = 50
_MAX_ACTIONS = MAX_CHANGES + 1
# Source: AWS, "TransactWriteItems": the reasons of a cancellation that pass by themselves, and the
# one of our own condition.
_PASSING_CODES = frozenset(
    {
        "ConditionalCheckFailed",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
        "ThrottlingError",
        "TransactionConflict",
    }
)


@attrs.define(eq=False)
class _Sent:
    """
    The requests that were sent for one commit.

    Attributes:
        id: The commit's id, the same in every try.
        version: The version of the last request; 0 before the first. The commit was not applied
            under an earlier one: that is somebody else's.
        is_in_doubt: True if a request of that version may have been applied, or still be.
        reason: The error of the last try of that version; empty if there was none.
    """

    id: str = attrs.field(factory=lambda: uuid.uuid4().hex)
    version: int = 0
    is_in_doubt: bool = False
    reason: str = ""


@attrs.frozen(eq=False)
class JournalWriter:
    """Commits to the journal of one store."""

    _journal: JournalPartition
    _retention_s: int | None
    _sleep: Callable[[float], None]
    _backoff: Backoff = attrs.field(factory=lambda: Backoff(0.02, 1.0))

    def commit(self, prepare: Prepare, *, option: str | None = None) -> Commit:
        """
        Commit a draft that `prepare` gives, anew after each commit of somebody else.

        Args:
            prepare: Gives the draft.
            option: The only option that is written, if it is one, for errors.

        Raises:
            StoreUnavailableError: Too many others committed, or it is not known if this commit was
                applied; the text says which.
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
            raise StoreUnavailableError(self._journal.connection.store, reason)
        except ConfigStoreError as error:
            # The reason for a refusal may be our own commit: an option that our late request
            # deleted is absent.
            if not sent.version:
                raise
            return self._applied_after_all(sent, error)

    def _try(self, prepare: Prepare, sent: _Sent, option: str | None) -> Commit | None:
        """The commit; None if another try may succeed."""
        last = self._journal.read_last(asks_if_full=self._retention_s is not None)
        head = last.head
        # Also a refusal can be the echo of our own commit: the client sends a request again when
        # its reply is lost, and then finds the version taken, by us.
        if 0 < sent.version <= head.version:
            applied = self._applied(sent, head)
            if applied is not None:
                return applied
            # Somebody else has that version, so no request that was sent with it can be applied.
            sent.is_in_doubt, sent.reason = False, ""
        draft, actions = prepare(head)
        commit = next_commit(draft, head, id=sent.id)
        sent.version = commit.version
        actions = [*actions, self._journal.commit_action(commit)]
        late: list[int] = []
        if self._retention_s is not None and head.version:
            if len(actions) < _MAX_ACTIONS:
                actions.append(self._journal.expiry_action(head.version, self._expires_s(commit)))
            else:
                late.append(head.version)
            if last.is_full and head.version > 1:
                # Its own transaction had no room for this, and its writer may have died since.
                late.append(head.version - 1)
        try:
            self._journal.connection.transact(actions, option=option)
        except ConfigStoreError as error:
            if _is_doubtful(error):
                sent.is_in_doubt = True
            if not _may_pass(error):
                raise
            sent.reason = str(error)
            return None
        for version in late:
            self._let_expire(version, commit)
        return commit

    def _expires_s(self, commit: Commit) -> int:
        return int(commit.at.timestamp()) + (self._retention_s or 0)

    def _let_expire(self, version: int, commit: Commit) -> None:
        """Let an older commit expire, apart from the transaction that made it the older one."""
        try:
            self._journal.connection.transact(
                [self._journal.expiry_action(version, self._expires_s(commit))]
            )
        except ConfigStoreError as error:
            # An error would tell the caller that nothing was committed. An expired commit is gone.
            if cancellation_codes(error.__cause__) != {"ConditionalCheckFailed"}:
                _log.warning(
                    "store %r: version %d may be kept for longer than the retention: %s",
                    self._journal.connection.store,
                    version,
                    error,
                    extra={
                        "store": self._journal.connection.store,
                        "version": version,
                        "error.type": type(error).__qualname__,
                    },
                )

    def _applied(self, sent: _Sent, head: Head) -> Commit | None:
        """Our commit, if it has the version that was sent."""
        if head.version == sent.version and head.id != sent.id:
            return None
        found = self._journal.read_commit(sent.version)
        return found if found is not None and found.id == sent.id else None

    def _applied_after_all(self, sent: _Sent, error: ConfigStoreError) -> Commit:
        """Our commit if it is there; else raise the error, or one that says that nobody knows."""
        found = None
        is_in_doubt = sent.is_in_doubt
        try:
            found = self._journal.read_commit(sent.version)
        except ConfigStoreError:
            # A refusal may be the echo of our own commit, if something on the way sent it twice.
            is_in_doubt = is_in_doubt or bool(sent.reason)
        if found is not None and found.id == sent.id:
            return found
        # If the version is taken, a request that is still under way cannot be applied.
        if found is not None or not is_in_doubt:
            raise error
        reason = f"whether commit {sent.id} was or will be applied is not known: {error}"
        raise StoreUnavailableError(self._journal.connection.store, reason) from error.__cause__


def _may_pass(error: ConfigStoreError) -> bool:
    """True if the reason for a failed transaction passes by itself."""
    if isinstance(error, StoreUnavailableError):
        return True
    if error_code(error.__cause__) == "TransactionInProgressException":
        return True
    codes = cancellation_codes(error.__cause__)
    return bool(codes) and codes <= _PASSING_CODES


def _is_doubtful(error: ConfigStoreError) -> bool:
    """True if a failed transaction may have been applied all the same, now or later."""
    if isinstance(error, StoreUnavailableError) or retry_count(error.__cause__):
        return True
    return error_code(error.__cause__) == "TransactionInProgressException"
