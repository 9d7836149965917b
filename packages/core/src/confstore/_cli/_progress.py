"""How far a command is, shown to somebody who waits in a terminal."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

__all__ = ["MANY", "Progress"]

MANY = 200
"""Options from which on a bar is shown; a guess: fewer take less than a second on DynamoDB."""


@attrs.define(eq=False)
class Progress:
    """
    A bar on standard error, if that is a terminal and there are many options.

    It is gone when the work has ended.

    Attributes:
        doing: What is done, such as `"importing"`.
        total: How many options there are; None if that is not known.
    """

    doing: str
    total: int | None = None
    _done: int = 0
    _bar: RichProgress | None = None
    _task: Any = None

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def advance(self, options: int = 1) -> None:
        """So many options more are done."""
        self._done += options
        if self._bar is not None:
            self._bar.update(self._task, completed=self._done)
        elif (self.total or self._done) >= MANY and sys.stderr.isatty():
            self._start()

    def _start(self) -> None:
        # Not at the top: rich takes longer to import than a short command takes to run.
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
