"""The options and the journal that all handles of one store in memory share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

import attrs

from confstore import Change, Commit, Draft, Head, Poll, ReadOnlyDict
from confstore.adapter import (
    apply_changes,
    call_after_fork,
    check_if_version,
    next_commit,
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

    Attributes:
        options: Option to values.
        baseline: The last version that holds what was there when the journal was enabled.
    """

    _store: str
    options: dict[str, ReadOnlyDict] = attrs.field(factory=dict)
    baseline: int = 0
    _writes: int = 0
    _commits: list[Commit] | None = None
    _lock: threading.Lock = attrs.field(factory=threading.Lock)

    def __attrs_post_init__(self) -> None:
        call_after_fork(self._renew_lock)

    def _renew_lock(self) -> None:
        # A thread of the parent may have held it, and does not exist in this process.
        self._lock = threading.Lock()

    # -- options -------------------------------------------------------------------------------

    def snapshot(self) -> dict[str, ReadOnlyDict]:
        """Every option, as of now."""
        with self._lock:
            return dict(self.options)

    def write(
        self, option: str, make: Callable[[ReadOnlyDict | None], ReadOnlyDict | None]
    ) -> None:
        """
        Replace or delete an option, as a commit if there is a journal.

        `make` gives the new values for the present ones, and None stands for an absent option. If
        it raises, nothing is written.
        """
        with self._lock:
            change = Change(option, make(self.options.get(option)))
            if self._commits is None:
                self._apply((change,))
            else:
                self._commit(self._commits, Draft.of_checked(self._store, (change,)))

    def _apply(self, changes: tuple[Change, ...]) -> None:
        # Counted first: a child that is forked in between sees a write too many, not too few.
        self._writes += 1
        apply_changes(self.options, changes)

    def poll(self, checkpoint: object) -> Poll:
        """The changes since a checkpoint of these contents; everything since any other."""
        with self._lock:
            old: Mapping[str, ReadOnlyDict] | None = None
            if isinstance(checkpoint, _Checkpoint) and checkpoint.contents is self:
                if checkpoint.writes == self._writes:
                    return Poll(checkpoint, {})
                old = checkpoint.options
            new = _Checkpoint(self, self._writes, dict(self.options))
        return poll_between(new, old, new.options)

    # -- the journal ---------------------------------------------------------------------------

    @property
    def is_journaled(self) -> bool:
        """True once the journal is enabled."""
        return self._commits is not None

    def enable_journal(self) -> None:
        """Make every write a commit from now on, and the present options the first commits."""
        with self._lock:
            if self._commits is not None:
                return
            everything = [Change(option, values) for option, values in self.options.items()]
            commits: list[Commit] = []
            for draft in split_into_drafts(self._store, everything, comment="baseline"):
                commits.append(next_commit(draft, _head_of(commits)))
            self.baseline = len(commits)
            self._commits = commits

    def journal(self) -> list[Commit]:
        """Every commit, ascending."""
        if self._commits is None:
            raise NotJournaledError(self._store)
        return self._commits

    def commits(self, since: int) -> list[Commit]:
        """The commits after a version."""
        # A commit is in the journal before it is applied: a reader waits for the lock, so that it
        # sees the options of every version that it has seen.
        with self._lock:
            return self.journal()[max(0, since) :]

    def version(self) -> int:
        """The version of the last commit; 0 before the first."""
        with self._lock:
            return len(self.journal())

    def commit(self, draft: Draft, if_version: int | None, *, journal_only: bool) -> Commit:
        """
        Apply a checked commit, all of it; see `confstore.JournaledStore`.

        Raises:
            NotJournaledError: There is no journal.
            VersionConflictError: Somebody committed to one of its options after `if_version`, or
                some options are not as `journal_only` needs them.
        """
        with self._lock:
            commits = self.journal()
            if if_version is not None:
                since = commits[max(0, if_version) :]
                check_if_version(self._store, if_version, draft.options, since, len(commits))
            if not journal_only:
                return self._commit(commits, draft)
            draft.check_unchanged(self._store, self.options, len(commits))
            commits.append(next_commit(draft, _head_of(commits)))
            return commits[-1]

    def _commit(self, commits: list[Commit], draft: Draft) -> Commit:
        commit = next_commit(draft, _head_of(commits))
        commits.append(commit)
        self._apply(commit.changes)
        return commit


def _head_of(commits: list[Commit]) -> Head:
    return Head.of(commits[-1]) if commits else Head()
