"""One writer of a file at a time."""

from __future__ import annotations

import os
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

# By name: from Python 3.15 on, `filelock.Timeout` would be imported when it is first needed, by a
# service that may have given up the right to read the library.
from filelock import FileLock, Timeout

from confstore.adapter import call_after_fork
from confstore.errors import StoreUnavailableError
from confstore.files import DistrustedFileError, open_regular
from confstore_file._os_errors import store_error

__all__ = ["WriteLock", "lock_of"]

_POLL_S = 0.005
"""Seconds between two tries of the file lock; a write takes about one hundredth of a second."""


class WriteLock:
    """
    Excludes other threads and other processes.

    The operating system holds the lock, not the lock file: when a process dies, it is released.
    """

    def __init__(self, store: str, timeout_s: float) -> None:
        """Make a lock for a store; it waits so many seconds for other writers in total."""
        self._store = store
        # Longer is for ever: no thread can wait for more.
        self._timeout_s = min(timeout_s, threading.TIMEOUT_MAX)
        self._threads = threading.Lock()
        self._notice_fork = call_after_fork(self._renew)

    def _renew(self) -> None:
        # A thread of the parent may have held it at the time of the fork.
        self._threads = threading.Lock()

    @contextmanager
    def held(self, target: str) -> Iterator[None]:
        """
        Hold the lock of a file.

        Args:
            target: The file's path, without symbolic links.

        Raises:
            StoreUnavailableError: Other writers held it for too long.
            AccessDeniedError: The lock file beside the target cannot be opened.
            BackendError: Something else stands in the lock file's place.
        """
        self._notice_fork()
        lock_path = lock_of(target)
        deadline_s = time.monotonic() + self._timeout_s
        threads = self._threads
        if not threads.acquire(timeout=self._timeout_s):
            raise self._timed_out(lock_path)
        try:
            remaining_s = max(0.0, deadline_s - time.monotonic())
            # A new object each time: threads do not share it, and a fork does not inherit it.
            lock = FileLock(lock_path)
            try:
                _share(lock_path, target)
                lock.acquire(timeout=remaining_s, poll_interval=_POLL_S)
            except Timeout:
                raise self._timed_out(lock_path) from None
            except OSError as error:
                raise store_error(error, self._store, f"locking {lock_path}") from error
            try:
                yield
            finally:
                lock.release()
        finally:
            threads.release()

    def _timed_out(self, lock_path: str) -> StoreUnavailableError:
        reason = f"another writer has held {lock_path} for more than {self._timeout_s:g} s"
        return StoreUnavailableError(self._store, reason)


def _share(path: str, target: str) -> None:
    """Make the lock file of a file for those who may write that, and for nobody else."""
    if os.name == "nt":  # pragma: no cover (Windows has other permissions)
        return
    try:
        options = os.stat(target)
    except FileNotFoundError:
        options = None
    flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_NOFOLLOW
    try:
        descriptor = os.open(path, flags | os.O_CLOEXEC, 0o666 if options is None else 0o600)
        is_new = True
    except FileExistsError:
        is_new = False
        # It may be another's to change: then taking it says what is missing.
        try:
            descriptor = open_regular(path, os.O_RDWR | os.O_NOFOLLOW)
        except PermissionError:
            return
    try:
        now = os.fstat(descriptor)
        if now.st_nlink > 1:
            # Sharing it would give that file away, and some versions of filelock truncate it.
            reason = "is a hard link to another file: remove it while no program writes the store"
            raise DistrustedFileError(f"{path} {reason}")
        if (is_new or options) and os.geteuid() in {0, now.st_uid}:
            _give(descriptor, now, *_sharers(options or now, os.stat(os.path.dirname(path))))
    finally:
        os.close(descriptor)


def _sharers(options: os.stat_result, folder: os.stat_result) -> tuple[int, int, int]:
    """Owner, group and mode of the lock: who reads the options and may replace or write them."""
    mode = options.st_mode
    # In a sticky folder, only its owner can replace a file of somebody else.
    may_replace = 0 if folder.st_mode & stat.S_ISVTX else folder.st_mode
    if mode & stat.S_IWOTH or (mode & stat.S_IROTH and may_replace & stat.S_IWOTH):
        return options.st_uid, options.st_gid, 0o666
    if mode & stat.S_IWGRP:
        return options.st_uid, options.st_gid, 0o660
    is_read = mode & (stat.S_IRGRP if options.st_gid == folder.st_gid else stat.S_IROTH)
    if is_read and may_replace & stat.S_IWGRP:
        return options.st_uid, folder.st_gid, 0o660
    return options.st_uid, options.st_gid, 0o600


def _give(descriptor: int, now: os.stat_result, owner: int, group: int, mode: int) -> None:
    if (now.st_uid, now.st_gid) != (owner, group):
        os.fchmod(descriptor, 0o600)
        try:
            os.fchown(descriptor, owner, group)
        except PermissionError:
            with suppress(PermissionError):
                os.fchown(descriptor, -1, group)
    if os.fstat(descriptor).st_gid != group:
        # A group of which this user is no member: its members are among the others.
        mode &= 0o606 if mode & stat.S_IWOTH else 0o600
    os.fchmod(descriptor, mode)


def lock_of(target: str) -> str:
    """The path of the lock file of a file."""
    folder, name = os.path.split(target)
    return os.path.join(folder, f".{name}.lock")
