"""The model that every store must behave like: a dict, and a list of commits."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

import attrs

from confstore._journal.commits import Draft, apply_changes, checked_draft
from confstore._stores.protocols import Change
from confstore._values.canonical import canonical_update, canonical_values, merge_update
from confstore._values.keys import checked_keys, select
from confstore._values.names import checked_option
from confstore._values.read_only import ReadOnlyDict, freeze, is_same, thaw
from confstore._values.types import Values
from confstore.errors import OptionNotFoundError, VersionConflictError

__all__ = ["Entry", "JournalModel", "Model"]


@attrs.define(eq=False, repr=False)
class Entry:
    """A commit as it must be; the store decides its id and its time."""

    version: int
    draft: Draft
    id: str | None = None
    at: datetime | None = None

    @property
    def changes(self) -> dict[str, Mapping[str, Any] | None]:
        """The new values of each option; None where it was deleted."""
        return {change.option: change.values for change in self.draft.changes}


@attrs.define(eq=False, repr=False)
class JournalModel:
    """
    Every commit since the journal was enabled.

    Attributes:
        ids: The ids of all commits of the example, in any store.
        entries: The commits, the first with version 1.
        baseline: How many of them wrote down the existing options.
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
        self.entries.append(Entry(self.version + 1, draft))
        return self.entries[-1]

    def check_if_version(self, store: str, if_version: int, draft: Draft) -> None:
        """Refuse a draft that touches an option which was committed later, or a version to come."""
        if if_version > self.version:
            options = tuple(sorted(draft.options))
            raise VersionConflictError(store, if_version, self.version, options)
        touched = {option for entry in self.entries[if_version:] for option in entry.changes}
        if conflicts := tuple(sorted(touched & draft.options)):
            raise VersionConflictError(store, if_version, self.version, conflicts)

    def state_at(self, version: int) -> dict[str, Values]:
        """Every option as it was when a version was the last."""
        state: dict[str, ReadOnlyDict] = {}
        for entry in self.entries[:version]:
            apply_changes(state, entry.draft.changes)
        return {option: thaw(values) for option, values in state.items()}


@attrs.define
class Model:
    """
    A store as a dict: the behaviour of a backend, without one.

    Attributes:
        name: The name that the real store gives itself.
        options: The options that the real store must hold.
        writes: How many writes have succeeded.
        journal: Every write since the journal was enabled; None without a journal.
    """

    name: str
    options: dict[str, ReadOnlyDict] = attrs.field(factory=dict)
    writes: int = 0
    journal: JournalModel | None = None

    def get(self, option: str, *, keys: Collection[str] | None = None) -> Values:
        """One option, or those of the given keys that it has."""
        wanted = checked_keys(keys)
        return thaw(select(self._existing(option), wanted))

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        """Replace the whole option."""
        option = checked_option(option, store=self.name)
        canonical = canonical_values(option, values, store=self.name)
        self._write([Change(option, freeze(canonical))])

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        """Change the named keys and leave the others; create the option if it is absent."""
        option = checked_option(option, store=self.name)
        changed, removed = canonical_update(option, values, remove, store=self.name)
        old = self.options.get(option)
        merged = merge_update(option, old, changed, removed, store=self.name)
        self._write([Change(option, merged)])

    def delete(self, option: str) -> None:
        """Remove the option."""
        self._existing(option)
        self._write([Change(option, None)])

    def apply(self, changes: Iterable[Change]) -> None:
        """Apply all of the changes, or none; with a journal as one commit."""
        if checked := [self._checked(change) for change in changes]:
            self._write(checked)

    def commit(
        self,
        changes: Iterable[Change],
        *,
        if_version: int | None = None,
        author: str | None = None,
        comment: str = "",
        journal_only: bool = False,
    ) -> Entry:
        """Apply all of the changes, or none."""
        draft = checked_draft(self.name, changes, author, comment, if_version=if_version)
        journal = self.kept_journal
        if if_version is not None:
            journal.check_if_version(self.name, if_version, draft)
        if journal_only:
            draft.check_unchanged(self.name, self.options, journal.version)
        else:
            self._change(draft.changes)
        return journal.record(draft)

    def commit_all(
        self,
        batches: Iterable[Iterable[Change]],
        *,
        if_version: int | None = None,
        author: str | None = None,
        comment: str = "",
    ) -> list[Entry]:
        """Make a commit of each batch of changes, or none."""
        drafts = [
            checked_draft(self.name, batch, author, comment, if_version=if_version)
            for batch in batches
        ]
        journal = self.kept_journal
        if if_version is not None and drafts:
            changes = tuple(change for draft in drafts for change in draft.changes)
            journal.check_if_version(self.name, if_version, Draft(changes))
        for draft in drafts:
            self._change(draft.changes)
        return [journal.record(draft) for draft in drafts]

    @property
    def kept_journal(self) -> JournalModel:
        """The journal of a store that has one."""
        assert self.journal is not None
        return self.journal

    def changes_to(self, state: Mapping[str, Values], options: Collection[str]) -> list[Change]:
        """The changes that make options as they are in a state, deletes last."""
        return [
            Change(option, state.get(option))
            for option in sorted(options, key=lambda option: (option not in state, option))
            if not is_same(state.get(option), self.options.get(option))
        ]

    def _existing(self, option: str) -> ReadOnlyDict:
        if checked_option(option, store=self.name) not in self.options:
            raise OptionNotFoundError(self.name, option)
        return self.options[option]

    def _checked(self, change: Change) -> Change:
        option = checked_option(change.option, store=self.name)
        if change.values is None:
            return Change(option, None)
        canonical = canonical_values(option, change.values, store=self.name)
        return Change(option, freeze(canonical))

    def _write(self, changes: list[Change]) -> None:
        if self.journal is None:
            self._change(changes)
        else:
            self.commit(changes)

    def _change(self, changes: Iterable[Change]) -> None:
        self.writes += 1
        apply_changes(self.options, changes)
