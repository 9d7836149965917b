"""`confstore import`."""

from __future__ import annotations

import os
import sys

import click

from confstore._cli._command import Example, command
from confstore._cli._exit_codes import CommandError
from confstore._cli._formats import FORMATS, Format, format_of, loads
from confstore._cli._session import Session
from confstore._cli._transfer import Transfer
from confstore._cli._transfer_options import transfer_options

__all__ = ["import_file"]

_IMPORTABLE = [format.name for format in FORMATS.values() if format.is_importable]


@command(
    "import",
    examples=(
        Example("confstore import new.yaml --dry-run", "what a file would change"),
        Example("confstore import new.yaml --prune --yes", "make the store equal to a file"),
        Example("confstore import .env --option app", "variables, as the keys of one option"),
    ),
)
@click.argument("path", metavar="FILE", type=click.Path(allow_dash=True))
@click.option(
    "--format",
    type=click.Choice(_IMPORTABLE),
    help="The format; else that of the file's suffix.",
)
@click.option(
    "--option",
    metavar="NAME",
    help="The option that a dotenv file's variables are the keys of.",
)
@transfer_options
def import_file(
    session: Session, path: str, format: str | None, option: str | None, transfer: Transfer
) -> None:
    """
    Bring the options of a file into the store; - is standard input.

    Each option of the file replaces that of the store, and other options stay, unless --prune says
    otherwise. The whole file is checked before anything is written, and what is equal already is
    not written. With a journal it is as few commits as hold it; a file: store is written at once,
    any other option by option, so that whatever ends it leaves each option whole, and running it
    again makes the rest.
    """
    chosen = _format_of(path, format)
    if chosen.needs_option and option is None:
        message = f"a {chosen.name} file is one option: say its name with --option NAME"
        raise CommandError(message)
    if option is not None and not chosen.needs_option:
        raise CommandError(f"a {chosen.name} file names its options: --option is for dotenv")
    if chosen.needs_option and transfer.is_pruning:
        message = f"a {chosen.name} file is one option: --prune would delete all others"
        raise CommandError(message)
    source = "standard input" if path == "-" else repr(path)
    shown = "standard input" if path == "-" else path
    options = loads(_content(path), chosen.name, source=shown, option=option)
    transfer.run(session, session.store("write"), options, source)


def _format_of(path: str, format: str | None) -> Format:
    if format is not None:
        return FORMATS[format]
    if path == "-":
        raise CommandError("standard input has no suffix: say --format, such as --format json")
    found = format_of(path)
    if found is None:
        names = ", ".join(_IMPORTABLE)
        raise CommandError(f"the name {path!r} stands for no format: say --format, one of {names}")
    if not found.is_importable:
        names = ", ".join(_IMPORTABLE)
        raise CommandError(f"{found.name} can only be exported: import one of {names}")
    return found


def _content(path: str) -> bytes:
    if path == "-":
        return sys.stdin.buffer.read()
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else type(error).__name__
        raise CommandError(f"the file {path!r} cannot be read: {reason}") from error
