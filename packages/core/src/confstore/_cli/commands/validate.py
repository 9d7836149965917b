"""`confstore validate`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import redirect_stdout

import click

from confstore import LocatedStore, Store, TracedStore, Values, ability
from confstore._cli.arguments.names import complete_options
from confstore._cli.arguments.schemas import imported_schema, notes_on_texts, problems_of, read_with
from confstore._cli.commands.command import Example, command
from confstore._cli.session import Session
from confstore._cli.terminal.exit_codes import CommandError, ExitCode
from confstore._cli.terminal.text import counted

__all__ = ["validate"]

_COLUMNS = ("option", "key", "problem", "place")


@command(
    "validate",
    examples=(
        Example("confstore validate settings:Settings", "the whole store", is_run=False),
        Example("confstore validate settings:Database --option db", "one option", is_run=False),
        Example(
            "confstore validate settings:Settings --strict",
            "options and keys that the schema does not know are problems",
            is_run=False,
        ),
    ),
)
@click.argument("schema")
@click.option(
    "--option",
    metavar="NAME",
    shell_complete=complete_options,
    help="Validate one option; without it, the schema has a field for each option.",
)
@click.option(
    "--strict",
    "is_strict",
    is_flag=True,
    help="Options and keys that the schema does not know are problems, and not only notes.",
)
def validate(session: Session, schema: str, option: str | None, is_strict: bool) -> None:
    """
    Check that options fit a class of Python, given as MODULE:CLASS.

    The class is an attrs class, a dataclass or a pydantic model, the schema that an application
    gives to confstore; a dict of option to class is accepted, too. The module is imported from the
    working directory or from an installed package: its code runs. Problems are printed to standard
    output, each with its option, key and place and never with a value; then the exit code is 3.
    """
    # Output of the module is not our data.
    with redirect_stdout(sys.stderr):
        type_ = imported_schema(schema)
    if option is None:
        types = type_
    elif isinstance(type_, Mapping):
        raise CommandError(f"{schema} is for several options: leave --option out, or name a class")
    else:
        types = {option: type_}
    with redirect_stdout(sys.stderr):
        store = read_with(schema, types, session.store())
    options = dict(store.items()) if option is None else {option: store.get(option)}
    session.note_if_empty(store, options)
    with redirect_stdout(sys.stderr):
        problems, unknown = problems_of(schema, types, store.name, options, is_strict=is_strict)
        notes = notes_on_texts(schema, types, store.name, options, problems)
    what = f"store {store.name!r}" if option is None else f"option {option!r}"
    for text in (*unknown, *notes):
        session.say(f"note: {text}")
    rows = [_row(store, options, *problem) for problem in problems]
    # An empty column would take the room of the others.
    shown = _COLUMNS if any(place for *_, place in rows) else _COLUMNS[:-1]
    session.show(
        [dict(zip(_COLUMNS, row, strict=True)) for row in rows],
        [column.upper() for column in shown],
        [[cell or "-" for cell in row[: len(shown)]] for row in rows],
        empty=f"{what} fits {schema}",
    )
    if problems:
        count = counted(len(problems), "problem")
        raise CommandError(f"{what} does not fit {schema}: {count}", ExitCode.INVALID)


def _row(
    store: Store, options: Mapping[str, Values], path: tuple[str | int, ...], problem: str
) -> tuple[str | None, ...]:
    option, *keys = map(str, path) if path else (None,)
    place = None
    if option is not None and keys and keys[0] in options.get(option, {}):
        placed = ability(store, TracedStore) or ability(store, LocatedStore)
        place = None if placed is None else placed.place_of(option, keys[0])
    return option, ".".join(map(str, keys)) or None, problem, place
