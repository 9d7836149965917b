"""The options of a store as one snapshot, which a refresher replaces: everything that reads it."""

from __future__ import annotations

import functools
import random as random_module
import weakref
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from os import PathLike
from typing import TYPE_CHECKING, Any, Generic, NoReturn, SupportsIndex, cast

from confstore._process.clock import Clock, SystemClock, seconds
from confstore._process.fork_hooks import notice_fork
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
from confstore._stores.loader import Loader
from confstore._stores.protocols import FieldAwareStore, Store, ability
from confstore._stores.schedule import schedule_for
from confstore._values.canonical import canonical_values
from confstore._values.keys import checked_keys, select, select_all
from confstore._values.names import checked_option
from confstore._values.read_only import ReadOnlyDict

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    from confstore._reading.delivery import Observer
    from confstore._reading.health import HealthStatus

    T_co = TypeVar("T_co", covariant=True, default=Any)
else:
    from typing import TypeVar

    # The default of a type variable is a matter of type checkers; before Python 3.13 it would need
    # typing_extensions.
    T_co = TypeVar("T_co", covariant=True)

__all__ = ["SnapshotReads", "T_co"]

# The view stands in the swapped dict too, so that everything a reader sees changes with one
# reference. No option has the empty name.
_VIEW = ""


class SnapshotReads(ReadsByName, Generic[T_co]):
    """
    The part of a config that reads its snapshot; how it is reloaded and closed is not said here.

    A read never touches the backend, takes no lock and never sees half of a refresh.
    """

    # State of our own lives in slots: the instance's __dict__ holds the options, and a refresh
    # replaces it whole.
    __slots__ = ("__dict__", "__weakref__", "_refresher")

    _refresher: Refresher

    def _begin(
        self,
        store: Store,
        update_interval: float | None = None,
        *,
        schema: type[Any] | Mapping[str, type[Any]] | None = None,
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
        is_closed: Callable[[], bool] = bool,
    ) -> None:
        """
        Load the store for the first time; see `TimeBasedConfigStore`.

        `is_closed` says that nobody wants it any more; later on `_refresher.stop` does.
        """
        schedule = schedule_for(store, update_interval, random)
        background = background and schedule.interval_s > 0
        startup_timeout_s = seconds("startup_timeout", startup_timeout)
        clock = SystemClock() if clock is None else clock
        shape = schema_of(schema, schema_names, store.name, is_strict=strict)
        by_field = ability(store, FieldAwareStore)
        if shape is not None and by_field is not None:
            store = by_field.with_fields(shape.field_types())
        overrides = Overrides(shape, store)
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
        if is_closed():
            refresher.stop()
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


def _publisher(config: SnapshotReads[Any], *, is_checked: bool) -> Callable[[View], None]:
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
        shown[_VIEW] = view
        object.__setattr__(target, "__dict__", shown)

    publish(View(ReadOnlyDict(), None, {}, {}, version=0))
    return publish
