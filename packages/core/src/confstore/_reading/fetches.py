"""The answers that a cache holds, the reads that are under way, and what is said of both."""

from __future__ import annotations

import math
import random as random_module
import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Generic, TypeVar, cast

import attrs
from cachetools import Cache, LRUCache

from confstore._process.clock import Clock, Moment, SystemClock, seconds
from confstore._process.fork_hooks import call_after_fork
from confstore._process.log import describe, log_fields, logger
from confstore._process.waits import Backoff
from confstore._reading.observers import Note, observed, observers_of
from confstore._values.read_only import ReadOnlyDict

if TYPE_CHECKING:
    from confstore._reading.delivery import Observer, Refresh
    from confstore._reading.health import HealthStatus

__all__ = ["AnswerCache", "CacheStatus", "Entry", "Fetch"]

F = TypeVar("F", bound="Fetch")

_PAST = Moment(-math.inf, -math.inf)


@attrs.frozen
class CacheStatus:
    """
    The state of a cache; it never holds a value.

    Attributes:
        options: How many options are held, missing ones included.
        stale: Expired options that are still served because the backend is down or hangs.
        consecutive_failures: Failed reads of the backend since the last successful one.
        last_error: Why the last read failed; None after a success.
    """

    options: int
    stale: frozenset[str]
    consecutive_failures: int
    last_error: str | None


@attrs.frozen
class Entry:
    """
    An answer of the backend about one option, and its time; None stands for a missing one.

    Attributes:
        trace: What a `TracedStore` said of the answer.
    """

    values: ReadOnlyDict | None = attrs.field(repr=False)
    read: Moment
    failures: int = 0
    retry: Moment = _PAST
    trace: object = attrs.field(default=None, repr=False)


@attrs.define(eq=False)
class Fetch:
    """A read that is under way, and its outcome for those who wait for it."""

    entry: Entry | None = None
    error: BaseException | None = None
    is_current: bool = False
    """It has ended and no write or refresh has overtaken it: others that wait may use it."""

    is_late: bool = False
    """It takes so long that what is held is served meanwhile."""

    def result(self) -> Entry:
        if self.entry is not None:
            return self.entry
        raise cast("BaseException", self.error)


