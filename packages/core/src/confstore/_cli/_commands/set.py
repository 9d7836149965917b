"""`confstore set`."""

from __future__ import annotations

import click

from confstore import Change
from confstore._cli._assignments import values_from_arguments
from confstore._cli._command import Example, command
from confstore._cli._names import complete_assignments, complete_options
from confstore._cli._reading import options_now
from confstore._cli._session import Session
from confstore._cli._writing import Writing, writing_options
from confstore.adapter import canonical_values, checked_option

__all__ = ["set_option"]


@command(
    "set",
    examples=(
        Example("confstore set db host=db.example port:=27017", "text, and a number"),
        Example("printf hunter2 | confstore set login password=-", "a secret from standard input"),
    ),
)
@click.argument("option", shell_complete=complete_options)
@click.argument(
    "assignments",
    metavar="KEY=VALUE...",
    nargs=-1,
    required=True,
    shell_complete=complete_assignments,
)
@writing_options
def set_option(
    session: Session, option: str, assignments: tuple[str, ...], writing: Writing
) -> None:
    """
    Replace a whole option: keys that are not given are gone (to change some keys, use update).

    KEY=VALUE is text and KEY:=JSON any value: a number, true, null, a list, {"$bytes": "BASE64"}.
    KEY=@FILE and KEY:=@FILE take it from a file, KEY=- and KEY:=- from standard input, less its
    last line feed; in a terminal, KEY=- asks for it, hidden. A backslash before =, : or @ makes it
    an ordinary character. An absent file is made if its folder exists.
    """
    checked_option(option)
    store = session.store("write")
    values = canonical_values(option, values_from_arguments(option, assignments))
    writing.check(store, option)
    if writing.is_dry_run:
        writing.show(session, options_now(store, [option]), {option: values})
        return
    version = writing.apply(
        store, lambda: [Change(option, values)], lambda: store.set(option, values)
    )
    session.say(f"set option {option!r} of store {store.name!r}{version}")
