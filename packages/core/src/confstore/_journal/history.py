"""The past of a store, read from its journal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from confstore._journal.commits import apply_changes
from confstore._stores.given import checked_journaled
from confstore._stores.protocols import Commit, JournaledStore
from confstore._values.names import checked_option
from confstore._values.read_only import thaw
from confstore._values.types import Values
from confstore.errors import JournalGapError

__all__ = ["Past", "Recorded", "gap_of", "history", "past_of", "recorded_states", "state_at"]


def history(store: JournaledStore, option: str | None = None) -> list[Commit]:
    """
    The commits that the journal still holds, oldest first.

    Args:
        store: The journaled store.
        option: The only option of interest; None means every one.
    """
    commits = _held(checked_journaled(store))
    if option is None:
        return commits
    name = checked_option(option, store=store.name)
    return [commit for commit in commits if any(name == one.option for one in commit.changes)]


def _held(store: JournaledStore, since: int = 0) -> list[Commit]:
    try:
        return store.commits(since)
    except JournalGapError as gap:
        return store.commits(gap.first - 1)


def state_at(store: JournaledStore, version: int) -> dict[str, Values]:
    """
    Every option as it was at a version.

    Raises:
        JournalGapError: The version lies before the end of the baseline or before the oldest commit
            that the journal still holds, or does not exist yet; or the commits that tell of some
            options then have expired, and it names these.
    """
    past = past_of(checked_journaled(store), version)
    if past.unknown:
        raise gap_of(store, version, past.unknown)
    return past.states


def gap_of(store: JournaledStore, version: int, unknown: Mapping[str, int | None]) -> Exception:
    """The error that says of which options a version is unknown."""
    to_come = store.version() + 1
    first = max(to_come if first is None else first for first in unknown.values())
    return JournalGapError(store.name, version, first, tuple(sorted(unknown)))


@attrs.frozen
class Past:
    """
    The options at a version, as far as the journal knows them.

    Attributes:
        states: Their values.
        unknown: The options whose values then are not in the journal any more, each with the first
            version that has them; None for those that no commit has any more.
        last: The version of the last commit that was read.
        recorded: The options as that commit left them.
    """

    states: dict[str, Values] = attrs.field(repr=False)
    unknown: dict[str, int | None]
    last: int
    recorded: Mapping[str, Any] = attrs.field(repr=False)


def past_of(store: JournaledStore, version: int) -> Past:
    """Read the options at a version."""
    commits, untouched = _commits_and_untouched(store, None)
    unknown: dict[str, int | None] = dict.fromkeys(untouched)
    baseline = store.baseline()
    first = commits[0].version if commits else 1
    last = commits[-1].version if commits else store.version()
    if not max(baseline, first - 1) <= version <= last:
        raise JournalGapError(store.name, version, max(baseline, first), ())
    for commit in commits:
        for change in commit.changes:
            if commit.version > version:
                unknown.setdefault(change.option, commit.version)
    states: dict[str, Any] = {}
    recorded: dict[str, Any] = {}
    for commit in commits:
        recorded |= {change.option: change.values for change in commit.changes}
        if commit.version <= version:
            apply_changes(states, commit.changes)
            for change in commit.changes:
                unknown.pop(change.option, None)
    # A journal that begins with version 1 is complete: what it did not write yet was not there.
    if first == 1:
        unknown.clear()
    thawed = {option: thaw(values) for option, values in states.items()}
    return Past(thawed, unknown, last, recorded)


@attrs.frozen
class Recorded:
    """
    The options at the last version, by the newest commits of a journal.

    Attributes:
        version: The last version.
        states: Their values.
        unknown: The options of the store that none of these commits has.
    """

    version: int
    states: Mapping[str, Values] = attrs.field(repr=False)
    unknown: frozenset[str]


def recorded_states(store: JournaledStore, newest_commits: int | None) -> Recorded:
    """
    The options as the journal has them at its last version.

    Args:
        store: The journaled store.
        newest_commits: The number of commits to read; None reads all.
    """
    commits, untouched = _commits_and_untouched(store, newest_commits)
    states: dict[str, Any] = {}
    for commit in commits:
        apply_changes(states, commit.changes)
    version = commits[-1].version if commits else 0
    thawed = {option: thaw(values) for option, values in states.items()}
    return Recorded(version, thawed, untouched)


def _commits_and_untouched(
    store: JournaledStore, newest_commits: int | None
) -> tuple[list[Commit], frozenset[str]]:
    """
    The commits that are held, or the newest of them, and the options that none of them has.

    The values of those may be edits by hand, and say nothing about the past.
    """
    since = 0 if newest_commits is None else max(0, store.version() - newest_commits)
    commits = _held(store, since)
    if not commits or commits[0].version == 1:
        return commits, frozenset()
    options = {option for option, _ in store.items()}
    # What was committed while the options were read.
    commits += store.commits(commits[-1].version)
    touched = {change.option for commit in commits for change in commit.changes}
    return commits, frozenset(options - touched)
