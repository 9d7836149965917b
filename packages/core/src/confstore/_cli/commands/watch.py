"""`confstore watch`."""

from __future__ import annotations

import signal
from typing import NoReturn

import click

from confstore._cli.arguments.names import complete_options
from confstore._cli.changes.watched import Watched, interval_of, print_changes, wait_s
from confstore._cli.commands.command import Example, command
from confstore._cli.session import Session
from confstore._cli.terminal.exit_codes import ExitCode
from confstore._cli.terminal.text import did_you_mean
from confstore.adapter import checked_option

__all__ = ["watch"]


@command(
    "watch",
    examples=(
        Example("confstore watch db --values", "changes of an option, as they come", is_run=False),
        Example("confstore watch -o json | jq -r .option", "a JSON object a line", is_run=False),
    ),
)
@click.argument("option", required=False, shell_complete=complete_options)
@click.option(
    "--interval",
    "interval_s",
    type=float,
    metavar="SECONDS",
    help="Seconds between two polls; else 1 for a file, which is cheap to poll, and 5 for others.",
)
@click.option(
    "--initial", "has_initial", is_flag=True, help="Print the present options first, as added."
)
@click.option("--values", "has_values", is_flag=True, help="Show the values, too.")
def watch(
    session: Session,
    option: str | None,
    interval_s: float | None,
    has_initial: bool,
    has_values: bool,
) -> None:
    """
    Print changes as they come, a line for each key, until Ctrl-C or until the reader closes them.

    In a terminal a line is for people; elsewhere it is a JSON object. Times are in UTC, of when the
    change was seen; changes between two polls are seen as one. If the store becomes unavailable,
    that is printed once, and watching goes on; the changes of the meantime follow when it is back.
    """
    if option is not None:
        checked_option(option)
    interval_s = interval_of(session, interval_s)
    # Process 1 of a container has no default handler, and would ignore SIGTERM.
    signal.signal(signal.SIGTERM, _end)
    store = session.store()
    watched = Watched(store, option, session.say)
    found = watched.poll()
    if option is not None and option not in watched.options:
        advice = did_you_mean(option, watched.options)
        session.say(f"store {store.name!r} has no option {option!r} yet{advice}")
    session.say(f"watching store {store.name!r}, every {interval_s:g} s")
    if has_initial:
        print_changes(session, found, has_values=has_values)
    while True:
        wait_s(interval_s)
        print_changes(session, watched.poll_on(), has_values=has_values)


def _end(*_: object) -> NoReturn:
    raise SystemExit(ExitCode.TERMINATED)
