"""Calls subscribers when options have changed."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from confstore._process.log import describe, logger

__all__ = ["Callback", "Subscriptions"]

Callback = Callable[[str, Any, Any], object]
"""Called with an option's name, its old values and its new ones; None stands for absent."""


@attrs.frozen(eq=False)
class _Subscription:
    callback: Callback = attrs.field(repr=False)
    option: str | None


@attrs.frozen(eq=False)
class _Change:
    """Two states of a store, and the options in which they differ."""

    old: Mapping[str, Any] = attrs.field(repr=False)
    new: Mapping[str, Any] = attrs.field(repr=False)
    options: tuple[str, ...]


@attrs.define(eq=False)
class Subscriptions:
    """The callbacks of one config, called one after the other."""

    _store: str
    # A dict keeps the order. Each operation on it is atomic, so there is no lock: a child could
    # inherit one locked, and garbage collection may unsubscribe.
    _subscriptions: dict[_Subscription, None] = attrs.field(factory=dict)
    _pending: deque[_Change] = attrs.field(factory=deque)
    _is_notifying: bool = False

    def add(self, callback: Callback, option: str | None) -> Callable[[], None]:
        """Add a callback; the result removes it, and may be called again."""
        added = _Subscription(callback, option)
        self._subscriptions[added] = None

        def unsubscribe() -> None:
            self._subscriptions.pop(added, None)

        return unsubscribe

    def after_fork(self) -> None:
        """In a forked child: drop the notifications that were under way in the parent."""
        self._pending.clear()
        self._is_notifying = False

    def notify(
        self, old: Mapping[str, Any], new: Mapping[str, Any], options: tuple[str, ...]
    ) -> None:
        """
        Call the subscribers of the changed options, in order; one caller at a time.

        A callback that reloads the config makes new changes. They wait until every subscriber has
        been called for these, so that nobody sees changes out of order.
        """
        self._pending.append(_Change(old, new, options))
        if self._is_notifying:
            return
        self._is_notifying = True
        try:
            while self._pending:
                self._call_all(self._pending.popleft())
        finally:
            self._is_notifying = False

    def _call_all(self, change: _Change) -> None:
        calls = [
            (one, option)
            for option in change.options
            for one in list(self._subscriptions)
            if one.option in (None, option)
        ]
        # After a callback that exits or is interrupted, the others are called all the same.
        with contextlib.ExitStack() as stack:
            for one, option in reversed(calls):
                stack.callback(self._call, one, option, change)

    def _call(self, one: _Subscription, option: str, change: _Change) -> None:
        if one not in self._subscriptions:
            return
        try:
            one.callback(option, change.old.get(option), change.new.get(option))
        except Exception as error:
            text = "store %r: a subscriber to option %r raised %s"
            logger.error(text, self._store, option, describe(error))
