"""The failures that a test plans for a store in memory."""

from __future__ import annotations

import threading
from collections.abc import Collection

import attrs

from confstore.adapter import call_after_fork

__all__ = ["CALLS", "Faults"]

CALLS = frozenset(
    {
        *("get", "items", "poll", "set", "update", "delete"),
        *("commit", "commits", "enable_journal", "version"),
    }
)
"""The calls of a store that can be made to fail; `close` never fails."""


@attrs.define(eq=False)
class _Fault:
    error: BaseException
    calls: frozenset[str]
    times_left: int | None


@attrs.define(eq=False, repr=False)
class Faults:
    """The calls that are to fail, how, and how often; the newest failure comes first."""

    _faults: list[_Fault] = attrs.field(factory=list)
    _lock: threading.Lock = attrs.field(factory=threading.Lock)

    def __attrs_post_init__(self) -> None:
        call_after_fork(self._renew_lock)

    def _renew_lock(self) -> None:
        self._lock = threading.Lock()

    def add(self, error: BaseException, times: int | None, calls: Collection[str]) -> None:
        """Make calls fail."""
        chosen = frozenset(calls)
        if not chosen or not chosen <= CALLS:
            message = f"'on' names one or more of {', '.join(sorted(CALLS))}"
            raise ValueError(message)
        if times is not None and times < 1:
            message = "'times' is at least 1, or None for every call until heal()"
            raise ValueError(message)
        with self._lock:
            self._faults.insert(0, _Fault(error, chosen, times))

    def clear(self) -> None:
        """Let no call fail any more."""
        with self._lock:
            self._faults.clear()

    def planned(self) -> list[str]:
        """The calls that would fail now, in order of their names."""
        with self._lock:
            return sorted(frozenset[str]().union(*(fault.calls for fault in self._faults)))

    def check(self, call: str) -> None:
        """Raise the error that was planned for this call, if there is one."""
        # There is almost never one, and then a read takes no lock.
        if not self._faults:
            return
        with self._lock:
            fault = next((fault for fault in self._faults if call in fault.calls), None)
            if fault is None:
                return
            if fault.times_left is not None:
                fault.times_left -= 1
                if not fault.times_left:
                    self._faults.remove(fault)
        # One error may be raised many times, and would gather the frames of each.
        raise fault.error.with_traceback(None)
