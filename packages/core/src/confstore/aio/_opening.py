"""Opening stores and configs by their URLs, for coroutines."""

from __future__ import annotations

import asyncio
import random as random_module
from collections.abc import Callable, Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any, TypeVar, overload

import attrs

from confstore._opening import stores
from confstore._opening.stores import Purpose
from confstore._stores.protocols import Store
from confstore.aio._store import AsyncStore
from confstore.aio._threads import Threads
from confstore.aio._time_based import AsyncTimeBasedConfigStore, Source

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from confstore._process.clock import Clock
    from confstore.aio._time_based import AsyncTimeBasedOptions, Options

__all__ = ["open_config", "open_store"]

T = TypeVar("T")


async def open_store(url: str | None = None, *, purpose: Purpose = "write") -> AsyncStore:
    """
    Open the store that a URL names, in a thread; see `confstore.open_store`.

    Raises:
        ConfigStoreError: As for `confstore.open_store`.
    """
    opening = _Opening(url, purpose)
    try:
        return AsyncStore(await Threads("opening", 1).run(opening.open))
    except asyncio.CancelledError:
        opening.give_up()
        raise


@attrs.define(eq=False)
class _Opening:
    """A store that a thread opens, and that is closed if nobody waits for it any more."""

    _url: str | None = attrs.field(repr=False)
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
    url: str | None = None,
    *,
    schema: None = None,
    update_interval: float | None = None,
    **options: Unpack[AsyncTimeBasedOptions],
) -> AsyncTimeBasedConfigStore[Options]: ...


@overload
def open_config(
    url: str | None = None,
    *,
    schema: type[T],
    update_interval: float | None = None,
    **options: Unpack[AsyncTimeBasedOptions],
) -> AsyncTimeBasedConfigStore[T]: ...


@overload
def open_config(
    url: str | None = None,
    *,
    schema: type[Any] | Mapping[str, type[Any]] | None,
    update_interval: float | None = None,
    **options: Unpack[AsyncTimeBasedOptions],
) -> AsyncTimeBasedConfigStore[Any]: ...


def open_config(
    url: str | None = None,
    *,
    schema: type[Any] | Mapping[str, type[Any]] | None = None,
    schema_names: Mapping[str, str] | None = None,
    strict: bool = False,
    update_interval: float | None = None,
    max_stale: float | None = None,
    startup_timeout: float = 30,
    fallback: str | PathLike[str] | None = None,
    clock: Clock | None = None,
    random: Callable[[], float] = random_module.random,
) -> AsyncTimeBasedConfigStore[Any]:
    """
    Open the store that a URL names, load it, and keep it fresh, for a service that reads it.

    `async with open_config(url) as config`, or `config = await open_config(url)`; until then
    nothing is opened. The store is closed with the config. The arguments and the errors are those
    of `confstore.open_config`.

    Args:
        url: As for `confstore.open_store`; None takes `CONFSTORE_URL` from the environment.
        schema: See `confstore.TimeBasedConfigStore`, also for the other arguments.
        schema_names: Field to option, where their names differ.
        strict: Refuse options and keys that the schema does not know.
        update_interval: Seconds between refreshes; None takes what suits the backend.
        max_stale: Seconds after which a read of an old snapshot raises.
        startup_timeout: Seconds for the whole first load.
        fallback: A file that keeps the last good snapshot, for a first load that fails.
        clock: The source of time.
        random: Draws from [0, 1) for the jitter.
    """
    arguments = {
        "update_interval": update_interval,
        "schema": schema,
        "schema_names": schema_names,
        "strict": strict,
        "max_stale": max_stale,
        "startup_timeout": startup_timeout,
        "fallback": fallback,
        "clock": clock,
        "random": random,
    }
    return AsyncTimeBasedConfigStore.of_source(Source.of_url(url, arguments))
