"""The journal that every journaled store has to keep: a list of what was written."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime

import attrs

from confstore._journal.commits import Draft
from confstore._values.read_only import thaw
from confstore._values.types import Values
from confstore.errors import VersionConflictError

__all__ = ["Entry", "JournalModel"]


@attrs.define(eq=False, repr=False)
class Entry:
    """A commit as it has to be; its id and its time are what the store said first."""

    version: int
    changes: Mapping[str, Values | None]
    author: str | None
    comment: str
    id: str | None = None
    at: datetime | None = None


@attrs.define(eq=False, repr=False)
class JournalModel:
    """
    Every commit since the journal was enabled.

    Attributes:
        ids: The ids of all commits of the example, in whichever store.
        entries: The commits, the first with version 1.
        baseline: How many of them wrote down what was there before.
        checked: How many of them every handle has shown.
    """

    ids: set[str] = attrs.field(factory=set)
    entries: list[Entry] = attrs.field(factory=list)
    baseline: int = 0
    checked: int = 0

    @property
    def version(self) -> int:
        """The version of the last commit."""
        return len(self.entries)

    def record(self, draft: Draft) -> Entry:
        """Add a commit."""
        changes = {
            change.option: None if change.values is None else thaw(change.values)
            for change in draft.changes
        }
        entry = Entry(self.version + 1, changes, draft.author, draft.comment)
        self.entries.append(entry)
        return entry

    def check_if_version(self, store: str, if_version: int, draft: Draft) -> None:
        """Refuse what touches an option that was committed after a version."""
        touched = {option for entry in self.entries[if_version:] for option in entry.changes}
        if conflicts := tuple(sorted(touched & draft.options)):
            raise VersionConflictError(store, if_version, self.version, conflicts)

    def state_at(self, version: int) -> dict[str, Values]:
        """Every option as it was when a version was the last."""
        state: dict[str, Values] = {}
        for entry in self.entries[:version]:
            for option, values in entry.changes.items():
                if values is None:
                    state.pop(option, None)
                else:
                    state[option] = values
        return deepcopy(state)
