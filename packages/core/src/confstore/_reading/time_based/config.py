"""The strategy that holds the whole store and refreshes it in the background."""

from __future__ import annotations

import functools
import random as random_module
import weakref
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from os import PathLike
from typing import TYPE_CHECKING, Any, Generic, NoReturn, SupportsIndex, cast, overload

from confstore._process.clock import Clock, SystemClock, seconds
from confstore._process.forks import notice_fork
from confstore._process.waits import Backoff
from confstore._reading.config import ReadsByName, Traced
from confstore._reading.observers import observers_of
from confstore._reading.time_based.fallback import Fallback
from confstore._reading.time_based.notices import warn_at_start
from confstore._reading.time_based.refresher import Refresher
from confstore._reading.time_based.secrets import SecretOpening
from confstore._reading.time_based.subscriptions import Callback, Subscriptions
from confstore._reading.time_based.views import Overrides, Status, View
from confstore._schemas.schema import schema_of
from confstore._stores.given import checked_object
from confstore._stores.loader import Loader
from confstore._stores.protocols import FieldAwareStore, Store, ability
from confstore._stores.schedule import schedule_for
from confstore._values.canonical import canonical_values
from confstore._values.keys import checked_keys, select, select_all
from confstore._values.names import checked_option
from confstore._values.read_only import ReadOnlyDict

if TYPE_CHECKING:
    from typing import TypedDict, Unpack

    from typing_extensions import TypeVar

    from confstore._reading.delivery import Observer
    from confstore._reading.health import HealthStatus

    T_co = TypeVar("T_co", covariant=True, default=Any)
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
else:
    from typing import TypeVar

    # The default of a type variable is a matter of type checkers; before Python 3.13 it would need
    # typing_extensions.
    T_co = TypeVar("T_co", covariant=True)

__all__ = ["TimeBasedConfigStore"]

# The view stands in the swapped dict too, so that everything a reader sees changes with one
# reference. No option has the empty name.
_VIEW = ""


