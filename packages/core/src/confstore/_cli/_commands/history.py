"""`confstore history`."""

from __future__ import annotations

from collections.abc import Sequence

import click

from confstore import history as commits_of
from confstore._cli._command import Example, command
from confstore._cli._history_entries import Entry, Touch, entries_of
from confstore._cli._journaled import journaled_store, unknown_option
from confstore._cli._names import complete_options
from confstore._cli._reading import options_now
from confstore._cli._session import Session
from confstore._cli._text import visible

__all__ = ["history"]

_COLUMNS = ("VERSION", "TIME", "AUTHOR", "COMMENT", "CHANGES")
_KEY_COLUMNS = ("OPTION", "KEY", "CHANGE", "OLD", "NEW")

# Options of one commit that a table names: a commit can have 99, and a screen has 24 lines.
_MAX_NAMED = 5


@command(
    "history",
    examples=(
        Example("confstore history --limit 10", "the last commits, newest first"),
        Example("confstore history db --values", "every value that an option ever had"),
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
@click.option("--values", "has_values", is_flag=True, help="Show what changed in each, too.")
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

    Times are in UTC, by the clock of who committed. With --values, what a key was before is what
    the commit before made of it, and ? where the journal no longer holds that one.
    """
    store = journaled_store(session)
    every = list(entries_of(commits_of(store), option))
    # What was written past the journal is there, and has no commit.
    if option is not None and not every and not options_now(store, [option]):
        raise unknown_option(store, option)
    entries = [one for one in every if one.commit.version > since]
    chosen = entries if limit is None else entries[-limit:]
    if not is_reversed:
        chosen.reverse()
    if has_values and session.format == "table" and chosen:
        _print_entries(chosen, is_terminal=session.is_terminal)
        return
    data = [one.record(has_values=has_values) for one in chosen]
    what = f"store {store.name!r}" if option is None else f"option {option!r}"
    empty = f"{what} has no commit" + (f" after version {since}" if since else "")
    session.show(data, _COLUMNS, [_row(one) for one in chosen], empty=empty)


def _row(entry: Entry) -> tuple[str, ...]:
    commit = entry.commit
    author = commit.author or "-"
    return (str(commit.version), entry.at, author, commit.comment, _changes(entry.touches))


def _changes(touches: Sequence[Touch]) -> str:
    named = ", ".join(f"{touch.action} {touch.option}" for touch in touches[:_MAX_NAMED])
    more = len(touches) - _MAX_NAMED
    return f"{named} and {more} more" if more > 0 else named


def _print_entries(entries: Sequence[Entry], *, is_terminal: bool) -> None:
    """Print each commit as a line of its own, and below it what it changed."""
    from confstore._cli._output import print_table

    for entry in entries:
        version, *rest = (cell for cell in _row(entry)[:-1] if cell)
        click.echo(visible("  ".join([f"version {version}", *rest])))
        rows = [row for touch in entry.touches for row in touch.rows()]
        if rows:
            print_table(_KEY_COLUMNS, rows, is_terminal=is_terminal)
        click.echo()
