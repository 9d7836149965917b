"""The observers of a config, or their absence, which costs nothing and imports nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from confstore._process.clock import Clock
from confstore._stores.given import described

if TYPE_CHECKING:
    from confstore._reading.delivery import Observer, Observers, Refresh

__all__ = ["Note", "observed", "observers_of"]

Note = Callable[[BaseException], None]
"""Notes the error of a refresh in which it did not end."""


def observers_of(observers: Iterable[Observer], store: str, clock: Clock) -> Observers | None:
    """
    The observers of the config of a store; None if there are none.

    Raises:
        TypeError: One lacks a method of `Observer`, or they are no iterable.
    """
    if not isinstance(observers, Iterable):
        raise TypeError(f"observers are a list of them, not {described(observers)}")
    given = tuple(observers)
    if not given:
        return None
    from confstore._reading.delivery import Observers

    return Observers.of(given, store, clock)


def observed(
    observers: Observers | None, outcome: Callable[[float, str | None], Refresh]
) -> AbstractContextManager[Note]:
    """Tell the observers, if there are any, of the refresh in a block; see `Observers.refresh`."""
    return contextlib.nullcontext(_forget) if observers is None else observers.refresh(outcome)


def _forget(_: BaseException) -> None:
    """Nobody is told."""