class TimeBasedConfigStore(ReadsByName, Generic[T_co]):
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

    # State of our own lives in slots: the instance's __dict__ holds the options, and a refresh
    # replaces it whole.
    __slots__ = ("__dict__", "__weakref__", "_refresher")

    _refresher: Refresher

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
        checked_object(store)
        schedule = schedule_for(store, update_interval, random)
        background = background and schedule.interval_s > 0
        startup_timeout_s = seconds("startup_timeout", startup_timeout)
        clock = SystemClock() if clock is None else clock
        shape = schema_of(schema, schema_names, store.name, is_strict=strict)
        by_field = ability(store, FieldAwareStore)
        if shape is not None and by_field is not None:
            store = by_field.with_fields(shape.field_types())
        overrides = Overrides(shape)
        reference_interval_s = seconds("reference_interval", reference_interval)
        refresher = Refresher(
            store.name,
            Loader(store, is_by_hint=update_interval is None),
            overrides,
            SecretOpening(overrides.secrets, reference_interval_s, clock, random),
            Subscriptions(store.name),
            publish=_publisher(self, is_checked=max_stale is not None or not background),
            clock=clock,
            schedule=schedule,
            fallback=None if fallback is None else Fallback(fallback, store, clock),
            max_stale_s=None if max_stale is None else seconds("max_stale", max_stale),
            is_background=background,
            observers=observers_of(observers, store.name, clock),
        )
        object.__setattr__(self, "_refresher", refresher)
        backoff = Backoff(1.0, max(1.0, schedule.interval_s), random=random)
        refresher.start(startup_timeout_s, backoff)
        warn_at_start(store, self._shown(), dir(type(self)))

    if TYPE_CHECKING:

        def __getattr__(self, option: str) -> Any: ...

    def _shown(self) -> View:
        return cast("View", self.__dict__[_VIEW])

    # A config that checks the clock before a read has another one.
    def _view(self) -> View:
        notice_fork()
        return self._shown()

    @property
    def current(self) -> T_co:
        """The whole snapshot: the typed object, or without a schema the read-only options."""
        return cast("T_co", self._view().current)

    def _name(self) -> str:
        return self._refresher.name

    def _read(self, option: str, keys: Collection[str] | None) -> ReadOnlyDict | None:
        values = self._view().options.get(checked_option(option, store=self._refresher.name))
        return None if values is None else select(values, checked_keys(keys))

    def _read_all(self, keys: Collection[str] | None) -> dict[str, dict[str, Any]]:
        options = self._view().options
        return options if keys is None else select_all(options, keys)

    def _read_traced(self, option: str) -> Traced:
        view = self._view()
        values = view.options.get(checked_option(option))
        last = self._refresher.loader.last
        # A refresh that found nothing to show may know more of where the values are.
        state = last if last.options is view.state.options else view.state
        is_overridden = values is not state.options.get(option)
        return Traced(self._refresher.loader.store, state.checkpoint, values, is_overridden)

    def __contains__(self, option: object) -> bool:
        return isinstance(option, str) and option in self._view().options

    def __iter__(self) -> Iterator[str]:
        return iter(self._view().options)

    def __len__(self) -> int:
        return len(self._view().options)

    @property
    def status(self) -> Status:
        """How fresh the snapshot is, and why the last refresh failed."""
        notice_fork()
        # Before the version: if a refresh comes between, the snapshot is newer than this says.
        health = self._refresher.health
        return Status(
            health.loaded_at,
            self._refresher.age_s(health),
            self._shown().version,
            health.consecutive_failures,
            health.last_error,
            health.is_fallback,
        )

    def _health_status(self, max_age_s: float | None) -> HealthStatus:
        notice_fork()
        return self._refresher.health_status(self._shown().version, max_age_s)

    def reload(self) -> None:
        """
        Refresh now, strongly consistent: later reads see every write that has ended.

        Raises:
            ConfigStoreError: The store could not be read, or its options do not fit the schema; the
                old snapshot stays.
            StoreClosedError: The config was closed.
        """
        self._refresher.refresh(consistent=True)

    def subscribe(self, callback: Callback, option: str | None = None) -> Callable[[], None]:
        """
        Call a function whenever options have really changed.

        Args:
            callback: Called as `callback(option, old, new)` once the new snapshot is shown, with
                objects of a typed option, and None for an absent one. It holds no lock, and runs in
                the thread that refreshed or is calling subscribers already. Errors are logged.
            option: The only option of interest; None means every option.

        Returns:
            A function that ends the subscription.

        Raises:
            TypeError: The callback cannot be called.
        """
        given: object = callback
        if not callable(given):
            message = f"a subscriber is a function, not {type(callback).__name__}"
            raise TypeError(message)
        return self._refresher.subscriptions.add(callback, option)

    def override(
        self,
        options: Mapping[str, Mapping[str, Any]] | None = None,
        /,
        **named: Mapping[str, Any],
    ) -> AbstractContextManager[None]:
        """
        Replace whole options while a `with` block lasts, in the whole process; for tests.

        Refreshes do not undo it, and subscribers are not called for it. Blocks can be nested.

        Args:
            options: Options whose names are not identifiers.
            **named: Options by name.

        Raises:
            InvalidNameError: An option cannot have this name.
            InvalidValueError: The values are outside the domain.
            SchemaError: The values do not fit the schema.
        """
        store = self._refresher.name
        return self._refresher.overridden(
            {
                checked_option(name, store=store): canonical_values(
                    name, values, store=store, allows_secrets=True
                )
                for name, values in {**(options or {}), **named}.items()
            }
        )

    def close(self) -> None:
        """Stop refreshing, and close `open_config`'s store; the last snapshot stays readable."""
        self._refresher.stop()

    def __setattr__(self, name: str, value: object) -> NoReturn:
        message = f"a configuration is read-only: write option {name!r} to its store"
        raise AttributeError(message)

    def __delattr__(self, name: str) -> NoReturn:
        message = f"a configuration is read-only: delete option {name!r} from its store"
        raise AttributeError(message)

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *self._shown().attributes} - {_VIEW})

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        message = "a configuration cannot be copied or pickled; what its get() returns can"
        raise TypeError(message)

    def __repr__(self) -> str:
        view = self._shown()
        options = f"{len(view.options)} options, version {view.version}"
        return f"<{type(self).__name__} of store {self._refresher.name!r}: {options}>"


class _CheckedOnRead:
    """
    Checks the clock before each read.

    Options stay out of the instance's `__dict__`, so that every read of an attribute comes here.
    """

    __slots__ = ()

    if TYPE_CHECKING:
        _refresher: Refresher

    def _view(self) -> View:
        self._refresher.check()
        return cast("View", self.__dict__[_VIEW])

    def __getattr__(self, option: str) -> Any:
        try:
            return self._view().attributes[option]
        except KeyError:
            pass
        message = f"store {self._refresher.name!r} has no option {option!r}"
        raise AttributeError(message, name=option, obj=self)


@functools.cache
def _checked_on_read(cls: type[Any]) -> type[Any]:
    # Named like its base: to its users it is the same.
    namespace = {"__slots__": (), "__module__": cls.__module__}
    return type(cls.__name__, (_CheckedOnRead, cls), namespace)


def _publisher(config: TimeBasedConfigStore[Any], *, is_checked: bool) -> Callable[[View], None]:
    """A function that shows a view in the config, without keeping the config alive."""
    if is_checked:
        # Not in __new__, which does not see the arguments that a subclass's __init__ passes on.
        object.__setattr__(config, "__class__", _checked_on_read(type(config)))  # type: ignore[arg-type]  # a class is hashable
    reference = weakref.ref(config)
    # An instance attribute would hide the method of its name.
    taken = frozenset(dir(type(config)))

    def publish(view: View) -> None:
        target = reference()
        if target is None:
            return
        attributes = {} if is_checked else view.attributes
        shown = {name: read for name, read in attributes.items() if name not in taken}
        object.__setattr__(target, "__dict__", shown | {_VIEW: view})

    publish(View(ReadOnlyDict(), None, {}, {}, version=0))
    return publish
