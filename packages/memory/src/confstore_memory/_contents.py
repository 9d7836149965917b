"""What a store in memory holds, whichever handles it is reached by."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timezone

import attrs

from confstore import Change, Commit, Poll
from confstore.adapter import (
    Draft,
    Head,
    ReadOnlyDict,
    call_after_fork,
    check_if_version,
    check_size,
    checked_draft,
    poll_between,
    split_into_drafts,
)
from confstore.errors import NotJournaledError

__all__ = ["Contents"]


@attrs.frozen(eq=False, repr=False)
class _Checkpoint:
    """The options as they were after some number of writes."""

    contents: Contents
    writes: int
    options: dict[str, ReadOnlyDict]


@attrs.define(eq=False, repr=False)
class Contents:
    """
    Options in a dict, a count of the writes to it, and the journal, if there is one.

    The values of an option are never changed, only replaced: a reader holds no lock, and a copy of
    the dict is a snapshot.
    """

    _store: str
    _options: dict[str, ReadOnlyDict] = attrs.field(factory=dict)
    _writes: int = 0
    _commits: list[Commit] | None = None
    _baseline: int = 0
    _lock: threading.Lock = attrs.field(factory=threading.Lock)

    def __attrs_post_init__(self) -> None:
        call_after_fork(self._renew_lock)

    def _renew_lock(self) -> None:
        # A thread of the parent may have held it, and does not exist in this process.
        self._lock = threading.Lock()

    # -- options -------------------------------------------------------------------------------

    def get(self, option: str) -> ReadOnlyDict | None:
        """The values of an option; None if it is absent."""
        return self._options.get(option)

    def snapshot(self) -> dict[str, ReadOnlyDict]:
        """Every option, as of now."""
        with self._lock:
            return dict(self._options)

    def set(self, option: str, values: ReadOnlyDict) -> None:
        """Replace an option."""
        self._replace(option, lambda _: values)

    def update(self, option: str, values: ReadOnlyDict, removed: Collection[str]) -> None:
        """
        Change keys of an option.

        Raises:
            InvalidValueError: The option would become too large.
        """

        def merge(old: ReadOnlyDict | None) -> ReadOnlyDict:
            merged = {**(old or {}), **values}
            kept = ReadOnlyDict((key, value) for key, value in merged.items() if key not in removed)
            check_size(option, kept)
            return kept

        self._replace(option, merge)

    def _replace(self, option: str, make: Callable[[ReadOnlyDict | None], ReadOnlyDict]) -> None:
        with self._lock:
            self._write([Change(option, make(self._options.get(option)))])

    def delete(self, option: str) -> bool:
        """Remove an option; whether there was one."""
        with self._lock:
            if option not in self._options:
                return False
            self._write([Change(option, None)])
            return True

    def _write(self, changes: list[Change]) -> None:
        if self._commits is None:
            self._apply(changes)
        else:
            self._commit(checked_draft(self._store, changes))

    def _apply(self, changes: Collection[Change]) -> None:
        # Counted first: a child that is forked in between sees a write too many, not too few.
        self._writes += 1
        for change in changes:
            if change.values is None:
                self._options.pop(change.option, None)
            else:
                self._options[change.option] = change.values  # type: ignore[assignment]  # checked, so read-only

    def poll(self, checkpoint: object) -> Poll:
        """What is new since a checkpoint of these contents; everything since any other."""
        with self._lock:
            old: Mapping[str, ReadOnlyDict] | None = None
            if isinstance(checkpoint, _Checkpoint) and checkpoint.contents is self:
                if checkpoint.writes == self._writes:
                    return Poll(checkpoint, {})
                old = checkpoint.options
            new = _Checkpoint(self, self._writes, dict(self._options))
        return poll_between(new, old, new.options)

    # -- the journal ---------------------------------------------------------------------------

    def is_journaled(self) -> bool:
        """Whether every write is a commit."""
        return self._commits is not None

    def enable_journal(self) -> None:
        """Make every write a commit from now on, and what there is the first ones."""
        with self._lock:
            if self._commits is not None:
                return
            everything = [Change(option, values) for option, values in self._options.items()]
            commits: list[Commit] = []
            for draft in split_into_drafts(self._store, everything, comment="baseline"):
                commits.append(_next(draft, commits))
            self._baseline = len(commits)
            self._commits = commits

    def baseline(self) -> int:
        """
        The last version that wrote down what there was before.

        Raises:
            NotJournaledError: There is no journal.
        """
        self._journal()
        return self._baseline

    def _journal(self) -> list[Commit]:
        if self._commits is None:
            raise NotJournaledError(self._store)
        return self._commits

    def _commit(self, draft: Draft) -> Commit:
        commits = self._journal()
        commit = _next(draft, commits)
        commits.append(commit)
        self._apply(commit.changes)
        return commit

    def commit(self, draft: Draft, if_version: int | None) -> Commit:
        """
        Apply a checked commit, all of it.

        Raises:
            NotJournaledError: There is no journal.
            VersionConflictError: Somebody committed to one of its options after `if_version`.
        """
        with self._lock:
            commits = self._journal()
            if if_version is not None:
                since = commits[max(0, if_version) :]
                check_if_version(self._store, if_version, draft.options, since, len(commits))
            return self._commit(draft)

    def read_head(self) -> Head:
        """
        The last commit.

        Raises:
            NotJournaledError: There is no journal.
        """
        # Who has seen a version sees its options: a commit is in the journal before it is applied.
        with self._lock:
            commits = self._journal()
            return Head.of(commits[-1]) if commits else Head()

    def read_commits(self, since: int) -> list[Commit]:
        """
        The commits after a version.

        Raises:
            NotJournaledError: There is no journal.
        """
        with self._lock:
            return self._journal()[max(0, since) :]


def _next(draft: Draft, commits: list[Commit]) -> Commit:
    previous = commits[-1].id if commits else None
    now = datetime.now(timezone.utc)
    return draft.commit(len(commits) + 1, uuid.uuid4().hex, now, previous)
