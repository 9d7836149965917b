"""`confstore import` and `confstore copy`: options from a file or a store into a store."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

import click

from confstore import SealingStore, Store, Values, ability, is_reference_text, is_sealed_text
from confstore._cli.arguments.names import complete_options
from confstore._cli.commands.command import Example, command
from confstore._cli.formats.files import FORMATS, Format, format_of, loads
from confstore._cli.session import Session
from confstore._cli.terminal.exit_codes import CommandError, ExitCode
from confstore._cli.terminal.text import reason_of, shown_url
from confstore._cli.writing.flags import Transfer, Writing, transfer_flags, writing_flags
from confstore._cli.writing.transferred import Transferred

__all__ = ["copy", "import_file", "options_of_file"]

_REMEDY = "put the whole file under one option with --option NAME"
_SECTION_REMEDY = "put the section under one option with --option NAME"

_IMPORTABLE = [format.name for format in FORMATS.values() if format.is_importable]


@command(
    "import",
    examples=(
        Example("confstore import new.yaml --dry-run", "the changes that a file would make"),
        Example("confstore import new.yaml --prune --yes", "make the store equal to a file"),
        Example("confstore import .env --option app", "a whole file, as the keys of one option"),
        Example(
            "confstore import database.yml --section default --section production --option db",
            "two parts of a file, the second one over the first",
            is_run=False,
        ),
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
    shell_complete=complete_options,
    help="Put the whole file under this option; a dotenv file needs it.",
)
@click.option(
    "--section",
    "sections",
    metavar="NAME",
    multiple=True,
    help="Only this part of the file; of several, the last one's keys count.",
)
@transfer_flags
@writing_flags
def import_file(
    session: Session,
    path: str,
    format: str | None,
    option: str | None,
    sections: tuple[str, ...],
    transfer: Transfer,
    writing: Writing,
) -> None:
    """
    Import the options of a file into the store; - is standard input.

    Each option of the file replaces that of the store. Other options stay, unless --prune is given.
    A plain value whose key is a secret in the store is sealed.

    With --option NAME the file is one option, and its keys stay what they are: texts, numbers,
    lists, dicts. With --section NAME only that part of the file counts (a.b is the part b of the
    part a). Of several sections that have the same key of an option, the last one's value counts,
    as a whole.

    The whole file is checked before anything is written, and equal options are not written. A
    file: store is written at once, all or nothing. Any other store is written commit by commit, or
    without a journal option by option. If something stops it, each option is whole: run it again
    for the rest.
    """
    source, options = options_of_file(path, format, option, sections, transfer)
    store = session.store("write")
    target = f"store {store.name!r}"
    Transferred("import", "imported", source, options, store, transfer, shown_target=target).write(
        session, writing
    )


def options_of_file(
    path: str,
    format: str | None,
    option: str | None,
    sections: Sequence[str],
    transfer: Transfer,
) -> tuple[str, Mapping[str, Values]]:
    """The name of a file in messages, and its options; `-` is standard input."""
    chosen = _format_of(path, format)
    if chosen.needs_option and option is None:
        message = f"a {chosen.name} file is one option: give its name with --option NAME"
        raise CommandError(message)
    if option is not None and transfer.is_pruning:
        raise CommandError("the file is one option: --prune would delete all others")
    is_stdin = path == "-"
    options = loads(
        _content(path),
        chosen.name,
        source="standard input" if is_stdin else path,
        option=option,
        sections=sections,
        remedy=_SECTION_REMEDY if sections else _REMEDY,
    )
    return "standard input" if is_stdin else repr(path), options


def _format_of(path: str, format: str | None) -> Format:
    if format is not None:
        return FORMATS[format]
    if path == "-":
        raise CommandError("standard input has no suffix: give --format, such as --format json")
    found = format_of(path)
    names = ", ".join(_IMPORTABLE)
    if found is None:
        raise CommandError(f"the name {path!r} has no known suffix: give --format, one of {names}")
    if not found.is_importable:
        message = f"{path!r} is a {found.name} script, which can only be exported: import one of "
        advice = "; lines like export NAME=value are read with --format dotenv --option NAME"
        raise CommandError(message + names + advice)
    return found


def _content(path: str) -> bytes:
    if path == "-":
        return sys.stdin.buffer.read()
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise CommandError(f"the file {path!r} cannot be read: {reason_of(error)}") from error


def _complete_options(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[str]:
    """Complete an option of FROM, which stands before it."""
    context.ensure_object(Session).url = context.params.get("source_url")
    return complete_options(context, parameter, incomplete)


@command(
    "copy",
    examples=(
        Example("confstore copy file:dev.json file:test.json --dry-run", "the changes, first"),
        Example(
            "confstore copy dynamodb://config/prod file:dev.json db --skip-existing",
            "one option, if the file does not have it",
            is_run=False,
        ),
    ),
)
@click.argument("source_url", metavar="FROM")
@click.argument("target_url", metavar="TO")
@click.argument("options", metavar="[OPTION...]", nargs=-1, shell_complete=_complete_options)
@transfer_flags
@writing_flags
def copy(
    session: Session,
    source_url: str,
    target_url: str,
    options: tuple[str, ...],
    transfer: Transfer,
    writing: Writing,
) -> None:
    """
    Copy options from one store to another, of any two backends: all, or the named ones.

    FROM and TO are URLs. FROM may be layers, as in 'env:APP_ file:dev.json': TO then holds what
    they give now. A table must exist; a missing file is created if its folder exists.

    Values keep their types. Options that only TO has stay, unless --prune is given. Equal options
    are not written. It asks before it overwrites options of TO that differ. Writing is as for
    import.
    """
    if transfer.is_pruning and options:
        raise CommandError("--prune is for whole stores: name no options")
    if len(target_url.split()) > 1:
        raise CommandError("TO is one store: copy to one of its layers")
    source = session.open(source_url)
    target = session.open(target_url, "write")
    if source is target:
        raise CommandError("FROM and TO are the same store")
    found = dict([(option, source.get(option)) for option in options] or source.items())
    _check_sealed(source, found)
    Transferred(
        "copy",
        "copied",
        shown_url(source_url),
        found,
        target,
        transfer,
        shown_target=shown_url(target_url),
        asks_to_overwrite=True,
    ).write(session, writing)


def _check_sealed(source: Store, options: Mapping[str, Values]) -> None:
    """Refuse sealed texts of a store that was opened without its keys: they open nowhere else."""
    if ability(source, SealingStore) is not None:
        return
    for option, values in options.items():
        for key, value in values.items():
            if is_sealed_text(value) and not is_reference_text(value):
                message = (
                    f"option {option!r}, key {key!r} is sealed for store {source.name!r}, and "
                    "would not open in another one: give FROM and TO with secrets= in their URLs"
                )
                raise CommandError(message, ExitCode.INVALID)
