"""A store in a DynamoDB table."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from confstore.adapter import (
    ClosesOnExit,
    canonical_update,
    canonical_values,
    checked_keys,
    checked_option,
    checked_store,
)
from confstore.errors import AccessDeniedError, BackendError, OptionNotFoundError
from confstore_dynamodb._connections.client import client_of
from confstore_dynamodb._connections.connection import Connection
from confstore_dynamodb._connections.refusals.error_reply import error_code, retry_count
from confstore_dynamodb._connections.refusals.translation import lacks_permission
from confstore_dynamodb._keys import TableSchema, capacity_of
from confstore_dynamodb._reading.item_body import OptionReader
from confstore_dynamodb._table import Table
from confstore_dynamodb._wire.decoder import PLAIN
from confstore_dynamodb._wire.encoder import encode_values
from confstore_dynamodb._wire.expressions import update_of_keys

if TYPE_CHECKING:
    from confstore import Change, Commit, Finding, Poll, Values
    from confstore_dynamodb._journal.journal import StoreJournal
    from confstore_dynamodb._reading.query import OptionsQuery

__all__ = ["DynamoDBStore"]

_MAX_LOOKED_AT = 100
"""Items of one look at a table's stores: at most 1 MB, or 128 read units."""

_JOURNALED_S, _UNJOURNALED_S = 60.0, 300.0
"""Guesses: at 60 s, 1,000 processes without news cost 720,000 read units a day, 0.10 dollars."""

T = TypeVar("T")


class _Lazy(Generic[T]):
    """
    A part of a store that is made, and its modules imported, when it is first used.

    A process that reads one option does without. There is no lock, which a forked child could
    inherit: two threads that come at once go on with the same part.
    """

    def __init__(self, make: Callable[[DynamoDBStore], T]) -> None:
        self._make = make

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, store: DynamoDBStore, owner: type) -> T:
        # From now on the attribute is found in the store itself, before this is asked.
        part: T = store.__dict__.setdefault(self._name, self._make(store))
        return part


