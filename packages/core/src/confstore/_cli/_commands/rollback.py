"""`confstore rollback`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from confstore._cli._command import Example, command
from confstore._cli._committing import commit_plan
from confstore._cli._journaled import journaled_store, unknown_option
from confstore._cli._names import complete_options
from confstore._cli._session import Session
from confstore._cli._writing import Writing, writing_options, yes_option
from confstore._journal.plans import plan_rollback
from confstore.errors import OptionNotFoundError

if TYPE_CHECKING:
    from confstore._journal.plans import Plan

__all__ = ["rollback"]

# Options that a question names; of more than that it gives the number.
_MAX_NAMED = 5


@command(
    "rollback",
    examples=(
        Example("confstore rollback 1 --dry-run", "what going back to version 1 would change"),
        Example("confstore rollback 1 db --yes", "one option, without a question"),
    ),
)
@click.argument("version", type=click.IntRange(min=0))
@click.argument("options", metavar="[OPTION...]", nargs=-1, shell_complete=complete_options)
@click.option(
    "--split",
    "is_split",
    is_flag=True,
    help="Make several commits if one does not hold all changes; each is atomic by itself.",
)
@yes_option
@writing_options
def rollback(
    session: Session,
    version: int,
    options: tuple[str, ...],
    is_split: bool,
    is_confirmed: bool,
    writing: Writing,
) -> None:
    """
    Make options what they were at a version, all of them or those given; asks first.

    It is a new commit: nothing is erased, and it can be rolled back, too. Options that were not
    there at that version are deleted. If somebody commits to one of the options between the
    question and the answer, nothing is written (exit code 5).
    """
    store = journaled_store(session)
    try:
        plan = plan_rollback(store, version, options or None)
    except OptionNotFoundError as error:
        raise unknown_option(store, error.option) from None
    writing.check(store, *plan.options)
    if writing.is_dry_run:
        writing.show(session, plan.old, plan.new)
        return
    if not plan.options:
        session.say(f"nothing to change: store {store.name!r} is as it was at version {version}")
        return
    doing = f"roll back {_named(plan)} of store {store.name!r} to version {version}"
    session.confirm(doing, is_confirmed=is_confirmed)
    comment = writing.comment or f"rollback to version {version}"
    last = commit_plan(session, store, plan, writing, comment=comment, is_split=is_split)
    session.say(f"rolled back {_named(plan)} of store {store.name!r}, version {last.version}")


def _named(plan: Plan) -> str:
    options = plan.options
    gone = len(options) - len(plan.new)
    what = "option" if len(options) == 1 else "options"
    names = ", ".join(map(repr, options)) if len(options) <= _MAX_NAMED else str(len(options))
    named = f"{what} {names}" if len(options) <= _MAX_NAMED else f"{names} {what}"
    return f"{named} ({gone} deleted)" if gone else named
