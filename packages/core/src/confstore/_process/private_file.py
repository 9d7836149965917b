"""Atomic replacement of a file that holds secrets."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

__all__ = ["replaced_file"]


@contextlib.contextmanager
def replaced_file(path: Path) -> Iterator[TextIO]:
    """
    Write a file that replaces the one at the path, readable by its owner only (mode 0600).

    The replacement is atomic, at the end of the block: a reader sees the old file or the whole new
    one; if the block raises, the old one stays. It is UTF-8, and line ends are not translated.

    Raises:
        OSError: It could not be written.
    """
    # mkstemp makes the file with mode 0600, under any umask.
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with open(handle, "w", encoding="utf-8", newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
