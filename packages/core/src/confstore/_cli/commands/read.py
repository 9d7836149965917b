"""`confstore get` and `confstore list`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from confstore._cli.arguments.names import complete_keys, complete_options
from confstore._cli.arguments.secrets import reveal_flag, revealed, secret_keys
from confstore._cli.commands.command import Example, command
from confstore._cli.session import Session, absent_key, other_stores
from confstore._cli.terminal.exit_codes import CommandError, ExitCode
from confstore._cli.terminal.output import print_json, print_text
from confstore._cli.terminal.text import json_text, json_value, shown, type_name

__all__ = ["get", "list_options"]


@command(
    "get",
    examples=(
        Example("confstore get db", "every key of an option"),
        Example('host="$(confstore get db host)"', "one value, as it is, in a script"),
    ),
)
@click.argument("option", shell_complete=complete_options)
@click.argument("key", required=False, shell_complete=complete_keys)
@click.option(
    "--show-version",
    "shows_version",
    is_flag=True,
    help="Print the journal's version, for --if-version, to standard error.",
)
@reveal_flag
def get(
    session: Session, option: str, key: str | None, shows_version: bool, is_revealing: bool
) -> None:
    """
    Print one option, or one key of it.

    A single value is printed as it is: text without quotes, bytes as bytes, anything else as JSON;
    --output json or yaml prints it in that format. A secret is ***, and an error where it is the
    only value, unless --reveal opens it.
    """
    store = session.store()
    if shows_version:
        # Before the option is read: a later write is a conflict, and never overwritten.
        session.say(f"version {session.journaled_store().version()}")
    if key is None:
        values = store.get(option)
        if is_revealing:
            values = revealed({option: values})[option]
        rows = [(name, type_name(value), shown(value)) for name, value in values.items()]
        empty = f"option {option!r} has no keys"
        data = {name: json_value(value) for name, value in values.items()}
        session.show(data, ("KEY", "TYPE", "VALUE"), rows, empty=empty)
        return
    values = store.get(option, keys=[key])
    if key not in values:
        raise absent_key(store, option, key)
    if is_revealing:
        values = revealed({option: values})[option]
    elif secret_keys(values):
        message = f"option {option!r}, key {key!r} is a secret: --reveal shows it"
        raise CommandError(message, ExitCode.INVALID)
    if session.output in {"json", "yaml"}:
        session.show(json_value(values[key]), (), ())
    else:
        with session.paged():
            _print_raw(values[key], is_terminal=session.is_terminal)


def _print_raw(value: Any, *, is_terminal: bool) -> None:
    if isinstance(value, str):
        print_text(value + "\n")
    elif isinstance(value, bytes) and not is_terminal:
        sys.stdout.flush()
        sys.stdout.buffer.write(value)
    elif isinstance(value, dict | list):
        print_json(json_value(value))
    else:
        sys.stdout.write(json_text(value) + "\n")


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
        if not options:
            # Said in every format: an empty object does not look like a mistyped name.
            empty += other_stores(store)
            if session.format != "table":
                session.say(empty)
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
    # An option without keys has a row, too.
    return rows or [(option, "", "", "")]
