"""Checks of a chain of commits: no gap, and no conflict with a version."""

from __future__ import annotations

from collections.abc import Sequence

from confstore._stores.protocols import Commit, Head
from confstore.errors import JournalGapError, VersionConflictError

__all__ = ["check_if_version", "contiguous", "without_gap"]


def contiguous(commits: Sequence[Commit], head: Head) -> tuple[list[Commit], bool]:
    """
    The commits that follow a known one without a gap.

    Returns:
        Those before the first hole, and whether there is no hole. A commit with another predecessor
        than the known one counts as a hole: the store was restored to an earlier point.
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
        JournalGapError: Some of them are missing; it names the version after the last hole.
    """
    first = 0
    for index, commit in enumerate(commits):
        is_next = index > 0 and commit.version == commits[index - 1].version + 1
        if index > 0 and not (is_next and commit.previous == commits[index - 1].id):
            first = index
    if commits and (first > 0 or commits[0].version > since + 1):
        raise JournalGapError(store, since + 1, commits[first].version, ())
    return list(commits)


def check_if_version(
    store: str, if_version: int, options: frozenset[str], commits: Sequence[Commit], version: int
) -> None:
    """
    Check that the store has had a version, and nobody committed to one of the options after it.

    Args:
        store: The store's name.
        if_version: The version that the caller had seen.
        options: The options of the new commit.
        commits: The commits after `if_version`.
        version: The store's version now.

    Raises:
        VersionConflictError: Somebody did, or the store never had that version: the caller read
            another store, or one that was restored to an earlier point since.
    """
    if if_version > version:
        raise VersionConflictError(store, if_version, version, tuple(sorted(options)))
    touched = {change.option for commit in commits for change in commit.changes}
    conflicts = tuple(sorted(options & touched))
    if conflicts:
        raise VersionConflictError(store, if_version, version, conflicts)