class DynamoDBStore(ClosesOnExit):
    """
    A store in a DynamoDB table: one option is one item, one key is one attribute.

    Opening it creates the table if it is absent, and checks its keys if it is there. If DynamoDB
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
        check_table: bool = True,
        read_units: int | None = None,
        write_units: int | None = None,
        full_reload_interval: float = 3600,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """
        Open a store.

        Args:
            client: A boto3 client, resource or session; None makes a client by the environment's
                settings. Only a client that is made here is closed with the store.
            table: The table's name or ARN.
            name: The store's name.
            store_key: The attribute that is the table's hash key.
            option_key: The attribute that is its range key.
            create_table: Create the table if it is absent.
            check_table: Check the table now; else the first call does.
            read_units: Read capacity of a new table; without both it is paid on demand.
            write_units: Write capacity of a new table.
            full_reload_interval: Seconds between two polls of a journaled store that load all of
                it, for edits made without the journal; the first one comes at random within them.
            sleep: Waits for a number of seconds; for tests.

        Raises:
            InvalidNameError: The store or the table cannot have this name.
            AccessDeniedError: The credentials are missing or refused.
            MisconfiguredSchemaError: The table has other keys.
            StoreUnavailableError: The table is being deleted or archived.
            TableNotFoundError: The table is absent and must not or cannot be created.
            ValueError: An interval, the two keys or the two units are invalid.
        """
        self.name: str = checked_store(name)
        self._schema = TableSchema(store_key, option_key)
        capacity = capacity_of(read_units, write_units)
        self._connection = Connection(client_of(client, self.name), table, self.name)
        self._table = Table(self._connection, self._schema, capacity, create_table, sleep)
        self._options = OptionReader(self._connection, self._schema)
        if not full_reload_interval > 0:
            raise ValueError("full_reload_interval is a positive number of seconds")
        self._sleep = sleep
        self._full_reload_interval_s = full_reload_interval
        try:
            if check_table:
                self._table.check(is_start=True)
        except BaseException:
            self._connection.close()
            raise

    def secrets_context(self) -> str:
        """See `confstore.ContextStore`: `TABLE/STORE`, also where the table is given by its ARN."""
        return f"{self._connection.table.rpartition('/')[2]}/{self.name}"

    @_Lazy
    def _query(self) -> OptionsQuery:
        from confstore_dynamodb._reading.query import OptionsQuery

        return OptionsQuery(self._connection, self._schema, self._table.check, self._sleep)

    @_Lazy
    def _journal(self) -> StoreJournal:
        from confstore_dynamodb._journal.journal import StoreJournal

        reads = self._query.read_options, self._options.read
        interval_s = self._full_reload_interval_s
        return StoreJournal(self._connection, self._schema, *reads, self._sleep, interval_s)

    def get(
        self, option: str, *, keys: Collection[str] | None = None, consistent: bool = True
    ) -> Values:
        """See `confstore.Store`; only the keys that are asked for are transferred."""
        option = checked_option(option, store=self.name)
        wanted = checked_keys(keys, reserved=self._schema.reserved)
        self._table.check()
        return self._options.read(option, wanted, consistent=consistent)

    def items(self, *, consistent: bool = True) -> Iterator[tuple[str, Values]]:
        """See `confstore.Store`; each page is read when its first option is asked for."""
        self._connection.check_open()
        return self._query.options(PLAIN, consistent=consistent)

    def reads_on_loop(self) -> bool:
        """
        See `confstore.AsyncReads`: True once a call has been made, by a client of ours.

        Not through a proxy, and not while others listen to botocore's events.
        """
        return self._table.is_checked and self._connection.reads_on_loop()

    async def get_async(
        self, option: str, *, keys: Collection[str] | None = None, consistent: bool = True
    ) -> Values:
        """See `confstore.AsyncReads`."""
        option = checked_option(option, store=self.name)
        wanted = checked_keys(keys, reserved=self._schema.reserved)
        return await self._options.read_on_loop(option, wanted, consistent=consistent)

    def items_async(self, *, consistent: bool = True) -> AsyncIterator[tuple[str, Values]]:
        """See `confstore.AsyncReads`; each page is read when its first option is asked for."""
        self._connection.check_open()
        return self._query.options_on_loop(PLAIN, consistent=consistent)

    def stores(self) -> list[str]:
        """
        The stores that the table has, for somebody who mistyped one.

        It reads one page of at most 100 items, eventually consistent, and needs `dynamodb:Scan`.
        """
        key = self._schema.store_key
        reply = self._connection.call(
            "scan",
            Limit=_MAX_LOOKED_AT,
            ProjectionExpression="#s",
            ExpressionAttributeNames={"#s": key},
        )
        names = {item[key]["S"] for item in self._connection.items(reply)}
        return sorted(name for name in names if not name.startswith("_journal:"))

    def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Poll:
        """
        The changes since the checkpoint, with this process's own writes.

        Of a journaled store the commits since then are read. Of any other store, and where the
        journal is denied, every page is read, and what differs is decoded and compared.
        """
        from confstore_dynamodb._reading.query import poll_own_writes

        self._table.check()
        return poll_own_writes(self._connection, self._poll, checkpoint, consistent=consistent)

    def update_interval_hint(self) -> float:
        """
        Seconds between two refreshes: 60 once a read has found a journal, else 300.

        A poll of a journal without news costs half a read unit; any other poll reads the whole
        store.
        """
        return _JOURNALED_S if self._journal.is_known else _UNJOURNALED_S

    def _poll(self, checkpoint: object, *, consistent: bool) -> Poll:
        try:
            if self._journal.marker() is not None:
                return self._journal.poller.poll(checkpoint, consistent=consistent)
        except AccessDeniedError as error:
            if not lacks_permission(error):
                raise
        return self._query.poll(checkpoint, consistent=consistent)

    def location(self) -> str:
        """The URL of the store without its parameters, such as `dynamodb://config/prod`."""
        from urllib.parse import quote

        return f"dynamodb://{quote(self._connection.table, safe=':')}/{quote(self.name, safe='')}"

    def place_of(self, option: str, key: str, checkpoint: object = None) -> str:  # noqa: ARG002
        """The table and the store, such as `table 'config', store 'prod'`."""
        return f"table {self._connection.table!r}, store {self.name!r}"

    def is_local(self) -> bool:
        """Return False: a table is elsewhere, also one of DynamoDB Local."""
        return False

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        """See `confstore.Store`."""
        option = checked_option(option, store=self.name)
        canonical = canonical_values(
            option, values, store=self.name, reserved=self._schema.reserved
        )
        self._table.check()
        if self._journal.marker() is not None:
            self._journal.set(option, canonical)
        else:
            item = self._schema.item_key(self.name, option) | encode_values(canonical)
            self._connection.call("put_item", option=option, Item=item)

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        """See `confstore.Store`; DynamoDB refuses an option that would become too large."""
        option = checked_option(option, store=self.name)
        changed, removed = canonical_update(
            option, values, remove, store=self.name, reserved=self._schema.reserved
        )
        self._table.check()
        if self._journal.marker() is not None:
            self._journal.update(option, changed, removed)
        else:
            parameters = update_of_keys(encode_values(changed), removed)
            key = self._schema.item_key(self.name, option)
            self._connection.call("update_item", option=option, Key=key, **parameters)

    def delete(self, option: str) -> None:
        """
        See `confstore.Store`.

        After a repeated request, an absent option counts as removed: the first may have done it.
        """
        option = checked_option(option, store=self.name)
        self._table.check()
        if self._journal.marker() is not None:
            self._journal.delete(option)
            return
        try:
            self._connection.call(
                "delete_item",
                Key=self._schema.item_key(self.name, option),
                ConditionExpression="attribute_exists(#0)",
                ExpressionAttributeNames={"#0": self._schema.option_key},
            )
        except BackendError as error:
            if error_code(error.__cause__) != "ConditionalCheckFailedException":
                raise
            if not retry_count(error.__cause__):
                raise OptionNotFoundError(self.name, option) from error.__cause__

    def is_journaled(self) -> bool:
        """See `confstore.JournaledStore`; read from the table once."""
        self._connection.check_open()
        self._table.check()
        return self._journal.marker() is not None

    def baseline(self) -> int:
        """See `confstore.JournaledStore`."""
        self._connection.check_open()
        self._table.check()
        return self._journal.enabled().baseline

    def enable_journal(self, *, retention: timedelta | None = None) -> None:
        """
        Enable the journal; do nothing if it is enabled.

        Writers that opened the store before bypass it until they open it again; see `reconcile`.

        Args:
            retention: Time for which a commit is kept once there is a newer one, by DynamoDB's time
                to live, which deletes late and out of order; an hour at least; None keeps all.

        Raises:
            InvalidValueError: An option that another program wrote is outside the domain.
            MisconfiguredSchemaError: The table's time to live is by another attribute.
            ValueError: The retention is too short.
        """
        self._table.check()
        self._journal.enable(retention)

    def version(self) -> int:
        """See `confstore.JournaledStore`; strongly consistent."""
        self._table.check()
        self._journal.enabled()
        return self._journal.partition.read_head().version

    def commits(self, since: int = 0, *, consistent: bool = True) -> list[Commit]:
        """See `confstore.JournaledStore`."""
        self._table.check()
        self._journal.enabled()
        return self._journal.commits(max(0, since), consistent=consistent)

    def commit(
        self,
        changes: Iterable[Change],
        *,
        if_version: int | None = None,
        author: str | None = None,
        comment: str = "",
        journal_only: bool = False,
    ) -> Commit:
        """See `confstore.JournaledStore`; one transaction, which compares 100 keys an option."""
        self._table.check()
        return self._journal.commit(changes, if_version, author, comment, journal_only=journal_only)

    def diagnose(self, *, wall_clock: Callable[[], float] = time.time) -> Iterator[Finding]:
        """
        See `confstore.DiagnosableStore`; no table is created.

        Permissions to write are tried by writes whose condition cannot hold, which cost units.

        Args:
            wall_clock: Seconds since the epoch, to compare DynamoDB's clock with.
        """
        from confstore_dynamodb._doctor.diagnosis import Diagnosis

        self._connection.check_open()
        return Diagnosis(self, self._journal.partition, wall_clock).findings()

    def close(self) -> None:
        """Close the client if it was made here; closing twice is closing once."""
        self._connection.close()

    def __repr__(self) -> str:
        place = self._connection.client.endpoint
        return f"<DynamoDBStore {self.name!r} in table {self._connection.table!r} at {place}>"
