"""The strategy for stores that are too large to hold: a cache of single options."""

from __future__ import annotations

import random as random_module
import threading
from collections.abc import Callable, Collection, Iterator
from typing import Any, TypeVar, cast, overload

import attrs
from cachetools import Cache, LRUCache

from confstore._process.clock import Clock, Event, SystemClock, seconds
from confstore._process.forks import call_after_fork
from confstore._process.log import describe, logger
from confstore._process.waits import Backoff
from confstore._reading.config import ReadsByName
from confstore._stores.protocols import Store
from confstore._values.keys import checked_keys, select, select_all
from confstore._values.names import checked_option
from confstore._values.read_only import ReadOnlyDict, freeze
from confstore._values.types import MISSING
from confstore.errors import OptionNotFoundError

__all__ = ["CacheStatus", "CachedConfigStore"]

D = TypeVar("D")


@attrs.frozen
class CacheStatus:
    """
    The state of a cache; it never holds a value.

    Attributes:
        options: How many options are held, missing ones included.
        stale: Expired options that are still served because the backend is down.
        consecutive_failures: Failed reads of the backend since the last successful one.
        last_error: Why the last read failed; None after a success.
    """

    options: int
    stale: frozenset[str]
    consecutive_failures: int
    last_error: str | None


@attrs.frozen
class _Entry:
    """An answer of the backend about one option, and its time; None stands for a missing one."""

    values: ReadOnlyDict | None = attrs.field(repr=False)
    read_s: float
    failures: int = 0
    retry_s: float = 0.0


@attrs.define(eq=False)
class _Fetch:
    """A read that is under way, and its outcome for the threads that wait for it."""

    done: Event = attrs.field(repr=False)
    entry: _Entry | None = None
    error: Exception | None = None
    is_current: bool = False
    """It has ended and no write or refresh has overtaken it: waiting threads may use it."""

    def result(self) -> _Entry:
        if self.entry is not None:
            return self.entry
        raise cast("Exception", self.error)


