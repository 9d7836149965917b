"""`CONFSTORE_SCHEMA`: the schema that options must fit before a command writes them."""

from __future__ import annotations

import os
import sys
from contextlib import redirect_stdout

from confstore import Plan, Store
from confstore._cli.arguments.schemas import imported_schema, problems_of
from confstore._cli.session import Session
from confstore._cli.terminal.exit_codes import CommandError, ExitCode
from confstore._cli.terminal.text import counted
from confstore.adapter import apply_changes

__all__ = ["VARIABLE", "check_written"]

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
        found = problems_of(reference, types, store.name, after)
        known = set(problems_of(reference, types, store.name, before)) if found else set()
    changed = set(plan.options)
    problems = [
        problem
        for problem in found
        if problem not in known or (problem[0] and problem[0][0] in changed)
    ]
    for path, reason in problems:
        where = "" if not path else f"option {path[0]!r}"
        inner = ".".join(map(str, path[1:]))
        session.say(": ".join(filter(None, [where + (inner and f", at {inner}"), reason])))
    if problems:
        message = (
            f"store {store.name!r} would not fit {reference}: {counted(len(problems), 'problem')}; "
            f"nothing was written (an empty {VARIABLE} lifts the check)"
        )
        raise CommandError(message, ExitCode.INVALID)
