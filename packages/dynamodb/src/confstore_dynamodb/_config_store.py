"""The facade over a store in a DynamoDB table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, cast, overload

from confstore import ConfigStore
from confstore_dynamodb._store import DynamoDBStore

if TYPE_CHECKING:
    from typing import TypedDict, Unpack

    from typing_extensions import TypeVar as TypeVarWithDefault

    from confstore import CachedConfigStore, Config, SimpleConfigStore, TimeBasedConfigStore

    C_co = TypeVarWithDefault("C_co", covariant=True, bound=Config, default=Any)
    T = TypeVar("T")

    class TableOptions(TypedDict, total=False):
        """The arguments of the table, for the overloads."""

        store_key: str
        option_key: str
        create_table: bool
        read_units: int | None
        write_units: int | None
        full_reload_interval: float

else:
    # See confstore.ConfigStore.
    C_co = TypeVar("C_co", covariant=True)

__all__ = ["DynamoDBConfigStore"]


class DynamoDBConfigStore(ConfigStore[C_co], Generic[C_co]):
    """
    A store in a DynamoDB table, to write to, and in `config` the same store to read.

    Attributes:
        store: The store in its table.
        config: The reading strategy.
    """

    store: DynamoDBStore

    # Beside keyword arguments of its own, a signature cannot have those of a strategy (PEP 612): a
    # strategy's arguments are checked when the program runs.

    @overload
    def __init__(
        self: DynamoDBConfigStore[SimpleConfigStore],
        connection: Any,
        table_name: str,
        store_name: str,
        config_store: Literal["SimpleConfigStore"] = "SimpleConfigStore",
        **table_options: Unpack[TableOptions],
    ) -> None: ...

    @overload
    def __init__(
        self: DynamoDBConfigStore[CachedConfigStore],
        connection: Any,
        table_name: str,
        store_name: str,
        config_store: Literal["CachedConfigStore"],
        **options: Any,
    ) -> None: ...

    @overload
    def __init__(
        self: DynamoDBConfigStore[TimeBasedConfigStore[dict[str, dict[str, Any]]]],
        connection: Any,
        table_name: str,
        store_name: str,
        config_store: Literal["TimeBasedConfigStore"],
        *,
        schema: None = None,
        **options: Any,
    ) -> None: ...

    @overload
    def __init__(
        self: DynamoDBConfigStore[TimeBasedConfigStore[Any]],
        connection: Any,
        table_name: str,
        store_name: str,
        config_store: Literal["TimeBasedConfigStore"] | type[TimeBasedConfigStore[Any]],
        *,
        schema: Mapping[str, type[Any]],
        **options: Any,
    ) -> None: ...

    @overload
    def __init__(
        self: DynamoDBConfigStore[TimeBasedConfigStore[T]],
        connection: Any,
        table_name: str,
        store_name: str,
        config_store: Literal["TimeBasedConfigStore"] | type[TimeBasedConfigStore[Any]],
        *,
        schema: type[T],
        **options: Any,
    ) -> None: ...

    @overload
    def __init__(
        self,
        connection: Any,
        table_name: str,
        store_name: str,
        config_store: Callable[..., C_co],
        **options: Any,
    ) -> None: ...

    def __init__(
        self,
        connection: Any,
        table_name: str,
        store_name: str,
        config_store: str | Callable[..., Any] = "SimpleConfigStore",
        *,
        store_key: str = "_store",
        option_key: str = "_option",
        create_table: bool = True,
        read_units: int | None = None,
        write_units: int | None = None,
        full_reload_interval: float = 3600,
        **config_options: Any,
    ) -> None:
        """
        Open a store and read it through a strategy.

        Args:
            connection: A boto3 client, resource or session; None makes a client by the
                environment's settings.
            table_name: The table's name or ARN; it is created if it is absent.
            store_name: The store's name.
            config_store: The strategy, as for `ConfigStore`.
            store_key: See `DynamoDBStore`, also for the arguments up to `full_reload_interval`.
            option_key: The attribute that is the table's range key.
            create_table: Create the table if it is absent.
            read_units: Read capacity of a new table.
            write_units: Write capacity of a new table.
            full_reload_interval: Seconds between two refreshes that load everything.
            **config_options: The strategy's own arguments, such as `update_interval`.

        Raises:
            ConfigStoreError: The table cannot be used, or the strategy could not load.
            ValueError: None of our strategies has this name.
        """
        store = DynamoDBStore(
            connection,
            table_name,
            store_name,
            store_key=store_key,
            option_key=option_key,
            create_table=create_table,
            read_units=read_units,
            write_units=write_units,
            full_reload_interval=full_reload_interval,
        )
        try:
            # Any: the caller's types are checked by the overloads above.
            super().__init__(store, cast("Any", config_store), **config_options)
        except BaseException:
            store.close()
            raise