class CachedConfigStore(ReadsByName):
    """
    An LRU cache: options are read one at a time and kept for `max_age` seconds.

    Reads are single-flight: of many threads that ask for one option, one reads it, strongly
    consistent. A missing option is remembered as missing. While the backend is down, expired
    options are served and listed in `status`. Results are read-only. Iteration, `len` and `keys()`
    are not cached: each reads the whole store from the backend.
    """

    def __init__(
        self,
        store: Store,
        max_age: float = 60,
        max_options: int = 1024,
        *,
        clock: Clock | None = None,
        random: Callable[[], float] = random_module.random,
    ) -> None:
        """
        Cache reads of a store.

        Args:
            store: The store; whoever opened it closes it.
            max_age: Seconds for which an option counts as fresh.
            max_options: How many options are held at most.
            clock: The source of time.
            random: Draws from [0, 1) for the jitter of the backoff.

        Raises:
            ValueError: `max_age` or `max_options` is not positive.
        """
        self._store = store
        self._max_age_s = seconds("max_age", max_age)
        if max_options < 1:
            message = f"max_options is a positive number, not {max_options!r}"
            raise ValueError(message)
        self._clock = SystemClock() if clock is None else clock
        self._backoff = Backoff(1.0, max(1.0, self._max_age_s), random=random)
        # Not a TTLCache, which drops expired entries: they are served while the backend is down.
        self._entries: LRUCache[str, _Entry] = LRUCache(max_options)
        self._fetches: dict[str, _Fetch] = {}
        # Reentrant, because a signal handler may reload.
        self._lock = threading.RLock()
        self._failures = 0
        self._last_error: str | None = None
        call_after_fork(self._after_fork)

    @overload
    def get(
        self, option: None = None, *, keys: Collection[str] | None = None
    ) -> dict[str, dict[str, Any]]: ...

    @overload
    def get(
        self,
        option: str,
        *,
        keys: Collection[str] | None = None,
        max_age: float | None = None,
        refresh: bool = False,
    ) -> dict[str, Any]: ...

    @overload
    def get(
        self,
        option: str,
        *,
        keys: Collection[str] | None = None,
        default: D,
        max_age: float | None = None,
        refresh: bool = False,
    ) -> dict[str, Any] | D: ...

    def get(
        self,
        option: str | None = None,
        *,
        keys: Collection[str] | None = None,
        default: object = MISSING,
        max_age: float | None = None,
        refresh: bool = False,
    ) -> object:
        """
        Read one option from the cache or the backend, or, uncached, every option by its name.

        With `Config.get`'s arguments and errors, and these: `max_age`, the seconds for which the
        option counts as fresh in this call, and `refresh`, which reads it from the backend now.

        Raises:
            StoreUnavailableError: The backend is down, and the option is not held or `refresh` is
                true.
        """
        if option is None:
            return select_all({name: freeze(values) for name, values in self._store.items()}, keys)
        wanted = checked_keys(keys)
        age_s = self._max_age_s if max_age is None else seconds("max_age", max_age)
        entry = self._entry(checked_option(option), age_s, is_refresh=refresh)
        if entry.values is None:
            return self._or_default(option, default)
        return select(entry.values, wanted)

    def _name(self) -> str:
        return self._store.name

    def __iter__(self) -> Iterator[str]:
        return (option for option, _ in self._store.items())

    def _entry(self, option: str, max_age_s: float, *, is_refresh: bool) -> _Entry:
        if not is_refresh:
            with self._lock:
                if (held := self._usable(option, max_age_s)) is not None:
                    return held
        own = _Fetch(self._clock.event())
        try:
            while True:
                with self._lock:
                    if not is_refresh and (held := self._usable(option, max_age_s)) is not None:
                        return held
                    other = self._fetches.get(option)
                    if other is None or is_refresh:
                        # A refresh never joins a read that may have begun before a write.
                        self._fetches[option] = own
                        break
                other.done.wait()
                if other.is_current:
                    return other.result()
            self._fetch(option, own)
        finally:
            # Also after an interrupt, which is no answer: waiting threads then look again.
            self._end(option, own)
        if is_refresh and own.error is not None:
            raise own.error
        return own.result()

    def _usable(self, option: str, max_age_s: float) -> _Entry | None:
        if (held := self._entries.get(option)) is None:
            return None
        now_s = self._clock.monotonic()
        return held if now_s - held.read_s < max_age_s or now_s < held.retry_s else None

    def _fetch(self, option: str, fetch: _Fetch) -> None:
        read_s = self._clock.monotonic()
        try:
            values = freeze(self._store.get(option))
        except OptionNotFoundError:
            self._accept(option, fetch, _Entry(None, read_s))
        except Exception as error:
            self._failed(option, fetch, error)
        else:
            self._accept(option, fetch, _Entry(values, read_s))

    def _accept(self, option: str, fetch: _Fetch, entry: _Entry) -> None:
        with self._lock:
            fetch.entry = entry
            fetch.is_current = self._fetches.get(option) is fetch
            if fetch.is_current:
                self._entries[option] = entry
            self._failures = 0
            self._last_error = None

    def _failed(self, option: str, fetch: _Fetch, error: Exception) -> None:
        reason = describe(error)
        with self._lock:
            is_news = reason != self._last_error
            self._failures += 1
            self._last_error = reason
            fetch.error = error
            fetch.is_current = self._fetches.get(option) is fetch
            held = self._entries.get(option)
            if fetch.is_current and held is not None:
                failures = held.failures + 1
                retry_s = self._clock.monotonic() + self._backoff.delay_s(failures)
                fetch.entry = attrs.evolve(held, failures=failures, retry_s=retry_s)
                self._entries[option] = fetch.entry
        if is_news:
            text = "store %r: reading option %r failed, serving what the cache holds: %s"
            logger.warning(text, self._store.name, option, reason)

    def _end(self, option: str, fetch: _Fetch) -> None:
        with self._lock:
            if self._fetches.get(option) is fetch:
                del self._fetches[option]
        fetch.done.set()

    def invalidate(self, option: str) -> None:
        """Forget an option, as the facade does after a write: the next read asks the backend."""
        with self._lock:
            self._entries.pop(option, None)
            self._fetches.pop(option, None)

    def reload(self) -> None:
        """Forget every option."""
        with self._lock:
            # Replaced, not cleared: a signal handler may have interrupted a change of it.
            self._entries = LRUCache(self._entries.maxsize)
            self._fetches = {}

    @property
    def status(self) -> CacheStatus:
        """How many options are held, which of them are stale, and why the last read failed."""
        with self._lock:
            expired_s = self._clock.monotonic() - self._max_age_s
            # Bypasses the LRUCache, which would count this as a use of each entry.
            held = {option: Cache.__getitem__(self._entries, option) for option in self._entries}
            stale = frozenset(
                name for name, one in held.items() if one.failures and one.read_s <= expired_s
            )
            return CacheStatus(len(self._entries), stale, self._failures, self._last_error)

    def close(self) -> None:
        """Forget every option; whoever opened the store closes it."""
        self.reload()

    def _after_fork(self) -> None:
        self._lock = threading.RLock()
        self._fetches = {}
        # The fork may have interrupted a change of the old one.
        entries: LRUCache[str, _Entry] = LRUCache(self._entries.maxsize)
        entries.update(self._entries)
        self._entries = entries

    def __repr__(self) -> str:
        return f"<CachedConfigStore of store {self._store.name!r}: {len(self._entries)} options>"
