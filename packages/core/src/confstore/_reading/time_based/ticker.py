"""A daemon thread that calls one method again and again."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable
from typing import Any

import attrs

from confstore._process.clock import Clock, Event, Moment
from confstore._process.fork_hooks import parts_of

__all__ = ["Ticker"]

_LOOK_S = 60.0
"""A wait does not count the machine's sleep, so the clocks are looked at this often."""

_SHORTEST_S = 0.001


class _Life:
    """Tells that a thread has ended, without holding the thread."""

    __slots__ = ("is_over",)

    def __init__(self, *, is_over: bool) -> None:
        self.is_over = is_over


@attrs.define(eq=False)
class Ticker:
    """
    Calls a method in a daemon thread until it is stopped or the method's object is collected.

    Between two calls the thread holds that object by a weak reference only. So an object that is
    part of a cycle (a subscriber that holds its config) is collected all the same.

    Attributes:
        stopped: Set by `stop`.
    """

    _name: str
    _clock: Clock = attrs.field(repr=False)
    stopped: Event = attrs.field(init=False, repr=False)
    _finalizer: weakref.finalize[..., object] | None = attrs.field(
        init=False, default=None, repr=False
    )
    # Not the thread: Python 3.13 detaches one when it frees it. After a fork in C that is a crash.
    _life: _Life = attrs.field(init=False, factory=lambda: _Life(is_over=True), repr=False)

    def __attrs_post_init__(self) -> None:
        self.stopped = self._clock.event()

    def start(self, tick: Callable[[], float], first_s: float) -> None:
        """Start the thread; `tick`, a bound method, returns the seconds until its next call."""
        owner, function = parts_of(tick)
        finalizer = weakref.finalize(owner, self.stopped.set)
        finalizer.atexit = False
        self._finalizer = finalizer
        life = _Life(is_over=False)
        reference = weakref.ref(owner)
        arguments = (life, reference, function, self._clock, self.stopped, finalizer, first_s)
        thread = threading.Thread(target=_live, args=arguments, name=self._name, daemon=True)
        self._clock.start(thread)
        self._life = life

    def is_running(self) -> bool:
        """Return True while the thread is there."""
        return not self._life.is_over

    def stop(self) -> None:
        """End the thread, without waiting for a call that is under way."""
        self.stopped.set()
        # A closed config that is collected at the recursion limit then has nothing to call.
        self._drop_finalizer()

    def after_fork(self) -> None:
        """In a forked child, which does not have the thread: prepare for another `start`."""
        was_stopped = self.stopped.is_set()
        self._drop_finalizer()
        self.stopped = self._clock.event()
        self._life = _Life(is_over=True)
        if was_stopped:
            self.stopped.set()

    def _drop_finalizer(self) -> None:
        if self._finalizer is not None:
            self._finalizer.detach()


def _live(life: _Life, *arguments: Any) -> None:
    try:
        _run(*arguments)
    finally:
        life.is_over = True


def _run(
    reference: weakref.ref[object],
    function: Callable[[object], float],
    clock: Clock,
    stopped: Event,
    finalizer: weakref.finalize[..., object],
    delay_s: float,
) -> None:
    process = os.getpid()
    while not _is_stopped_within(delay_s, clock, stopped):
        owner = reference()
        if owner is None:
            # Collected at the recursion limit, where Python cannot call a finalizer. It is called
            # here instead, which also removes it from the registry of weakref.
            finalizer()
            return
        delay_s = function(owner)
        if os.getpid() != process:
            # A subscriber forked. This child has got a thread for this already.
            return
        # While it waits, this thread holds nothing.
        del owner


def _is_stopped_within(delay_s: float, clock: Clock, stopped: Event) -> bool:
    """Wait so many seconds, sleep of the machine included; True if it is stopped before."""
    rest_s = delay_s
    while True:
        began, wait_s = Moment.now(clock), min(rest_s, _LOOK_S)
        if stopped.wait(wait_s):
            return True
        rest_s -= max(wait_s, began.age_s(clock))
        # Less is an error of rounding, and maybe too short to wait for.
        if rest_s < _SHORTEST_S:
            return False
