"""The strategy for stores that are too large to hold: a cache of single options."""

from __future__ import annotations

import contextvars
import random as random_module
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar, overload

import attrs

from confstore._process.clock import Clock, Event, Moment, seconds
from confstore._process.closing import ClosesOnExit
from confstore._process.fork_hooks import notice_fork
from confstore._reading.config import ReadsByName, Traced
from confstore._reading.fetches import AnswerCache, CacheStatus, Entry, Fetch
from confstore._stores.given import checked_object
from confstore._stores.protocols import Store, TracedStore, ability
from confstore._values.counted import counted
from confstore._values.keys import checked_keys, select, select_all
from confstore._values.names import checked_option
from confstore._values.read_only import ReadOnlyDict, freeze
from confstore._values.types import MISSING
from confstore.errors import OptionNotFoundError

if TYPE_CHECKING:
    from confstore._reading.delivery import Observer
    from confstore._reading.health import HealthStatus

__all__ = ["CacheStatus", "CachedConfigStore"]

D = TypeVar("D")


@attrs.define(eq=False)
class _ThreadFetch(Fetch):
    """A read that threads wait for."""

    done: Event = attrs.field(kw_only=True, repr=False)


class CachedConfigStore(ReadsByName, ClosesOnExit):
    """
    An LRU cache: options are read one at a time and kept for `max_age` seconds.

    Reads are single-flight: of many threads that ask for one option, one reads it, strongly
    consistent. A missing option is remembered as missing. While the backend is down or hangs,
    expired options are served and listed in `status`. Results are read-only. Iteration, `len` and
    `keys()` are not cached: each reads the whole store from the backend.
    """

    def __init__(
        self,
        store: Store,
        max_age: float = 60,
        max_options: int = 1024,
        *,
        max_wait: float = 1,
        observers: Iterable[Observer] = (),
        clock: Clock | None = None,
        random: Callable[[], float] = random_module.random,
    ) -> None:
        """
        Cache reads of a store.

        Args:
            store: The store; whoever opened it closes it. Reads of single options need no more
                of it than a name and `get`.
            max_age: Seconds for which an option counts as fresh.
            max_options: How many options are held at most.
            max_wait: Seconds for which a read waits for the backend, if it holds an expired answer.
                Then it returns that, and the backend's answer is for later reads.
            observers: Are told of each read of the backend, for metrics and traces.
            clock: The source of time.
            random: Draws from [0, 1) for the jitter of the backoff.

        Raises:
            TypeError: `store` is no store.
            ValueError: `max_age`, `max_options` or `max_wait` is not positive.
            TypeError: An observer lacks a method.
        """
        self._store = checked_object(store, only_get=True)
        self._traced = ability(self._store, TracedStore)
        self._answers: AnswerCache[_ThreadFetch] = AnswerCache(
            self._store.name, max_age, max_options, max_wait, observers, clock, random
        )

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
        age_s = self._answers.max_age_s if max_age is None else seconds("max_age", max_age)
        entry = self._entry(
            checked_option(option, store=self._store.name), age_s, is_refresh=refresh
        )
        if entry.values is None:
            return self._or_default(option, default)
        return select(entry.values, wanted)

    def _name(self) -> str:
        return self._store.name

    def _read_traced(self, option: str) -> Traced:
        entry = self._entry(checked_option(option), self._answers.max_age_s, is_refresh=False)
        return Traced(self._store, entry.trace, entry.values)

    def __iter__(self) -> Iterator[str]:
        return (option for option, _ in self._store.items())

    def _entry(self, option: str, max_age_s: float, *, is_refresh: bool) -> Entry:
        notice_fork()
        answers = self._answers
        own = _ThreadFetch(done=answers.clock.event())
        while True:
            with answers.lock:
                held = None if is_refresh else answers.held(option)
                if held is not None and answers.is_usable(held, max_age_s):
                    return held
                fetch = answers.fetches.get(option)
                # A refresh never joins a read that may have begun before a write.
                if fetch is None or is_refresh:
                    fetch = answers.fetches[option] = own
            if fetch is own:
                self._run(option, own, in_thread=held is not None)
            if held is not None and (fetch.is_late or not fetch.done.wait(answers.max_wait_s)):
                fetch.is_late = True
                return answers.stale(held)
            fetch.done.wait()
            if is_refresh and own.error is not None:
                raise own.error
            if fetch is own or fetch.is_current:
                return answers.served(fetch)

    def _run(self, option: str, fetch: _ThreadFetch, *, in_thread: bool) -> None:
        if in_thread:
            # A trace of the reader goes on in the thread.
            arguments = (self._fetch, option, fetch)
            name = f"confstore-fetch-{self._store.name}"
            run = contextvars.copy_context().run
            try:
                self._answers.clock.start(
                    threading.Thread(target=run, args=arguments, name=name, daemon=True)
                )
            except RuntimeError:
                # There are no threads any more, as when the interpreter ends.
                in_thread = False
        if not in_thread:
            self._fetch(option, fetch)

    def _fetch(self, option: str, fetch: _ThreadFetch) -> None:
        with self._answers.observed(option, fetch) as note:
            self._ask(option, fetch)
            # It is kept for the threads that wait.
            if fetch.error is not None:
                note(fetch.error)

    def _ask(self, option: str, fetch: _ThreadFetch) -> None:
        answers = self._answers
        read = Moment.now(answers.clock)
        try:
            values, trace = self._read_store(option)
        except OptionNotFoundError:
            answers.accept(option, fetch, Entry(None, read))
        except Exception as error:
            answers.failed(option, fetch, error)
        except BaseException as error:
            # An interrupt is no answer: waiting threads look again.
            fetch.error = error
        else:
            answers.accept(option, fetch, Entry(values, read, trace=trace))
        finally:
            answers.end(option, fetch)
            fetch.done.set()

    def _read_store(self, option: str) -> tuple[ReadOnlyDict, object]:
        if self._traced is None:
            return freeze(self._store.get(option)), None
        values, trace = self._traced.get_traced(option)
        return freeze(values), trace

    def invalidate(self, option: str) -> None:
        """Forget an option, as the facade does after a write: the next read asks the backend."""
        notice_fork()
        self._answers.forget(option)

    def reload(self) -> None:
        """Forget every option."""
        notice_fork()
        self._answers.forget_all()

    @property
    def status(self) -> CacheStatus:
        """How many options are held, which of them are stale, and why the last read failed."""
        notice_fork()
        return self._answers.status()

    def _health_status(self, max_age_s: float | None) -> HealthStatus:
        notice_fork()
        return self._answers.health_status(max_age_s)

    def close(self) -> None:
        """Forget every option; whoever opened the store closes it."""
        self.reload()

    def __repr__(self) -> str:
        options = counted(len(self._answers), "option")
        return f"<CachedConfigStore of store {self._store.name!r}: {options}>"
