"""`confstore export`: options to standard output, or to a file that only its owner may read."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TextIO

import click

from confstore import FileBackedStore, Store, Values, ability
from confstore._cli.arguments.names import complete_options
from confstore._cli.arguments.secrets import reveal_flag, revealed, secret_keys
from confstore._cli.commands.command import Example, command
from confstore._cli.exec.naming import NamingFlags, naming_flags
from confstore._cli.formats.files import FORMATS, dumps, format_of
from confstore._cli.session import Session, parts_of
from confstore._cli.terminal.exit_codes import CommandError, ExitCode
from confstore._cli.terminal.output import print_text
from confstore._cli.terminal.progress import Progress
from confstore._cli.terminal.text import counted, reason_of
from confstore.errors import OptionNotFoundError
from confstore.files import replaced_file

__all__ = ["export"]


@command(
    "export",
    examples=(
        Example("confstore export --file backup.yaml", "the whole store, as YAML"),
        Example("confstore export db --format dotenv", "one option, as environment variables"),
        Example("confstore export --bare db --format dotenv", "the same, named by the keys alone"),
    ),
)
@click.argument("options", metavar="[OPTION...]", nargs=-1, shell_complete=complete_options)
@click.option(
    "--format",
    type=click.Choice(list(FORMATS)),
    help="The format; else that of the file's suffix, or JSON.",
)
@click.option(
    "--file",
    "path",
    type=click.Path(),
    default="-",
    metavar="PATH",
    help="The file, readable by you only; else, or with -, standard output.",
)
@click.option(
    "--yes", "-y", "--force", "is_confirmed", is_flag=True, help="Replace an existing file."
)
@reveal_flag
@naming_flags(complete_options)
def export(
    session: Session,
    options: tuple[str, ...],
    format: str | None,
    path: str,
    is_confirmed: bool,
    is_revealing: bool,
    flags: NamingFlags,
) -> None:
    """
    Write options to a file or to standard output: all, or the named ones.

    json, yaml and toml keep the types of values, for import. dotenv and shell are variables such as
    DB_HOST, which are text. A value that the format cannot hold is an error that names the option,
    and nothing is written.

    Secrets are written in clear text, with --reveal only. Without it, a store that has secrets is
    an error.

    The names of variables are refused, and allowed, as by exec. --bare gives a dotenv file back as
    import --option took it.
    """
    if session.output is not None:
        raise CommandError("export takes --format, not --output")
    chosen = format or _format_of(path)
    has_variables = FORMATS[chosen].has_variables
    if flags != NamingFlags() and not has_variables:
        names = "--prefix, --separator, --bare, --nested and --allow name them"
        raise CommandError(f"{chosen} has no variables: {names}")
    flags.check_flags()
    options = tuple(dict.fromkeys((*options, *flags.bare)))
    store = session.store()
    if path != "-":
        _check_file(session, store, path, is_confirmed=is_confirmed)
    exported = _read(store, options)
    session.note_if_empty(store, exported)
    if is_revealing:
        exported = revealed(exported)
    _check_secrets(exported)
    if has_variables:
        flags.check(exported, is_named=bool(options), advice="name the options as arguments")
    text = dumps(exported, chosen, flags.naming)
    if path == "-":
        with session.paged():
            print_text(text)
        return
    _write_file(path, text)
    session.say(f"exported {counted(len(exported), 'option')} of store {store.name!r} to {path!r}")


def _check_secrets(options: Mapping[str, Values]) -> None:
    for option, values in options.items():
        for key in secret_keys(values):
            message = (
                f"option {option!r}, key {key!r} is a secret: --reveal exports it in clear text; "
                "name other options to leave it out"
            )
            raise CommandError(message, ExitCode.INVALID)


def _format_of(path: str) -> str:
    if path == "-":
        return "json"
    format = format_of(path)
    return "json" if format is None else format.name


def _read(store: Store, options: tuple[str, ...]) -> dict[str, Values]:
    found: dict[str, Values] = {}
    with Progress("reading", len(options) or None) as progress:
        if not options:
            for option, values in store.items():
                found[option] = values
                progress.advance()
        for option in options:
            try:
                found[option] = store.get(option)
            except OptionNotFoundError as error:
                if format_of(option) is None:
                    raise
                message = f"{error}; a file is named by --file {option}"
                raise CommandError(message, ExitCode.NOT_FOUND) from None
            progress.advance()
    return found


def _check_file(session: Session, store: Store, path: str, *, is_confirmed: bool) -> None:
    """Ask before a file is replaced; a folder or the store's own file never is."""
    if not os.path.exists(path):
        return
    own = [file for one in parts_of(store) for file in _files_of(one)]
    if any(os.path.exists(file) and os.path.samefile(file, path) for file in own):
        raise CommandError(f"{path!r} is a file of the store itself: export to another one")
    if os.path.isdir(path):
        raise CommandError(f"{path!r} is a folder: give the name of a file")
    if os.path.isfile(path):
        session.confirm(f"replace the file {path!r}", is_confirmed=is_confirmed)


def _files_of(store: Store) -> Sequence[str]:
    file_backed = ability(store, FileBackedStore)
    return () if file_backed is None else file_backed.files()


def _write_file(path: str, text: str) -> None:
    """Write the file; if that fails, an old one stays as it was."""
    try:
        with _opened(path) as file:
            file.write(text)
    except BrokenPipeError:
        raise
    except OSError as error:
        # The error's own name is that of the temporary file.
        message = f"the file {path!r} cannot be written: {reason_of(error)}"
        raise CommandError(message, ExitCode.BACKEND) from error


def _opened(path: str) -> AbstractContextManager[TextIO]:
    if os.path.exists(path) and not os.path.isfile(path):
        # A pipe or a device: its reader would wait for ever if it were replaced.
        return open(path, "w", encoding="utf-8", newline="")
    # A link stays, and its target is replaced.
    return replaced_file(Path(os.path.realpath(path)))
