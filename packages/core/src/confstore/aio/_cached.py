"""The asyncio cache of single options."""

from __future__ import annotations

import asyncio
import contextlib
import random as random_module
import threading
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, overload

import attrs

from confstore._process.clock import Clock, Moment, seconds
from confstore._process.fork_hooks import notice_fork
from confstore._reading.fetches import AnswerCache, CacheStatus, Entry, Fetch
from confstore._values.keys import checked_keys, select, select_all
from confstore._values.names import checked_option
from confstore._values.read_only import freeze
from confstore._values.types import MISSING, Missing
from confstore.aio._store import AsyncStore, checked_async
from confstore.aio._waking import Waiters
from confstore.errors import OptionNotFoundError

if TYPE_CHECKING:
    from typing import Self

    from confstore._reading.delivery import Observer

__all__ = ["AsyncCachedConfigStore"]

D = TypeVar("D")

_LOOK_S = 0.5
"""
Seconds between two looks at whether the loop of another thread, where a read is, goes on.

A guess: a loop that is not blocked runs a callback within milliseconds.
"""


@attrs.define(eq=False)
class _LoopFetch(Fetch):
    """A read that a task makes, and that coroutines of any loop wait for."""

    loop: asyncio.AbstractEventLoop = attrs.field(kw_only=True, repr=False)
    waiters: Waiters = attrs.field(factory=Waiters, init=False, repr=False)
    # A loop holds its tasks weakly.
    task: asyncio.Task[None] | None = attrs.field(default=None, init=False, repr=False)
    traceback: TracebackType | None = attrs.field(default=None, init=False, repr=False)
    is_blocked: bool = attrs.field(default=False, init=False, repr=False)
    """Its loop does nothing: perhaps its thread waits for the loop that would wait for the read."""

    def start(self, read: Coroutine[Any, Any, None], end: Callable[[_LoopFetch], None]) -> None:
        """Read in a task of its own, which outlives the one that came first."""
        self.task = self.loop.create_task(read)
        # Not at the end of the read: it may be cancelled before it begins.
        self.task.add_done_callback(lambda _: end(self))

    async def wait(self, timeout_s: float | None) -> bool:
        """Wait for its end; False if it took longer, or its loop has ended or does nothing."""
        if timeout_s is not None or self.loop is asyncio.get_running_loop():
            return await self.waiters.wait(timeout_s)
        while not self.is_given_up:
            went_on = threading.Event()
            # One that is closed right now goes on no more.
            with contextlib.suppress(RuntimeError):
                self.loop.call_soon_threadsafe(went_on.set)
            if await self.waiters.wait(_LOOK_S):
                return True
            self.is_blocked = not went_on.is_set()
        return False

    @property
    def is_given_up(self) -> bool:
        """True if nobody waits for it any more: its loop has ended before it, or does nothing."""
        return self.is_blocked or not self.loop.is_running()

    @property
    def is_answered(self) -> bool:
        """True if it has ended with an answer or an error, and was not cancelled."""
        return self.entry is not None or self.error is not None

    def result(self) -> Entry:
        if self.entry is None and self.error is not None:
            # Each of those who waited would add to the same traceback.
            raise self.error.with_traceback(self.traceback)
        return super().result()


