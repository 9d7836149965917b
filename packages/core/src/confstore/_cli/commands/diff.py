"""`confstore diff`."""

from __future__ import annotations

import click

from confstore import Difference, Secret, diff as differences_between
from confstore._cli.arguments.operands import FILE_FORMATS, STDIN, parse_side
from confstore._cli.arguments.secrets import reveal_flag, revealed
from confstore._cli.changes.differences import by_key, show_differences
from confstore._cli.commands.command import Example, command
from confstore._cli.session import Session
from confstore._cli.terminal.exit_codes import CommandError, ExitCode

__all__ = ["diff"]


@command(
    "diff",
    examples=(
        Example("confstore diff file:dev.json file:prod.json", "two stores", is_run=False),
        Example("confstore diff prod.yaml --values", "a file and the store", is_run=False),
        Example("confstore diff 41 42", "two versions of the store", is_run=False),
        Example("confstore diff 1", "what has changed since a version"),
    ),
)
@click.argument("old", metavar="A", type=click.Path(allow_dash=True))
@click.argument("new", metavar="[B]", type=click.Path(allow_dash=True), required=False)
@click.option(
    "--format",
    "format",
    type=click.Choice(FILE_FORMATS),
    help="The format of standard input, and of files without a known suffix.",
)
@click.option("--values", "has_values", is_flag=True, help="Show the values, too.")
@reveal_flag
def diff(
    session: Session,
    old: str,
    new: str | None,
    format: str | None,
    has_values: bool,
    is_revealing: bool,
) -> None:
    """
    Show the keys in which A and B differ; exit code 1 if there are any, else 0.

    Each side is the URL of a store, a file (.json, .yaml or .toml, as export writes it; - is
    standard input), or the number of a version of the store that --store or CONFSTORE_URL names.
    Without B, A is compared to that store as it is now. A file whose name looks like a number or a
    URL is written ./42.

    Types count: the number 1 differs from the text "1" and from true. An error has another exit
    code, but a version that does not exist is 1, too, with nothing on standard output.

    Secrets that are sealed otherwise are not compared, and named on standard error; --reveal opens
    the secrets of stores, and compares their values.
    """
    if old == new == STDIN:
        raise CommandError("standard input cannot be both sides")
    before, after = [parse_side(text, format) for text in (old, new)]
    sides = [before(session), after(session)]
    found = list(differences_between(*sides))
    if is_revealing:
        # Equal texts are equal secrets: only the others are opened, which may cost a call each.
        differing = [key for one in found for key in by_key(one)]
        only = {(one.option, one.key) for one in differing if one.key is not None}
        found = list(differences_between(*(revealed(side, only) for side in sides)))
    uncompared = [one for one in found if one.key is not None and _is_sealed(one)]
    for one in uncompared:
        session.say(f"sealed, not compared: option {one.option!r}, key {one.key!r}")
    found = [one for one in found if one not in uncompared]
    show_differences(session, found, has_values=has_values)
    if found:
        click.get_current_context().exit(ExitCode.DIFFERENT)


def _is_sealed(one: Difference) -> bool:
    """True if both sides are sealed, or refer to something: equal values have other texts."""
    return all(
        isinstance(side, Secret) or (isinstance(side, str) and side.startswith("secret+"))
        for side in (one.old, one.new)
    )
