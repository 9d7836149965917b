"""One writer of a file at a time."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import filelock

from confstore.adapter import call_after_fork
from confstore.errors import StoreUnavailableError
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
        self._timeout_s = timeout_s
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
            lock = filelock.FileLock(lock_path)
            try:
                lock.acquire(timeout=remaining_s, poll_interval=_POLL_S)
            except filelock.Timeout:
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


def lock_of(target: str) -> str:
    """The path of the lock file of a file."""
    folder, name = os.path.split(target)
    return os.path.join(folder, f".{name}.lock")
