"""The strategy that holds the whole store and refreshes it in the background."""

from __future__ import annotations

import functools
import random as random_module
import weakref
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from os import PathLike
from types import TracebackType
from typing import (
    TYPE_CHECKING,
    Any,
    Generic,
    NoReturn,
    SupportsIndex,
    TypeVar,
    cast,
    overload,
)

from confstore._process.clock import Clock, SystemClock, seconds
from confstore._process.waits import Backoff, RefreshSchedule
from confstore._reading.time_based.fallback import Fallback
from confstore._reading.time_based.loader import Loader
from confstore._reading.time_based.refresher import Refresher
from confstore._reading.time_based.subscriptions import Callback, Subscriptions
from confstore._reading.time_based.views import Overrides, Status, View
from confstore._schemas.schema import schema_of
from confstore._stores.protocols import Store
from confstore._values.canonical import canonical_values
from confstore._values.keys import checked_keys, select, select_all
from confstore._values.names import checked_option
from confstore._values.read_only import ReadOnlyDict, freeze
from confstore._values.types import MISSING, Missing, Value
from confstore.errors import OptionNotFoundError

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["TimeBasedConfigStore"]

T = TypeVar("T")
D = TypeVar("D")

# An option's name has at least one byte, so the empty name is free in the swapped dict. The view
# lies there so that everything a reader can see changes with one reference.
_VIEW = ""


