"""Commits of a journal, and the keys that each of them changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from confstore import MISSING, Change, Commit, Difference, diff
from confstore._cli.changes.differences import by_key, record_of, row_of

__all__ = ["Entry", "Touch", "entries_of"]


@attrs.frozen
class Touch:
    """
    The change of one option by a commit.

    Attributes:
        option: The option's name.
        action: `set` or `delete`.
        differences: The keys that differ from the option's commit before this one; where the
            journal no longer holds that commit, every key.
        is_known: Whether the journal holds the commit before.
    """

    option: str
    action: str
    differences: Sequence[Difference] = attrs.field(repr=False)
    is_known: bool

    def record(self, *, has_values: bool) -> dict[str, Any]:
        """The change as data; keys and values only if values are shown."""
        entry: dict[str, Any] = {"option": self.option, "action": self.action}
        if has_values:
            records = [record_of(one, has_values=True) for one in self.differences]
            if not self.is_known:
                # Nobody knows whether a key was added or changed.
                records = [{**record, "change": self.action} for record in records]
            entry["keys"] = [
                {name: part for name, part in record.items() if name != "option"}
                for record in records
            ]
        return entry

    def rows(self) -> list[tuple[str, ...]]:
        """The keys as cells of a table: option, key, kind of change, old value, new value."""
        rows = [row_of(one, has_values=True) for one in self.differences]
        if self.is_known:
            return rows
        return [(option, key, self.action, "?", new) for option, key, _, _, new in rows]


@attrs.frozen
class Entry:
    """One commit, and its changes of the options of interest."""

    commit: Commit
    touches: Sequence[Touch] = attrs.field(repr=False)

    @property
    def at(self) -> str:
        """The time of the commit in the form of RFC 3339, in UTC and to the second."""
        return f"{self.commit.at:%Y-%m-%dT%H:%M:%SZ}"

    def record(self, *, has_values: bool) -> dict[str, Any]:
        """The commit as data."""
        return {
            "version": self.commit.version,
            "at": self.at,
            "author": self.commit.author,
            "comment": self.commit.comment,
            "changes": [touch.record(has_values=has_values) for touch in self.touches],
        }


def entries_of(commits: Sequence[Commit], option: str | None) -> Iterator[Entry]:
    """Find the changes of each commit of a journal, oldest first; of one option, or of all."""
    is_whole = bool(commits) and commits[0].version == 1
    states: dict[str, Mapping[str, Any] | None] = {}
    for commit in commits:
        touches = []
        for change in commit.changes:
            if option in (None, change.option):
                is_known = is_whole or change.option in states
                touches.append(_touch(change, states.get(change.option), is_known=is_known))
                states[change.option] = change.values
        if touches:
            yield Entry(commit, touches)


def _touch(change: Change, before: Mapping[str, Any] | None, *, is_known: bool) -> Touch:
    option, after = change.option, change.values
    action = "delete" if after is None else "set"
    found = diff(
        {} if before is None else {option: before}, {} if after is None else {option: after}
    )
    differences = [key for difference in found for key in by_key(difference)]
    if after is None and not is_known:
        differences = [Difference(option, None, MISSING, MISSING)]
    return Touch(option, action, differences, is_known)
