"""`confstore explain`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import click

from confstore import (
    Candidate,
    Commit,
    Environment,
    Explained,
    LayeredStore,
    Store,
    explain as explained,
    history,
)
from confstore._cli.arguments.names import complete_keys, complete_options
from confstore._cli.commands.command import Example, command
from confstore._cli.session import Session, absent_key, journal_of
from confstore._cli.terminal.text import json_value, shown
from confstore.adapter import is_same

__all__ = ["explain"]


@command(
    "explain",
    examples=(
        Example("confstore explain db", "where each value of an option comes from"),
        Example(
            "confstore explain db port -s env:APP_ -s file:dev.json --values",
            "one key of two layers, with the value that is read and the others",
        ),
    ),
)
@click.argument("option", required=False, shell_complete=complete_options)
@click.argument("key", required=False, shell_complete=complete_keys)
@click.option("--values", "has_values", is_flag=True, help="Show the values, too.")
@click.option(
    "--history",
    "has_history",
    is_flag=True,
    help="Show the version and the author of each value; reads the journals.",
)
def explain(
    session: Session, option: str | None, key: str | None, has_values: bool, has_history: bool
) -> None:
    """
    Show where each value comes from: the layer, and the variable, the line of a file, or the table.

    The first line of a key is the value that is read; those marked as overridden are in weaker
    layers. The number of a layer is that of --layer.
    """
    store = session.store()
    found = list(explained(store, option))
    if not found:
        session.note_if_empty(store, {})
    if key is not None:
        found = [one for one in found if one.key == key or one.fault is not None]
        if not found:
            raise absent_key(store, str(option), key)
    rows = _Rows(store, has_values=has_values, has_history=has_history)
    session.show(
        [rows.record(one) for one in found],
        rows.columns,
        [row for one in found for row in rows.table(one)],
    )


@attrs.define
class _Rows:
    """The answer, as records and as rows of a table."""

    _store: Store
    _has_values: bool
    _has_history: bool
    _commits: dict[int, dict[tuple[str, str], Commit]] = attrs.field(init=False, factory=dict)

    @property
    def columns(self) -> Sequence[str]:
        """The columns of the table."""
        return (
            *("OPTION", "KEY", "LAYER", "SOURCE"),
            *(("VALUE",) if self._has_values else ()),
            *(("VERSION", "AUTHOR") if self._has_history else ()),
            "",
        )

    def record(self, one: Explained) -> dict[str, Any]:
        """The record of a key."""
        record: dict[str, Any] = {"option": one.option, "key": one.key}
        if one.fault is not None:
            return {**record, "fault": str(one.fault)}
        if not one.candidates:
            return record
        winner, *others = (self._record(one, candidate) for candidate in one.candidates)
        return {**record, **winner, "overridden": others}

    def _record(self, one: Explained, candidate: Candidate) -> dict[str, Any]:
        record: dict[str, Any] = {"layer": candidate.layer, "source": candidate.source}
        if self._has_values:
            record["value"] = json_value(candidate.value)
        if self._has_history:
            commit = self._commit(one, candidate)
            record["version"] = None if commit is None else commit.version
            record["author"] = None if commit is None else commit.author
        return record

    def table(self, one: Explained) -> list[tuple[str, ...]]:
        """The rows of a key."""
        width = len(self.columns)
        if one.fault is not None or not one.candidates:
            text = "" if one.fault is None else str(one.fault)
            return [(one.option, "", "", text, *[""] * (width - 4))]
        return [
            self._row(one, candidate, is_read=candidate is one.candidates[0])
            for candidate in one.candidates
        ]

    def _row(self, one: Explained, candidate: Candidate, *, is_read: bool) -> tuple[str, ...]:
        cells = [one.option, str(one.key), f"{candidate.position + 1} {candidate.layer}"]
        cells.append(candidate.source)
        if self._has_values:
            cells.append(shown(candidate.value))
        if self._has_history:
            commit = self._commit(one, candidate)
            cells += ["", ""] if commit is None else [str(commit.version), commit.author or "-"]
        return (*cells, "" if is_read else "overridden")

    def _commit(self, one: Explained, candidate: Candidate) -> Commit | None:
        """The commit that gave a key its value in a layer; None without a journal."""
        position = candidate.position
        if position not in self._commits:
            layer = self._store[position] if isinstance(self._store, LayeredStore) else self._store
            is_store = not isinstance(layer, Environment)
            self._commits[position] = _commits_of(layer) if is_store else {}
        return self._commits[position].get((one.option, str(one.key)))


def _commits_of(store: Any) -> dict[tuple[str, str], Commit]:
    """The last commit that changed each key, by option and key."""
    journal = journal_of(store)
    found: dict[tuple[str, str], Commit] = {}
    states: dict[str, Any] = {}
    for commit in () if journal is None else history(journal):
        for change in commit.changes:
            old, new = states.get(change.option) or {}, change.values or {}
            for key, value in new.items():
                if key not in old or not is_same(old[key], value):
                    found[change.option, key] = commit
            states[change.option] = new
    return found
