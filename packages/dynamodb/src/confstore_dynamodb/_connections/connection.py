"""Calls to DynamoDB on behalf of one store, each answered by DynamoDB or by an error."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from functools import cache
from typing import Any

from confstore.errors import StoreClosedError, StoreUnavailableError
from confstore_dynamodb._connections.client import Client
from confstore_dynamodb._connections.early_parsing import EarlyReader, reading_early
from confstore_dynamodb._connections.errors import translated

__all__ = ["Connection"]

# What DynamoDB sends where there is nothing to say, for example of an absent item.
_EMPTY = b"{}"
_EMPTY_CRC32 = str(zlib.crc32(_EMPTY))
_EMPTY_SIZE = str(len(_EMPTY))

_MAX_TABLE_PAGES = 10
"""
Of 100 names each (source: AWS, "ListTables"). They are asked for only to find the one that was
meant, and an account may have thousands.
"""


class Connection:
    """One client, one table, one store; see `Client` for who closes what."""

    def __init__(self, client: Client, table: str, store: str) -> None:
        self._client = client
        self._table = table
        self._store = store
        self._is_closed = False

    @property
    def endpoint(self) -> str:
        """Where the client sends requests, and for which region."""
        return self._client.endpoint

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
                is an `Early`.
            **parameters: What the operation takes, except `TableName`.

        Raises:
            StoreClosedError: The store was closed.
            ConfigStoreError: The call failed; see `_errors`.
        """
        with reading_early(reader if self._client.reads_early else None):
            return self._call(operation, {"TableName": self._table, **parameters}, option)

    def table_names(self) -> list[str]:
        """
        The tables of the account and region, a thousand at most.

        Raises:
            ConfigStoreError: A call failed; the caller may well not be allowed to list them.
        """
        names: list[str] = []
        start: dict[str, str] = {}
        for _ in range(_MAX_TABLE_PAGES):
            reply = self._call("list_tables", start)
            names += self.expect(reply, "TableNames")
            if "LastEvaluatedTableName" not in reply:
                break
            start = {"ExclusiveStartTableName": reply["LastEvaluatedTableName"]}
        return names

    def transact(self, parts: Iterable[dict[str, Any]], *, option: str | None = None) -> None:
        """
        Write several items of the table, all of them or none.

        Args:
            parts: Each a `Put`, `Update` or `Delete` with its parameters, except `TableName`.
            option: The only option that is being written, if it is one.

        Raises:
            StoreClosedError: The store was closed.
            ConfigStoreError: The call failed; see `_errors`.
        """
        items = [
            {action: {"TableName": self._table, **parameters}}
            for part in parts
            for action, parameters in part.items()
        ]
        self.expect_empty(self._call("transact_write_items", {"TransactItems": items}, option))

    def _call(
        self, operation: str, parameters: dict[str, Any], option: str | None = None
    ) -> dict[str, Any]:
        self.check_open()
        name = _operation_name(operation)
        with translated(self._store, name, table=self._table, option=option):
            method = getattr(self._client.api, operation)
            reply: dict[str, Any] = method(**parameters)
        self._check_reply(name, reply)
        return reply

    def expect(self, reply: dict[str, Any], member: str) -> Any:
        """
        A member that every whole reply has.

        Raises:
            StoreUnavailableError: The reply lacks it.
        """
        if member not in reply:
            raise StoreUnavailableError(self._store, f"an incomplete reply, without {member}")
        return reply[member]

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
        headers = reply.get("ResponseMetadata", {}).get(
            "HTTPHeaders", {"content-length": _EMPTY_SIZE}
        )
        if "x-amz-crc32" in headers:
            is_empty = headers["x-amz-crc32"] == _EMPTY_CRC32
        else:
            is_empty = headers.get("content-length") == _EMPTY_SIZE
        if not is_empty:
            raise StoreUnavailableError(self._store, "a reply that is cut off or garbled")

    def _check_reply(self, name: str, reply: dict[str, Any]) -> None:
        metadata = reply.get("ResponseMetadata", {})
        # A botocore Stubber gives no headers; a proxy's page without a type is no reply either.
        headers = metadata.get("HTTPHeaders", {"content-type": "application/x-amz-json-1.0"})
        kind = headers.get("content-type", "nothing that names its type")
        if not kind.startswith("application/x-amz-json"):
            reason = f"{name} was answered with {kind}, which is not DynamoDB's: is it a proxy?"
            raise StoreUnavailableError(self._store, reason)

    def check_open(self) -> None:
        """
        Nothing, while the store is open.

        Raises:
            StoreClosedError: It was closed.
        """
        if self._is_closed:
            raise StoreClosedError(self._store)

    def close(self) -> None:
        """Refuse every later call, and close the client if it is ours."""
        if not self._is_closed:
            self._is_closed = True
            self._client.close()

    def after_fork(self) -> None:
        """Make the client fit for a forked child."""
        self._client.after_fork()


@cache
def _operation_name(operation: str) -> str:
    """DynamoDB's name of a client's method: `GetItem` of `get_item`."""
    return "".join(word.capitalize() for word in operation.split("_"))
