"""The exit code and the one line of every failure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from confstore import errors
from confstore._cli.session import other_stores
from confstore._cli.terminal.exit_codes import CommandError, ExitCode
from confstore._cli.terminal.text import did_you_mean, reason_of

if TYPE_CHECKING:
    from confstore._cli.session import Session

__all__ = ["CODES", "address_of", "failure_of"]

CODES: dict[type[errors.ConfigStoreError], ExitCode] = {
    errors.OptionNotFoundError: ExitCode.NOT_FOUND,
    errors.JournalGapError: ExitCode.NOT_FOUND,
    errors.InvalidURLError: ExitCode.USAGE,
    errors.BackendNotInstalledError: ExitCode.USAGE,
    errors.InvalidNameError: ExitCode.INVALID,
    errors.InvalidValueError: ExitCode.INVALID,
    errors.InvalidCommitError: ExitCode.INVALID,
    errors.InvalidDocumentError: ExitCode.INVALID,
    errors.SchemaError: ExitCode.INVALID,
    errors.VersionConflictError: ExitCode.CONFLICT,
}
"""The exit code of each error; of every other one, also of adapters, it is 4."""

_EXTRA = frozenset({"dotenv", "rich", "tomli_w", "yaml"})


def failure_of(error: BaseException, session: Session) -> tuple[ExitCode, str]:
    """The exit code and the line of a failure; the session's open stores know the closest name."""
    if isinstance(error, CommandError):
        return error.code, str(error)
    if isinstance(error, errors.ConfigStoreError):
        return _code_of(error), f"{_text_of(error)}{_advice(error, session)}"
    if isinstance(error, KeyboardInterrupt | click.Abort):
        return ExitCode.INTERRUPTED, "interrupted"
    if isinstance(error, click.UsageError):
        return ExitCode.USAGE, _usage(error)
    if isinstance(error, ModuleNotFoundError):
        if error.name is None:
            # Raised by confstore, with its own advice.
            return ExitCode.USAGE, str(error)
        needs = "the command line" if error.name in _EXTRA else "the adapter"
        advice = "python -m pip install 'confstore[cli]'" if error.name in _EXTRA else "install it"
        return ExitCode.USAGE, f"{needs} needs {error.name}, which is not installed: {advice}"
    if isinstance(error, OSError):
        where = f"{error.filename}: " if isinstance(error.filename, str) else ""
        return ExitCode.BACKEND, f"{where}{reason_of(error)}"
    # The text of a foreign exception may quote a value.
    kind = type(error).__name__
    return ExitCode.BUG, f"{kind}: this is a bug of confstore; --debug shows where it happened"


def address_of(error: BaseException) -> str | None:
    """Where cause and remedy of a failure are documented; None where its line says enough."""
    if not isinstance(error, errors.ConfigStoreError) or _code_of(error) is ExitCode.NOT_FOUND:
        return None
    return error.address


def _code_of(error: errors.ConfigStoreError) -> ExitCode:
    codes = (CODES[kind] for kind in type(error).__mro__ if kind in CODES)
    return next(codes, ExitCode.BACKEND)


def _text_of(error: errors.ConfigStoreError) -> str:
    if isinstance(error, errors.NotJournaledError):
        return f"store {error.store!r} has no journal: turn it on with confstore init --journal"
    return str(error)


def _advice(error: errors.ConfigStoreError, session: Session) -> str:
    if isinstance(error, errors.OptionNotFoundError):
        return _closest_option(error, session)
    # A table's own error says so already.
    if isinstance(error, errors.StoreNotFoundError) and "confstore init" not in error.reason:
        return " (confstore init creates it)"
    if isinstance(error, errors.JournalGapError):
        return " (confstore history shows what there is)"
    return ""


def _closest_option(error: errors.OptionNotFoundError, session: Session) -> str:
    store = session.opened(error.store)
    if store is None:
        return ""
    try:
        names = [option for option, _ in store.items(consistent=False)]
    except errors.ConfigStoreError:
        # The permission to read one option may not cover all of them.
        return ""
    if not names:
        return f"; it has no options at all{other_stores(store)}"
    return did_you_mean(error.option, names) or "; confstore list shows what it has"


def _usage(error: click.UsageError) -> str:
    message = error.format_message().rstrip(".")
    # Click's name of its own type.
    message = re.sub("a valid integer( range)?", "a whole number", message)
    path = error.ctx.command_path if error.ctx else "confstore"
    if isinstance(error, click.NoSuchOption):
        message += "; a name that begins with - stands behind --"
    # Click's messages begin with a capital.
    return f"{message[:1].lower()}{message[1:]} (see {path} --help)"
