"""Calls to DynamoDB for one store, each answered by DynamoDB or by an error."""

from __future__ import annotations

import itertools
import re
import zlib
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NoReturn, TypeVar

from confstore.adapter import call_after_fork
from confstore.errors import InvalidNameError, StoreClosedError, StoreUnavailableError
from confstore_dynamodb._connections.calls import operation_name
from confstore_dynamodb._connections.client import Client
from confstore_dynamodb._connections.early_parsing import EarlyReader
from confstore_dynamodb._connections.refusals.translation import raise_translated
from confstore_dynamodb._connections.wire_errors import LeftToBotocoreError

__all__ = ["Connection"]

T = TypeVar("T")

# The reply of DynamoDB that says nothing, for example of an absent item.
_EMPTY = b"{}"
_EMPTY_CRC32 = str(zlib.crc32(_EMPTY))
_EMPTY_SIZE = str(len(_EMPTY))

# The type and the size of a reply without headers, which a botocore Stubber gives.
_STUBBED = {"content-type": "application/x-amz-json-1.0", "content-length": _EMPTY_SIZE}

_JSON = "application/x-amz-json"
# A proxy's page without a type is no reply either.
_UNTYPED = "nothing that names its type"

# They name no table, or one in each of their parts.
_OF_NO_TABLE = frozenset({"list_tables", "transact_write_items"})
_WRITES = frozenset({"delete_item", "put_item", "transact_write_items", "update_item"})
# Source: AWS, "CreateTable" of the API reference.
_TABLE = re.compile(r"[a-zA-Z0-9_.-]{3,255}")

_MAX_TABLE_PAGES = 10
"""
Of 100 names each (source: AWS, "ListTables"). They are asked for only to find the one that was
meant, and an account may have thousands.
"""


