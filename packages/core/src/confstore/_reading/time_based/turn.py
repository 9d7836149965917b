"""The right to refresh a snapshot, which one thread has at a time."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import attrs

from confstore._reading.time_based.subscriptions import Subscriptions

__all__ = ["Turn"]


@attrs.define(eq=False)
class Turn:
    """The right to refresh: a lock, and how deep the refreshes of its holder are nested."""

    _subscriptions: Subscriptions
    _lock: threading.RLock = attrs.field(init=False, factory=threading.RLock)
    _depth: int = attrs.field(init=False, default=0)

    @contextlib.contextmanager
    def taken(self, *, is_patient: bool = True) -> Iterator[bool]:
        """
        Hold the right to refresh, then deliver to the subscribers, who may wait for somebody else.

        Yields:
            False if it is not free, and the caller is not patient.
        """
        if not self._lock.acquire(blocking=is_patient):
            yield False
            return
        self._depth += 1
        try:
            yield True
        finally:
            self._depth -= 1
            is_outermost = self._depth == 0
            self._lock.release()
            if is_outermost and self._subscriptions.pending:
                self._subscriptions.deliver()
