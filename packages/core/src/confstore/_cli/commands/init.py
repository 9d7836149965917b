"""`confstore init`."""

from __future__ import annotations

from typing import Protocol

import click

from confstore import JournaledStore, Store, ability
from confstore._cli.commands.command import Example, command
from confstore._cli.session import Session, options_now
from confstore._cli.terminal.exit_codes import CommandError, ExitCode
from confstore.errors import StoreNotFoundError

__all__ = ["init"]


_ANY_OPTION = "confstore"
"""The option that is read to see if the store is there; it may well be absent."""


class _Creatable(Protocol):
    """A store that opening does not create."""

    def create(self) -> None: ...


@command(
    "init",
    examples=(
        Example("confstore init -s file:config/dev.json", "create a file, and its folder"),
        Example("confstore init --journal", "keep every version from now on"),
    ),
)
@click.option("--journal", "has_journal", is_flag=True, help="Turn the journal on.")
@click.option(
    "--dry-run", "is_dry_run", is_flag=True, help="Print what would be created, and create nothing."
)
def init(session: Session, has_journal: bool, is_dry_run: bool) -> None:
    """
    Create what the store needs: a table, a folder, a file.

    Existing ones stay as they are, so it can be run again. It is the only command that creates a
    DynamoDB table.
    """
    try:
        store = session.single_store()
        # Opening for reading looks at nothing yet; any read reports an absent store.
        options_now(store, (_ANY_OPTION,))
    except StoreNotFoundError as error:
        if is_dry_run:
            would = "would be created, with its journal" if has_journal else "would be created"
            session.say(f"store {error.store!r} {would}")
            return
        store = _created(session)
    else:
        session.say(f"store {store.name!r} exists already")
    if not has_journal:
        return
    journaled = ability(store, JournaledStore)
    if journaled is None:
        message = f"store {store.name!r} cannot keep a journal: this backend does not support it"
        raise CommandError(message, ExitCode.BACKEND)
    if journaled.is_journaled():
        session.say(f"its journal is on already, at version {journaled.version()}")
    elif is_dry_run:
        session.say("its journal would be turned on")
    else:
        journaled.enable_journal()
        session.say(f"its journal is on, at version {journaled.version()}")


def _created(session: Session) -> Store:
    # It is open for reading, which creates nothing.
    session.close()
    store = session.store("create")
    # Opening creates a table, but not a file, because an absent file can be read.
    creatable = ability(store, _Creatable)
    if creatable is not None:
        creatable.create()
    session.say(f"created store {store.name!r}")
    return store
