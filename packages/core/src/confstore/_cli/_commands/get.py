"""`confstore get`."""

from __future__ import annotations

import sys
from typing import Any

import click

from confstore._cli._command import Example, command
from confstore._cli._names import absent_key, complete_keys, complete_options
from confstore._cli._output import print_json
from confstore._cli._session import Session
from confstore._cli._text import visible
from confstore._cli._values import json_text, json_value, shown, type_name
from confstore.adapter import values_to_json

__all__ = ["get"]


@command(
    "get",
    examples=(
        Example("confstore get db", "every key of an option"),
        Example('host="$(confstore get db host)"', "one value, as it is, in a script"),
    ),
)
@click.argument("option", shell_complete=complete_options)
@click.argument("key", required=False, shell_complete=complete_keys)
def get(session: Session, option: str, key: str | None) -> None:
    """
    Print one option, or one key of it.

    A single value is printed as it is: text without quotes, bytes as bytes, anything else as JSON;
    --output json or yaml prints it in that format.
    """
    store = session.store()
    if key is None:
        values = store.get(option)
        rows = [(name, type_name(value), shown(value)) for name, value in values.items()]
        empty = f"option {option!r} has no keys"
        session.show(values_to_json(values), ("KEY", "TYPE", "VALUE"), rows, empty=empty)
        return
    values = store.get(option, keys=[key])
    if key not in values:
        raise absent_key(store, option, key)
    if session.output in {"json", "yaml"}:
        session.show(json_value(values[key]), (), ())
    else:
        _print_raw(values[key], is_terminal=session.is_terminal)


def _print_raw(value: Any, *, is_terminal: bool) -> None:
    if isinstance(value, str):
        # A program gets the text itself; a screen would obey the escape sequences in it.
        text = visible(value, keep="\n\t") if is_terminal else value
        sys.stdout.write(text + "\n")
    elif isinstance(value, bytes) and not is_terminal:
        sys.stdout.flush()
        sys.stdout.buffer.write(value)
    elif isinstance(value, dict | list):
        print_json(json_value(value))
    else:
        sys.stdout.write(json_text(value) + "\n")
