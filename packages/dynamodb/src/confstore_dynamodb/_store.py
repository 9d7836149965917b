"""A store in a DynamoDB table."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import attrs

from confstore import Poll, Value, Values
from confstore.adapter import (
    ReadOnlyDict,
    call_after_fork,
    canonical_update,
    canonical_values,
    checked_keys,
    checked_option,
    checked_store,
    is_same,
    poll_between,
)
from confstore.errors import BackendError, OptionNotFoundError
from confstore_dynamodb._client import client_of
from confstore_dynamodb._connection import Connection
from confstore_dynamodb._decoder import PLAIN, READ_ONLY, Decoder
from confstore_dynamodb._encoder import encode_values
from confstore_dynamodb._errors import error_code, retries
from confstore_dynamodb._expressions import projection, update_of_keys
from confstore_dynamodb._table import Table
from confstore_dynamodb._table_schema import TableSchema, Throughput

__all__ = ["DynamoDBStore"]


@attrs.frozen(eq=False)
class _Checkpoint:
    """The state that a poll found; only its own store knows what to make of it."""

    source: object
    state: Mapping[str, ReadOnlyDict] = attrs.field(repr=False)


class DynamoDBStore:
    """
    A store in a DynamoDB table: one option is one item, one key is one attribute.

    Opening it makes the table if it is absent, and checks its keys if it is there. If DynamoDB
    cannot be reached, opening succeeds all the same, and the first call that reaches it does both.

    Attributes:
        name: The store's name.
    """

    def __init__(
        self,
        client: Any,
        table: str,
        name: str,
        *,
        store_key: str = "_store",
        option_key: str = "_option",
        create_table: bool = True,
        read_units: int | None = None,
        write_units: int | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """
        Open a store.

        Args:
            client: A boto3 client, resource or session, or None for a client of ours by the
                environment's settings. Only a client that is made here is closed with the store.
            table: The table's name or ARN.
            name: The store's name.
            store_key: The attribute that is the table's hash key.
            option_key: The attribute that is its range key.
            create_table: Whether to make the table if it is absent.
            read_units: Read capacity of a new table; without it, it is paid on demand.
            write_units: Write capacity of a new table; given together with the other.
            sleep: How to wait, in seconds, while a new table is being made.

        Raises:
            InvalidNameError: The store cannot have this name.
            AccessDeniedError: The credentials are missing or no good.
            MisconfiguredSchemaError: The table has other keys.
            StoreUnavailableError: The table is being deleted or archived.
            TableNotFoundError: The table is absent and is not to be made, or cannot be.
        """
        self.name = checked_store(name)
        self._schema = TableSchema(store_key, option_key)
        throughput = Throughput.of(read_units, write_units)
        self._connection = Connection(client_of(client, self.name), table, self.name)
        self._table_name = table
        self._table = Table(
            self._connection, table, self.name, self._schema, throughput, create_table, sleep
        )
        # Whose checkpoints these are: another object's were made with other settings.
        self._identity = object()
        call_after_fork(self._connection.after_fork)
        try:
            self._table.check(is_start=True)
        except BaseException:
            self._connection.close()
            raise

    def get(
        self, option: str, *, keys: Collection[str] | None = None, consistent: bool = True
    ) -> Values:
        """
        One option, or those of the given keys that it has.

        Args:
            option: The option's name.
            keys: The keys to read; None reads all, an empty collection none.
            consistent: Whether every write that has ended must be seen.

        Raises:
            OptionNotFoundError: The option does not exist, whatever the keys.
            TypeError: `keys` is a `str`, a mapping, or holds something that is not a `str`.
        """
        option = checked_option(option)
        wanted = checked_keys(keys, reserved=self._schema.reserved)
        parameters = {} if wanted is None else projection(wanted, self._schema.option_key)
        reply = self._call(
            "get_item", Key=self._key(option), ConsistentRead=consistent, **parameters
        )
        if "Item" not in reply:
            self._connection.expect_empty(reply)
            raise OptionNotFoundError(option, self.name)
        item = reply["Item"]
        if wanted is not None:
            item = {key: item[key] for key in item if key in wanted}
        values: Values = PLAIN.values(option, item, self._schema.reserved)
        return values

    def items(self, *, consistent: bool = True) -> Iterator[tuple[str, Values]]:
        """Every option, read and decoded page by page; complete, or it raises."""
        self._connection.check_open()
        return self._options(PLAIN, consistent)

    def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Poll:
        """
        What is new since the checkpoint; every option is read and compared.

        Args:
            checkpoint: That of an earlier poll of this object; any other gives a full answer.
            consistent: Whether every write that has ended must be seen.
        """
        old: Mapping[str, ReadOnlyDict] | None = None
        if isinstance(checkpoint, _Checkpoint) and checkpoint.source is self._identity:
            old = checkpoint.state
        state: dict[str, ReadOnlyDict] = {}
        for option, values in self._options(READ_ONLY, consistent):
            known = old.get(option) if old else None
            # What did not change stays the same object, so that no refresh holds a store twice.
            state[option] = known if known is not None and is_same(known, values) else values
        seen = MappingProxyType(state)
        return poll_between(_Checkpoint(self._identity, seen), old, seen)

    def set(self, option: str, values: Mapping[str, Value]) -> None:
        """
        Replace the whole option.

        Raises:
            InvalidNameError: The option cannot have this name.
            InvalidValueError: The values are outside the domain; nothing is written.
        """
        option = checked_option(option)
        canonical = canonical_values(option, values, reserved=self._schema.reserved)
        item = {**self._key(option), **encode_values(canonical)}
        self._call("put_item", option=option, Item=item)

    def update(
        self, option: str, values: Mapping[str, Value], *, remove: Collection[str] = ()
    ) -> None:
        """
        Change the named keys and leave the others; create the option if it is absent.

        Raises:
            InvalidNameError: The option cannot have this name.
            InvalidValueError: The values are outside the domain, a key is both set and removed, or
                the option would become too large; nothing is written.
            TypeError: `remove` is a `str` or a mapping, or holds something that is not a `str`.
        """
        option = checked_option(option)
        changed, removed = canonical_update(option, values, remove, reserved=self._schema.reserved)
        parameters = update_of_keys(encode_values(changed), removed)
        self._call("update_item", option=option, Key=self._key(option), **parameters)

    def delete(self, option: str) -> None:
        """
        Remove the option.

        Where the client had to send the request again, an option that is absent counts as removed:
        it cannot be told whether the first request did it.

        Raises:
            OptionNotFoundError: The option does not exist.
        """
        option = checked_option(option)
        try:
            self._call(
                "delete_item",
                Key=self._key(option),
                ConditionExpression="attribute_exists(#0)",
                ExpressionAttributeNames={"#0": self._schema.option_key},
            )
        except BackendError as error:
            if error_code(error.__cause__) != "ConditionalCheckFailedException":
                raise
            if not retries(error.__cause__):
                raise OptionNotFoundError(option, self.name) from error.__cause__

    def close(self) -> None:
        """Close the client if it was made here; closing twice is closing once."""
        self._connection.close()

    def __repr__(self) -> str:
        return f"<DynamoDBStore {self.name!r} in table {self._table_name!r}>"

    def _options(self, decoder: Decoder, consistent: bool) -> Iterator[tuple[str, Any]]:
        for page in self._pages(consistent):
            for item in page:
                option = decoder.option_name(item, self._schema.option_key)
                yield option, decoder.values(option, item, self._schema.reserved)

    def _pages(self, consistent: bool) -> Iterator[list[dict[str, Any]]]:
        start: dict[str, Any] = {}
        while True:
            reply = self._call(
                "query",
                KeyConditionExpression="#0=:0",
                ExpressionAttributeNames={"#0": self._schema.store_key},
                ExpressionAttributeValues={":0": {"S": self.name}},
                ConsistentRead=consistent,
                **start,
            )
            yield self._connection.expect(reply, "Items")
            if not reply.get("LastEvaluatedKey"):
                return
            start = {"ExclusiveStartKey": reply["LastEvaluatedKey"]}

    def _call(
        self, operation: str, *, option: str | None = None, **parameters: Any
    ) -> dict[str, Any]:
        self._connection.check_open()
        self._table.check()
        return self._connection.call(operation, option=option, **parameters)

    def _key(self, option: str) -> dict[str, dict[str, str]]:
        return self._schema.item_key(self.name, option)
