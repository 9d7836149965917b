"""
Forked children of tests, which cannot hang the test that waits for them.

The child says how its work went through a pipe. What it leaves behind is nobody's affair then, so a
child that does not end by itself is killed.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import threading
import time
import traceback
from collections.abc import Callable

__all__ = ["Child", "fork", "fork_in_c", "renew_the_lock_of_coverage"]

TIMEOUT_S = 120.0
"""Seconds in which any child of these tests is done many times over."""


class Child:
    """A forked child at work."""

    def __init__(self, pid: int, reader: int) -> None:
        self._pid = pid
        self._reader = reader

    def join(self) -> str:
        """
        Wait for the child.

        Returns:
            What its work returned, as text.

        Raises:
            AssertionError: Its work raised, with its traceback; or it was not done in time.
        """
        said = b""
        give_up_s = time.monotonic() + TIMEOUT_S
        while select.select([self._reader], [], [], max(0.0, give_up_s - time.monotonic()))[0]:
            chunk = os.read(self._reader, 65_536)
            if not chunk:
                break
            said += chunk
        os.close(self._reader)
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        assert said.startswith(b"+"), said.decode() or "the child died, or hangs"
        return said[1:].decode()


def fork_in_c() -> int:
    """Fork as uWSGI does, and any program in C: Python is not told."""
    # A thread that waits for the interpreter's lock at that moment is lost with the lock's state:
    # let all of them run until they wait for something else.
    time.sleep(0.05)
    # PyDLL keeps the interpreter's lock, so that the child has it.
    pid: int = ctypes.PyDLL(None).fork()
    return pid


def fork(work: Callable[[], object], by: Callable[[], int] | None = None) -> Child:
    """Fork a child that does some work and ends, by `os.fork` or by another function."""
    reader, writer = os.pipe()
    pid = (by or os.fork)()
    if pid == 0:
        said = ""
        try:
            said = f"+{work()}"
        except BaseException:
            said = traceback.format_exc()[-4000:]
        finally:
            os.write(writer, said.encode())
            # The pipe ends with this process, and not before its coverage is saved.
            os._exit(0)
    os.close(writer)
    return Child(pid, reader)


def renew_the_lock_of_coverage() -> None:
    """
    Keep coverage from hanging forked children.

    It takes a lock whenever a thread enters a file that is new to it. A child inherits that lock
    as another thread of its parent held it, and ends by saving what was measured, under the lock.
    """
    try:
        from coverage import Coverage
    except ModuleNotFoundError:
        return
    measuring = Coverage.current()
    collector = getattr(measuring, "_collector", None)
    if collector is None:
        return

    def renew() -> None:
        collector.data_lock = threading.Lock()

    os.register_at_fork(after_in_child=renew)
