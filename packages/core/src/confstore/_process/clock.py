"""Time, as something that can be handed in."""

from __future__ import annotations

import contextlib
import math
import numbers
import threading
import time
from datetime import datetime, timezone
from decimal import Decimal
from typing import Protocol

__all__ = ["Clock", "Event", "SystemClock", "seconds"]


class Event(Protocol):
    """What this package uses of `threading.Event`."""

    def set(self) -> None:
        """Wake all who wait, now and later."""
        ...

    def is_set(self) -> bool:
        """Whether `set` was called."""
        ...

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until `set` or for this many seconds; whether it was set."""
        ...


class Clock(Protocol):
    """Where time comes from and how it is waited for."""

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


class SystemEvent:
    """
    An event that may be set from anywhere.

    `threading.Event.set` takes a lock. Garbage collection, in which a config can end, may run in
    the very thread that holds this lock, which would then wait for itself for ever. Here the lock
    is the event: locked until it is set.
    """

    __slots__ = ("_is_set", "_lock")

    def __init__(self) -> None:
        self._is_set = False
        self._lock = threading.Lock()
        self._lock.acquire()

    def set(self) -> None:
        """Wake all who wait, now and later."""
        self._is_set = True
        # Set before, or at the same time by another thread: it is unlocked all the same.
        with contextlib.suppress(RuntimeError):
            self._lock.release()

    def is_set(self) -> bool:
        """Whether `set` was called."""
        return self._is_set

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until `set` or for this many seconds; whether it was set."""
        limit_s = -1.0 if timeout is None else min(max(0.0, timeout), threading.TIMEOUT_MAX)
        if not self._is_set and self._lock.acquire(timeout=limit_s):
            # Whoever wakes lets the next one through.
            with contextlib.suppress(RuntimeError):
                self._lock.release()
        return self._is_set


class SystemClock:
    """The machine's own clock."""

    def monotonic(self) -> float:
        """Seconds since some fixed instant; never goes back."""
        return time.monotonic()

    def now(self) -> datetime:
        """The time of day, aware, in UTC."""
        return datetime.now(timezone.utc)

    def event(self) -> Event:
        """A new event that waits in real seconds."""
        return SystemEvent()

    def start(self, thread: threading.Thread) -> None:
        """Start a thread."""
        thread.start()


def seconds(name: str, value: float) -> float:
    """
    A duration that was given by a caller.

    Raises:
        TypeError: It is no number; `True` and `"60"` are none.
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
