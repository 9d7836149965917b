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
            connection: A boto3 client, resource or session, or None for a client of ours by the
                environment's settings.
            table_name: The table's name or ARN; it is made if it is absent.
            store_name: The store's name.
            store_key: The attribute that is the table's hash key.
            option_key: The attribute that is its range key.
            create_table: Whether to make the table if it is absent.
            read_units: Read capacity of a new table; without it, it is paid on demand.
            write_units: Write capacity of a new table; given together with the other.
            full_reload_interval: Seconds after which a refresh of a journaled store loads
                everything again; see `DynamoDBStore`.
            config_store: The strategy; see `ConfigStore`.
            **config_options: What the strategy takes, such as `update_interval`.

        Raises:
            ConfigStoreError: The table is not fit for use, or the strategy could not load.
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
