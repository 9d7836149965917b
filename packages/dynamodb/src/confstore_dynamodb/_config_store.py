"""The facade over a store in a DynamoDB table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from confstore import ConfigStore
from confstore_dynamodb._store import DynamoDBStore

__all__ = ["DynamoDBConfigStore"]


class DynamoDBConfigStore(ConfigStore):
    """
    A store in a DynamoDB table, to write to, and in `config` the same store to read.

    Attributes:
        store: The store in its table.
        config: The reading strategy.
    """

    def __init__(
        self,
        connection: Any,
        table_name: str,
        store_name: str,
        *,
        store_key: str = "_store",
        option_key: str = "_option",
        create_table: bool = True,
        read_units: int | None = None,
        write_units: int | None = None,
        full_reload_interval: float = 3600,
        config_store: str | Callable[..., Any] = "SimpleConfigStore",
        **config_options: Any,
    ) -> None:
        """
        Open a store and read it through a strategy.

        Args:
            connection: A boto3 client, resource or session; None makes a client by the
                environment's settings.
            table_name: The table's name or ARN; it is created if it is absent.
            store_name: The store's name.
            store_key: See `DynamoDBStore`, also for the arguments up to `full_reload_interval`.
            option_key: The attribute that is the table's range key.
            create_table: Create the table if it is absent.
            read_units: Read capacity of a new table.
            write_units: Write capacity of a new table.
            full_reload_interval: Seconds between two refreshes that load everything.
            config_store: The strategy; see `ConfigStore`.
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
            super().__init__(store, config_store, **config_options)
        except BaseException:
            store.close()
            raise
