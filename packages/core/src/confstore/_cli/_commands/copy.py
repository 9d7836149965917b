"""`confstore copy`."""

from __future__ import annotations

import click

from confstore._cli._command import Example, command
from confstore._cli._exit_codes import CommandError
from confstore._cli._names import complete_options
from confstore._cli._session import Session
from confstore._cli._transfer import Transfer
from confstore._cli._transfer_options import transfer_options

__all__ = ["copy"]


def _complete_options(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[str]:
    """The options of FROM, which stands before them."""
    context.ensure_object(Session).url = context.params.get("source_url")
    return complete_options(context, parameter, incomplete)


@command(
    "copy",
    examples=(
        Example("confstore copy file:dev.json file:test.json --dry-run", "what would change"),
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
@transfer_options
def copy(
    session: Session,
    source_url: str,
    target_url: str,
    options: tuple[str, ...],
    transfer: Transfer,
) -> None:
    """
    Copy options from one store to another, of any two backends: all, or those that are named.

    FROM and TO are URLs, and TO has to be there (confstore init -s TO makes it). Values keep their
    types. Options that only TO has stay, unless --prune says otherwise; what is equal already is
    not written. It is written as by import.
    """
    if transfer.is_pruning and options:
        raise CommandError("--prune is for whole stores: name no options")
    source = session.open(source_url)
    target = session.open(target_url)
    if source is target:
        raise CommandError("FROM and TO are the same store")
    found = [(option, source.get(option)) for option in options] or source.items()
    transfer.run(session, target, dict(found), f"store {source.name!r}")
