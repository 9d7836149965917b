"""Atomic replacement of a file that holds secrets."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

if sys.platform != "win32":
    import fcntl

__all__ = ["remove_abandoned", "replaced_file"]


def remove_abandoned(path: Path) -> None:
    """
    Remove the temporary files of processes that ended while they replaced this file.

    A file that is being written is locked, and the lock ends with its process. Files that cannot
    be locked or removed stay.
    """
    try:
        names = os.listdir(path.parent)
    except OSError:
        return
    for name in names:
        if not (name.startswith(f".{path.name}.") and name.endswith(".tmp")):
            continue
        temporary = path.parent / name
        with contextlib.suppress(OSError):
            if _is_abandoned(temporary):
                temporary.unlink()


def _is_abandoned(path: Path) -> bool:
    if sys.platform == "win32":  # pragma: no cover (an open file cannot be removed there)
        return True
    # A planted link is not followed, and a planted FIFO does not block.
    handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.close(handle)
    return True


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
            if sys.platform != "win32":  # pragma: no branch
                # Some file systems have no locks.
                with contextlib.suppress(OSError):
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
