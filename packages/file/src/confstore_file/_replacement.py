"""The atomic replace of a file, which survives a crash at any instant."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import suppress

from confstore.files import check_trusted

__all__ = [
    "Replacement",
    "adopt_temporary",
    "check_planted",
    "is_mount",
    "make_folder",
    "mount_text",
    "narrow_to",
    "temporary_of",
]

_MOUNTS = "/proc/self/mountinfo"


class Replacement:
    """
    The next content of a file, written beside it; a context manager that leaves nothing behind.

    The temporary file has one fixed name, so that crashes leave one file at most: the next writer
    replaces a dead one's. Writers must hold the lock of the file.

    Attributes:
        temporary: The temporary file's path.
    """

    def __init__(self, target: str, content: bytes, *, model: str | None = None) -> None:
        """
        Name the file and its next content.

        Args:
            target: The file's path, without symbolic links; its folder exists.
            content: Its next content.
            model: Another file, if it exists, whose owner and mode the file gets, and whose owner
                may write to the file; without it, the file keeps its own.
        """
        self._target = target
        self._content = content
        self._model = model
        self._is_kept = False
        self.temporary = temporary_of(target)

    def __enter__(self) -> Replacement:
        try:
            self._write()
        except BaseException:
            self._discard()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if not self._is_kept:
            self._discard()

    def keep(self) -> None:
        """From now on leave the temporary file where it is, unless `commit` moves it."""
        self._is_kept = True

    def sync_name(self) -> None:
        """Make the name of the temporary file durable; its content already is."""
        sync_folder(os.path.dirname(self._target))

    def commit(self) -> None:
        """
        Replace the file; durable when this returns.

        Raises:
            OSError: The folder could not be synced. The file is replaced all the same, but a loss
                of power may bring back the old one.
        """
        adopt_temporary(self._target)
        self.keep()

    def _write(self) -> None:
        try:
            old = os.stat(self._model or self._target)
        except FileNotFoundError:
            old = None
        # The new file is never open to more people than the old one, not even for a moment.
        with open(self._create(0o666 if old is None else 0o600), "wb") as file:
            if old is not None:
                mode = stat.S_IMODE(old.st_mode) | (stat.S_IWUSR if self._model else 0)
                _give_owner_and_mode(file.fileno(), old, mode)
            file.write(self._content)
            file.flush()
            os.fsync(file.fileno())

    def _create(self, mode: int) -> int:
        # O_EXCL does not follow a link that somebody has put there.
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY
        try:
            return os.open(self.temporary, flags, mode)
        except FileExistsError:
            os.unlink(self.temporary)
            return os.open(self.temporary, flags, mode)

    def _discard(self) -> None:
        with suppress(OSError):
            os.unlink(self.temporary)


def temporary_of(target: str) -> str:
    """The path of the temporary file of a file."""
    folder, name = os.path.split(target)
    return os.path.join(folder, f".{name}.tmp")


def adopt_temporary(target: str) -> None:
    """Replace a file by its temporary file, as `Replacement.commit` does."""
    os.replace(temporary_of(target), target)
    sync_folder(os.path.dirname(target))


def check_planted(path: str, status: os.stat_result, target: str) -> None:
    """
    Refuse a file beside the options that somebody may have written who may not write those.

    Args:
        path: The file.
        status: Its `os.stat`.
        target: The options file, which need not exist.

    Raises:
        DistrustedFileError: It is not to be believed.
    """
    folder = os.stat(os.path.dirname(target))
    # Elsewhere, whoever can make a file in the folder can replace the options just as well.
    owners: tuple[int, ...] | None = () if folder.st_mode & stat.S_ISVTX else None
    try:
        options = os.stat(target)
    except FileNotFoundError:
        # The options will have the mode that the umask of their first writer leaves.
        writable_by = stat.S_IWGRP
    else:
        owners = None if owners is None else (options.st_uid,)
        writable_by = options.st_mode
        if options.st_gid != status.st_gid and not options.st_mode & stat.S_IWOTH:
            writable_by &= ~stat.S_IWGRP
    check_trusted(path, status, owners=owners, writable_by=writable_by)


def is_mount(target: str) -> bool:
    """True if a file is mounted by itself, as into a container: no rename can replace it then."""
    return any(point == target for point in _mount_points())


def mount_text(target: str) -> str:
    """What is wrong with a mounted file, and what to do."""
    folder = os.path.dirname(target)
    return (
        f"{target} is a mount of a single file, which cannot be replaced: "
        f"mount its folder to {folder} instead, or to another and name the file there"
    )


def _mount_points() -> Iterator[str]:
    # See proc_pid_mountinfo(5): the fifth field, with octal escapes of space, tab, newline and \\.
    with suppress(FileNotFoundError), open(_MOUNTS, "rb") as lines:
        for line in lines:
            point = line.split(b" ")[4]
            for code in (b"040", b"011", b"012", b"134"):
                point = point.replace(b"\\" + code, bytes([int(code, 8)]))
            yield os.fsdecode(point)


def narrow_to(descriptor: int, model: str) -> None:
    """Close a file to everybody who may not read another; its owner may always write."""
    now, other = os.fstat(descriptor), os.stat(model)
    mode = stat.S_IMODE(now.st_mode)
    _give_owner_and_mode(descriptor, other, mode & (stat.S_IMODE(other.st_mode) | stat.S_IWUSR))


def _give_owner_and_mode(descriptor: int, old: os.stat_result, mode: int) -> None:
    new = os.fstat(descriptor)
    if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
        # Closed while it changes hands: the old mode is meant for the old group.
        narrow = stat.S_IMODE(new.st_mode) & stat.S_IRWXU
        if new.st_gid != old.st_gid and narrow != stat.S_IMODE(new.st_mode):
            os.fchmod(descriptor, narrow)
        try:
            os.fchown(descriptor, old.st_uid, old.st_gid)
        except PermissionError:
            # Only root may give a file away; its owner may give it to a group of his.
            with suppress(PermissionError):
                os.fchown(descriptor, -1, old.st_gid)
        new = os.fstat(descriptor)
    if new.st_gid != old.st_gid:
        # The old group is among the others now, and a group that was among them has its place.
        shared = mode >> 3 & mode & stat.S_IRWXO
        mode = mode & stat.S_IRWXU | shared << 3 | shared
    # After fchown, which may clear bits of the mode.
    if mode != stat.S_IMODE(new.st_mode):
        os.fchmod(descriptor, mode)


def make_folder(folder: str) -> None:
    """Create a folder and those above it, durably."""
    if os.path.isdir(folder):
        return
    above = os.path.dirname(folder)
    make_folder(above)
    with suppress(FileExistsError):
        os.mkdir(folder)
    sync_folder(above)


def sync_folder(folder: str) -> None:
    """Make the names in a folder durable."""
    if os.name == "nt":  # pragma: no cover (a folder cannot be opened there)
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some file systems do not support it, and some do not need it.
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise
    finally:
        os.close(descriptor)
