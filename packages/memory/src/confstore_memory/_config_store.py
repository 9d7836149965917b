"""A store in memory, and the same store read through one strategy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, cast, overload

from confstore import ConfigStore
from confstore_memory._store import MemoryStore

if TYPE_CHECKING:
    from typing import Concatenate, ParamSpec

    from typing_extensions import TypeVar as TypeVarWithDefault

    from confstore import (
        CachedConfigStore,
        Config,
        SimpleConfigStore,
        Store,
        TimeBasedConfigStore,
    )

    C_co = TypeVarWithDefault("C_co", covariant=True, bound=Config, default=Any)
    T = TypeVar("T")
    P = ParamSpec("P")
else:
    # See confstore.ConfigStore.
    C_co = TypeVar("C_co", covariant=True)

__all__ = ["MemoryConfigStore"]


class MemoryConfigStore(ConfigStore[C_co], Generic[C_co]):
    """
    A config store in process memory, which a unit test gives to the code under test.

    Attributes:
        store: The store; `store.fail()` and `store.heal()` simulate an outage.
        config: The reading strategy.
    """

    store: MemoryStore

    @overload
    def __init__(
        self: MemoryConfigStore[SimpleConfigStore],
        name: str = "test",
        options: Mapping[str, Mapping[str, Any]] | None = None,
        config_store: Literal["SimpleConfigStore"] = "SimpleConfigStore",
    ) -> None: ...

    @overload
    def __init__(
        self: MemoryConfigStore[CachedConfigStore],
        name: str = "test",
        options: Mapping[str, Mapping[str, Any]] | None = None,
        config_store: Literal["CachedConfigStore"] = ...,
        **config_options: Any,
    ) -> None: ...

    @overload
    def __init__(
        self: MemoryConfigStore[TimeBasedConfigStore[dict[str, dict[str, Any]]]],
        name: str = "test",
        options: Mapping[str, Mapping[str, Any]] | None = None,
        config_store: Literal["TimeBasedConfigStore"] = ...,
        *,
        schema: None = None,
        **config_options: Any,
    ) -> None: ...

    @overload
    def __init__(
        self: MemoryConfigStore[TimeBasedConfigStore[Any]],
        name: str = "test",
        options: Mapping[str, Mapping[str, Any]] | None = None,
        config_store: Literal["TimeBasedConfigStore"] = ...,
        *,
        schema: Mapping[str, type[Any]],
        **config_options: Any,
    ) -> None: ...

    @overload
    def __init__(
        self: MemoryConfigStore[TimeBasedConfigStore[T]],
        name: str = "test",
        options: Mapping[str, Mapping[str, Any]] | None = None,
        config_store: Literal["TimeBasedConfigStore"] = ...,
        *,
        schema: type[T],
        **config_options: Any,
    ) -> None: ...

    # A class, or any other callable: its own signature says what it takes and makes.
    @overload
    def __init__(
        self,
        name: str = "test",
        options: Mapping[str, Mapping[str, Any]] | None = None,
        config_store: Callable[Concatenate[Store, P], C_co] = ...,
        *config_args: P.args,
        **config_options: P.kwargs,
    ) -> None: ...

    def __init__(
        self,
        name: str = "test",
        options: Mapping[str, Mapping[str, Any]] | None = None,
        config_store: str | Callable[..., Any] = "SimpleConfigStore",
        *config_args: Any,
        **config_options: Any,
    ) -> None:
        """
        Make a store of its own and read it through a strategy.

        Args:
            name: The store's name.
            options: The options that it holds from the start: option to values.
            config_store: The strategy, as for `ConfigStore`.
            *config_args: The strategy's arguments by position.
            **config_options: Its arguments by name, such as `update_interval`.

        Raises:
            InvalidNameError: The store or an option cannot have this name.
            InvalidValueError: Some values are outside the domain.
            ConfigStoreError: The strategy could not load; the store is closed.
            ValueError: No strategy has this name.
        """
        store = MemoryStore(name, options)
        try:
            # Any: the caller's types are checked by the overloads above.
            super().__init__(store, cast("Any", config_store), *config_args, **config_options)
        except BaseException:
            store.close()
            raise

    @classmethod
    def sealed(
        cls, name: str = "test", options: Mapping[str, Mapping[str, Any]] | None = None
    ) -> MemoryConfigStore[SimpleConfigStore]:
        """
        Make one that takes `Secret` values, and seals them by a random key of its own.

        Its `store` is a `SealedStore`, which has `fail` and `heal`, too.

        Args:
            name: The store's name.
            options: The options that it holds from the start: option to values.

        Raises:
            InvalidNameError: The store or an option cannot have this name.
            InvalidValueError: Some values are outside the domain.
            SecretError: A secret cannot be sealed, for example without the library cryptography.
        """
        # Not at the top: few tests have secrets.
        from confstore_memory._sealed import RandomKeys, SealedMemoryStore

        store = SealedMemoryStore(MemoryStore(name), RandomKeys())
        for option, values in (options or {}).items():
            store.set(option, values)
        made: Any = cls.__new__(cls)
        ConfigStore.__init__(made, store)
        return cast("MemoryConfigStore[SimpleConfigStore]", made)
