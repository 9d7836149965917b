"""Options that must fit a schema: before they are written, and before a program gets them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import redirect_stdout
from typing import Any, TypeAlias

import click

from confstore import Change, Plan, SealingStore, Store, ability
from confstore._cli.arguments.schemas import imported_schema, notes_on_texts, problems_of
from confstore._cli.session import Session
from confstore._cli.terminal.exit_codes import CommandError, ExitCode
from confstore._cli.terminal.text import counted
from confstore.adapter import apply_changes
from confstore.errors import SchemaProblem

__all__ = ["VARIABLE", "Problem", "UnfitPlanError", "check_fits", "check_written", "schema_flag"]

VARIABLE = "CONFSTORE_SCHEMA"

Problem: TypeAlias = tuple[tuple[str | int, ...], str]


class UnfitPlanError(CommandError):
    """
    A store would not fit its schema after a write; the problems were printed.

    Attributes:
        problems: The path and the reason of each problem, without a value.
        notes: How to write what is a text, and should be something else.
    """

    def __init__(self, message: str, problems: Sequence[Problem], notes: Sequence[str]) -> None:
        super().__init__(message, ExitCode.INVALID)
        self.problems = problems
        self.notes = notes


def _keep(context: click.Context, _: click.Parameter, reference: str | None) -> None:
    """Keep the schema for the check of the plan; a mistyped one is an error at once."""
    if reference is not None:
        with redirect_stdout(sys.stderr):
            imported_schema(reference)
        context.ensure_object(Session).schema = reference


schema_flag = click.option(
    "--schema",
    metavar="MODULE:CLASS",
    expose_value=False,
    callback=_keep,
    help=f"The class that the store must fit afterwards; else {VARIABLE} names it.",
)
"""The flag of a command that validates what it is about to write; the session keeps it."""


def check_written(session: Session, store: Store, plan: Plan) -> None:
    """
    Refuse a plan after which the store would not fit the schema of the command or environment.

    Problems of other options that are there already do not count: a store is filled, and mended,
    one option after the other. Names that the plan adds, and that the schema does not know, are
    noted with the closest one.
    """
    reference = session.schema or os.environ.get(VARIABLE)
    if not reference:
        return
    before = dict(store.items())
    after = dict(before)
    apply_changes(after, _as_read(store, plan))
    # Output of the module is not our data.
    with redirect_stdout(sys.stderr):
        types = imported_schema(reference)
        found, unknown = problems_of(reference, types, store.name, after, is_strict=False)
        known, noted = problems_of(reference, types, store.name, before, is_strict=False)
    changed = set(plan.options)
    problems = [
        problem
        for problem in found
        if problem not in known or (problem[0] and problem[0][0] in changed)
    ]
    for note in unknown:
        # A mistyped name fits a schema: it is written, and read by nobody.
        if note not in noted:
            session.say(f"note: {note}")
    _say(session, problems)
    if problems:
        advice = "" if session.schema else f" (an empty {VARIABLE} lifts the check)"
        message = (
            f"store {store.name!r} would not fit {reference}: {counted(len(problems), 'problem')}; "
            f"nothing was written{advice}"
        )
        notes = notes_on_texts(reference, types, store.name, after, problems)
        raise UnfitPlanError(message, problems, notes)


def _as_read(store: Store, plan: Plan) -> list[Change]:
    """The changes of a plan as the store gives them: a text may stand for a secret."""
    sealing = ability(store, SealingStore)
    if sealing is None:
        return plan.changes
    return [
        Change(one.option, None if one.values is None else sealing.unsealed(one.option, one.values))
        for one in plan.changes
    ]


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


def _say(session: Session, problems: Iterable[Problem]) -> None:
    for path, reason in problems:
        option = str(path[0]) if path else None
        session.say(str(SchemaProblem(option, path[1:], reason)))
