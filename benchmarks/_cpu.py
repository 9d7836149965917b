"""The processor's time for a piece of work in this process."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

__all__ = ["least_s", "once_s"]


def once_s(work: Callable[[], Any]) -> float:
    """Seconds of the processor for a piece of work, all threads, without freeing its result."""
    begin = time.process_time()
    result = work()
    cost = time.process_time() - begin
    del result
    return cost


def least_s(work: Callable[[], Any], times: int) -> float:
    """
    The least of several times.

    Within a process the work is the same each time, so that what makes it slower is a disturbance:
    a neighbour on the core, a cold cache. Across processes it is not, so there the median counts.
    """
    return min(once_s(work) for _ in range(times))
