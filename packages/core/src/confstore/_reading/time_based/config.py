"""The strategy that holds the whole store and refreshes it in the background."""

from __future__ import annotations

import random as random_module
from collections.abc import Callable, Iterable, Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any, overload

from confstore._process.clock import Clock
from confstore._process.closing import ClosesOnExit
from confstore._reading.time_based.snapshot import SnapshotReads, T_co
from confstore._stores.given import checked_object
from confstore._stores.protocols import Store

if TYPE_CHECKING:
    from typing import TypedDict, Unpack

    from confstore._reading.delivery import Observer

    Options = dict[str, dict[str, Any]]

    class TimeBasedOptions(TypedDict, total=False):
        """The arguments of a config that do not decide its type, for its overloads."""

        schema_names: Mapping[str, str] | None
        strict: bool
        max_stale: float | None
        background: bool
        startup_timeout: float
        fallback: str | PathLike[str] | None
        observers: Iterable[Observer]
        reference_interval: float
        clock: Clock | None
        random: Callable[[], float]


__all__ = ["TimeBasedConfigStore"]


class TimeBasedConfigStore(SnapshotReads[T_co], ClosesOnExit):
    """
    The whole store as one immutable snapshot, refreshed in the background.

    Every option is an attribute: `config.db["host"]`. An option that is not an identifier is read
    with `getattr(config, "external-port")`, one named like an attribute of this class (`get`,
    `keys`, `status`, ...) with `config["keys"]`. `get` and `config[...]` return plain, read-only
    values even with a schema.

    A read never touches the backend, takes no lock and never sees half of a refresh. Two reads can
    see two snapshots; `config.current` holds one. Whatever the reason for a failed refresh, the
    last good snapshot stays, and `config.status` says why.
    """

    __slots__ = ()

    @overload
    def __init__(
        self: TimeBasedConfigStore[Options],
        store: Store,
        update_interval: float | None = None,
        *,
        schema: None = None,
        **options: Unpack[TimeBasedOptions],
    ) -> None: ...

    @overload
    def __init__(
        self,
        store: Store,
        update_interval: float | None = None,
        *,
        schema: type[T_co],
        **options: Unpack[TimeBasedOptions],
    ) -> None: ...

    # A mapping, or whatever a caller of the caller gave.
    @overload
    def __init__(
        self: TimeBasedConfigStore[Any],
        store: Store,
        update_interval: float | None = None,
        *,
        schema: type[Any] | Mapping[str, type[Any]] | None,
        **options: Unpack[TimeBasedOptions],
    ) -> None: ...

    def __init__(
        self,
        store: Store,
        update_interval: float | None = None,
        *,
        schema: type[T_co] | Mapping[str, type[Any]] | None = None,
        schema_names: Mapping[str, str] | None = None,
        strict: bool = False,
        max_stale: float | None = None,
        background: bool = True,
        startup_timeout: float = 30,
        fallback: str | PathLike[str] | None = None,
        observers: Iterable[Observer] = (),
        reference_interval: float = 3600,
        clock: Clock | None = None,
        random: Callable[[], float] = random_module.random,
    ) -> None:
        """
        Load the store, strongly consistent, then keep it fresh.

        Args:
            store: The store; whoever opened it closes it.
            update_interval: Seconds between refreshes, jittered by 10 %; the first comes anywhere
                within it, so that a fleet that starts at once does not read in step. None takes the
                store's own hint after each refresh: a file 1 s, DynamoDB 60 s with a journal and
                300 s without, memory before each read and without a thread; else 300 s.
            schema: The type of the whole store (an attrs class, a dataclass or a pydantic model) or
                of some options, by name. Options that do not fit fail the refresh. Needs the
                extra `typed`, or pydantic.
            schema_names: Field to option, where replacing `-` by `_` in the option is not enough.
            strict: Refuse options and keys that the schema does not know, at the start and at each
                refresh, instead of one warning at the start. With types of some options, the other
                options are known.
            max_stale: Seconds after which a read of an old snapshot raises; None never does.
            background: False uses no thread: a read that finds the snapshot older than the interval
                refreshes it first. For AWS Lambda, which freezes threads between calls.
            startup_timeout: Seconds for the whole first load, with its tries and waits.
            fallback: A file that keeps the last good snapshot, for a first load whose first try
                fails or is late. Without a usable file, the start is as patient as without this.
            observers: Are told of each refresh, for metrics and traces.
            reference_interval: Seconds after which the secrets that are kept elsewhere are fetched
                again, by the refresh that comes next, jittered by 10 %; `reload` always does.
            clock: The source of time.
            random: Draws from [0, 1) for the jitter.

        Raises:
            SecretUnavailableError: Nobody answered who opens a secret that the schema names.
            StoreUnavailableError: The store gave no answer within `startup_timeout`.
            SchemaError: The options do not fit the schema.
            ConfigStoreError: The store could not be read, and there was no fallback.
            TypeError: `store` is no store, the schema cannot be built, `strict` has none, a
                duration is not a number, or an observer lacks a method.
            ValueError: A duration is not positive.
        """
        self._begin(
            checked_object(store),
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

    def reload(self) -> None:
        """
        Refresh now, strongly consistent: later reads see every write that has ended.

        Raises:
            ConfigStoreError: The store could not be read, or its options do not fit the schema; the
                old snapshot stays.
            StoreClosedError: The config was closed.
        """
        self._refresher.refresh(consistent=True)

    def close(self) -> None:
        """Stop refreshing, and close `open_config`'s store; the last snapshot stays readable."""
        self._refresher.stop()
