"""`confstore history`, `confstore rollback` and `confstore reconcile`: work with the journal."""

from __future__ import annotations

from collections.abc import Sequence

import click

from confstore import Plan, history as commits_of, plan_reconcile, plan_rollback
from confstore._cli.arguments.names import complete_options, complete_versions
from confstore._cli.changes.commits import Entry, Touch, entries_of
from confstore._cli.changes.differences import COLUMNS
from confstore._cli.commands.command import Example, command
from confstore._cli.session import Session, absent_option, options_now
from confstore._cli.terminal.output import print_table
from confstore._cli.terminal.text import counted, visible
from confstore._cli.writing.flags import Writing, writing_flags, yes_flag
from confstore._cli.writing.write import Write
from confstore.errors import OptionNotFoundError

__all__ = ["history", "reconcile", "rollback"]

_COLUMNS = ("VERSION", "TIME", "AUTHOR", "COMMENT", "CHANGES")
_COMMENT = _COLUMNS.index("COMMENT")

# Options that a question, or a row of a table, names: a commit can have 99, and a screen has 24
# lines.
_MAX_NAMED = 5


@command(
    "history",
    examples=(
        Example("confstore history --limit 10", "the last commits, newest first"),
        Example("confstore history db --values", "every value of an option in the journal"),
    ),
)
@click.argument("option", required=False, shell_complete=complete_options)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the newest N.")
@click.option(
    "--since",
    type=click.IntRange(min=0),
    metavar="VERSION",
    default=0,
    help="Only those after this version.",
)
@click.option("--reverse", "is_reversed", is_flag=True, help="Oldest first.")
@click.option("--values", "has_values", is_flag=True, help="Show the changed keys and values, too.")
def history(
    session: Session,
    option: str | None,
    limit: int | None,
    since: int,
    is_reversed: bool,
    has_values: bool,
) -> None:
    """
    List the commits of the journal, or those of one option, newest first.

    Times are in UTC, by the clock of the committing machine. With --values, the old value of a key
    is that of the option's commit before, and ? where the journal no longer holds that commit.
    """
    store = session.journaled_store()
    every = list(entries_of(commits_of(store), option))
    # An option that was written without the journal has no commit.
    if option is not None and not every and not options_now(store, [option]):
        raise absent_option(store, option)
    entries = [one for one in every if one.commit.version > since]
    chosen = entries if limit is None else entries[-limit:]
    if not is_reversed:
        chosen.reverse()
    if has_values and session.format == "table" and chosen:
        with session.paged():
            _print_entries(chosen, is_terminal=session.is_terminal)
        return
    data = [one.record(has_values=has_values) for one in chosen]
    what = f"store {store.name!r}" if option is None else f"option {option!r}"
    empty = f"{what} has no commit" + (f" after version {since}" if since else "")
    # An empty column would take the room of the others.
    has_comments = any(one.commit.comment for one in chosen)
    shown = [column for column in range(len(_COLUMNS)) if has_comments or column != _COMMENT]
    rows = [[row[column] for column in shown] for row in map(_row, chosen)]
    session.show(data, [_COLUMNS[column] for column in shown], rows, empty=empty)


def _row(entry: Entry) -> tuple[str, ...]:
    commit = entry.commit
    author = commit.author or "-"
    return (str(commit.version), entry.at, author, commit.comment, _changes(entry.touches))


def _changes(touches: Sequence[Touch]) -> str:
    named = ", ".join(f"{touch.action} {touch.option}" for touch in touches[:_MAX_NAMED])
    more = len(touches) - _MAX_NAMED
    return f"{named} and {more} more" if more > 0 else named


def _print_entries(entries: Sequence[Entry], *, is_terminal: bool) -> None:
    """Print each commit as a line of its own, and its changes below."""
    for entry in entries:
        version, *rest = (cell for cell in _row(entry)[:-1] if cell)
        click.echo(visible("  ".join([f"version {version}", *rest])))
        rows = [row for touch in entry.touches for row in touch.rows()]
        if rows:
            print_table(COLUMNS, rows, is_terminal=is_terminal)
        click.echo()


@command(
    "rollback",
    examples=(
        Example("confstore rollback 1 --dry-run", "the effect of going back to version 1"),
        Example("confstore rollback 1 db --yes", "one option, without a question"),
    ),
)
@click.argument("version", type=click.IntRange(min=0), shell_complete=complete_versions)
@click.argument("options", metavar="[OPTION...]", nargs=-1, shell_complete=complete_options)
@click.option(
    "--split",
    "is_split",
    is_flag=True,
    help="Make several commits if one does not hold all changes; each is atomic by itself.",
)
@yes_flag
@writing_flags
def rollback(
    session: Session,
    version: int,
    options: tuple[str, ...],
    is_split: bool,
    is_confirmed: bool,
    writing: Writing,
) -> None:
    """
    Roll options back to a version, all of them or the given ones; asks first.

    It is a new commit: nothing is erased, and it can be rolled back, too. Options that did not
    exist at that version are deleted. If somebody commits to one of the options between the
    question and the answer, nothing is written (exit code 5).
    """
    store = session.journaled_store()
    named = ""

    def plan() -> Plan:
        try:
            return plan_rollback(store, version, options or None)
        except OptionNotFoundError as error:
            raise absent_option(store, error.option) from None

    def ask(plan: Plan) -> bool:
        nonlocal named
        if not plan.options:
            message = f"nothing to change: store {store.name!r} is as it was at version {version}"
            session.say(message)
            return False
        named = _named(plan)
        doing = f"roll back {named} of store {store.name!r} to version {version}"
        session.confirm(doing, is_confirmed=is_confirmed)
        return True

    # Not retried: the question was about what would be overwritten.
    write = Write(
        session,
        store,
        writing,
        plan,
        comment=f"rollback to version {version}",
        is_retried=False,
        is_split=is_split,
        can_split=True,
    )
    written = write.run(ask)
    if written is not None:
        session.say(f"rolled back {named} of store {store.name!r}{written.version}")


def _named(plan: Plan) -> str:
    options = plan.options
    named = counted(len(options), "option")
    if len(options) <= _MAX_NAMED:
        named = f"{named.partition(' ')[2]} {', '.join(map(repr, options))}"
    gone = len(options) - len(plan.new)
    return f"{named} ({gone} deleted)" if gone else named


@command(
    "reconcile",
    examples=(
        Example("confstore reconcile --dry-run --values", "the edits by hand, with values"),
        Example("confstore reconcile --comment 'hotfix of Monday'", "put them into the journal"),
    ),
)
@writing_flags
def reconcile(session: Session, writing: Writing) -> None:
    """
    Commit to the journal the changes that bypassed it, such as edits by hand.

    Only the journal is written. More than 99 options take several commits.
    """
    store = session.journaled_store()

    def ask(plan: Plan) -> bool:
        if not plan.options:
            session.say(f"nothing to reconcile: store {store.name!r} agrees with its journal")
        return bool(plan.options)

    write = Write(
        session,
        store,
        writing,
        lambda: plan_reconcile(store),
        comment="reconcile",
        is_retried=False,
        is_split=True,
        is_record=True,
    )
    written = write.run(ask)
    if written is not None:
        what = counted(written.changes, "option")
        session.say(f"reconciled {what} of store {store.name!r}{written.version}")