class AsyncCachedConfigStore:
    """
    An LRU cache: options are read one at a time and kept for `max_age` seconds.

    A hit never leaves the loop, and awaits nothing. Of many tasks that ask for one option, one task
    of the cache reads it, strongly consistent, and the others wait for its answer, in other loops,
    too; who is cancelled while waiting disturbs nobody. A read whose loop has ended, or was blocked
    for half a second, is made again by a loop that waits for it. A missing option is remembered as
    missing. While the backend is down or hangs, expired options are served and listed in `status`.
    Results are read-only.
    """

    def __init__(
        self,
        store: AsyncStore,
        max_age: float = 60,
        max_options: int = 1024,
        *,
        max_wait: float = 1,
        observers: Iterable[Observer] = (),
        clock: Clock | None = None,
        random: Callable[[], float] = random_module.random,
    ) -> None:
        """
        Cache reads of a store; see `confstore.CachedConfigStore` for the arguments.

        `max_wait` is measured by the loop's own clock, everything else by `clock`.

        Raises:
            TypeError: `store` is no `AsyncStore`.
            ValueError: `max_age`, `max_options` or `max_wait` is not positive.
            TypeError: An observer lacks a method.
        """
        self._store = checked_async(store)
        self._answers: AnswerCache[_LoopFetch] = AnswerCache(
            store.name, max_age, max_options, max_wait, observers, clock, random
        )

    @overload
    async def get(
        self, option: None = None, *, keys: Collection[str] | None = None
    ) -> dict[str, dict[str, Any]]: ...

    @overload
    async def get(
        self,
        option: str,
        *,
        keys: Collection[str] | None = None,
        max_age: float | None = None,
        refresh: bool = False,
    ) -> dict[str, Any]: ...

    @overload
    async def get(
        self,
        option: str,
        *,
        keys: Collection[str] | None = None,
        default: D,
        max_age: float | None = None,
        refresh: bool = False,
    ) -> dict[str, Any] | D: ...

    async def get(
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

        With the arguments and errors of `confstore.CachedConfigStore.get`.
        """
        if option is None:
            found = {name: freeze(values) async for name, values in self._store.items()}
            return select_all(found, keys)
        wanted = checked_keys(keys)
        age_s = self._answers.max_age_s if max_age is None else seconds("max_age", max_age)
        entry = await self._entry(
            checked_option(option, store=self._store.name), age_s, is_refresh=refresh
        )
        if entry.values is not None:
            return select(entry.values, wanted)
        if default is Missing.MISSING:
            raise OptionNotFoundError(self._store.name, option)
        return default

    async def __aiter__(self) -> AsyncIterator[str]:
        async for found in self._store.items():
            yield found[0]

    async def _entry(self, option: str, max_age_s: float, *, is_refresh: bool) -> Entry:
        notice_fork()
        answers = self._answers
        while True:
            with answers.lock:
                held = None if is_refresh else answers.held(option)
                if held is not None and answers.is_usable(held, max_age_s):
                    return held
                fetch = answers.fetches.get(option)
                # A refresh never joins a read that may have begun before a write.
                is_own = fetch is None or is_refresh or fetch.is_given_up
                if fetch is None or is_own:
                    fetch = _LoopFetch(loop=asyncio.get_running_loop())
                    answers.fetches[option] = fetch
            if is_own:
                fetch.start(self._read(option, fetch), lambda done: self._end(option, done))
            is_late = held is not None and fetch.is_late
            if is_late or not await fetch.wait(None if held is None else answers.max_wait_s):
                if held is not None:
                    fetch.is_late = True
                    return answers.stale(held)
                # It is given up.
                continue
            if is_refresh and fetch.error is not None:
                raise fetch.error.with_traceback(fetch.traceback)
            # A read that was cancelled is no answer.
            if fetch.is_answered and (is_own or fetch.is_current):
                return answers.served(fetch)

    async def _read(self, option: str, fetch: _LoopFetch) -> None:
        answers = self._answers
        with answers.observed(option, fetch) as note:
            read = Moment.now(answers.clock)
            try:
                values = freeze(await self._store.get(option))
            except OptionNotFoundError:
                answers.accept(option, fetch, Entry(None, read))
            except Exception as error:
                # It is kept for the tasks that wait.
                fetch.traceback = error.__traceback__
                answers.failed(option, fetch, error)
                note(error)
            else:
                answers.accept(option, fetch, Entry(values, read))

    def _end(self, option: str, fetch: _LoopFetch) -> None:
        self._answers.end(option, fetch)
        fetch.waiters.wake_all()

    def invalidate(self, option: str) -> None:
        """Forget an option, after a write: the next read asks the backend."""
        notice_fork()
        self._answers.forget(option)

    async def reload(self) -> None:
        """Forget every option."""
        notice_fork()
        self._answers.forget_all()

    @property
    def status(self) -> CacheStatus:
        """How many options are held, which of them are stale, and why the last read failed."""
        notice_fork()
        return self._answers.status()

    async def close(self) -> None:
        """Forget every option; whoever opened the store closes it."""
        await self.reload()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return (
            f"<AsyncCachedConfigStore of store {self._store.name!r}: {len(self._answers)} options>"
        )
