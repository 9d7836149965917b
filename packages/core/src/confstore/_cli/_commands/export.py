"""`confstore export`."""

from __future__ import annotations

import click

from confstore import Store, Values
from confstore._cli._command import Example, command
from confstore._cli._exit_codes import CommandError
from confstore._cli._export_file import ExportFile
from confstore._cli._formats import FORMATS, dumps, format_of
from confstore._cli._names import complete_options
from confstore._cli._progress import Progress
from confstore._cli._session import Session

__all__ = ["export"]


@command(
    "export",
    examples=(
        Example("confstore export --file backup.yaml", "the whole store, as YAML"),
        Example("confstore export db --format dotenv", "one option, as environment variables"),
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
    help="Where to write it, readable by you only; else, or with -, standard output.",
)
@click.option(
    "--yes", "-y", "--force", "is_confirmed", is_flag=True, help="Replace a file that is there."
)
def export(
    session: Session, options: tuple[str, ...], format: str | None, path: str, is_confirmed: bool
) -> None:
    """
    Write options to a file or to standard output: all, or those that are named.

    json, yaml and toml keep the types of values, for import; dotenv and shell are variables such as
    DB_HOST, which are text. What a format cannot hold is an error that names the option, and then
    nothing is written. The file holds secrets in clear text.
    """
    if session.output is not None:
        raise CommandError("export takes --format, not --output")
    chosen = format or _format_of(path)
    file = ExportFile(path)
    store = session.store()
    file.check(session, store, is_confirmed=is_confirmed)
    exported = _read(store, options)
    file.write(session, dumps(exported, chosen))
    if path != "-":
        count = "1 option" if len(exported) == 1 else f"{len(exported)} options"
        session.say(f"exported {count} of store {store.name!r} to {path!r}")


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
            found[option] = store.get(option)
            progress.advance()
    return found
