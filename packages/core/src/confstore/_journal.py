"""Stores whose every write is a commit with the next version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import attrs

from confstore._commit import Change, Commit
from confstore._read_only import ReadOnlyDict
from confstore._store import Store
from confstore.errors import JournalGapError, VersionConflictError

__all__ = [
    "Head",
    "Journal",
    "JournaledStore",
    "check_if_version",
    "contiguous",
    "without_gap",
]


class JournaledStore(Store, Protocol):
    """
    A store whose every write is one atomic commit.

    `set`, `update` and `delete` are commits of one change.
    """

    @property
    def is_journaled(self) -> bool:
        """Whether the journal was enabled; else the methods here raise `NotJournaledError`."""
        ...

    @property
    def baseline(self) -> int:
        """
        The last version that only wrote down what there was when the journal was enabled.

        Raises:
            NotJournaledError: There is no journal.
        """
        ...

    def version(self) -> int:
        """The version of the last commit; 0 before the first."""
        ...

    def commits(self, since: int = 0, *, consistent: bool = True) -> list[Commit]:
        """
        The commits after a version, ascending and without gaps.

        Raises:
            JournalGapError: The journal does not hold all of them.
        """
        ...

    def commit(
        self,
        changes: Iterable[Change],
        *,
        if_version: int | None = None,
        author: str | None = None,
        comment: str = "",
    ) -> Commit:
        """
        Apply all of the changes, or none.

        Args:
            changes: Options to set or to delete, 1 to 99 of them; here a delete of an absent option
                is no error, so that a journal can be told of a delete which went past it.
            if_version: Refuse if any of these options was committed after this version.
            author: Who commits.
            comment: Why; author and comment have at most 2,000 bytes of UTF-8 together.

        Raises:
            InvalidCommitError: Not every backend could make this commit; nothing is written.
            InvalidNameError: An option cannot have its name.
            InvalidValueError: Values are outside the domain.
            VersionConflictError: Somebody committed to one of the options after `if_version`.
            JournalGapError: `if_version` is older than the journal.
        """
        ...


@attrs.frozen
class Head:
    """The last commit that somebody knows of; version 0 has no id."""

    version: int = 0
    id: str | None = None

    @classmethod
    def of(cls, commit: Commit) -> Head:
        """This commit as the last one."""
        return cls(commit.version, commit.id)


class Journal(Protocol):
    """What a backend tells core of a journaled store, for `poll_journal`."""

    def read_head(self) -> Head:
        """The last commit, strongly consistent."""
        ...

    def read_commits(self, since: int, *, consistent: bool) -> Sequence[Commit]:
        """The commits after a version, ascending; there may be holes."""
        ...

    def read_options(self) -> Mapping[str, ReadOnlyDict]:
        """Every option, strongly consistent."""
        ...


def contiguous(commits: Sequence[Commit], head: Head) -> tuple[list[Commit], bool]:
    """
    The commits that follow a known one without a gap.

    Returns:
        Those before the first hole, and whether there was none. A commit with another predecessor
        than the known one counts as a hole: the table was restored to an earlier point.
    """
    followed: list[Commit] = []
    for commit in commits:
        if (commit.version, commit.previous) != (head.version + 1, head.id):
            return followed, False
        followed.append(commit)
        head = Head.of(commit)
    return followed, True


def without_gap(store: str, commits: Sequence[Commit], since: int) -> list[Commit]:
    """
    All commits after a version, for `JournaledStore.commits`.

    Raises:
        JournalGapError: Some of them are missing; it names where the journal begins, which is after
            its last hole.
    """
    first = 0
    for index, commit in enumerate(commits):
        is_next = index > 0 and commit.version == commits[index - 1].version + 1
        if index > 0 and not (is_next and commit.previous == commits[index - 1].id):
            first = index
    if commits and (first > 0 or commits[0].version > since + 1):
        raise JournalGapError(store, since + 1, commits[first].version)
    return list(commits)


def check_if_version(
    store: str, if_version: int, options: frozenset[str], commits: Sequence[Commit], version: int
) -> None:
    """
    Check that none of the options was committed after a version.

    Args:
        store: The store's name.
        if_version: What the caller had seen.
        options: The options that are to be committed.
        commits: The commits after `if_version`.
        version: The store's version now.

    Raises:
        VersionConflictError: Some were.
    """
    touched = {change.option for commit in commits for change in commit.changes}
    conflicts = tuple(sorted(options & touched))
    if conflicts:
        raise VersionConflictError(store, if_version, version, conflicts)
