"""`confstore update`."""

from __future__ import annotations

import click

from confstore import Change, Values
from confstore._cli._assignments import values_from_arguments
from confstore._cli._command import Example, command
from confstore._cli._exit_codes import CommandError
from confstore._cli._names import complete_assignments, complete_keys, complete_options
from confstore._cli._reading import options_now
from confstore._cli._session import Session
from confstore._cli._writing import Writing, writing_options
from confstore.adapter import canonical_update, canonical_values, checked_option
from confstore.errors import OptionNotFoundError

__all__ = ["update"]


@command(
    "update",
    examples=(
        Example("confstore update db port:=27018", "change one key, keep the others"),
        Example("confstore update db host=db2.example --remove port --dry-run", "look first"),
    ),
)
@click.argument("option", shell_complete=complete_options)
@click.argument(
    "assignments", metavar="[KEY=VALUE...]", nargs=-1, shell_complete=complete_assignments
)
@click.option(
    "--remove",
    "removed",
    metavar="KEY",
    multiple=True,
    shell_complete=complete_keys,
    help="Remove a key, if it is there; can be given several times.",
)
@writing_options
def update(
    session: Session,
    option: str,
    assignments: tuple[str, ...],
    removed: tuple[str, ...],
    writing: Writing,
) -> None:
    """
    Change keys of an option and keep the others; an assignment makes an absent option.

    KEY=VALUE is as for set.
    """
    if not assignments and not removed:
        raise CommandError("nothing to update: give KEY=VALUE or --remove KEY")
    checked_option(option)
    store = session.store("write")
    values, gone = canonical_update(option, values_from_arguments(option, assignments), removed)
    writing.check(store, option)
    if not values and not options_now(store, [option]):
        # Only an assignment makes an option: whoever removes keys means one that is there.
        raise OptionNotFoundError(option, store.name)

    def merged() -> Values:
        old = options_now(store, [option]).get(option, {})
        both = {**old, **values}
        kept = {key: value for key, value in both.items() if key not in gone}
        return canonical_values(option, kept)

    if writing.is_dry_run:
        writing.show(session, options_now(store, [option]), {option: merged()})
        return
    version = writing.apply(
        store,
        lambda: [Change(option, merged())],
        lambda: store.update(option, values, remove=gone),
    )
    session.say(f"updated option {option!r} of store {store.name!r}{version}")
