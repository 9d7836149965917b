"""
What follows from a journal, once for all backends: history, earlier states, rollback, audit.

Nothing here is ever erased: to go back is to commit again what was.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Protocol

import attrs

from confstore._commit import Change, Commit, drafts_of
from confstore._journal import JournaledStore
from confstore._names import checked_option
from confstore._read_only import is_same, thaw
from confstore._reading import MISSING, Missing
from confstore._store import Value, Values
from confstore.errors import (
    JournalGapError,
    OptionNotFoundError,
)

__all__ = ["Difference", "diff", "history", "reconcile", "rollback", "state_at"]


class HasItems(Protocol):
    """A store, or a dict of options."""

    def items(self) -> Iterable[tuple[str, Mapping[str, Value]]]:
        """Every option by its name."""
        ...


@attrs.frozen
class Difference:
    """
    One key in which two states differ.

    Attributes:
        option: The option's name.
        key: The key; None where a whole option is in one of the states only.
        old: Its value before; `MISSING` if there was none.
        new: Its value after; `MISSING` if there is none.
    """

    option: str
    key: str | None
    old: Any = attrs.field(repr=False)
    new: Any = attrs.field(repr=False)

    @property
    def kind(self) -> str:
        """`added`, `removed` or `changed`."""
        if self.old is Missing.MISSING:
            return "added"
        return "removed" if self.new is Missing.MISSING else "changed"


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
    states, unknown = _states_at(store, version)
    if unknown:
        raise JournalGapError(store.name, version, max(unknown.values()))
    return states


def _states_at(store: JournaledStore, version: int) -> tuple[dict[str, Values], dict[str, int]]:
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
    if not max(store.baseline, first - 1) <= version <= last:
        raise JournalGapError(store.name, version, max(store.baseline, first))
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


def rollback(
    store: JournaledStore,
    to_version: int,
    options: Collection[str] | None = None,
    *,
    atomic: bool = True,
    author: str | None = None,
    comment: str = "",
) -> Commit | None:
    """
    Make options again what they were at a version, by a new commit.

    Args:
        store: The journaled store.
        to_version: The version to go back to.
        options: The only options to go back with; None means every one.
        atomic: False permits several commits where one does not hold all changes.
        author: Who commits.
        comment: Why; without one it says which version this goes back to.

    Returns:
        The (last) commit; None if there was nothing to change.

    Raises:
        JournalGapError: The journal does not tell what they were.
        OptionNotFoundError: None of the given options of this name was there, then or now.
        InvalidCommitError: One commit does not hold all changes, and `atomic` is true.
        VersionConflictError: Somebody committed to one of the options meanwhile.
    """
    states, unknown = _states_at(store, to_version)
    version = store.version()
    current = dict(store.items())
    chosen = states.keys() | current.keys() | unknown.keys()
    if options is not None:
        if isinstance(options, str | bytes | Mapping):
            kind = type(options).__name__
            raise TypeError(f"options is a collection of option names, such as a list, not {kind}")
        wanted = {checked_option(option) for option in options}
        for option in sorted(wanted - chosen):
            raise OptionNotFoundError(option, store.name)
        chosen = wanted
    if chosen & unknown.keys():
        first = max(unknown[option] for option in chosen & unknown.keys())
        raise JournalGapError(store.name, to_version, first)
    changes = [
        Change(option, states.get(option))
        for option in sorted(chosen)
        if not is_same(states.get(option), current.get(option))
    ]
    comment = comment or f"rollback to version {to_version}"
    if atomic and changes:
        return store.commit(changes, if_version=version, author=author, comment=comment)
    return _commit_all(store, changes, version, author, comment)


def reconcile(
    store: JournaledStore, *, author: str | None = None, comment: str = "reconcile"
) -> Commit | None:
    """
    Commit what was written to the options without the journal.

    Returns:
        The (last) commit; None if options and journal agree.

    Raises:
        VersionConflictError: Somebody committed to one of the options meanwhile.
    """
    version = store.version()
    recorded, unknown = _states_at(store, version)
    current = dict(store.items())
    changes = [
        Change(option, current.get(option))
        for option in sorted((recorded.keys() | current.keys()) - unknown.keys())
        if not is_same(recorded.get(option), current.get(option))
    ]
    return _commit_all(store, changes, version, author, comment)


def _commit_all(
    store: JournaledStore, changes: list[Change], version: int, author: str | None, comment: str
) -> Commit | None:
    last = None
    for draft in drafts_of(store.name, changes, author, comment):
        # Each batch has options of its own, so the batches before it are no conflict.
        last = store.commit(draft.changes, if_version=version, author=author, comment=comment)
    return last


def diff(old: HasItems, new: HasItems) -> Iterator[Difference]:
    """
    The keys in which two states differ, in type, too; by option, then by key.

    Args:
        old: A store, or options by their names as `state_at` gives them.
        new: The same.
    """
    before, after = dict(old.items()), dict(new.items())
    for option in sorted(before.keys() | after.keys()):
        one, other = before.get(option), after.get(option)
        if one is None or other is None:
            yield Difference(
                option, None, MISSING if one is None else one, MISSING if other is None else other
            )
            continue
        for key in sorted(one.keys() | other.keys()):
            was, is_now = one.get(key, MISSING), other.get(key, MISSING)
            if not is_same(was, is_now):
                yield Difference(option, key, was, is_now)
