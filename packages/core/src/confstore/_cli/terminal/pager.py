"""Long output in a terminal, through a pager, as git does it."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import TextIO

import click

__all__ = ["paged"]

# The shell's exit codes for a program that it cannot run, and for one that it does not find.
_NOT_RUN = frozenset({126, 127})


@contextlib.contextmanager
def paged() -> Iterator[None]:
    """
    Gather what a block prints to the terminal, and show it through a pager if it is too long.

    The pager is the environment's PAGER, which the shell runs; else `less`, or `more` if there is
    none. Without a terminal, with an empty PAGER and with `cat` nothing is gathered.
    """
    screen = sys.stdout
    pager = _pager() if screen.isatty() else ""
    if pager in {"", "cat"}:
        yield
        return
    gathered = _Gathered(screen.encoding)
    with contextlib.redirect_stdout(gathered):
        yield
    text = gathered.getvalue()
    if not _is_longer_than_the_screen(text) or not _has_shown(pager, text, screen):
        screen.write(text)


class _Gathered(io.StringIO):
    """Text for a terminal: whoever prints to it asks whether it is one, and for its encoding."""

    def __init__(self, encoding: str) -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]  # that of a StringIO is None
        return self._encoding

    def isatty(self) -> bool:
        return True


def _pager() -> str:
    given = os.environ.get("PAGER")
    if given is not None:
        return given.strip()
    if os.environ.get("TERM", "dumb") == "dumb":
        return ""
    return next(filter(shutil.which, ("less", "more")), "")


def _is_longer_than_the_screen(text: str) -> bool:
    columns, lines = shutil.get_terminal_size()
    # A long line takes several rows, and the shell's next prompt takes one.
    rows = (-(-len(line) // columns) or 1 for line in click.unstyle(text).splitlines())
    return sum(rows) >= lines


def _has_shown(pager: str, text: str, screen: TextIO) -> bool:
    """Run the pager until it is left; False if it could not be run."""
    screen.flush()
    content = text.encode(screen.encoding, "backslashreplace")
    # As git sets it: quit if it fits, pass on colors, leave the text on the screen.
    environment = {"LESS": "FRX", **os.environ}
    # Ctrl-C is for the pager, which may go on.
    earlier = signal.signal(signal.SIGINT, lambda *_: None)
    process = subprocess.Popen(pager, shell=True, stdin=subprocess.PIPE, env=environment)  # noqa: S602 (the user's own setting)
    try:
        process.communicate(content)
    finally:
        signal.signal(signal.SIGINT, earlier)
    return process.returncode not in _NOT_RUN
