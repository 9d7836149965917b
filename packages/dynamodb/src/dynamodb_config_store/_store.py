"""The store of 2014."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from confstore import ConfigStore, Value
from confstore.errors import StoreUnavailableError
from confstore_dynamodb import DynamoDBStore
from confstore_dynamodb.errors import TableNotFoundError
from dynamodb_config_store.config_stores.simple import SimpleConfigStore
from dynamodb_config_store.config_stores.time_based import TimeBasedConfigStore
from dynamodb_config_store.exceptions import TableNotCreatedException, TableNotReadyException

__all__ = ["DynamoDBConfigStore"]

_STRATEGIES: dict[str, Callable[..., Any]] = {
    "SimpleConfigStore": SimpleConfigStore,
    "TimeBasedConfigStore": TimeBasedConfigStore,
}

_UPDATE_INTERVAL_S = 300
"""The default of the library of 2014."""


class DynamoDBConfigStore(ConfigStore[Any]):
    """
    A store in a DynamoDB table, by the signature of 2014.

    It also has what `confstore.ConfigStore` has: `update`, `delete`, `close`, and use in a `with`.

    Attributes:
        config: The reading strategy.
        connection: What was given; likewise all other arguments, by their names.
    """

    def __init__(
        self,
        connection: Any,
        table_name: str,
        store_name: str,
        store_key: str = "_store",
        option_key: str = "_option",
        read_units: int = 1,
        write_units: int = 1,
        config_store: str = "SimpleConfigStore",
        config_store_args: Sequence[Any] = (),
        config_store_kwargs: Mapping[str, Any] | None = None,
    ) -> None:
        """
        Open a store; its table is made if it is absent.

        Args:
            connection: A boto3 client, resource or session.
            table_name: The table's name.
            store_name: The store's name.
            store_key: The attribute that is the table's hash key.
            option_key: The attribute that is its range key.
            read_units: Read capacity of a new table.
            write_units: Write capacity of a new table.
            config_store: `"SimpleConfigStore"` or `"TimeBasedConfigStore"`.
            config_store_args: What the strategy takes by position: `update_interval`, in seconds.
            config_store_kwargs: What it takes by name; `auto_reload`, as the manual of 2014 called
                it, is `update_interval`.

        Raises:
            MisconfiguredSchemaException: The table has other keys.
            NotImplementedError: There is no such strategy.
            TableNotCreatedException: The table is absent and could not be made.
            TableNotReadyException: The table is in a state in which it cannot be used.
        """
        if config_store not in _STRATEGIES:
            known = " and ".join(_STRATEGIES)
            message = f"there is no {config_store!r}: {known} are implemented"
            raise NotImplementedError(message)
        options = dict(config_store_kwargs or {})
        if "auto_reload" in options:
            options.setdefault("update_interval", options.pop("auto_reload"))
        if config_store == "TimeBasedConfigStore" and not config_store_args:
            options.setdefault("update_interval", _UPDATE_INTERVAL_S)
        self.connection = connection
        self.table_name = table_name
        self.store_name = store_name
        self.store_key = store_key
        self.option_key = option_key
        self.read_units = read_units
        self.write_units = write_units
        self.config_store = config_store
        self.config_store_args = config_store_args
        self.config_store_kwargs = config_store_kwargs
        store = self._opened()
        strategy = _STRATEGIES[config_store]
        try:
            super().__init__(store, lambda of: strategy(of, *config_store_args, **options))
        except BaseException:
            store.close()
            raise

    def _opened(self) -> DynamoDBStore:
        try:
            return DynamoDBStore(
                self.connection,
                self.table_name,
                self.store_name,
                store_key=self.store_key,
                option_key=self.option_key,
                read_units=self.read_units,
                write_units=self.write_units,
            )
        except TableNotFoundError as error:
            raise TableNotCreatedException(error.store, error.reason) from error.__cause__
        except StoreUnavailableError as error:
            raise TableNotReadyException(error.store, error.reason) from error.__cause__

    def set(self, option: str, data: Mapping[str, Any]) -> bool:  # type: ignore[override]  # as in 2014
        """
        Replace a whole option.

        Args:
            option: The option's name.
            data: Key to value; it stays as it is. Empty values (None, empty text, sets, lists and
                dicts) are left out, as in 2014, and so are the table's own two keys.

        Returns:
            Always True.

        Raises:
            ValidationException: The values cannot be stored; nothing is written.
        """
        super().set(
            option, {key: value for key, value in data.items() if self._is_kept(key, value)}
        )
        return True

    def _is_kept(self, key: str, value: Value) -> bool:
        # In 2014 these two were written into the caller's dict, which may come from such a time.
        if key in {self.store_key, self.option_key}:
            return False
        # boto 2 kept 0 and False, and of what else is falsy nothing.
        return bool(value) or isinstance(value, int | float | Decimal)
