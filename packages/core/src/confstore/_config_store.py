"""The facade: a store to write to, read through one strategy."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, cast, overload

from confstore._process.closing import ClosesOnExit
from confstore._stores.given import checked_object, described
from confstore._stores.protocols import Store
from confstore._values.names import closest

if TYPE_CHECKING:
    from typing import Concatenate, ParamSpec

    from typing_extensions import TypeVar as TypeVarWithDefault

    from confstore._reading.cached import CachedConfigStore
    from confstore._reading.config import Config
    from confstore._reading.simple import SimpleConfigStore
    from confstore._reading.time_based.config import TimeBasedConfigStore

    C_co = TypeVarWithDefault("C_co", covariant=True, bound=Config, default=Any)
    T = TypeVar("T")
    P = ParamSpec("P")
else:
    # See TimeBasedConfigStore.
    C_co = TypeVar("C_co", covariant=True)

__all__ = ["ConfigStore"]

_STRATEGIES = {
    "CachedConfigStore": "confstore._reading.cached",
    "SimpleConfigStore": "confstore._reading.simple",
    "TimeBasedConfigStore": "confstore._reading.time_based.config",
}


class ConfigStore(ClosesOnExit, Generic[C_co]):
    """
    A store to write to, and in `config` the same store to read through one strategy.

    The end of a `with` block closes both.

    Attributes:
        store: The store in its backend.
        config: The reading strategy.
    """

    @overload
    def __init__(
        self: ConfigStore[SimpleConfigStore],
        store: Store,
        config_store: Literal["SimpleConfigStore"] = "SimpleConfigStore",
    ) -> None: ...

    @overload
    def __init__(
        self: ConfigStore[CachedConfigStore],
        store: Store,
        config_store: Literal["CachedConfigStore"],
        **config_options: Any,
    ) -> None: ...

    @overload
    def __init__(
        self: ConfigStore[TimeBasedConfigStore[dict[str, dict[str, Any]]]],
        store: Store,
        config_store: Literal["TimeBasedConfigStore"],
        *,
        schema: None = None,
        **config_options: Any,
    ) -> None: ...

    @overload
    def __init__(
        self: ConfigStore[TimeBasedConfigStore[Any]],
        store: Store,
        config_store: Literal["TimeBasedConfigStore"],
        *,
        schema: Mapping[str, type[Any]],
        **config_options: Any,
    ) -> None: ...

    @overload
    def __init__(
        self: ConfigStore[TimeBasedConfigStore[T]],
        store: Store,
        config_store: Literal["TimeBasedConfigStore"],
        *,
        schema: type[T],
        **config_options: Any,
    ) -> None: ...

    # A class, or any other callable: its own signature says what it takes and makes.
    @overload
    def __init__(
        self,
        store: Store,
        config_store: Callable[Concatenate[Store, P], C_co],
        *config_args: P.args,
        **config_options: P.kwargs,
    ) -> None: ...

    def __init__(
        self,
        store: Store,
        config_store: str | Callable[..., Any] = "SimpleConfigStore",
        *config_args: Any,
        **config_options: Any,
    ) -> None:
        """
        Read a store through a strategy.

        Args:
            store: The store; it is closed with this facade.
            config_store: The strategy: the name of one of confstore's, its class, or any callable
                that takes a store and these arguments.
            *config_args: Arguments of the strategy by position.
            **config_options: Arguments of the strategy by name, such as `update_interval`.

        Raises:
            TypeError: `store` is no store, or `config_store` no strategy.
            ValueError: No strategy has this name.
        """
        checked_object(store)
        strategy = (
            _strategy_by_name(config_store) if isinstance(config_store, str) else config_store
        )
        given: object = strategy
        if not callable(given):
            message = (
                "config_store is the name of a strategy, its class, or a callable that takes a "
                f"store, not {described(given)}"
            )
            raise TypeError(message)
        self.store = store
        # Not a property, which would triple the time of a hot read.
        self.config: C_co = strategy(store, *config_args, **config_options)

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        """
        Replace a whole option.

        Raises:
            InvalidNameError: The option cannot have this name.
            InvalidValueError: The values are outside the domain; nothing is written.
        """
        try:
            self.store.set(option, values)
        finally:
            self._written(option)

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        """
        Change keys of an option and leave the others; create the option if it is absent.

        Raises:
            InvalidNameError: The option cannot have this name.
            InvalidValueError: The values are outside the domain, or a key is both set and removed;
                nothing is written.
        """
        try:
            self.store.update(option, values, remove=remove)
        finally:
            self._written(option)

    def delete(self, option: str) -> None:
        """
        Remove an option.

        Raises:
            OptionNotFoundError: The option does not exist.
        """
        try:
            self.store.delete(option)
        finally:
            self._written(option)

    def _written(self, option: str) -> None:
        # Also after an error: a write whose reply was lost may have happened.
        invalidate = getattr(type(self.config), "invalidate", None)
        if invalidate is not None:
            invalidate(self.config, option)

    def reload(self) -> None:
        """Make later reads see every write that has ended."""
        self.config.reload()

    def close(self) -> None:
        """Close the strategy, then the store; closing twice is closing once."""
        try:
            self.config.close()
        finally:
            self.store.close()

    def __repr__(self) -> str:
        strategy = getattr(type(self.config), "__name__", "strategy")
        return f"<{type(self).__name__} {self.store.name!r} read by {strategy}>"


def _strategy_by_name(name: str) -> Callable[..., Any]:
    if name not in _STRATEGIES:
        close = closest(name, _STRATEGIES)
        advice = f"did you mean {close!r}?" if close else f"known are {', '.join(_STRATEGIES)}"
        raise ValueError(f"no reading strategy is named {name!r}: {advice}")
    # Imported now, by name: a program pays for the strategy that it uses.
    return cast("Callable[..., Any]", getattr(importlib.import_module(_STRATEGIES[name]), name))
