"""`confstore list`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from confstore._cli._command import Example, command
from confstore._cli._names import complete_options
from confstore._cli._session import Session
from confstore._cli._values import json_value, shown, type_name

__all__ = ["list_options"]


@command(
    "list",
    examples=(
        Example("confstore list", "every option, its keys and their types"),
        Example("confstore list db --values", "one option, with its values"),
    ),
)
@click.argument("option", required=False, shell_complete=complete_options)
@click.option("--values", "has_values", is_flag=True, help="Show the values, too.")
def list_options(session: Session, option: str | None, has_values: bool) -> None:
    """List the options of the store with their keys and types, or those of one option."""
    store = session.store()
    if option is None:
        options = sorted(store.items())
        empty = f"store {store.name!r} has no options"
        data: Any = {name: _entries(values, has_values) for name, values in options}
    else:
        options = [(option, store.get(option))]
        empty = f"option {option!r} has no keys"
        data = _entries(options[0][1], has_values)
    columns = ("OPTION", "KEY", "TYPE", "VALUE")
    rows = [row for name, values in options for row in _rows(name, values)]
    width = 4 if has_values else 3
    session.show(data, columns[:width], [row[:width] for row in rows], empty=empty)


def _entries(values: Mapping[str, Any], has_values: bool) -> dict[str, Any]:
    show = json_value if has_values else type_name
    return {key: show(value) for key, value in values.items()}


def _rows(option: str, values: Mapping[str, Any]) -> Sequence[tuple[str, ...]]:
    rows = [(option, key, type_name(value), shown(value)) for key, value in values.items()]
    # An option without keys is there all the same.
    return rows or [(option, "", "", "")]
