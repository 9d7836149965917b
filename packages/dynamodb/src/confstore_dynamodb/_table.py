"""The table of a store: created if it is absent, checked if it is there."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from confstore.adapter import closest
from confstore.errors import (
    AccessDeniedError,
    BackendError,
    ConfigStoreError,
    StoreUnavailableError,
)
from confstore_dynamodb._connections.connection import Connection
from confstore_dynamodb._connections.refusals.error_reply import error_code
from confstore_dynamodb._connections.refusals.translation import (
    TABLE_ADVICE,
    is_answer,
    lacks_permission,
)
from confstore_dynamodb._keys import TableSchema
from confstore_dynamodb.errors import TableNotFoundError

__all__ = ["Table"]

_log = logging.getLogger("confstore_dynamodb")

# The stock waiter of boto3 asks every 20 s; an on-demand table is there after some 5 to 10.
_FIRST_WAIT_S = 0.2
_LONGEST_WAIT_S = 5.0
# The dynamodb-config-store of 2014 waited as long, in 30 steps of 5 s.
_PATIENCE_S = 150.0


class Table:
    """
    A table, checked once: when its store is opened, or as soon as DynamoDB can be reached.

    There is no lock: two threads that check at the same time find the same.

    Attributes:
        is_checked: True if `check` has nothing to do any more.
    """

    def __init__(
        self,
        connection: Connection,
        schema: TableSchema,
        capacity: dict[str, Any],
        may_create: bool,
        sleep: Callable[[float], None],
    ) -> None:
        self._connection = connection
        self._schema = schema
        self._capacity = capacity
        self._may_create = may_create
        self._sleep = sleep
        self._name, self._store = connection.table, connection.store
        self.is_checked = False

    def check(self, *, is_start: bool = False) -> None:
        """
        Create the table or check its keys and its state, unless that was done before.

        Args:
            is_start: An unreachable DynamoDB is then no error, so that a program that has a
                fallback can start; the next call checks.
        """
        if self.is_checked:
            return
        try:
            description = self._describe()
        except AccessDeniedError as error:
            if not lacks_permission(error):
                raise
            # Reading and writing need no such permission, and a least-privilege role lacks it.
            text = "the table %r is used unchecked: %s"
            _log.info(text, self._name, error, extra=self._log_fields(error))
        except StoreUnavailableError as error:
            # DescribeTable is throttled by itself; reads may well go through.
            if not is_start and not is_answer(error):
                raise
            text = "the table %r is checked later: %s"
            _log.info(text, self._name, error, extra=self._log_fields(error))
            return
        else:
            self._make_ready(description)
        self.is_checked = True

    def _log_fields(self, error: Exception) -> dict[str, str]:
        return {"store": self._store, "error.type": type(error).__qualname__}

    def _describe(self) -> dict[str, Any] | None:
        """DynamoDB's description of the table; None if it is absent."""
        try:
            reply = self._connection.call("describe_table")
        except TableNotFoundError:
            return None
        description: dict[str, Any] = self._connection.expect(reply, "Table")
        return description

    def _make_ready(self, description: dict[str, Any] | None) -> None:
        if description is None:
            self._create()
        elif description["TableStatus"] != "CREATING":
            self._check_ready(description)
            return
        self._check_ready(self._wait())

    def _create(self) -> None:
        if not self._may_create:
            place = self._connection.client.endpoint
            reason = f"the table {self._name!r} does not exist at {place}{self._did_you_mean()}"
            raise TableNotFoundError(self._store, f"{reason}; {TABLE_ADVICE}")
        try:
            self._connection.call("create_table", **self._schema.new_table(), **self._capacity)
        except BackendError as error:
            # Somebody else created it just now, or we did and the reply to our first try was lost.
            if error_code(error.__cause__) != "ResourceInUseException":
                raise
        except AccessDeniedError as error:
            reason = f"the table {self._name!r} does not exist, and cannot be made: {error.reason}"
            raise TableNotFoundError(self._store, reason) from error.__cause__
        text = "the table %r of store %r is being created"
        _log.info(text, self._name, self._store, extra={"store": self._store})

    def _did_you_mean(self) -> str:
        """A question with the closest name of a table, if the caller may list them."""
        try:
            meant = closest(self._name, self._connection.table_names())
        except ConfigStoreError:
            return ""
        return "" if meant is None else f"; did you mean {meant!r}?"

    def _wait(self) -> dict[str, Any]:
        waited_s, delay_s = 0.0, _FIRST_WAIT_S
        while waited_s < _PATIENCE_S:
            description = self._describe()
            # DescribeTable is eventually consistent: a new table may not be there yet.
            if description is not None and description["TableStatus"] != "CREATING":
                return description
            self._sleep(delay_s)
            waited_s, delay_s = waited_s + delay_s, min(2 * delay_s, _LONGEST_WAIT_S)
        reason = f"the table {self._name!r} is still being created after {waited_s:.0f} s"
        raise TableNotFoundError(self._store, reason)

    def _check_ready(self, description: dict[str, Any]) -> None:
        self._schema.check(self._store, self._name, description)
        status = description["TableStatus"]
        if status not in {"ACTIVE", "UPDATING"}:
            raise StoreUnavailableError(self._store, f"its table {self._name!r} is {status}")
