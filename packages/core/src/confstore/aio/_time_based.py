"""The asyncio config: a snapshot that a thread keeps fresh, read without `await`."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from functools import partial
from os import PathLike
from typing import TYPE_CHECKING, Any, overload

import attrs

from confstore._opening.stores import open_layers
from confstore._process.clock import Clock
from confstore._reading.time_based.snapshot import SnapshotReads, T_co
from confstore._reading.time_based.views import View
from confstore._stores.protocols import Store
from confstore._values.read_only import ReadOnlyDict
from confstore.aio._changes import Changes
from confstore.aio._store import AsyncStore, checked_async
from confstore.aio._threads import Threads
from confstore.errors import StoreClosedError

if TYPE_CHECKING:
    from typing import Self, TypedDict, Unpack

    from confstore._reading.delivery import Observer
    from confstore._reading.time_based.refresher import Refresher

    Options = dict[str, dict[str, Any]]

    class AsyncTimeBasedOptions(TypedDict, total=False):
        """The arguments of a config that do not decide its type, for its overloads."""

        schema_names: Mapping[str, str] | None
        strict: bool
        max_stale: float | None
        startup_timeout: float
        fallback: str | PathLike[str] | None
        observers: Iterable[Observer]
        reference_interval: float
        clock: Clock | None
        random: Callable[[], float]


__all__ = ["AsyncTimeBasedConfigStore", "Source"]

_THREADS = 4
"""A config of its own store needs one, for its first load and for reloads."""

_NOT_LOADED = "is not loaded: await its config, or enter it with async with, before it is read"
_NOTHING = View(ReadOnlyDict(), None, {}, {}, version=0)


@attrs.define(eq=False)
class Source:
    """
    Where a config comes from, and how far its first load has come.

    Attributes:
        name: The store's name; the URL's scheme until the store is open.
        open_store: Gives the store, in a thread.
        arguments: Those of the first load.
        threads: Run the blocking calls.
        is_owned: The store, and the threads, are closed with the config.
        lock: Held during the first load, by its thread.
        waiting: How many tasks wait for the first load.
        is_loaded: The first load has succeeded.
        is_closed: The config was closed, or its first load was cancelled.
        iterations: They end when the config is closed.
    """

    name: str
    open_store: Callable[[], Store]
    arguments: Mapping[str, Any] = attrs.field(repr=False)
    threads: Threads
    is_owned: bool = False
    lock: threading.Lock = attrs.field(factory=threading.Lock, repr=False)
    waiting: int = 0
    is_loaded: bool = False
    is_closed: bool = False
    iterations: weakref.WeakSet[Changes] = attrs.field(factory=weakref.WeakSet, repr=False)

    @classmethod
    def of_url(cls, url: str | Sequence[str] | None, arguments: Mapping[str, Any]) -> Source:
        """A store that a URL names, or several as layers."""
        name = "to be opened"
        timing = {part: arguments[part] for part in ("clock", "random") if part in arguments}
        opener = partial(open_layers, url, "read", **timing)
        return cls(name, opener, arguments, Threads(name, _THREADS), is_owned=True)


class AsyncTimeBasedConfigStore(SnapshotReads[T_co]):
    """
    The whole store as one immutable snapshot, which a thread refreshes in the background.

    `config = await AsyncTimeBasedConfigStore(store)`, or `async with` it: both load the store.
    From then on every read is a look into a dict, without `await`, as of
    `confstore.TimeBasedConfigStore`: `config.db["host"]`, `config.get("db")`, `config["db"]`,
    `config.current`, `config.status`. A loop that is blocked does not make the snapshot stale,
    because the refreshes are not its own.
    """

    __slots__ = ("_source",)

    _source: Source

    @overload
    def __init__(
        self: AsyncTimeBasedConfigStore[Options],
        store: AsyncStore,
        update_interval: float | None = None,
        *,
        schema: None = None,
        **options: Unpack[AsyncTimeBasedOptions],
    ) -> None: ...

    @overload
    def __init__(
        self,
        store: AsyncStore,
        update_interval: float | None = None,
        *,
        schema: type[T_co],
        **options: Unpack[AsyncTimeBasedOptions],
    ) -> None: ...

    # A mapping, or whatever a caller of the caller gave.
    @overload
    def __init__(
        self: AsyncTimeBasedConfigStore[Any],
        store: AsyncStore,
        update_interval: float | None = None,
        *,
        schema: type[Any] | Mapping[str, type[Any]] | None,
        **options: Unpack[AsyncTimeBasedOptions],
    ) -> None: ...

    def __init__(
        self,
        store: AsyncStore,
        update_interval: float | None = None,
        *,
        schema: type[Any] | Mapping[str, type[Any]] | None = None,
        **options: Unpack[AsyncTimeBasedOptions],
    ) -> None:
        """
        Note what to load; nothing is read before it is awaited or entered.

        The arguments are those of `confstore.TimeBasedConfigStore`, without `background`: where
        threads do not run between calls, as in AWS Lambda, `await config.reload()` at the start of
        one. The errors come when it is awaited.

        Args:
            store: The store; whoever opened it closes it.
            update_interval: Seconds between refreshes; None takes what suits the backend.
            schema: The type of the whole store, or of some options by name.
            **options: `schema_names`, `strict`, `max_stale`, `startup_timeout`, `fallback`,
                `observers`, `reference_interval`, `clock` and `random`.

        Raises:
            TypeError: `store` is no `AsyncStore`.
        """
        opened = checked_async(store)
        arguments = {"update_interval": update_interval, "schema": schema, **options}
        source = Source(store.name, lambda: opened.store, arguments, opened.threads)
        object.__setattr__(self, "_source", source)

    @classmethod
    def of_source(cls, source: Source) -> Self:
        """A config that opens its store, and closes it."""
        config = cls.__new__(cls)
        object.__setattr__(config, "_source", source)
        return config

    if not TYPE_CHECKING:

        def __getattr__(self, option):
            reason = f"has no option {option!r}" if self._source.is_loaded else _NOT_LOADED
            message = f"store {self._source.name!r} {reason}"
            raise AttributeError(message, name=option, obj=self)

    def _view(self) -> View:
        if not self.__dict__:
            raise AttributeError(f"store {self._source.name!r} {_NOT_LOADED}")
        return super()._view()

    def _shown(self) -> View:
        return super()._shown() if self.__dict__ else _NOTHING

    def __await__(self) -> Generator[Any, None, Self]:
        return self._loaded().__await__()

    async def __aenter__(self) -> Self:
        return await self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _loaded(self) -> Self:
        source = self._source
        if source.is_closed:
            raise StoreClosedError(source.name)
        if source.is_loaded:
            return self
        source.waiting += 1
        try:
            await source.threads.run(self._load, source)
        except asyncio.CancelledError:
            if source.waiting == 1:
                # There is nobody for whom the thread would go on, and the process waits for it.
                source.is_closed = True
                self._stop_if_closed()
            raise
        finally:
            source.waiting -= 1
        return self

    def _load(self, source: Source) -> None:
        with source.lock:
            if source.is_loaded:
                return
            if source.is_closed:
                raise StoreClosedError(source.name)
            store = source.open_store()
            source.name = store.name
            try:
                self._begin(
                    store, background=True, is_closed=lambda: source.is_closed, **source.arguments
                )
            except BaseException:
                if source.is_owned:
                    store.close()
                raise
            if source.is_owned:
                self._refresher.own(store)
            source.is_loaded = True
        self._stop_if_closed()
        if source.is_closed:
            raise StoreClosedError(source.name)

    def _stop_if_closed(self) -> None:
        # Looked at after each of the two was set, in either order.
        refresher: Refresher | None = getattr(self, "_refresher", None)
        if refresher is not None and self._source.is_closed:
            refresher.stop()

    async def reload(self) -> None:
        """
        Refresh now, strongly consistent: later reads see every write that has ended.

        Raises:
            ConfigStoreError: The store could not be read, or its options do not fit the schema; the
                old snapshot stays.
            StoreClosedError: The config was closed.
        """
        await self._source.threads.run(self._refresher.refresh, consistent=True)

    def changes(self, option: str | None = None) -> Changes:
        """
        The changes from now on, for `async for change in config.changes()`.

        Nothing is kept for a slow reader but the oldest and the newest state of each option that
        differs. The changes of a closed config end at once.

        Args:
            option: The only option of interest; None means every option.
        """
        changes = Changes(self, self._refresher.subscriptions, option)
        self._source.iterations.add(changes)
        # Looked at after it was added: another thread may close the config meanwhile.
        if self._source.is_closed:
            changes.end()
        return changes

    async def close(self) -> None:
        """
        Stop refreshing, and close `open_config`'s store; the last snapshot stays readable.

        A first load that is under way ends with `StoreClosedError`.
        """
        source = self._source
        source.is_closed = True
        if not source.is_loaded:
            self._stop_if_closed()
            return
        for changes in list(source.iterations):
            changes.end()
        if not source.is_owned:
            self._refresher.stop()
        elif not source.threads.is_closed:
            await source.threads.close(self._refresher.stop)

    def __repr__(self) -> str:
        if self._source.is_loaded:
            return super().__repr__()
        return f"<{type(self).__name__} of store {self._source.name!r}, not loaded>"
