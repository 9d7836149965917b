"""The life of the thread that refreshes a config: start, ticks, end, and a new one after a fork."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Protocol

import attrs

from confstore._process.clock import Clock, Event
from confstore._process.fork_hooks import is_master_of_uwsgi
from confstore._process.naps import in_background
from confstore._reading.time_based.ticker import Ticker
from confstore._reading.time_based.views import Health
from confstore._stores.schedule import RefreshSchedule

__all__ = ["RefreshThread"]


class Refreshing(Protocol):
    """The part of a refresher that its thread uses."""

    health: Health

    def refresh(self, *, consistent: bool) -> None:
        """Bring the snapshot up to date."""


@attrs.define(eq=False)
class RefreshThread:
    """
    The thread of one refresher, which it holds by no reference of its own.

    Attributes:
        store: The store's name.
        is_background: False for a config that refreshes on demand: it never has a thread.
        stopped: Set by `stop`.
    """

    store: str
    _clock: Clock = attrs.field(repr=False)
    _schedule: RefreshSchedule
    is_background: bool
    stopped: Event = attrs.field(init=False, repr=False)
    _ticker: Ticker = attrs.field(init=False)
    _first: Event | None = attrs.field(init=False, default=None, repr=False)

    def __attrs_post_init__(self) -> None:
        self._ticker = Ticker(f"confstore-refresh-{self.store}", self._clock)
        # An attribute, and no property: each refresh looks at it.
        self.stopped = self._ticker.stopped

    @contextlib.contextmanager
    def first_load(self) -> Iterator[Callable[[], Event]]:
        """Give a function whose events a first load waits for; `stop` sets the last one, too."""
        try:
            yield self._awaited
        finally:
            self._first = None

    def _awaited(self) -> Event:
        awaited = self._first = self._clock.event()
        # Looked at after it is there: another thread may stop this meanwhile.
        if self.stopped.is_set():
            awaited.set()
        return awaited

    def start(self, tick: Callable[[], float], failures: int) -> None:
        """
        Start the thread, where there is to be one.

        Args:
            tick: A method of the refresher that calls the one here.
            failures: The failed refreshes since the last successful one.
        """
        if self.is_background and not is_master_of_uwsgi():
            first_s = self._schedule.next_s(failures) if failures else self._schedule.first_s()
            self._ticker.start(tick, first_s)

    def tick(self, refresher: Refreshing) -> float:
        """Refresh once, in the thread, and return the seconds until the next time."""
        try:
            with in_background():
                refresher.refresh(consistent=False)
        except BaseException:
            # Only `stop` ends this thread; refresh() has logged the failure.
            return self._schedule.next_s(max(1, refresher.health.consecutive_failures))
        return self._schedule.next_s()

    def stop(self) -> None:
        """End the thread, without waiting for a read that is under way."""
        self._ticker.stop()
        first = self._first
        if first is not None:
            first.set()

    def after_fork(self, tick: Callable[[], float], failures: int) -> None:
        """In a forked child, which does not have the parent's thread: start one of its own."""
        self._ticker.after_fork()
        self.stopped = self._ticker.stopped
        if not self.stopped.is_set():
            self.start(tick, failures)

    def is_missing(self) -> bool:
        """Return True if the thread is to be there, and has ended."""
        has_thread = self.is_background and not is_master_of_uwsgi()
        return not self.stopped.is_set() and has_thread and not self._ticker.is_running()
