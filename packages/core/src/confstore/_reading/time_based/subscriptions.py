"""Calls subscribers when options have changed."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from confstore._process.log import describe, log_fields, logger

__all__ = ["Callback", "Subscriptions"]

Callback = Callable[[str, Any, Any], object]
"""Called with an option's name, its old values and its new ones; None stands for absent."""


_Options = Mapping[str, Any]


@attrs.define(eq=False)
class Subscriptions:
    """
    The callbacks of one config, called one after the other.

    A refresh queues its changes under its lock, which gives their order, and delivers them after
    it. A callback may wait for a thread that waits for a refresh.

    Attributes:
        pending: The changes that are queued.
    """

    _store: str
    # A dict keeps the order. Each operation on it is atomic, so there is no lock: a child could
    # inherit one locked, and garbage collection may unsubscribe.
    _subscriptions: dict[object, tuple[Callback, str | None]] = attrs.field(factory=dict)
    pending: deque[tuple[_Options, _Options, tuple[str, ...]]] = attrs.field(
        factory=deque, repr=False
    )
    _turn: threading.Lock = attrs.field(factory=threading.Lock, repr=False)

    def add(self, callback: Callback, option: str | None) -> Callable[[], None]:
        """Add a callback; the result removes it, and may be called again."""
        added = object()
        self._subscriptions[added] = callback, option

        def unsubscribe() -> None:
            self._subscriptions.pop(added, None)

        return unsubscribe

    def after_fork(self) -> None:
        """In a forked child: drop the notifications that were under way in the parent."""
        self.pending.clear()
        self._turn = threading.Lock()

    def queue(self, old: _Options, new: _Options, options: tuple[str, ...]) -> None:
        """Queue changed options for the next `deliver`."""
        self.pending.append((old, new, options))

    def deliver(self) -> None:
        """
        Call the subscribers of the queued changes, in order; one thread at a time.

        A thread that comes while another one delivers leaves its changes to it, and so does a
        callback that reloads the config: nobody sees changes out of order, and nobody waits.
        """
        turn = self._turn
        # Looked at again after the turn: somebody may have queued a change and found it taken.
        while self.pending and turn.acquire(blocking=False):
            try:
                # A callback may fork: what is pending in the child is not of this thread.
                while self.pending and turn is self._turn:
                    self._call_all(*self.pending.popleft())
            finally:
                turn.release()

    def _call_all(self, old: _Options, new: _Options, options: tuple[str, ...]) -> None:
        calls = [
            (subscription, option)
            for option in options
            for subscription, (_, only) in list(self._subscriptions.items())
            if only in (None, option)
        ]
        # After a callback that exits or is interrupted, the others are called all the same.
        with contextlib.ExitStack() as stack:
            for subscription, option in reversed(calls):
                stack.callback(self._call, subscription, option, old.get(option), new.get(option))

    def _call(self, subscription: object, option: str, old: Any, new: Any) -> None:
        callback, _ = self._subscriptions.get(subscription, (None, None))
        # None: another callback has ended this subscription meanwhile.
        if callback is None:
            return
        try:
            callback(option, old, new)
        except Exception as error:
            text = "store %r: a subscriber to option %r raised %s"
            fields = log_fields(self._store, option=option, error=error)
            logger.error(text, self._store, option, describe(error), extra=fields)
