"""The store of a command that needs its journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from confstore import history
from confstore._cli._close_names import did_you_mean
from confstore._cli._exit_codes import CommandError, ExitCode
from confstore._cli._session import Session
from confstore._cli._writing import is_journaled
from confstore.errors import NotJournaledError

if TYPE_CHECKING:
    from confstore import JournaledStore

__all__ = ["journaled_store", "unknown_option"]


def journaled_store(session: Session) -> JournaledStore:
    """
    The session's store, with its journal.

    It is opened for reading, also for who commits: a journal that is to be written to is there.

    Raises:
        NotJournaledError: It has none, or its adapter knows none.
        ConfigStoreError: It cannot be opened.
    """
    store = session.store()
    if not is_journaled(store):
        raise NotJournaledError(store.name)
    return cast("JournaledStore", store)


def unknown_option(store: JournaledStore, option: str) -> CommandError:
    """The error of an option that neither the store nor its journal has, with the closest one."""
    known = {change.option for commit in history(store) for change in commit.changes}
    known.update(name for name, _ in store.items())
    advice = did_you_mean(option, known) or "; confstore list shows what there is"
    message = f"store {store.name!r} and its journal have no option {option!r}{advice}"
    return CommandError(message, ExitCode.NOT_FOUND)
