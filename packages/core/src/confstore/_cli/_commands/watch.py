"""`confstore watch`."""

from __future__ import annotations

import signal
from typing import NoReturn

import click

from confstore._cli._close_names import did_you_mean
from confstore._cli._command import Example, command
from confstore._cli._exit_codes import CommandError, ExitCode
from confstore._cli._names import complete_options
from confstore._cli._session import Session
from confstore._cli._stream import print_changes, wait_s
from confstore._cli._watched import Watched
from confstore.adapter import checked_option

__all__ = ["watch"]

_FILE_INTERVAL_S = 1.0
"""A look at an unchanged file is one `os.stat`; it is what the time-based file store does, too."""

_INTERVAL_S = 5.0
"""
A guess: soon enough for a person who waits for a deployment.

An idle poll of a journaled DynamoDB store is one read unit (AWS, "DynamoDB read consistency": a
strongly consistent read of up to 4 KB), so this is 17,280 a day; without a journal each poll reads
the whole store.
"""

_MAX_INTERVAL_S = 86_400.0


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
    help="Seconds between two looks; 1 for a file, which costs next to nothing to look at, and 5 "
    "for anything else.",
)
@click.option("--initial", "has_initial", is_flag=True, help="Print what there is first, as added.")
@click.option("--values", "has_values", is_flag=True, help="Show the values, too.")
def watch(
    session: Session,
    option: str | None,
    interval_s: float | None,
    has_initial: bool,
    has_values: bool,
) -> None:
    """
    Print changes as they come, a line for each key, until Ctrl-C or until nobody reads them.

    In a terminal a line is for people; elsewhere it is a JSON object. Times are in UTC, of when the
    change was seen; changes between two looks are seen as one. If the store becomes unavailable
    that is said once, and watching goes on; what changed meanwhile is printed when it is back.
    """
    if option is not None:
        checked_option(option)
    interval_s = _interval_s(session, interval_s)
    # As process 1 of a container there would be no default, and SIGTERM would be ignored.
    signal.signal(signal.SIGTERM, _end)
    store = session.store()
    watched = Watched(store, option, session.say)
    found = watched.first()
    if option is not None and option not in watched.options:
        advice = did_you_mean(option, watched.options)
        session.say(f"store {store.name!r} has no option {option!r} yet{advice}")
    session.say(f"watching store {store.name!r}, every {interval_s:g} s")
    if has_initial:
        print_changes(session, found, has_values=has_values)
    while True:
        wait_s(interval_s)
        print_changes(session, watched.next(), has_values=has_values)


def _interval_s(session: Session, asked_s: float | None) -> float:
    if asked_s is None:
        is_file = (session.url or "").lower().startswith("file:")
        return _FILE_INTERVAL_S if is_file else _INTERVAL_S
    # A NaN is neither.
    if not 0 < asked_s <= _MAX_INTERVAL_S:
        message = f"--interval is more than 0 and at most {_MAX_INTERVAL_S:,.0f} seconds"
        raise CommandError(message)
    return asked_s


def _end(*_: object) -> NoReturn:
    raise SystemExit(ExitCode.TERMINATED)
