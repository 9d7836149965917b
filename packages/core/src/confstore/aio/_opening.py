"""Opening stores and configs by their URLs, for coroutines."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

import attrs

from confstore._opening import stores
from confstore._opening.stores import Purpose
from confstore._stores.protocols import Store
from confstore.aio._store import AsyncStore
from confstore.aio._threads import Threads
from confstore.aio._time_based import AsyncTimeBasedConfigStore, Source

if TYPE_CHECKING:
    from typing import Unpack

    from confstore.aio._time_based import AsyncTimeBasedOptions, Options

__all__ = ["StoreOpening", "open_config", "open_store"]

T = TypeVar("T")


def open_store(
    url: str | Sequence[str] | None = None, *, purpose: Purpose = "write"
) -> StoreOpening:
    """
    Open the store that a URL names, in a thread; see `confstore.open_store`.

    `async with open_store(url) as store`, or `store = await open_store(url)`; until then nothing is
    opened.

    Raises:
        ConfigStoreError: As for `confstore.open_store`, when it is awaited or entered.
    """
    return StoreOpening(url, purpose)


@attrs.define(eq=False)
class StoreOpening:
    """A store to be opened: await it, or enter it by `async with`, which closes the store."""

    _url: str | Sequence[str] | None = attrs.field(repr=False)
    _purpose: Purpose
    _entered: list[AsyncStore] = attrs.field(factory=list, init=False, repr=False)

    def __await__(self) -> Generator[Any, None, AsyncStore]:
        return self._open().__await__()

    async def _open(self) -> AsyncStore:
        opening = _Opening(self._url, self._purpose)
        try:
            return AsyncStore(await Threads("opening", 1).run(opening.open))
        except asyncio.CancelledError:
            opening.give_up()
            raise

    async def __aenter__(self) -> AsyncStore:
        store = await self
        self._entered.append(store)
        return store

    async def __aexit__(self, *_: object) -> None:
        await self._entered.pop().close()


@attrs.define(eq=False)
class _Opening:
    """A store that a thread opens, and that is closed if nobody waits for it any more."""

    _url: str | Sequence[str] | None = attrs.field(repr=False)
    _purpose: Purpose
    _store: Store | None = None
    _is_given_up: bool = False

    def open(self) -> Store:
        store = self._store = stores.open_store(self._url, purpose=self._purpose)
        self._close_if_given_up()
        return store

    def give_up(self) -> None:
        self._is_given_up = True
        self._close_if_given_up()

    def _close_if_given_up(self) -> None:
        # Looked at after each of the two was set, in either order.
        if self._store is not None and self._is_given_up:
            self._store.close()


@overload
def open_config(
    url: str | Sequence[str] | None = None,
    *,
    schema: None = None,
    update_interval: float | None = None,
    **options: Unpack[AsyncTimeBasedOptions],
) -> AsyncTimeBasedConfigStore[Options]: ...


@overload
def open_config(
    url: str | Sequence[str] | None = None,
    *,
    schema: type[T],
    update_interval: float | None = None,
    **options: Unpack[AsyncTimeBasedOptions],
) -> AsyncTimeBasedConfigStore[T]: ...


@overload
def open_config(
    url: str | Sequence[str] | None = None,
    *,
    schema: type[Any] | Mapping[str, type[Any]] | None,
    update_interval: float | None = None,
    **options: Unpack[AsyncTimeBasedOptions],
) -> AsyncTimeBasedConfigStore[Any]: ...


def open_config(
    url: str | Sequence[str] | None = None,
    *,
    schema: type[Any] | Mapping[str, type[Any]] | None = None,
    update_interval: float | None = None,
    **options: Unpack[AsyncTimeBasedOptions],
) -> AsyncTimeBasedConfigStore[Any]:
    """
    Open the store that a URL names, load it, and keep it fresh, for a service that reads it.

    `async with open_config(url) as config`, or `config = await open_config(url)`; until then
    nothing is opened. The store is closed with the config. The arguments and the errors are those
    of `confstore.open_config`.

    Args:
        url: As for `confstore.open_store`; None takes `CONFSTORE_URL` from the environment.
        schema: See `confstore.TimeBasedConfigStore`, also for the other arguments.
        update_interval: Seconds between refreshes; None takes what suits the backend.
        **options: The other arguments of `AsyncTimeBasedConfigStore`.
    """
    arguments = {"update_interval": update_interval, "schema": schema, **options}
    return AsyncTimeBasedConfigStore.of_source(Source.of_url(url, arguments))
