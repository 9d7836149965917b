"""Opening a config of a store by its URL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

from confstore._opening.stores import open_layers
from confstore._reading.time_based.config import TimeBasedConfigStore

if TYPE_CHECKING:
    from typing import Unpack

    from confstore._reading.time_based.config import Options, TimeBasedOptions

__all__ = ["open_config"]

T = TypeVar("T")


@overload
def open_config(
    url: str | Sequence[str] | None = None,
    *,
    update_interval: float | None = None,
    schema: None = None,
    **options: Unpack[TimeBasedOptions],
) -> TimeBasedConfigStore[Options]: ...


@overload
def open_config(
    url: str | Sequence[str] | None = None,
    *,
    update_interval: float | None = None,
    schema: type[T],
    **options: Unpack[TimeBasedOptions],
) -> TimeBasedConfigStore[T]: ...


# A mapping, or whatever a caller of the caller gave.
@overload
def open_config(
    url: str | None = None,
    *,
    update_interval: float | None = None,
    schema: type[Any] | Mapping[str, type[Any]] | None,
    **options: Unpack[TimeBasedOptions],
) -> TimeBasedConfigStore[Any]: ...


def open_config(
    url: str | Sequence[str] | None = None,
    *,
    update_interval: float | None = None,
    schema: type[Any] | Mapping[str, type[Any]] | None = None,
    **options: Unpack[TimeBasedOptions],
) -> TimeBasedConfigStore[Any]:
    """
    Open the store that a URL names, load it, and keep it fresh, for a service that reads it.

    The store is opened for reading, and closed with the config. Nothing of the backend is checked
    before the first load, so that `fallback` covers a missing table or file, a refused role, and an
    endpoint that does not answer.

    Args:
        url: As for `open_store`; None takes `CONFSTORE_URL` from the environment.
        update_interval: Seconds between refreshes; None takes what suits the backend.
        schema: The type of the whole store, or of some options by name.
        **options: The other arguments of `TimeBasedConfigStore`: `schema_names`, `strict`,
            `max_stale`, `background`, `startup_timeout`, `fallback`, `observers`,
            `reference_interval`, `clock` and `random`.

    Raises:
        InvalidURLError: There is no URL, or it cannot be understood.
        BackendNotInstalledError: No installed adapter serves its scheme.
        ConfigStoreError: AWS's settings on this machine are wrong; or the first load failed, as for
            `TimeBasedConfigStore`, and there was no fallback.
        TypeError: The schema cannot be built, or an argument is unknown or has the wrong type.
        ValueError: A duration is not positive.
    """
    timing = {name: options[name] for name in ("clock", "random") if name in options}
    store = open_layers(url, "read", **timing)
    try:
        config: TimeBasedConfigStore[Any] = TimeBasedConfigStore(
            store, update_interval, schema=schema, **options
        )
    except BaseException:
        store.close()
        raise
    config._refresher.own(store)
    return config
