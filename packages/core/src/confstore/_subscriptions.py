"""Who wants to hear of changed options."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from confstore._report import describe, logger

__all__ = ["Callback", "Subscriptions"]

Callback = Callable[[str, Any, Any], object]
"""Called with an option's name, its old values and its new ones; None stands for absent."""


@attrs.frozen(eq=False)
class _Subscription:
    callback: Callback
    option: str | None


@attrs.define(eq=False)
class Subscriptions:
    """The callbacks of one config, called one after the other."""

    _store: str
    _subscriptions: tuple[_Subscription, ...] = ()
    _pending: deque[tuple[Mapping[str, Any], Mapping[str, Any], list[str]]] = attrs.field(
        factory=deque, repr=False
    )
    _is_calling: bool = False
    _lock: threading.Lock = attrs.field(factory=threading.Lock, repr=False)

    def add(self, callback: Callback, option: str | None) -> Callable[[], None]:
        """Add a callback; the result removes it, once or more often."""
        added = _Subscription(callback, option)
        with self._lock:
            self._subscriptions = (*self._subscriptions, added)

        def unsubscribe() -> None:
            with self._lock:
                self._subscriptions = tuple(one for one in self._subscriptions if one is not added)

        return unsubscribe

    def after_fork(self) -> None:
        """In a forked child: whatever the parent was telling is not told here."""
        self._lock = threading.Lock()
        self._pending.clear()
        self._is_calling = False

    def tell(self, old: Mapping[str, Any], new: Mapping[str, Any], changed: list[str]) -> None:
        """
        Call who subscribed to the changed options, in order.

        A callback that reloads the config makes new changes; they wait until all have heard of
        these, so that nobody sees changes out of order.
        """
        self._pending.append((old, new, changed))
        if self._is_calling:
            return
        self._is_calling = True
        try:
            while self._pending:
                self._tell(*self._pending.popleft())
        finally:
            self._is_calling = False

    def _tell(self, old: Mapping[str, Any], new: Mapping[str, Any], changed: list[str]) -> None:
        for option in changed:
            for one in self._subscriptions:
                if one.option is None or one.option == option:
                    self._call(one.callback, option, old.get(option), new.get(option))

    def _call(self, callback: Callback, option: str, old: object, new: object) -> None:
        try:
            callback(option, old, new)
        except Exception as error:
            logger.error(
                "store %r: a subscriber to option %r raised %s",
                self._store,
                option,
                describe(error),
            )