class Connection:
    """
    One client, one table, one store; see `Client` for who closes what.

    Attributes:
        client: The client.
        table: The table's name or ARN.
        store: The store's name.
        last_write: A number that is new after each write; 0 before the first.
    """

    def __init__(self, client: Client, table: str, store: str) -> None:
        self.client = client
        self.table = _checked_table(table)
        self.store = store
        self._is_closed = False
        self._notice_fork = call_after_fork(client.after_fork)
        self.last_write = 0
        self._write_numbers = itertools.count(1)

    def call(
        self,
        operation: str,
        *,
        option: str | None = None,
        reader: EarlyReader | None = None,
        **parameters: Any,
    ) -> dict[str, Any]:
        """
        Ask DynamoDB about the table.

        Args:
            operation: The client's method, such as `get_item`.
            option: The option that is being written, if one is.
            reader: Reads a member of the reply early, where the client allows it: then that member
                is an `EarlyMember`.
            **parameters: The operation's parameters, except `TableName`, which is added.

        Raises:
            StoreClosedError: The store was closed.
            ConfigStoreError: The call failed; see `raise_translated`.
        """
        if operation not in _OF_NO_TABLE:
            parameters["TableName"] = self.table
        if self._is_closed:
            raise StoreClosedError(self.store)
        self._notice_fork()
        try:
            reply = self.client.call(operation, parameters, reader)
        except Exception as error:
            self._raise(error, operation, option)
        finally:
            # Also after an error: the request may have been applied all the same.
            if operation in _WRITES:
                self.last_write = next(self._write_numbers)
        headers = reply.get("ResponseMetadata", {}).get("HTTPHeaders", _STUBBED)
        kind = headers.get("content-type", _UNTYPED)
        if not kind.startswith(_JSON):
            raise self._foreign(operation, kind)
        return reply

    def table_names(self) -> list[str]:
        """
        The tables of the account and region, a thousand at most.

        Raises:
            ConfigStoreError: A call failed; the caller may well not be allowed to list them.
        """
        names: list[str] = []
        start: dict[str, Any] = {}
        for _ in range(_MAX_TABLE_PAGES):
            reply = self.call("list_tables", **start)
            names += self.expect(reply, "TableNames")
            if "LastEvaluatedTableName" not in reply:
                break
            start = {"ExclusiveStartTableName": reply["LastEvaluatedTableName"]}
        return names

    def transact(self, actions: Iterable[dict[str, Any]], *, option: str | None = None) -> None:
        """
        Write several items of the table, all of them or none.

        Args:
            actions: Each a `Put`, `Update`, `Delete` or `ConditionCheck` with its parameters,
                except `TableName`.
            option: The only option that is being written, if it is one.

        Raises:
            StoreClosedError: The store was closed.
            ConfigStoreError: The call failed; see `raise_translated`.
        """
        items = [
            {action: {"TableName": self.table, **parameters}}
            for each in actions
            for action, parameters in each.items()
        ]
        self.expect_empty(self.call("transact_write_items", option=option, TransactItems=items))

    # -- on a loop -------------------------------------------------------------------------------

    def reads_on_loop(self) -> bool:
        """True if `call_on_loop` stays on the loop now."""
        self._notice_fork()
        return self.client.on_loop() is not None

    async def call_on_loop(
        self, operation: str, *, reader: EarlyReader | None = None, **parameters: Any
    ) -> dict[str, Any]:
        """Ask DynamoDB about the table, to read it, as `call` does."""
        self.check_open()
        self._notice_fork()
        parameters["TableName"] = self.table
        client = self.client.on_loop()
        if client is not None:
            try:
                reply = await client.call(operation, parameters, reader)
            except LeftToBotocoreError:
                pass
            except Exception as error:
                self._raise(error, operation, None)
            else:
                kind = reply["ResponseMetadata"]["HTTPHeaders"].get("content-type", _UNTYPED)
                if not kind.startswith(_JSON):
                    raise self._foreign(operation, kind)
                return reply
        # Something has come up that only the blocking client can do.
        return await _in_thread(partial(self.call, operation, reader=reader, **parameters))

    # -- what came of a call ---------------------------------------------------------------------

    def _raise(self, error: Exception, operation: str, option: str | None) -> NoReturn:
        raise_translated(
            error,
            self.store,
            operation_name(operation),
            table=self.table,
            option=option,
            place=self.client.endpoint,
            role=self.client.role,
        )

    def _foreign(self, operation: str, kind: str) -> StoreUnavailableError:
        name, place = operation_name(operation), self.client.endpoint
        reason = (
            f"{name} was answered with {kind} at {place}, which is not DynamoDB's: is it a proxy?"
        )
        return StoreUnavailableError(self.store, reason)

    def expect(self, reply: dict[str, Any], member: str) -> Any:
        """
        A member that every whole reply has.

        Raises:
            StoreUnavailableError: The reply lacks it.
        """
        if member not in reply:
            raise self._incomplete(member)
        return reply[member]

    def _incomplete(self, member: str) -> StoreUnavailableError:
        reason = f"an incomplete reply, without {member}, at {self.client.endpoint}"
        return StoreUnavailableError(self.store, reason)

    def items(self, reply: dict[str, Any]) -> Any:
        """
        The items of a reply to a query or a scan.

        A handler of the caller's client may have added empty ones to them. DynamoDB sends none, and
        counts what it sends: without them there must be as many.

        Raises:
            StoreUnavailableError: The reply lacks them.
        """
        if "Items" not in reply:
            raise self._incomplete("Items")
        items = reply["Items"]
        if len(items) <= reply.get("Count", len(items)):
            return items
        return [item for item in items if item != {}]

    def expect_empty(self, reply: dict[str, Any]) -> None:
        """
        Check that a reply in which botocore found nothing holds nothing.

        Botocore takes a body that is no JSON for an empty one, and its standard retries hand out a
        reply whose checksum is wrong; so the checksum, or else the length, must be that of `{}`.

        Raises:
            StoreUnavailableError: It holds something that botocore could not read.
        """
        if reply.keys() - {"ResponseMetadata"}:
            # It holds what a handler of the client asked for, such as the consumed capacity.
            return
        headers = reply.get("ResponseMetadata", {}).get("HTTPHeaders", _STUBBED)
        if "x-amz-crc32" in headers:
            is_empty = headers["x-amz-crc32"] == _EMPTY_CRC32
        else:
            is_empty = headers.get("content-length") == _EMPTY_SIZE
        if not is_empty:
            reason = f"a reply that is cut off or garbled, at {self.client.endpoint}"
            raise StoreUnavailableError(self.store, reason)

    def check_open(self) -> None:
        """Raise `StoreClosedError` if the store was closed."""
        if self._is_closed:
            raise StoreClosedError(self.store)

    def close(self) -> None:
        """Refuse every later call, and close the client if it is ours."""
        if not self._is_closed:
            self._is_closed = True
            self.client.close()


async def _in_thread(call: Callable[[], T]) -> T:
    # Not at the top: whoever is here has imported it already.
    from asyncio import get_running_loop

    return await get_running_loop().run_in_executor(None, call)


def _checked_table(table: str) -> str:
    """Check a table's name, of which DynamoDB itself says only that it is not valid."""
    if not table.startswith("arn:") and not _TABLE.fullmatch(table):
        reason = "a table's name is 3 to 255 letters, digits, '_', '-' and '.', or an ARN"
        raise InvalidNameError(None, "table", table, reason)
    return table