class TimeBasedConfigStore(Generic[T]):
    """
    The whole store as one immutable snapshot, refreshed in the background.

    Every option is an attribute: `config.db["host"]`. Names that are no identifiers are read with
    `getattr(config, "external-port")`, names of this class's own attributes with `config["get"]`.
    Reading never touches the backend, takes no lock and never sees half of a refresh. Two reads can
    see two snapshots; `config.current` holds one.

    A refresh that fails, of whatever, leaves the last good snapshot; `config.status` tells.
    """

    # State of our own lives in slots: the instance's __dict__ holds the options, and a refresh
    # replaces it whole.
    __slots__ = ("__dict__", "__weakref__", "_refresher")

    _refresher: Refresher

    def __init__(
        self,
        store: Store,
        update_interval: float = 300,
        *,
        schema: type[T] | Mapping[str, type[Any]] | None = None,
        schema_names: Mapping[str, str] | None = None,
        max_stale: float | None = None,
        background: bool = True,
        startup_timeout: float = 30,
        fallback: str | PathLike[str] | None = None,
        clock: Clock | None = None,
        random: Callable[[], float] = random_module.random,
    ) -> None:
        """
        Load the store, strongly consistent, then keep it fresh.

        Args:
            store: The store; whoever opened it closes it.
            update_interval: Seconds between refreshes, jittered by 10 %; the first comes anywhere
                within it, so that a fleet which starts at once does not read in step.
            schema: The type of the whole store (an attrs class, a dataclass or a pydantic model) or
                of some options, by name. Options that do not fit are a failed refresh. Needs the
                extra `typed`, or pydantic.
            schema_names: Field to option, where replacing `-` by `_` in the option is not enough.
            max_stale: Seconds after which reading an old snapshot raises; None never does.
            background: False refreshes before a read that finds the snapshot older than the
                interval, without a thread: for AWS Lambda, which freezes threads between calls.
            startup_timeout: Seconds for the first load, tries and waits in all.
            fallback: A file that keeps the last good snapshot, to start from when the first load
                fails.
            clock: Where time comes from.
            random: Draws from [0, 1) for the jitter.

        Raises:
            StoreUnavailableError: The store gave no answer within `startup_timeout`.
            SchemaError: The options do not fit the schema.
            ConfigStoreError: The store could not be read, and there was no fallback.
            TypeError: The schema cannot be built, or a number of seconds is none.
            ValueError: A number of seconds is not positive.
        """
        interval_s = seconds("update_interval", update_interval)
        startup_timeout_s = seconds("startup_timeout", startup_timeout)
        refresher = Refresher(
            store.name,
            Loader(store),
            Overrides(schema_of(schema, schema_names, store.name)),
            Subscriptions(store.name),
            publish=_publisher(self, is_clocked=max_stale is not None or not background),
            clock=SystemClock() if clock is None else clock,
            pace=RefreshSchedule(interval_s, random=random),
            fallback=None if fallback is None else Fallback(fallback, store.name),
            max_stale_s=None if max_stale is None else seconds("max_stale", max_stale),
            is_background=background,
        )
        object.__setattr__(self, "_refresher", refresher)
        refresher.start(startup_timeout_s, Backoff(1.0, max(1.0, interval_s), random=random))

    if TYPE_CHECKING:

        def __getattr__(self, option: str) -> Any: ...

    # -- reading -------------------------------------------------------------------------

    def _shown(self) -> View:
        return cast("View", self.__dict__[_VIEW])

    def _view(self) -> View:
        return self._shown()

    @property
    def current(self) -> T:
        """The whole snapshot: the typed object, or without a schema the read-only options."""
        return cast("T", self._view().current)

    @overload
    def get(
        self, option: None = None, *, keys: Collection[str] | None = None
    ) -> dict[str, dict[str, Any]]: ...

    @overload
    def get(self, option: str, *, keys: Collection[str] | None = None) -> dict[str, Any]: ...

    @overload
    def get(
        self, option: str, *, keys: Collection[str] | None = None, default: D
    ) -> dict[str, Any] | D: ...

    def get(
        self,
        option: str | None = None,
        *,
        keys: Collection[str] | None = None,
        default: object = MISSING,
    ) -> object:
        """
        One option, or every option by its name; read-only, and plain whatever the schema.

        Args:
            option: The option's name; None returns the whole store.
            keys: The keys to return of each option; None returns all.
            default: What to return for an absent option.

        Raises:
            OptionNotFoundError: The option is absent and there is no default.
            TypeError: `keys` is a `str` or a mapping, or holds something that is not a `str`.
        """
        options = self._view().options
        if option is None:
            return options if keys is None else select_all(options, keys)
        values = options.get(checked_option(option))
        if values is not None:
            return select(values, checked_keys(keys))
        if default is Missing.MISSING:
            raise OptionNotFoundError(option, self._refresher.name)
        return default

    def __getitem__(self, option: str) -> dict[str, Any]:
        return self.get(option)

    def __contains__(self, option: object) -> bool:
        return isinstance(option, str) and option in self._view().options

    def __iter__(self) -> Iterator[str]:
        return iter(self._view().options)

    def __len__(self) -> int:
        return len(self._view().options)

    # An empty store is a store.
    def __bool__(self) -> bool:
        return True

    # -- the life of it ------------------------------------------------------------------

    @property
    def status(self) -> Status:
        """How fresh the snapshot is, and what the last refresh failed of."""
        # Taken first: a refresh that ends now then counts as newer than it says, not as older.
        health = self._refresher.health
        return Status(
            health.loaded_at,
            self._refresher.age_s(health),
            self._shown().version,
            health.consecutive_failures,
            health.last_error,
            health.is_fallback,
        )

    def reload(self) -> None:
        """
        Refresh now, strongly consistent: every write that has ended is seen.

        Raises:
            ConfigStoreError: The store could not be read or does not fit the schema; the old
                snapshot stays.
            StoreClosedError: The config was closed.
        """
        self._refresher.refresh(consistent=True)

    def subscribe(self, callback: Callback, option: str | None = None) -> Callable[[], None]:
        """
        Be called when options have really changed.

        Args:
            callback: Called as `callback(option, old, new)` after the new snapshot shows; None
                stands for an absent option. It runs in the thread that refreshed, and the next
                refresh waits for it. What it raises is logged.
            option: The only option of interest; None means every one.

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
        options: Mapping[str, Mapping[str, Value]] | None = None,
        /,
        **named: Mapping[str, Value],
    ) -> AbstractContextManager[None]:
        """
        Replace whole options while a `with` block lasts, in the whole process; for tests.

        Refreshes do not undo it, and no subscriber hears of it. Blocks can be nested.

        Args:
            options: Options whose names are no identifiers.
            **named: Options by name.

        Raises:
            InvalidNameError: An option cannot have this name.
            InvalidValueError: The values are outside the domain.
            SchemaError: The values do not fit the schema.
        """
        return self._refresher.overridden(
            {
                checked_option(option): freeze(canonical_values(checked_option(option), values))
                for option, values in {**(options or {}), **named}.items()
            }
        )

    def close(self) -> None:
        """Stop refreshing; what was read stays readable. Closing twice is closing once."""
        self._refresher.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

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
    Reading that looks at the clock first.

    Options stay out of the instance's `__dict__`, so that every one of them is asked for here.
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
def _clocked(cls: type[Any]) -> type[Any]:
    # Named like its base: it is the same thing to its users.
    return type(
        cls.__name__, (_CheckedOnRead, cls), {"__slots__": (), "__module__": cls.__module__}
    )


def _publisher(config: TimeBasedConfigStore[Any], *, is_clocked: bool) -> Callable[[View], None]:
    """A function that shows a view through the config, which it does not keep alive."""
    if is_clocked:
        # Here and not in __new__, which does not see what a subclass's __init__ passes on.
        object.__setattr__(config, "__class__", _clocked(type(config)))  # type: ignore[arg-type]  # a class is hashable
    reference = weakref.ref(config)
    # An instance attribute would hide the method of its name.
    taken = frozenset(dir(type(config)))

    def publish(view: View) -> None:
        target = reference()
        if target is None:
            return
        shown: dict[str, Any] = {}
        if not is_clocked:
            shown = {name: read for name, read in view.attributes.items() if name not in taken}
        shown[_VIEW] = view
        object.__setattr__(target, "__dict__", shown)

    publish(View(ReadOnlyDict(), None, {}, version=0))
    return publish
