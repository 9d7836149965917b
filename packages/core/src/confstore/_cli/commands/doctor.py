"""`confstore doctor`."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import attrs
import click

from confstore import (
    Environment,
    Finding,
    LayeredStore,
    LocatedStore,
    Store,
    ability,
    diagnose,
)
from confstore._cli.changes.deploys import findings_of_deploys
from confstore._cli.commands.command import Example, command
from confstore._cli.session import Session, journal_of, other_stores
from confstore._cli.terminal.exit_codes import ExitCode
from confstore._cli.terminal.log import log_to_stderr
from confstore._cli.terminal.text import visible
from confstore.errors import ConfigStoreError

__all__ = ["doctor"]


@command(
    "doctor",
    examples=(
        Example("confstore doctor", "what is healthy, and what has a problem"),
        Example("confstore doctor -o json", "the same for a program; exit code 4 for a problem"),
    ),
)
def doctor(session: Session) -> None:
    """
    Check the store: its place, permissions, keys, journal and clock, with advice for each problem.

    Nothing is written. A check mark is healthy, a cross is a problem, and a question mark could not
    be checked, such as a permission. Where there is something to do, the address of its entry in
    the documentation follows. The exit code is 4 if there is a problem.
    """
    log_to_stderr(is_debug=session.is_debug)
    # Before the first finding: a mistyped URL is a wrong command line, not a problem of a store.
    findings = _findings(session, diagnose(session.required_url()))
    if session.format == "table":
        is_healthy = _print_each(findings)
    else:
        found = list(findings)
        session.show([_record(finding) for finding in found], (), ())
        is_healthy = all(finding.is_ok is not False for finding in found)
    if not is_healthy:
        click.get_current_context().exit(ExitCode.BACKEND)


def _findings(session: Session, diagnosis: Iterable[Finding]) -> Iterator[Finding]:
    has_problem = False
    healthy: set[str] = set()
    for finding in diagnosis:
        has_problem |= finding.is_ok is False
        if finding.is_ok:
            healthy.add(finding.check)
        yield finding
    yield from _findings_of_deploys(session, healthy)
    if has_problem:
        return
    # An unknown finding may be why no command works.
    try:
        store = session.store()
        if next(iter(store.items(consistent=False)), None) is None:
            others = other_stores(store)
            if others:
                text = f"store {store.name!r} has no options{others}"
                yield Finding("store", None, text, "is its name right?")
    except ConfigStoreError as error:
        yield Finding("store", False, str(error), "see above; no command can read it")


def _findings_of_deploys(session: Session, healthy: Collection[str]) -> Iterator[Finding]:
    """The deploys of each store whose journal can be read; of layers, with their names."""
    try:
        parts = _parts(session, healthy)
    except ConfigStoreError as error:
        yield Finding.of_error("deploy", error)
        return
    for check, layer, store in parts:
        try:
            journal = journal_of(store)
            if journal is not None:
                for finding in findings_of_deploys(journal, layer):
                    yield attrs.evolve(finding, check=check)
        except ConfigStoreError as error:
            yield Finding.of_error(check, error)


def _parts(session: Session, healthy: Collection[str]) -> list[tuple[str, str | None, Store]]:
    """For each store with a healthy journal: the name of the finding, its layer, and the store."""
    if not any(check.endswith("journal") for check in healthy):
        return []
    store = session.store()
    if not isinstance(store, LayeredStore):
        return [("deploy", session.layer, store)]
    found: list[tuple[str, str | None, Store]] = []
    for number, layer in enumerate(store[:], start=1):
        if not isinstance(layer, Environment):
            located = ability(layer, LocatedStore)
            prefix = layer.name if located is None else located.location()
            if f"{prefix}, journal" in healthy:
                found.append((f"{prefix}, deploy", str(number), layer))
    return found


def _record(finding: Finding) -> dict[str, Any]:
    return {**attrs.asdict(finding), "address": finding.address}


def _print_each(findings: Iterable[Finding]) -> bool:
    """Print findings as they come; True if there was no problem."""
    try:
        "✓✗".encode(sys.stdout.encoding)
        healthy, unknown, problem = "✓?✗"
    except UnicodeEncodeError:
        healthy, unknown, problem = "+?x"
    is_healthy = True
    for finding in findings:
        is_healthy &= finding.is_ok is not False
        mark = unknown if finding.is_ok is None else healthy if finding.is_ok else problem
        click.echo(visible(f"{mark} {finding.check}: {finding.text}"))
        if finding.advice:
            click.echo(visible(f"  {finding.advice}"))
        if finding.address and (finding.advice or not finding.is_ok):
            click.echo(f"  {finding.address}")
        sys.stdout.flush()
    return is_healthy
