"""`confstore doctor`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

import attrs
import click

from confstore import Finding, diagnose
from confstore._cli._command import Example, command
from confstore._cli._exit_codes import ExitCode
from confstore._cli._log import log_to_stderr
from confstore._cli._session import Session
from confstore._cli._text import visible
from confstore.errors import ConfigStoreError, StoreNotFoundError

__all__ = ["doctor"]


@command(
    "doctor",
    examples=(
        Example("confstore doctor", "what is well with the store, and what is not"),
        Example("confstore doctor -o json", "the same for a program; exit code 4 if ill"),
    ),
)
def doctor(session: Session) -> None:
    """
    Look at the store: its place, permissions, keys, journal and clock, and what to do about each.

    Nothing is written. A check mark is well, a cross is not, and a question mark could not be found
    out, such as a permission. The exit code is 4 if something is not well.
    """
    log_to_stderr(is_debug=session.is_debug)
    # Before the first finding: a mistyped URL is a wrong command line, and no ill store.
    findings = _findings(session, diagnose(session.required_url()))
    if session.format == "table":
        is_well = _print_each(findings)
    else:
        found = list(findings)
        session.show([attrs.asdict(finding) for finding in found], (), ())
        is_well = all(finding.is_ok is not False for finding in found)
    if not is_well:
        click.get_current_context().exit(ExitCode.BACKEND)


def _findings(session: Session, diagnosis: Iterable[Finding]) -> Iterator[Finding]:
    is_ill = False
    for finding in diagnosis:
        is_ill |= finding.is_ok is False
        yield finding
    if is_ill:
        return
    # What could not be found out may be why no command works, and an absent file is an empty store
    # to a program, but a mistake to who names it here.
    try:
        next(iter(session.store().items(consistent=False)), None)
    except StoreNotFoundError as error:
        yield Finding("store", False, str(error), "confstore init creates it")
    except ConfigStoreError as error:
        yield Finding("store", False, str(error), "see above; no command can read it")


def _print_each(findings: Iterable[Finding]) -> bool:
    """Print findings as they come; whether nothing was ill."""
    well, unknown, ill = _marks()
    is_well = True
    for finding in findings:
        is_well &= finding.is_ok is not False
        mark = unknown if finding.is_ok is None else well if finding.is_ok else ill
        click.echo(visible(f"{mark} {finding.check}: {finding.text}"))
        if finding.advice:
            click.echo(visible(f"  {finding.advice}"))
        sys.stdout.flush()
    return is_well


def _marks() -> tuple[str, str, str]:
    try:
        "✓✗".encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        return "+", "?", "x"
    return "✓", "?", "✗"
