"""Options that must fit a schema: before they are written, and before a program gets them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import redirect_stdout
from typing import Any

from confstore import Plan, Store
from confstore._cli.arguments.schemas import imported_schema, problems_of
from confstore._cli.session import Session
from confstore._cli.terminal.exit_codes import CommandError, ExitCode
from confstore._cli.terminal.text import counted
from confstore.adapter import apply_changes

__all__ = ["VARIABLE", "check_fits", "check_written"]

VARIABLE = "CONFSTORE_SCHEMA"


def check_written(session: Session, store: Store, plan: Plan) -> None:
    """
    Refuse a plan after which the store would not fit the environment's schema, if there is one.

    Problems of other options that are there already do not count: a store is filled, and mended,
    one option after the other.
    """
    reference = os.environ.get(VARIABLE)
    if not reference:
        return
    before = dict(store.items())
    after = dict(before)
    apply_changes(after, plan.changes)
    # Output of the module is not our data.
    with redirect_stdout(sys.stderr):
        types = imported_schema(reference)
        found, _ = problems_of(reference, types, store.name, after, is_strict=False)
        known, _ = problems_of(reference, types, store.name, before, is_strict=False)
    changed = set(plan.options)
    problems = [
        problem
        for problem in found
        if problem not in known or (problem[0] and problem[0][0] in changed)
    ]
    _say(session, problems)
    if problems:
        message = (
            f"store {store.name!r} would not fit {reference}: {counted(len(problems), 'problem')}; "
            f"nothing was written (an empty {VARIABLE} lifts the check)"
        )
        raise CommandError(message, ExitCode.INVALID)


def check_fits(
    session: Session, store: str, reference: str, types: Any, options: Mapping[str, Any]
) -> None:
    """Print the problems of options with an imported schema, and raise if there are some."""
    with redirect_stdout(sys.stderr):
        problems, _ = problems_of(reference, types, store, options, is_strict=False)
    _say(session, problems)
    if problems:
        message = f"store {store!r} does not fit {reference}: {counted(len(problems), 'problem')}"
        raise CommandError(message, ExitCode.INVALID)


def _say(session: Session, problems: Iterable[tuple[tuple[str | int, ...], str]]) -> None:
    for path, reason in problems:
        where = "" if not path else f"option {path[0]!r}"
        inner = ".".join(map(str, path[1:]))
        session.say(": ".join(filter(None, [where + (inner and f", at {inner}"), reason])))
