"""`confstore delete`."""

from __future__ import annotations

import click

from confstore import Change, Values
from confstore._cli._command import Example, command
from confstore._cli._names import absent_key, complete_keys, complete_options
from confstore._cli._session import Session
from confstore._cli._writing import Writing, writing_options, yes_option

__all__ = ["delete"]


@command(
    "delete",
    examples=(
        Example("confstore delete db --yes", "an option, without a question"),
        Example("confstore delete db port --dry-run", "what removing a key would change"),
    ),
)
@click.argument("option", shell_complete=complete_options)
@click.argument("keys", metavar="[KEY...]", nargs=-1, shell_complete=complete_keys)
@yes_option
@writing_options
def delete(
    session: Session, option: str, keys: tuple[str, ...], is_confirmed: bool, writing: Writing
) -> None:
    """Delete an option, or keys of it; asks first."""
    store = session.store()

    def left() -> Values | None:
        """What stays of the option; None for nothing of it."""
        old = store.get(option)
        for key in keys:
            if key not in old:
                raise absent_key(store, option, key)
        return {key: value for key, value in old.items() if key not in keys} if keys else None

    writing.check(store, option)
    rest = left()
    if writing.is_dry_run:
        after = {} if rest is None else {option: rest}
        writing.show(session, {option: store.get(option)}, after)
        return
    what = f"{', '.join(map(repr, keys))} of option {option!r}" if keys else f"option {option!r}"
    session.confirm(f"delete {what} of store {store.name!r}", is_confirmed=is_confirmed)

    def plain() -> None:
        if keys:
            store.update(option, {}, remove=keys)
        else:
            store.delete(option)

    version = writing.apply(store, lambda: [Change(option, left())], plain)
    session.say(f"deleted {what} of store {store.name!r}{version}")
