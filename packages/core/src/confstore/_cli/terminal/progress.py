"""A progress bar on standard error."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

__all__ = ["Progress"]

_MANY = 100
"""Options from which on a bar is shown: more than one commit holds."""


@attrs.define(eq=False)
class Progress:
    """A bar on standard error, if that is a terminal and there are many options, until the end."""

    doing: str
    total: int | None = None
    _done: int = 0
    _bar: RichProgress | None = None
    _task: Any = None

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def advance(self, options: int = 1) -> None:
        """Count more options as done."""
        self._done += options
        if self._bar is not None:
            self._bar.update(self._task, completed=self._done)
        elif (self.total or self._done) >= _MANY and sys.stderr.isatty():
            self._start()

    def _start(self) -> None:
        # Not at the top: importing rich takes longer than a short command.
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress as RichProgress,
            TextColumn,
        )

        columns = (TextColumn(self.doing), BarColumn(), MofNCompleteColumn())
        self._bar = RichProgress(*columns, console=Console(stderr=True), transient=True)
        self._task = self._bar.add_task("", total=self.total, completed=self._done)
        self._bar.start()
