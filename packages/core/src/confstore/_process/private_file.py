"""Files that hold secrets: how they are replaced, and which of them are believed."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TextIO

if sys.platform != "win32":  # pragma: no branch
    import fcntl

__all__ = [
    "DistrustedFileError",
    "check_trusted",
    "open_regular",
    "remove_abandoned",
    "replaced_file",
]

_UNOPENABLE = frozenset({errno.ENODEV, errno.ENXIO})
"""The errors of `open` for what can be no file."""

_HAS_OWNERS = os.name != "nt"
"""Windows has other permissions, which an `os.stat` does not show."""


class DistrustedFileError(OSError):
    """It is no file, or somebody may have planted it; the text says what to do."""


def open_regular(path: str | os.PathLike[str], flags: int = os.O_RDONLY) -> int:
    """
    Open a file without waiting, as an `opener` of `open`: a FIFO would wait for its other end.

    Raises:
        DistrustedFileError: It is a FIFO, a device, a folder or a socket.
        OSError: It does not exist, or cannot be opened.
    """
    wanted = sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))
    try:
        descriptor = os.open(path, flags | wanted | getattr(os, "O_NOCTTY", 0))
    except OSError as error:
        # A socket, or a device that is not there.
        if error.errno not in _UNOPENABLE:
            raise
    else:
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return descriptor
        os.close(descriptor)
    raise DistrustedFileError(f"{os.fspath(path)} is not a file: remove what is in its place")


def check_trusted(
    path: str | os.PathLike[str],
    status: os.stat_result,
    *,
    owners: Collection[int] | None = (),
    writable_by: int = 0,
) -> None:
    """
    Refuse a file that somebody may have written who had no right to.

    Args:
        path: The file, for the error.
        status: Its `os.fstat`.
        owners: Who may own it besides this user and root; None for everybody.
        writable_by: The bits of a mode for group and others that the file may have.

    Raises:
        DistrustedFileError: It is not to be believed.
    """
    if not _HAS_OWNERS:  # pragma: no cover (Windows)
        return
    if owners is not None and status.st_uid not in {os.geteuid(), 0, *owners}:
        reason = f"it belongs to user {status.st_uid}: remove it, or give it to its rightful owner"
    elif status.st_mode & (stat.S_IWGRP | stat.S_IWOTH) & ~writable_by:
        mode = stat.S_IMODE(status.st_mode)
        reason = f"others may write it (mode {mode:04o}): look at it, then chmod go-w, or remove it"
    else:
        return
    raise DistrustedFileError(f"{os.fspath(path)} is not believed, {reason}")


def remove_abandoned(path: Path) -> None:
    """
    Remove the temporary files of processes that ended while they replaced this file.

    A file that is being written is locked, and the lock ends with its process. Files that cannot
    be locked or removed stay.

    Raises:
        OSError: The folder could not be read.
    """
    for name in os.listdir(path.parent):
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
