"""The past of a store, read from its journal."""

from __future__ import annotations

from typing import Any

from confstore._journal.commits import apply_changes
from confstore._stores.protocols import Commit, JournaledStore
from confstore._values.names import checked_option
from confstore._values.read_only import thaw
from confstore._values.types import Values
from confstore.errors import JournalGapError

__all__ = ["history", "state_at", "states_at"]


def history(store: JournaledStore, option: str | None = None) -> list[Commit]:
    """
    The commits that the journal still holds, oldest first.

    Args:
        store: The journaled store.
        option: The only option of interest; None means every one.
    """
    commits = _held(store)
    if option is None:
        return commits
    name = checked_option(option)
    return [commit for commit in commits if any(name == one.option for one in commit.changes)]


def _held(store: JournaledStore) -> list[Commit]:
    try:
        return store.commits()
    except JournalGapError as gap:
        return store.commits(gap.first - 1)


def state_at(store: JournaledStore, version: int) -> dict[str, Values]:
    """
    Every option as it was at a version.

    Raises:
        JournalGapError: The version lies before the end of the baseline or before the oldest commit
            that the journal still holds, or does not exist yet.
    """
    states, unknown = states_at(store, version)
    if unknown:
        raise JournalGapError(store.name, version, max(unknown.values()))
    return states


def states_at(store: JournaledStore, version: int) -> tuple[dict[str, Values], dict[str, int]]:
    """
    The options at a version, as far as the journal knows them.

    Returns:
        Their values, and the options whose values then are not in the journal any more, each with
        the first version that has them.
    """
    commits = _held(store)
    states: dict[str, Any] = {}
    if commits and commits[0].version > 1:
        # An option that no held commit touches is now as it was then. The commits are read again,
        # so that they hold every change that these options show.
        states = dict(store.items())
        commits = _held(store)
    baseline = store.baseline()
    first = commits[0].version if commits else 1
    last = commits[-1].version if commits else store.version()
    if not max(baseline, first - 1) <= version <= last:
        raise JournalGapError(store.name, version, max(baseline, first))
    unknown: dict[str, int] = {}
    for commit in commits:
        for change in commit.changes:
            states.pop(change.option, None)
            if commit.version > version:
                unknown.setdefault(change.option, commit.version)
    for commit in commits:
        if commit.version > version:
            break
        apply_changes(states, commit.changes)
        for change in commit.changes:
            unknown.pop(change.option, None)
    # A journal that begins with version 1 is complete: what it did not write yet was not there.
    if first == 1:
        unknown.clear()
    return {option: thaw(values) for option, values in states.items()}, unknown
