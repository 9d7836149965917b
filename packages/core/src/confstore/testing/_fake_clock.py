"""A clock for tests that moves only when told to."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from datetime import UTC, datetime, timedelta

import attrs

from confstore.adapter import call_after_fork

__all__ = ["FakeClock"]

_EPOCH = datetime(2030, 1, 1, tzinfo=UTC)
_LOOK_S = 0.005
"""Real seconds between two checks if a thread has ended: a thread notifies nobody of its end."""

_ROOM = 16
"""Threads that are kept before those that have ended are looked for."""


@attrs.define(eq=False)
class _Waiter:
    """One thread in one wait."""

    event: FakeEvent
    thread: threading.Thread
    is_due: bool = False


class FakeClock:
    """
    A clock for tests: time passes only by `advance`.

    `advance` returns when every thread that this clock started waits or has ended, so a test sees
    the work of its threads without sleeping.
    """

    def __init__(self, *, patience: float = 30.0) -> None:
        """
        Create a clock that stands still.

        Args:
            patience: Real seconds for which a thread may be busy before its test counts as stuck.
        """
        self._patience_s = patience
        self._now_s = 0.0
        self._shift_s = 0.0
        self._numbers = itertools.count()
        self._inherited: list[set[threading.Thread]] = []
        self._reset()
        call_after_fork(self._after_fork)

    def _after_fork(self) -> None:
        # Kept: Python 3.13 detaches a thread when it frees it. After a fork in C that is a crash.
        self._inherited.append(self._started)
        self._reset()

    def _reset(self) -> None:
        # A forked child inherits no threads, but the locks that they held.
        self.lock = threading.RLock()
        self._settled = threading.Condition(self.lock)
        # By the time at which they are due; of equal times, who began to wait first.
        self._waiters: list[tuple[float, int, _Waiter]] = []
        self._started: set[threading.Thread] = set()
        self._room = _ROOM
        self._busy: set[threading.Thread] = set()

    def monotonic(self) -> float:
        """Return the advanced seconds."""
        return self._now_s

    def now(self) -> datetime:
        """Return the time of day: 2030-01-01 in UTC plus the advanced and the shifted seconds."""
        return _EPOCH + timedelta(seconds=self._now_s + self._shift_s)

    def shift(self, seconds: float) -> None:
        """
        Move the time of day alone.

        Forward, this is a machine that slept, or a clock that was set by hand; back, the latter.
        """
        self._shift_s += seconds

    def event(self) -> FakeEvent:
        """Create an event that is timed by this clock."""
        return FakeEvent(self)

    def start(self, thread: threading.Thread) -> None:
        """Start a thread that `advance` waits for."""
        with self.lock:
            if len(self._started) >= self._room:
                self._started = {one for one in self._started if one.is_alive()}
                self._room = 2 * len(self._started) + _ROOM
            self._started.add(thread)
            self._busy.add(thread)
            # Under the lock: to a thread that starts another one, it would not be alive.
            thread.start()

    def advance(self, seconds: float = 0.0) -> None:
        """
        Let time pass, with a stop at each instant at which a thread is due.

        Raises:
            TimeoutError: A thread neither waits nor has ended after `patience` seconds.
        """
        with self.lock:
            end_s = self._now_s + seconds
            self._settle()
            while self._waiters and self._waiters[0][0] <= end_s:
                self._now_s, _, waiter = heapq.heappop(self._waiters)
                waiter.is_due = True
                self.wake(waiter.event, [waiter.thread])
                self._settle()
            self._now_s = end_s

    def _settle(self) -> None:
        give_up_s = time.monotonic() + self._patience_s
        while busy := {thread for thread in self._busy if thread.is_alive()}:
            if time.monotonic() > give_up_s:
                names = ", ".join(sorted(thread.name for thread in busy))
                message = f"still busy after {self._patience_s:g} s: {names}"
                raise TimeoutError(message)
            self._settled.wait(_LOOK_S)
        self._busy.clear()

    def wake(self, event: FakeEvent, threads: list[threading.Thread]) -> None:
        """Wake threads that wait for an event."""
        self._busy |= self._started.intersection(threads)
        event.condition.notify_all()

    def wait_for(self, event: FakeEvent, timeout: float | None) -> bool:
        """Wait for an event of this clock; return True if it is set."""
        with self.lock:
            due_s = self._now_s + (float("inf") if timeout is None else timeout)
            if event.is_set() or due_s <= self._now_s:
                return event.is_set()
            thread = threading.current_thread()
            waiter = _Waiter(event, thread)
            entry = (due_s, next(self._numbers), waiter)
            heapq.heappush(self._waiters, entry)
            event.threads.append(thread)
            self._busy.discard(thread)
            self._settled.notify_all()
            event.condition.wait_for(lambda: event.is_set() or waiter.is_due)
            event.threads.remove(thread)
            if not waiter.is_due:
                self._waiters.remove(entry)
                heapq.heapify(self._waiters)
            return event.is_set()


class FakeEvent:
    """An event whose timeout is measured by a fake clock."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self._is_set = False
        self.condition: threading.Condition = threading.Condition(clock.lock)
        self.threads: list[threading.Thread] = []

    def set(self) -> None:
        """Wake all who wait, now and later."""
        with self.condition:
            self._is_set = True
            self._clock.wake(self, self.threads)

    def is_set(self) -> bool:
        """Return True after `set` was called."""
        return self._is_set

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until `set`, or until this many seconds were advanced."""
        return self._clock.wait_for(self, timeout)
