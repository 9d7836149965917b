"""Time as a parameter: the clock of the machine, or one of a test."""

from __future__ import annotations

import contextlib
import math
import numbers
import threading
import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import Protocol

import attrs

__all__ = ["Clock", "Event", "Moment", "SystemClock", "seconds"]

# A machine's sleep counts on this clock, where there is one. The other does not count it on Linux.
_SLEEPLESS_CLOCK = getattr(time, "CLOCK_BOOTTIME", None)


class Event(Protocol):
    """The part of `threading.Event` that this package uses."""

    def set(self) -> None:
        """Wake every waiting thread; later waits return at once."""
        ...

    def is_set(self) -> bool:
        """True once `set` was called."""
        ...

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until `set` or for this many seconds; return `is_set()`."""
        ...


class Clock(Protocol):
    """A source of time, and of events and threads that wait by it."""

    def monotonic(self) -> float:
        """Seconds since some fixed instant; never goes back."""
        ...

    def now(self) -> datetime:
        """The time of day, aware, in UTC."""
        ...

    def event(self) -> Event:
        """A new event whose `wait` is timed by this clock."""
        ...

    def start(self, thread: threading.Thread) -> None:
        """Start a thread that waits for such events."""
        ...


_MAX_SKEW_S = 60.0
"""The clocks of machines without time synchronization differ by more, those with it by far less."""


@attrs.frozen
class Moment:
    """
    A moment on both clocks of a machine, to measure how old something is.

    The monotonic clock stands still while a machine sleeps or waits as an image (suspend, restored
    virtual machines, Lambda SnapStart). The time of day goes on then, but can be set back by hand.
    So whichever clock has advanced more is believed: nothing old is taken for fresh.
    """

    monotonic_s: float
    time_s: float

    @classmethod
    def now(cls, clock: Clock) -> Moment:
        """The present moment."""
        return cls(clock.monotonic(), clock.now().timestamp())

    def after(self, delay_s: float) -> Moment:
        """The moment so many seconds later."""
        return Moment(self.monotonic_s + delay_s, self.time_s + delay_s)

    def at(self, time_s: float) -> Moment:
        """
        The moment of a time of day that another process noted.

        A time to come was noted before this clock was set back: nobody knows how long ago. Two
        machines may differ by a minute.
        """
        ago_s = self.time_s - time_s
        if ago_s < -_MAX_SKEW_S:
            return Moment(-math.inf, -math.inf)
        return Moment(self.monotonic_s - max(0.0, ago_s), time_s)

    def age_s(self, clock: Clock) -> float:
        """Seconds since this moment, at least 0."""
        by_time_s = clock.now().timestamp() - self.time_s
        return max(0.0, clock.monotonic() - self.monotonic_s, by_time_s)

    def has_come(self, clock: Clock) -> bool:
        """True from this moment on, by either clock."""
        if clock.monotonic() >= self.monotonic_s:
            return True
        return clock.now().timestamp() >= self.time_s


class SystemEvent:
    """
    An event that garbage collection may set.

    `threading.Event.set` takes a lock. Garbage collection, which can end a config, may run in the
    thread that holds this lock, and would deadlock. Here the lock is the event: locked until set.
    """

    __slots__ = ("_is_set", "_lock")

    def __init__(self) -> None:
        self._is_set = False
        self._lock = threading.Lock()
        self._lock.acquire()

    def set(self) -> None:
        self._is_set = True
        # Already released if it was set before, or by another thread at the same time.
        with contextlib.suppress(RuntimeError):
            self._lock.release()

    def is_set(self) -> bool:
        return self._is_set

    def wait(self, timeout: float | None = None) -> bool:
        limit_s = -1.0 if timeout is None else min(max(0.0, timeout), threading.TIMEOUT_MAX)
        if not self._is_set and self._lock.acquire(timeout=limit_s):
            # Let the next waiting thread through.
            with contextlib.suppress(RuntimeError):
                self._lock.release()
        return self._is_set


class SystemClock:
    """The machine's own clock."""

    def monotonic(self) -> float:
        """Seconds since some fixed instant; never goes back, and counts sleep where it can."""
        if _SLEEPLESS_CLOCK is None:  # pragma: no cover (Linux has it)
            return time.monotonic()
        return time.clock_gettime(_SLEEPLESS_CLOCK)

    def now(self) -> datetime:
        """The time of day, aware, in UTC."""
        return datetime.now(UTC)

    def event(self) -> Event:
        """A new event that waits in real seconds."""
        return SystemEvent()

    def start(self, thread: threading.Thread) -> None:
        """Start a thread."""
        thread.start()


def seconds(name: str, value: float) -> float:
    """
    Check a duration that a caller gave.

    Raises:
        TypeError: It is not a number; `True` and `"60"` are not.
        ValueError: It is not positive, or not finite.
    """
    given: object = value
    if isinstance(given, bool) or not isinstance(given, numbers.Real | Decimal):
        message = f"{name} is a positive number of seconds, not {type(given).__name__}"
        raise TypeError(message)
    if not 0 < value < math.inf:
        message = f"{name} is a positive number of seconds, not {value!r}"
        raise ValueError(message)
    return float(value)
