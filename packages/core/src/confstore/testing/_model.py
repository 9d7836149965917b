"""The store that every store has to behave like: a dict."""

# ruff: noqa: S101 (a contract is made of assertions)

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import attrs

from confstore._journal.commits import checked_draft
from confstore._stores.protocols import Change
from confstore._values.canonical import canonical_update, canonical_values, check_size
from confstore._values.keys import checked_keys
from confstore._values.names import checked_option
from confstore._values.read_only import is_same, thaw
from confstore._values.types import Value, Values
from confstore.errors import OptionNotFoundError
from confstore.testing._journal_model import Entry, JournalModel

__all__ = ["Model"]


@attrs.define
class Model:
    """
    A store as a dict: what a backend has to do, without one.

    Attributes:
        name: The name that the real store gives itself.
        options: What the real store has to hold; an option's dict is replaced, never changed.
        writes: How many writes have succeeded.
        journal: Every write since the journal was enabled; None while there is none.
    """

    name: str
    options: dict[str, Values] = attrs.field(factory=dict)
    writes: int = 0
    journal: JournalModel | None = None

    def get(self, option: str, *, keys: Collection[str] | None = None) -> Values:
        """One option, or those of the given keys that it has."""
        wanted = checked_keys(keys)
        values = self._existing(option)
        return thaw(
            {key: value for key, value in values.items() if wanted is None or key in wanted}
        )

    def set(self, option: str, values: Mapping[str, Value]) -> None:
        """Replace the whole option."""
        self._write(option, canonical_values(checked_option(option), values))

    def update(
        self, option: str, values: Mapping[str, Value], *, remove: Collection[str] = ()
    ) -> None:
        """Change the named keys and leave the others; create the option if it is absent."""
        changes, removed = canonical_update(checked_option(option), values, remove)
        merged = {**self.options.get(option, {}), **changes}
        merged = {key: value for key, value in merged.items() if key not in removed}
        check_size(option, merged)
        self._write(option, merged)

    def delete(self, option: str) -> None:
        """Remove the option."""
        self._existing(option)
        self._apply([Change(option, None)])

    def commit(
        self,
        changes: Iterable[Change],
        *,
        if_version: int | None = None,
        author: str | None = None,
        comment: str = "",
    ) -> Entry:
        """Apply all of the changes, or none."""
        draft = checked_draft(self.name, changes, author, comment)
        journal = self.kept_journal
        if if_version is not None:
            journal.check_if_version(self.name, if_version, draft)
        self._change(draft.changes)
        return journal.record(draft)

    @property
    def kept_journal(self) -> JournalModel:
        """The journal of a store that has one."""
        assert self.journal is not None
        return self.journal

    def changes_to(self, state: Mapping[str, Values], options: Collection[str]) -> list[Change]:
        """What a commit has to change so that options are as they are in a state."""
        return [
            Change(option, state.get(option))
            for option in sorted(options)
            if not is_same(state.get(option), self.options.get(option))
        ]

    def _existing(self, option: str) -> Values:
        if checked_option(option) not in self.options:
            raise OptionNotFoundError(option, self.name)
        return self.options[option]

    def _write(self, option: str, values: Values) -> None:
        self._apply([Change(option, values)])

    def _apply(self, changes: list[Change]) -> None:
        if self.journal is None:
            self._change(changes)
        else:
            self.commit(changes)

    def _change(self, changes: Iterable[Change]) -> None:
        self.writes += 1
        for change in changes:
            if change.values is None:
                self.options.pop(change.option, None)
            else:
                self.options[change.option] = thaw(change.values)