class AnswerCache(Generic[F]):
    """
    The answers of one store that a cache holds, and the newest read of each option.

    Nothing here waits: who reads, and how others wait for it, is the strategy's.

    Attributes:
        store: The store's name.
        clock: The source of time.
        max_age_s: Seconds for which an answer counts as fresh.
        max_wait_s: Seconds for which a read waits if an expired answer is held.
        fetches: The newest read of each option that is being read.
        lock: Held for every change. It is reentrant, because a signal handler may reload.
    """

    def __init__(
        self,
        store: str,
        max_age: float,
        max_options: int,
        max_wait: float,
        observers: Iterable[Observer],
        clock: Clock | None,
        random: Callable[[], float] = random_module.random,
    ) -> None:
        """
        Hold nothing yet.

        Raises:
            ValueError: `max_age`, `max_options` or `max_wait` is not positive.
            TypeError: An observer lacks a method.
        """
        self.store = store
        self.max_age_s = seconds("max_age", max_age)
        self.max_wait_s = seconds("max_wait", max_wait)
        if max_options < 1:
            message = f"max_options is a positive number, not {max_options!r}"
            raise ValueError(message)
        self.clock = SystemClock() if clock is None else clock
        self._observers = observers_of(observers, store, self.clock)
        self._backoff = Backoff(1.0, max(1.0, self.max_age_s), random=random)
        # Not a TTLCache, which drops expired entries: they are served while the backend is down.
        self._entries: LRUCache[str, Entry] = LRUCache(max_options)
        self.fetches: dict[str, F] = {}
        self.lock = threading.RLock()
        self._failures = 0
        self._last_error: str | None = None
        call_after_fork(self._after_fork)

    def __len__(self) -> int:
        return len(self._entries)

    def held(self, option: str) -> Entry | None:
        """The answer that is held, however old it is."""
        return self._entries.get(option)

    def is_usable(self, held: Entry, max_age_s: float) -> bool:
        """True if an answer is young enough, or the backend is not to be asked yet."""
        if held.read.age_s(self.clock) < max_age_s:
            return True
        is_usable = not held.retry.has_come(self.clock)
        if is_usable:
            self.stale(held)
        return is_usable

    def stale(self, entry: Entry) -> Entry:
        """The same answer, of which the observers are told that it is served though it is old."""
        if self._observers is not None:
            self._observers.stale_read(entry.read.age_s(self.clock), is_refused=False)
        return entry

    def served(self, fetch: F) -> Entry:
        """The outcome of a read for those who wait for it."""
        entry = fetch.result()
        return self.stale(entry) if entry.failures else entry

    def observed(self, option: str, fetch: F) -> AbstractContextManager[Note]:
        """Tell the observers of the read that a block makes."""

        def outcome(duration_s: float, error: str | None) -> Refresh:
            from confstore._reading.delivery import Refresh

            held = fetch.entry
            age_s = None if held is None else held.read.age_s(self.clock)
            failures = self._failures
            return Refresh(self.store, duration_s, error, age_s, None, failures, option=option)

        return observed(self._observers, outcome)

    def accept(self, option: str, fetch: F, entry: Entry) -> None:
        """Take the answer of a read."""
        with self.lock:
            fetch.entry = entry
            fetch.is_current = self.fetches.get(option) is fetch
            if fetch.is_current:
                self._entries[option] = entry
            self._failures = 0
            self._last_error = None

    def failed(self, option: str, fetch: F, error: Exception) -> None:
        """Take the failure of a read: an answer that is held is served a while longer."""
        reason = describe(error)
        with self.lock:
            is_news = reason != self._last_error
            self._failures += 1
            self._last_error = reason
            fetch.error = error
            fetch.is_current = self.fetches.get(option) is fetch
            held = self._entries.get(option)
            if fetch.is_current and held is not None:
                failures = held.failures + 1
                retry = Moment.now(self.clock).after(self._backoff.delay_s(failures))
                fetch.entry = attrs.evolve(held, failures=failures, retry=retry)
                self._entries[option] = fetch.entry
        if is_news:
            text = "store %r: reading option %r failed, serving what the cache holds: %s"
            fields = log_fields(self.store, option=option, error=error)
            logger.warning(text, self.store, option, reason, extra=fields)

    def end(self, option: str, fetch: F) -> None:
        """Forget that a read is under way."""
        with self.lock:
            if self.fetches.get(option) is fetch:
                del self.fetches[option]

    def forget(self, option: str) -> None:
        """Forget an option: the next read asks the backend."""
        with self.lock:
            self._entries.pop(option, None)
            self.fetches.pop(option, None)

    def forget_all(self) -> None:
        """Forget every option."""
        with self.lock:
            # Replaced, not cleared: a signal handler may have interrupted a change of it.
            self._entries = LRUCache(self._entries.maxsize)
            self.fetches = {}

    def status(self) -> CacheStatus:
        """How many options are held, which of them are stale, and why the last read failed."""
        with self.lock:
            stale = frozenset(self._stale_ages_s())
            return CacheStatus(len(self._entries), stale, self._failures, self._last_error)

    def _stale_ages_s(self) -> dict[str, float]:
        """The expired options that are served all the same, and their ages."""
        late = {option for option, fetch in self.fetches.items() if fetch.is_late}
        # Bypasses the LRUCache, which would count this as a use of each entry.
        held = {option: Cache.__getitem__(self._entries, option) for option in self._entries}
        ages_s = {
            name: one.read.age_s(self.clock)
            for name, one in held.items()
            if one.failures or name in late
        }
        return {name: age_s for name, age_s in ages_s.items() if age_s >= self.max_age_s}

    def health_status(self, max_age_s: float | None) -> HealthStatus:
        """The answer to probes; see `confstore.health`."""
        # Imported when it is asked for: a program pays at its start for what it uses.
        from confstore._reading.health import HealthStatus

        with self.lock:
            ages_s = self._stale_ages_s()
            failures, error = self._failures, self._last_error
        age_s = max(ages_s.values(), default=None)
        reason = None
        if age_s is not None and max_age_s is not None and age_s > max_age_s:
            reason = (
                f"an option is served that was read {age_s:.0f} s ago, max_age is {max_age_s:g} s"
            )
            reason += "" if error is None else f"; the last read failed: {error}"
        return HealthStatus(self.store, True, reason is None, reason, age_s, None, failures)

    def _after_fork(self) -> None:
        self.lock = threading.RLock()
        if self._observers is not None:
            self._observers.after_fork()
        self.fetches = {}
        # The fork may have interrupted a change of the old one.
        entries: LRUCache[str, Entry] = LRUCache(self._entries.maxsize)
        entries.update(self._entries)
        self._entries = entries
