"""Time, as something that can be handed in."""

from __future__ import annotations

import math
import threading
import time
from datetime import datetime, timezone
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


class SystemClock:
    """The machine's own clock."""

    def monotonic(self) -> float:
        """Seconds since some fixed instant; never goes back."""
        return time.monotonic()

    def now(self) -> datetime:
        """The time of day, aware, in UTC."""
        return datetime.now(timezone.utc)

    def event(self) -> Event:
        """A new `threading.Event`."""
        return threading.Event()


def seconds(name: str, value: float) -> float:
    """
    A duration that was given by a caller.

    Raises:
        ValueError: It is not positive, or not finite.
    """
    duration_s = float(value)
    if not 0 < duration_s < math.inf:
        message = f"{name} is a positive number of seconds, not {value!r}"
        raise ValueError(message)
    return duration_s
