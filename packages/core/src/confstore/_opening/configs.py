"""Opening a config of a store by its URL."""

from __future__ import annotations

import random as random_module
from collections.abc import Callable, Iterable, Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any, TypeVar, overload

from confstore._opening.stores import open_store
from confstore._reading.time_based.config import TimeBasedConfigStore

if TYPE_CHECKING:
    from confstore._process.clock import Clock
    from confstore._reading.delivery import Observer

__all__ = ["open_config"]

T = TypeVar("T")


@overload
def open_config(
    url: str | None = None,
    *,
    schema: type[T],
    schema_names: Mapping[str, str] | None = None,
    strict: bool = False,
    update_interval: float | None = None,
    max_stale: float | None = None,
    background: bool = True,
    startup_timeout: float = 30,
    fallback: str | PathLike[str] | None = None,
    observers: Iterable[Observer] = (),
    reference_interval: float = 3600,
    clock: Clock | None = None,
    random: Callable[[], float] = random_module.random,
) -> TimeBasedConfigStore[T]: ...


@overload
def open_config(
    url: str | None = None,
    *,
    schema: Mapping[str, type[Any]] | None = None,
    schema_names: Mapping[str, str] | None = None,
    strict: bool = False,
    update_interval: float | None = None,
    max_stale: float | None = None,
    background: bool = True,
    startup_timeout: float = 30,
    fallback: str | PathLike[str] | None = None,
    observers: Iterable[Observer] = (),
    reference_interval: float = 3600,
    clock: Clock | None = None,
    random: Callable[[], float] = random_module.random,
) -> TimeBasedConfigStore[Any]: ...


def open_config(
    url: str | None = None,
    *,
    schema: type[Any] | Mapping[str, type[Any]] | None = None,
    schema_names: Mapping[str, str] | None = None,
    strict: bool = False,
    update_interval: float | None = None,
    max_stale: float | None = None,
    background: bool = True,
    startup_timeout: float = 30,
    fallback: str | PathLike[str] | None = None,
    observers: Iterable[Observer] = (),
    reference_interval: float = 3600,
    clock: Clock | None = None,
    random: Callable[[], float] = random_module.random,
) -> TimeBasedConfigStore[Any]:
    """
    Open the store that a URL names, load it, and keep it fresh, for a service that reads it.

    The store is opened for reading, and closed with the config. Nothing of the backend is checked
    before the first load, so that `fallback` covers a missing table or file, a refused role, and an
    endpoint that does not answer.

    Args:
        url: As for `open_store`; None takes `CONFSTORE_URL` from the environment.
        schema: See `TimeBasedConfigStore`, also for the other arguments.
        schema_names: Field to option, where their names differ.
        strict: True refuses options and keys that the schema does not know.
        update_interval: Seconds between refreshes; None takes what suits the backend.
        max_stale: Seconds after which a read of an old snapshot raises.
        background: False refreshes before a read, and not in a thread.
        startup_timeout: Seconds for the whole first load.
        fallback: A file that keeps the last good snapshot, for a first load that fails.
        observers: Are told of each refresh, for metrics and traces.
        reference_interval: Seconds after which secrets that are kept elsewhere are fetched again.
        clock: The source of time.
        random: Draws from [0, 1) for the jitter.

    Raises:
        InvalidURLError: There is no URL, or it cannot be understood.
        BackendNotInstalledError: No installed adapter serves its scheme.
        ConfigStoreError: AWS's settings on this machine are wrong; or the first load failed, as for
            `TimeBasedConfigStore`, and there was no fallback.
        TypeError: The schema cannot be built, or an argument has the wrong type.
        ValueError: A duration is not positive.
    """
    store = open_store(url, purpose="read")
    try:
        config: TimeBasedConfigStore[Any] = TimeBasedConfigStore(
            store,
            update_interval,
            schema=schema,
            schema_names=schema_names,
            strict=strict,
            max_stale=max_stale,
            background=background,
            startup_timeout=startup_timeout,
            fallback=fallback,
            observers=observers,
            reference_interval=reference_interval,
            clock=clock,
            random=random,
        )
    except BaseException:
        store.close()
        raise
    config._refresher.own(store)
    return config
