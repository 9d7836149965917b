"""`confstore init`."""

from __future__ import annotations

from typing import Any

import click

from confstore import Store
from confstore._cli._command import Example, command
from confstore._cli._exit_codes import CommandError, ExitCode
from confstore._cli._session import Session
from confstore._cli._writing import is_journaled
from confstore.errors import StoreNotFoundError

__all__ = ["init"]


@command(
    "init",
    examples=(
        Example("confstore init -s file:config/dev.json", "make a file, and its folder"),
        Example("confstore init --journal", "keep every version from now on"),
    ),
)
@click.option("--journal", "has_journal", is_flag=True, help="Turn the journal on.")
@click.option(
    "--dry-run", "is_dry_run", is_flag=True, help="Say what would be made, and make nothing."
)
def init(session: Session, has_journal: bool, is_dry_run: bool) -> None:
    """
    Make what the store needs: a table, a folder, a file.

    What is there stays as it is, so it can be run again. It is the only command that makes a
    DynamoDB table.
    """
    try:
        store: Any = session.store()
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
    if is_journaled(store):
        session.say(f"its journal is on already, at version {store.version()}")
    elif not hasattr(store, "enable_journal"):
        message = f"store {store.name!r} cannot keep a journal: its adapter knows none"
        raise CommandError(message, ExitCode.BACKEND)
    elif is_dry_run:
        session.say("its journal would be turned on")
    else:
        store.enable_journal()
        session.say(f"its journal is on, at version {store.version()}")


def _created(session: Session) -> Store:
    store = session.store("create")
    # A table is made when it is opened; a file is not, for an absent one can be read.
    create = getattr(store, "create", None)
    if create is not None:
        create()
    session.say(f"created store {store.name!r}")
    return store
