"""Tells the observers of a config of its refreshes, each in a thread of its own."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import attrs

from confstore._process.clock import Clock
from confstore._process.fork_hooks import is_master_of_uwsgi
from confstore._process.log import describe, error_type, log_fields, logger

__all__ = ["Observer", "Observers", "Refresh", "StaleReads"]

_LIMIT = 1_000
"""Events that wait for an observer: a night of refreshes a minute, in some hundred kilobytes."""

_EVERY_S = 1.0
"""Stale reads come at the rate of the requests; they are reported together, this often at most."""


@attrs.frozen
class Refresh:
    """
    A look at the backend that has ended; it never holds a value.

    Attributes:
        store: The store's name.
        duration: Seconds that it took; the first load's tries and waits are one refresh.
        error_type: The class of its error; None after a success.
        age: Seconds for which what readers see now has not been confirmed; infinite if no clock
            here can tell, None if readers see nothing.
        version: Counts the snapshots that the config has shown; None for a cache of single options.
        consecutive_failures: Failed refreshes since the last successful one, this one included.
        is_fallback: True while readers see the snapshot of the fallback file.
        option: The option that a cache of single options has read; else None.
    """

    store: str
    duration: float
    error_type: str | None
    age: float | None
    version: int | None
    consecutive_failures: int
    is_fallback: bool = False
    option: str | None = None


@attrs.frozen
class StaleReads:
    """
    Reads that got nothing fresh; reported at most once a second.

    Attributes:
        store: The store's name.
        count: How many there were since the last report.
        age: Seconds for which the snapshot or the option of the last of them was not confirmed.
        is_refused: True if they raised (`max_stale`), False if they were answered all the same.
    """

    store: str
    count: int
    age: float
    is_refused: bool


class Observer(Protocol):
    """
    Is told what happens in a config, for metrics and traces.

    Each observer is called by a daemon thread of its own, one event after the other. One that is
    slow or hangs keeps nobody else waiting, and loses the oldest of more than 1,000 events. One
    that raises is logged. After a fork the events of the parent are not told to the child.
    """

    def refresh_started(self, store: str, /) -> object:
        """A refresh of this store has begun."""
        ...

    def refresh_ended(self, refresh: Refresh, /) -> object:
        """A refresh has ended, well or not."""
        ...

    def stale_reads(self, reads: StaleReads, /) -> object:
        """Reads got nothing fresh, because refreshes fail or hang."""
        ...


_METHODS = ("refresh_started", "refresh_ended", "stale_reads")


@attrs.define(eq=False)
class _Feed:
    """The events that wait for one observer, and the thread that tells it of them."""

    _store: str
    _clock: Clock = attrs.field(repr=False)
    _observer: Observer
    # Its operations are atomic, so there is no lock: a refresh waits for nobody.
    _pending: deque[tuple[str, object]] = attrs.field(factory=lambda: deque(maxlen=_LIMIT))
    _turn: threading.Lock = attrs.field(factory=threading.Lock, repr=False)
    _is_behind: bool = False
    # The last error of each method, while it lasts.
    _errors: dict[str, str] = attrs.field(factory=dict, repr=False)

    def put(self, method: str, argument: object) -> None:
        if len(self._pending) == _LIMIT and not self._is_behind:
            self._is_behind = True
            text = "store %r: observer %s is %d events behind and loses the oldest of them"
            self._log(text, self._store, self._name(), _LIMIT)
        self._pending.append((method, argument))
        turn = self._turn
        if not turn.acquire(blocking=False):
            return
        # The thread ends with the last event: there is none to stop, and none that idles.
        name = f"confstore-observer-{self._store}"
        thread = threading.Thread(target=self._deliver, args=(turn,), name=name, daemon=True)
        try:
            self._clock.start(thread)
        except RuntimeError:
            # There are no threads any more, as when the interpreter ends.
            turn.release()

    def _deliver(self, turn: threading.Lock) -> None:
        is_mine = True
        while is_mine:
            try:
                # An observer may fork: what is pending in the child is not of this thread.
                while self._pending and turn is self._turn:
                    self._call(*self._pending.popleft())
                    self._is_behind = False
            finally:
                turn.release()
            # Looked at again after the turn: somebody may have put an event and found it taken.
            is_mine = bool(self._pending) and turn is self._turn and turn.acquire(blocking=False)

    def _call(self, method: str, argument: object) -> None:
        try:
            getattr(self._observer, method)(argument)
        except BaseException as error:
            # The thread is ours, and nobody's exit or interrupt is meant for it.
            reason = describe(error)
            if reason != self._errors.get(method):
                text = "store %r: %s of observer %s raised %s"
                self._log(text, self._store, method, self._name(), reason, error=error)
            self._errors[method] = reason
        else:
            self._errors.pop(method, None)

    def _name(self) -> str:
        return type(self._observer).__name__

    def _log(self, text: str, *arguments: object, error: BaseException | None = None) -> None:
        logger.error(text, *arguments, extra=log_fields(self._store, error=error))

    def after_fork(self) -> None:
        self._pending.clear()
        self._turn = threading.Lock()


@attrs.define(eq=False)
class Observers:
    """The observers of one config."""

    _store: str
    _clock: Clock = attrs.field(repr=False)
    _feeds: tuple[_Feed, ...]
    # Reentrant, because a signal handler may read. Renewed after a fork.
    _lock: threading.RLock = attrs.field(factory=threading.RLock, repr=False)
    _stale: int = 0
    _last_stale: StaleReads | None = None
    _reported_s: float | None = None

    @classmethod
    def of(cls, observers: Iterable[Observer], store: str, clock: Clock) -> Observers:
        """
        Check the observers of a store.

        Raises:
            TypeError: One lacks a method of `Observer`.
        """
        feeds = []
        for observer in observers:
            missing = [name for name in _METHODS if not callable(getattr(observer, name, None))]
            if isinstance(observer, type) or missing:
                lack = f"lacks {', '.join(missing)}" if missing else "is a class"
                message = f"an observer has the methods of confstore.Observer: {observer!r} {lack}"
                raise TypeError(message)
            feeds.append(_Feed(store, clock, observer))
        return cls(store, clock, tuple(feeds))

    @contextlib.contextmanager
    def refresh(
        self, outcome: Callable[[float, str | None], Refresh]
    ) -> Iterator[Callable[[BaseException], None]]:
        """
        Tell of the refresh in this block, and of its error.

        Gives a function that notes an error which does not leave the block.

        Args:
            outcome: Called after it with its seconds and the class of its error.
        """
        errors: list[str] = []

        def note(error: BaseException) -> None:
            errors.append(error_type(error))

        self._put("refresh_started", self._store)
        began_s = self._clock.monotonic()
        try:
            yield note
        except BaseException as error:
            note(error)
            raise
        finally:
            duration_s = self._clock.monotonic() - began_s
            self._put("refresh_ended", outcome(duration_s, errors[0] if errors else None))
            with self._lock:
                self._report_stale()

    def stale_read(self, age_s: float, *, is_refused: bool) -> None:
        """Count a read that got nothing fresh, and tell of it if a second has gone by."""
        with self._lock:
            self._stale += 1
            self._last_stale = StaleReads(self._store, self._stale, age_s, is_refused)
            now_s = self._clock.monotonic()
            if self._reported_s is None or now_s - self._reported_s >= _EVERY_S:
                self._reported_s = now_s
                self._report_stale()

    def _report_stale(self) -> None:
        if self._last_stale is not None:
            self._put("stale_reads", self._last_stale)
        self._stale, self._last_stale = 0, None

    def _put(self, method: str, argument: object) -> None:
        if is_master_of_uwsgi():
            # No thread may run there while it forks.
            return
        for feed in self._feeds:
            feed.put(method, argument)

    def after_fork(self) -> None:
        """In a forked child: drop what its parent has not told, and get locks of its own."""
        self._lock = threading.RLock()
        self._stale, self._last_stale = 0, None
        for feed in self._feeds:
            feed.after_fork()
