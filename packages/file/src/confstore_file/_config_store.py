"""The facade over a store in a JSON file."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, cast, overload

from confstore import ConfigStore
from confstore_file._store import FileStore

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

__all__ = ["FileConfigStore"]


class FileConfigStore(ConfigStore[C_co], Generic[C_co]):
    """A `ConfigStore` over a `FileStore`."""

    store: FileStore

    @overload
    def __init__(
        self: FileConfigStore[SimpleConfigStore],
        path: str | os.PathLike[str],
        config_store: Literal["SimpleConfigStore"] = "SimpleConfigStore",
    ) -> None: ...

    @overload
    def __init__(
        self: FileConfigStore[CachedConfigStore],
        path: str | os.PathLike[str],
        config_store: Literal["CachedConfigStore"],
        **config_options: Any,
    ) -> None: ...

    @overload
    def __init__(
        self: FileConfigStore[TimeBasedConfigStore[dict[str, dict[str, Any]]]],
        path: str | os.PathLike[str],
        config_store: Literal["TimeBasedConfigStore"],
        *,
        schema: None = None,
        **config_options: Any,
    ) -> None: ...

    @overload
    def __init__(
        self: FileConfigStore[TimeBasedConfigStore[Any]],
        path: str | os.PathLike[str],
        config_store: Literal["TimeBasedConfigStore"],
        *,
        schema: Mapping[str, type[Any]],
        **config_options: Any,
    ) -> None: ...

    @overload
    def __init__(
        self: FileConfigStore[TimeBasedConfigStore[T]],
        path: str | os.PathLike[str],
        config_store: Literal["TimeBasedConfigStore"],
        *,
        schema: type[T],
        **config_options: Any,
    ) -> None: ...

    # A class, or any other callable: its own signature says what it takes and makes.
    @overload
    def __init__(
        self,
        path: str | os.PathLike[str],
        config_store: Callable[Concatenate[Store, P], C_co],
        *config_args: P.args,
        **config_options: P.kwargs,
    ) -> None: ...

    def __init__(
        self,
        path: str | os.PathLike[str],
        config_store: str | Callable[..., Any] = "SimpleConfigStore",
        *config_args: Any,
        **config_options: Any,
    ) -> None:
        """
        Open a file and read it through a strategy.

        Args:
            path: The file, as for `FileStore`.
            config_store: The strategy, as for `ConfigStore`.
            *config_args: The strategy's arguments by position.
            **config_options: Its arguments by name, such as `update_interval`.

        Raises:
            InvalidNameError: The path names no file.
            ConfigStoreError: The strategy could not load; the store is closed.
            ValueError: No strategy has this name.
        """
        store = FileStore(path)
        try:
            # Any: the caller's types are checked by the overloads above.
            super().__init__(store, cast("Any", config_store), *config_args, **config_options)
        except BaseException:
            store.close()
            raise
