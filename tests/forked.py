"""
Forked children of tests, which cannot hang the test that waits for them.

The child says how its work went through a pipe. What it leaves behind is nobody's affair then, so a
child that does not end by itself is killed.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import gc
import os
import select
import signal
import sys
import threading
import time
import traceback
import weakref
from collections.abc import Callable
from pathlib import Path

__all__ = ["Child", "fork", "fork_in_c", "renew_the_lock_of_coverage"]

TIMEOUT_S = 120.0
"""Seconds in which any child of these tests is done many times over."""

_QUIET_S = 0.002


class Child:
    """A forked child at work."""

    def __init__(self, pid: int, reader: int) -> None:
        self._pid, self._reader = pid, reader
        # Also if the test fails before it joins this child.
        self._kill = weakref.finalize(self, _kill, pid)

    def join(self, timeout_s: float = TIMEOUT_S) -> str:
        """
        Wait for the child.

        Args:
            timeout_s: Seconds after which it hangs, and is asked where.

        Returns:
            What its work returned, as text.

        Raises:
            AssertionError: Its work raised, with its traceback; or it was not done in time.
        """
        said, is_done = self._read(timeout_s)
        if not is_done:
            os.kill(self._pid, signal.SIGABRT)
            said += self._read(TIMEOUT_S)[0]
        os.close(self._reader)
        self._kill()
        assert said.startswith(b"+"), said.decode() or "the child died"
        return said[1:].decode()

    def _read(self, timeout_s: float) -> tuple[bytes, bool]:
        """Read until the child ends its pipe or the time is up; True if it has ended it."""
        said = b""
        give_up_s = time.monotonic() + timeout_s
        while select.select([self._reader], [], [], max(0.0, give_up_s - time.monotonic()))[0]:
            chunk = os.read(self._reader, 65_536)
            if not chunk:
                return said, True
            said += chunk
        return said, False


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def fork_in_c() -> int:
    """
    Fork as uWSGI does, and any program in C: Python is not told.

    A thread that waits for the interpreter's lock at that moment is lost with that lock, for which
    the child then waits for ever. So this forks while all others wait for something else; a child
    of a moment when one woke up all the same has done nothing yet, and is replaced.

    What earlier tests left is freed first: a child that frees a thread of its parent crashes on
    Python 3.13, which then detaches it.
    """
    gc.collect()
    while (pid := _fork_while_quiet()) is None:
        pass
    return pid


def _fork_while_quiet() -> int | None:
    interval_s = sys.getswitchinterval()
    reader, writer = os.pipe()
    # A thread that wakes up now asks for the lock after this long: in no child of this one.
    sys.setswitchinterval(TIMEOUT_S)
    try:
        quiet = _wait_for_quiet()
        # PyDLL keeps the interpreter's lock, so that the child has it.
        pid: int = ctypes.PyDLL(None).fork()
        if pid == 0:
            os.close(writer)
            if not os.read(reader, 1):
                os._exit(1)
            os.close(reader)
            return 0
        is_sound = _others() == quiet
    finally:
        sys.setswitchinterval(interval_s)
    os.close(reader)
    if is_sound:
        os.write(writer, b"+")
    else:
        _kill(pid)
    os.close(writer)
    return pid if is_sound else None


def _wait_for_quiet() -> dict[str, tuple[str, str]]:
    """Wait until every other thread has slept for a while, without waiting for the interpreter."""
    give_up_s = time.monotonic() + TIMEOUT_S
    before = None
    while before != (now := _others()) or any("S" not in state for state, _ in now.values()):
        assert time.monotonic() < give_up_s, "another thread never sleeps"
        before = now
        # This lets whoever waits for the interpreter's lock run.
        time.sleep(_QUIET_S)
    return now


def _others() -> dict[str, tuple[str, str]]:
    """State and number of sleeps of every other thread of this process, as Linux counts them."""
    mine = str(threading.get_native_id())
    found = {}
    for folder in Path("/proc/self/task").iterdir():
        if folder.name != mine:
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                lines = (folder / "status").read_text().splitlines()
                facts = dict(line.partition(":")[::2] for line in lines)
                found[folder.name] = facts["State"], facts["voluntary_ctxt_switches"]
    return found


def fork(work: Callable[[], object], by: Callable[[], int] | None = None) -> Child:
    """Fork a child that does some work and ends, by `os.fork` or by another function."""
    reader, writer = os.pipe()
    pid = (by or os.fork)()
    if pid == 0:
        said = ""
        # Of a child that crashes, or that the test aborts.
        faulthandler.enable(writer)
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


_in_thread = threading.local()


class _Life:
    """Something that ends with the thread that has it."""


def end_of_this_thread() -> threading.Event:
    """
    An event that is set when the calling thread ends.

    For the thread that forked, in its child: to join it hangs for ever, with glibc 2.43.
    """
    ended = threading.Event()
    _in_thread.life = _Life()
    weakref.finalize(_in_thread.life, ended.set)
    return ended


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
