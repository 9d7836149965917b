"""A store in a DynamoDB table."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from confstore.adapter import (
    ReadOnlyDict,
    call_after_fork,
    canonical_update,
    canonical_values,
    check_size,
    checked_keys,
    checked_option,
    checked_store,
)
from confstore.errors import (
    AccessDeniedError,
    BackendError,
    JournalGapError,
    OptionNotFoundError,
)
from confstore_dynamodb._connections.client import client_of
from confstore_dynamodb._connections.connection import Connection
from confstore_dynamodb._connections.early_parsing import Early
from confstore_dynamodb._connections.errors import error_code, is_denied, retries
from confstore_dynamodb._keys import TableSchema, Throughput
from confstore_dynamodb._reading.item_body import ItemBody
from confstore_dynamodb._table import Table
from confstore_dynamodb._wire.decoder import PLAIN, READ_ONLY
from confstore_dynamodb._wire.encoder import encode_values
from confstore_dynamodb._wire.expressions import projection, update_of_keys

if TYPE_CHECKING:
    from confstore import Change, Commit, Finding, Poll, Value, Values
    from confstore_dynamodb._journal.enabling import Journaling
    from confstore_dynamodb._reading.query import OptionsQuery

__all__ = ["DynamoDBStore"]

T = TypeVar("T")


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
        check_table: bool = True,
        read_units: int | None = None,
        write_units: int | None = None,
        full_reload_interval: float = 3600,
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
            check_table: Whether to look at the table now; else the first call does.
            read_units: Read capacity of a new table; without it, it is paid on demand.
            write_units: Write capacity of a new table; given together with the other.
            full_reload_interval: Seconds, jittered by 10 %, after which a poll of a journaled store
                loads everything again, for edits made without the journal.
            sleep: How to wait, in seconds: for a new table, between tries to commit, and between
                options that are read in the background.

        Raises:
            InvalidNameError: The store cannot have this name.
            AccessDeniedError: The credentials are missing or no good.
            MisconfiguredSchemaError: The table has other keys.
            StoreUnavailableError: The table is being deleted or archived.
            TableNotFoundError: The table is absent and is not to be made, or cannot be.
            ValueError: An interval is not positive, the keys are not two names, or only one of the
                units is given.
        """
        self.name = checked_store(name)
        self._schema = TableSchema(store_key, option_key)
        throughput = Throughput.of(read_units, write_units)
        self._connection = Connection(client_of(client, self.name), table, self.name)
        self._table_name = table
        self._table = Table(
            self._connection, table, self.name, self._schema, throughput, create_table, sleep
        )
        self._item_body = ItemBody(self._schema)
        if not full_reload_interval > 0:
            raise ValueError("full_reload_interval is a positive number of seconds")
        self._sleep = sleep
        self._full_reload_interval_s = full_reload_interval
        call_after_fork(self._connection.after_fork)
        try:
            if check_table:
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
            "get_item",
            reader=self._item_body,
            Key=self._key(option),
            ConsistentRead=consistent,
            **parameters,
        )
        if "Item" not in reply:
            self._connection.expect_empty(reply)
            raise OptionNotFoundError(option, self.name)
        item = reply["Item"]
        if isinstance(item, Early) and not item.is_seen:
            return _selected(item.content, wanted)
        selected = _selected(item, wanted)
        values: Values = PLAIN.values(option, selected, self._schema.reserved)
        return values

    def items(self, *, consistent: bool = True) -> Iterator[tuple[str, Values]]:
        """Every option, read and decoded page by page; complete, or it raises."""
        self._connection.check_open()
        return self._query.options(PLAIN, consistent=consistent)

    def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Poll:
        """
        What is new since the checkpoint.

        Of a journaled store the commits since then are read. Of any other every page is asked for,
        and those that are not byte for byte as they were are read and compared; so it is, too,
        where the caller may not read the journal.

        Args:
            checkpoint: That of an earlier poll of this object; any other gives a full answer.
            consistent: Whether every write that has ended must be seen.
        """
        self._ready()
        try:
            if self._journaling.marker() is not None:
                return self._journaling.poller.poll(checkpoint, consistent=consistent)
        except AccessDeniedError as error:
            if not is_denied(error):
                raise
        return self._query.poll(checkpoint, consistent=consistent)

    def set(self, option: str, values: Mapping[str, Value]) -> None:
        """
        Replace the whole option.

        Raises:
            InvalidNameError: The option cannot have this name.
            InvalidValueError: The values are outside the domain; nothing is written.
        """
        option = checked_option(option)
        canonical = canonical_values(option, values, reserved=self._schema.reserved)
        part = self._journaling.part_of(option, canonical)
        if self.is_journaled():
            self._journaling.write(lambda: (canonical, part), option)
        else:
            self._call("put_item", option=option, **part["Put"])

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
        if self.is_journaled():
            self._journaling.write(lambda: self._merged(option, changed, removed), option)
        else:
            parameters = update_of_keys(encode_values(changed), removed)
            self._call("update_item", option=option, Key=self._key(option), **parameters)

    def _merged(
        self, option: str, changed: Values, removed: frozenset[str]
    ) -> tuple[Values, dict[str, Any]]:
        try:
            old = self.get(option)
        except OptionNotFoundError:
            old = {}
        merged = {key: value for key, value in {**old, **changed}.items() if key not in removed}
        check_size(option, merged)
        parameters = update_of_keys(encode_values(changed), removed)
        if "UpdateExpression" not in parameters:
            # Too many keys for an expression, the only form of it in a transaction, or none.
            return merged, self._journaling.part_of(option, merged)
        return merged, {"Update": {"Key": self._key(option), **parameters}}

    def delete(self, option: str) -> None:
        """
        Remove the option.

        Where the client had to send the request again, an option that is absent counts as removed:
        it cannot be told whether the first request did it.

        Raises:
            OptionNotFoundError: The option does not exist.
        """
        option = checked_option(option)
        if self.is_journaled():
            self._journaling.write(lambda: self._deleted(option), option)
            return
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

    def _deleted(self, option: str) -> tuple[None, dict[str, Any]]:
        self.get(option, keys=())
        return None, self._journaling.part_of(option, None)

    def is_journaled(self) -> bool:
        """
        Whether every write is a commit; read from the table once.

        Raises:
            AccessDeniedError: This caller may not know, and so may not write.
        """
        self._ready()
        return self._journaling.marker() is not None

    def baseline(self) -> int:
        """The last version that only wrote down what there was when the journal was enabled."""
        self._ready()
        return self._journaling.enabled().baseline

    def enable_journal(self, *, retention: timedelta | None = None) -> None:
        """
        Make every write a commit from now on, and what there is the first ones; or do nothing.

        Writers that opened the store before go on writing without the journal until they open it
        again; `reconcile` commits what they wrote.

        Args:
            retention: How long a commit is kept once there is a newer one, by DynamoDB's time to
                live, which deletes late and out of order; an hour at least; None keeps all.

        Raises:
            InvalidCommitError: An option is too large for a commit.
            InvalidValueError: An option that another program wrote is outside the domain.
            MisconfiguredSchemaError: The table's time to live is by another attribute.
            ValueError: The retention is too short.
        """
        self._ready()
        self._journaling.enable(retention)

    def version(self) -> int:
        """
        The version of the last commit; 0 before the first.

        Raises:
            NotJournaledError: There is no journal.
        """
        self._ready()
        self._journaling.enabled()
        return self._journaling.read_head().version

    def commits(self, since: int = 0, *, consistent: bool = True) -> list[Commit]:
        """
        The commits after a version, ascending and without gaps.

        Raises:
            JournalGapError: The journal does not hold all of them.
            NotJournaledError: There is no journal.
        """
        self._ready()
        self._journaling.enabled()
        since = max(0, since)
        try:
            return self._journaling.commits(since, consistent=consistent)
        except JournalGapError:
            if consistent:
                raise
        # An eventually consistent read may miss what is there.
        return self.commits(since)

    def commit(
        self,
        changes: Iterable[Change],
        *,
        if_version: int | None = None,
        author: str | None = None,
        comment: str = "",
    ) -> Commit:
        """
        Apply all of the changes, or none; see `confstore.JournaledStore`.

        Raises:
            InvalidCommitError: Not every backend could make this commit.
            InvalidNameError: An option cannot have its name.
            InvalidValueError: Values are outside the domain.
            JournalGapError: `if_version` is older than the journal.
            NotJournaledError: There is no journal.
            VersionConflictError: Somebody committed to one of the options after `if_version`.
        """
        self._ready()
        return self._journaling.commit(changes, if_version, author, comment)

    def diagnose(self, *, wall_clock: Callable[[], float] = time.time) -> Iterator[Finding]:
        """
        What is well and what is not; see `confstore.DiagnosableStore`.

        No table is made. Permissions to write are tried by writes whose condition cannot hold,
        which cost their write units. Every option and the journal are read.

        Args:
            wall_clock: Seconds since the epoch, which DynamoDB's clock is compared with.
        """
        # Not at the top: hardly a program asks.
        from confstore_dynamodb._doctor.diagnosis import Diagnosis

        self._connection.check_open()
        partition = self._journaling.partition
        diagnosis = Diagnosis(
            self, self._connection, self._table_name, self._schema, partition, wall_clock
        )
        return diagnosis.findings()

    def close(self) -> None:
        """Close the client if it was made here; closing twice is closing once."""
        self._connection.close()

    def __repr__(self) -> str:
        return f"<DynamoDBStore {self.name!r} in table {self._table_name!r}>"

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        self._ready()
        return self._connection.call(operation, **parameters)

    def _ready(self) -> None:
        self._connection.check_open()
        self._table.check()

    # These two are made, and their modules imported, when they are first needed: most of what a
    # process that reads one option would import has to do with them.

    @property
    def _query(self) -> OptionsQuery:
        return self._made("_made_query", self._new_query)

    @property
    def _journaling(self) -> Journaling:
        return self._made("_made_journaling", self._new_journaling)

    def _made(self, name: str, make: Callable[[], T]) -> T:
        made: T | None = self.__dict__.get(name)
        # Two threads that come at once both go on with the same one.
        return self.__dict__.setdefault(name, make()) if made is None else made

    def _new_query(self) -> OptionsQuery:
        from confstore_dynamodb._reading.query import OptionsQuery

        return OptionsQuery(self._connection, self._schema, self.name, self._ready, self._sleep)

    def _new_journaling(self) -> Journaling:
        from confstore_dynamodb._journal.enabling import Journaling

        return Journaling(
            self._connection,
            self._schema,
            self.name,
            self._table_name,
            self._read_options,
            self._sleep,
            self._full_reload_interval_s,
        )

    def _read_options(self) -> dict[str, ReadOnlyDict]:
        return dict(self._query.options(READ_ONLY, consistent=True))

    def _key(self, option: str) -> dict[str, dict[str, str]]:
        return self._schema.item_key(self.name, option)


def _selected(entries: dict[str, Any], keys: Collection[str] | None) -> dict[str, Any]:
    """Those entries that were asked for; of a long list of keys the whole item was read."""
    return entries if keys is None else {key: entries[key] for key in entries if key in keys}
