"""One run of the command line: from arguments to an exit code, whatever happens."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

import click

from confstore._cli.session import Session
from confstore._cli.shell.app import PROGRAM, app
from confstore._cli.terminal.exit_codes import ExitCode
from confstore._cli.terminal.text import visible

if TYPE_CHECKING:
    from confstore import Plan, Store

__all__ = ["run"]


def run(arguments: Sequence[str]) -> int:
    """Run a command and return the exit code; a failure is a line on standard error."""
    instruction = os.environ.get("_CONFSTORE_COMPLETE")
    if instruction:
        from click.shell_completion import shell_complete

        from confstore._cli.shell.completion import VARIABLE

        return shell_complete(app, {}, PROGRAM, VARIABLE, instruction)
    _open_what_is_closed()
    _use_utf8()
    session = Session(check_plan=_check_plan)
    code = _invoke(arguments or ["--help"], session)
    try:
        # Not at the end of the interpreter, where a failure would be a traceback.
        sys.stdout.flush()
    except OSError as error:
        _discard(sys.stdout)
        return code or _report(error, session)
    try:
        sys.stderr.flush()
    except OSError:
        # The interpreter's last flush would change the exit code.
        _discard(sys.stderr)
    return code


def _invoke(arguments: Sequence[str], session: Session) -> int:
    # Not `app.main`, which ends the process and prints errors in its own way.
    try:
        with session, app.make_context(PROGRAM, list(arguments), obj=session) as context:
            try:
                app.invoke(context)
            except click.exceptions.Exit:
                raise
            except (Exception, KeyboardInterrupt) as error:
                # While the store is open: it knows the closest name.
                return _report(error, session)
    except click.exceptions.Exit as error:
        return error.exit_code
    except (Exception, KeyboardInterrupt) as error:
        return _report(error, session)
    return ExitCode.DONE


def _check_plan(session: Session, store: Store, plan: Plan) -> None:
    # Not at the top: most runs have no schema, or write nothing.
    from confstore._cli.arguments.written import check_written

    check_written(session, store, plan)


def _report(error: BaseException, session: Session) -> int:
    if isinstance(error, BrokenPipeError):
        # The reader of the output closed it, as in `confstore list | head`.
        return ExitCode.BROKEN_PIPE
    # Not at the top: most runs do not fail.
    from confstore._cli.shell.failures import address_of, failure_of

    if session.is_debug:
        import traceback

        traceback.print_exception(error)
    if isinstance(error, click.Abort) and sys.stderr.isatty():
        # The cursor is behind a question.
        sys.stderr.write("\n")
    code, text = failure_of(error, session)
    lines = [f"{PROGRAM}: {visible(text)}"]
    address = address_of(error)
    # For a person: a log keeps to one line. The traceback of --debug has ended with the address.
    if address is not None and sys.stderr.isatty() and not session.is_debug:
        lines.append(f"  {address}")
    try:
        sys.stderr.writelines(f"{line}\n" for line in lines)
    except OSError:
        # Nobody reads the reason; the code still tells of it.
        _discard(sys.stderr)
    return code


def _discard(stream: TextIO) -> None:
    """
    Let the interpreter's last flush of a closed stream go nowhere.

    Source:
        Python's manual, "Note on SIGPIPE".
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _open_what_is_closed() -> None:
    """Replace streams that the caller closed, which are None in Python."""
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115 (for good)
    if sys.stdout is None:
        # A descriptor for reading: a write is an error, and not lost silently.
        sys.stdout = open(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 (for good)


def _use_utf8() -> None:
    """Write data as UTF-8 everywhere; only a terminal has an encoding of its own."""
    if sys.stdout.isatty():
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a file
    else:
        sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
