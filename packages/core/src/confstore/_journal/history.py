"""What a journal tells of a store's past, once for all backends."""

from __future__ import annotations

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
    Every option as it was when a version was the last.

    Raises:
        JournalGapError: The version lies before the end of the baseline or before what the journal
            still holds, or does not exist yet.
    """
    states, unknown = states_at(store, version)
    if unknown:
        raise JournalGapError(store.name, version, max(unknown.values()))
    return states


def states_at(store: JournaledStore, version: int) -> tuple[dict[str, Values], dict[str, int]]:
    """
    The options at a version.

    Returns:
        Their values, and the options of which the journal no longer tells, each with the first
        version of which it does.
    """
    commits = _held(store)
    states: dict[str, Values] = {}
    if commits and commits[0].version > 1:
        # What no held commit touches is now as it was then; the commits are read again, so that
        # they hold everything which these options show.
        states = dict(store.items())
        commits = _held(store)
    first = commits[0].version if commits else 1
    last = commits[-1].version if commits else store.version()
    if not max(store.baseline(), first - 1) <= version <= last:
        raise JournalGapError(store.name, version, max(store.baseline(), first))
    unknown: dict[str, int] = {}
    for commit in commits:
        for change in commit.changes:
            states.pop(change.option, None)
            if commit.version > version:
                unknown.setdefault(change.option, commit.version)
    for commit in commits:
        if commit.version > version:
            break
        for change in commit.changes:
            unknown.pop(change.option, None)
            if change.values is None:
                states.pop(change.option, None)
            else:
                states[change.option] = thaw(change.values)
    # A journal that begins with version 1 tells all: what it did not write yet was not there.
    return states, unknown if first > 1 else {}
