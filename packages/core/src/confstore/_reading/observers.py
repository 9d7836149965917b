"""The observers of a config, or their absence, which costs nothing and imports nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from confstore._process.clock import Clock

if TYPE_CHECKING:
    from confstore._reading.delivery import Observer, Observers, Refresh

__all__ = ["Note", "Unobserved", "observers_of"]

Note = Callable[[BaseException], None]
"""Notes the error of a refresh in which it did not end."""


class Unobserved:
    """The observers of a config that has none."""

    __slots__ = ()

    @contextlib.contextmanager
    def refresh(self, outcome: Callable[[float, str | None], Refresh]) -> Iterator[Note]:  # noqa: ARG002 (nobody is told)
        """Tell nobody of the refresh in this block."""
        yield lambda _: None

    def stale_read(self, age_s: float, *, is_refused: bool) -> None:
        """Count nothing."""

    def after_fork(self) -> None:
        """Do nothing: there are no locks."""


def observers_of(observers: Iterable[Observer], store: str, clock: Clock) -> Observers | Unobserved:
    """
    The observers of the config of a store.

    Raises:
        TypeError: One lacks a method of `Observer`.
    """
    given = tuple(observers)
    if not given:
        return Unobserved()
    from confstore._reading.delivery import Observers

    return Observers.of(given, store, clock)
