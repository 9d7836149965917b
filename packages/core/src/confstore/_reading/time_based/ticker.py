"""A thread that does one thing again and again, for as long as somebody needs it."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable

import attrs

from confstore._process.clock import Clock, Event
from confstore._process.forks import parts_of

__all__ = ["Ticker"]


@attrs.define(eq=False)
class Ticker:
    """
    Calls a method in a daemon thread until it is stopped or the method's object is collected.

    Between two calls the thread knows that object by a weak reference only. So an object may be
    part of a cycle (a subscriber that knows its config), and is collected all the same.
    """

    _name: str
    _clock: Clock = attrs.field(repr=False)
    _stopped: Event = attrs.field(init=False, repr=False)
    _finalizer: weakref.finalize[..., object] | None = attrs.field(
        init=False, default=None, repr=False
    )

    def __attrs_post_init__(self) -> None:
        self._stopped = self._clock.event()

    def start(self, tick: Callable[[], float], first_s: float) -> None:
        """
        Start the thread.

        Args:
            tick: A bound method that gives the seconds to its next call, and does not raise.
            first_s: Seconds to the first call.
        """
        owner, function = parts_of(tick)
        self._finalizer = weakref.finalize(owner, self._stopped.set)
        self._finalizer.atexit = False
        arguments = (weakref.ref(owner), function, self._stopped, first_s)
        self._clock.start(
            threading.Thread(target=_run, args=arguments, name=self._name, daemon=True)
        )

    def stop(self) -> None:
        """End the thread, without waiting for a call that is under way."""
        self._stopped.set()

    @property
    def is_stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stopped.is_set()

    def after_fork(self) -> None:
        """In a forked child, where the thread is gone: make it ready to be started again."""
        was_stopped = self.is_stopped
        if self._finalizer is not None:
            self._finalizer.detach()
        self._stopped = self._clock.event()
        if was_stopped:
            self._stopped.set()


def _run(
    reference: weakref.ref[object],
    function: Callable[[object], float],
    stopped: Event,
    delay_s: float,
) -> None:
    while not stopped.wait(delay_s):
        owner = reference()
        # One that is being collected just now is about to set `stopped`.
        delay_s = 0.0 if owner is None else function(owner)
        # While it waits, this thread holds nothing.
        del owner
