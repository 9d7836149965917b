"""An export on its way out: to standard output, or to a file that only its owner may read."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from confstore._cli._exit_codes import CommandError, ExitCode
from confstore._cli._session import Session
from confstore._cli._text import visible
from confstore._process.private_file import replaced_file

if TYPE_CHECKING:
    from confstore import Store

__all__ = ["ExportFile"]


class ExportFile:
    """Where an export goes."""

    def __init__(self, path: str) -> None:
        """
        Name it.

        Args:
            path: The file; `-` is standard output.
        """
        self._shown = path
        self._path = None if path == "-" else Path(path)

    def check(self, session: Session, store: Store, *, is_confirmed: bool) -> None:
        """
        Ask before a file is replaced.

        Args:
            session: The run.
            store: The store that is exported; its own files are never replaced.
            is_confirmed: Whether `--yes` was given.

        Raises:
            CommandError: It is a folder, or the store's; or it is there, and nobody said that it
                may be replaced.
        """
        if self._path is None or not self._path.exists():
            return
        own: Sequence[str] = getattr(store, "files", ())
        if any(os.path.exists(file) and os.path.samefile(file, self._path) for file in own):
            message = f"{self._shown!r} is a file of the store itself: export to another one"
            raise CommandError(message)
        if self._path.is_dir():
            raise CommandError(f"{self._shown!r} is a folder: give the name of a file")
        if self._path.is_file():
            session.confirm(f"replace the file {self._shown!r}", is_confirmed=is_confirmed)

    def write(self, session: Session, text: str) -> None:
        """
        Write the text.

        Raises:
            CommandError: The file cannot be written; the old one, if there was one, is as it was.
        """
        if self._path is None:
            # A program gets the text itself; a screen would obey the escape sequences in it.
            sys.stdout.write(visible(text, keep="\n\t") if session.is_terminal else text)
            return
        try:
            with self._opened(self._path) as file:
                file.write(text)
        except BrokenPipeError:
            raise
        except OSError as error:
            # Its own name would be that of the temporary file.
            reason = os.strerror(error.errno) if error.errno else type(error).__name__
            message = f"the file {self._shown!r} cannot be written: {reason}"
            raise CommandError(message, ExitCode.BACKEND) from error

    def _opened(self, path: Path) -> AbstractContextManager[TextIO]:
        if path.exists() and not path.is_file():
            # A pipe or a device: who reads there would wait for ever if it were replaced.
            return path.open("w", encoding="utf-8", newline="")
        # A link stays, and what it leads to is replaced.
        return replaced_file(Path(os.path.realpath(path)))
