"""
The permissions of a caller, tried without changing anything.

A write is tried on a key that nobody has, on a condition that contradicts itself. DynamoDB checks
the permission first: a caller that has it is told that the condition does not hold.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import attrs

from confstore import Finding
from confstore.errors import AccessDeniedError, ConfigStoreError
from confstore_dynamodb._connections.refusals.error_reply import cancellation_codes, error_code
from confstore_dynamodb._connections.refusals.translation import lacks_permission
from confstore_dynamodb._journal.partition import TTL_ATTRIBUTE, JournalPartition

__all__ = ["Attempt", "Permissions"]

_READS = ("GetItem", "Query")
_WRITES = ("PutItem", "UpdateItem", "DeleteItem")
_CONDITIONAL = (*_WRITES, "ConditionCheckItem")


@attrs.frozen
class Attempt:
    """
    One action to try.

    Attributes:
        action: As in a policy, without the service.
        partition: The hash key; empty for an action on the table.
        is_transaction: The action is a part of a transaction, to which a policy may limit it
            (`dynamodb:EnclosingOperation`).
    """

    action: str
    partition: str = ""
    is_transaction: bool = False

    def __str__(self) -> str:
        text = self.action
        if self.partition:
            text += f" in {self.partition!r}"
        return f"{text} by TransactWriteItems" if self.is_transaction else text


@attrs.frozen
class _Outcome:
    """The results of some attempts."""

    denied: list[Attempt]
    unknown: list[str]
    count: int


@attrs.frozen(eq=False)
class Permissions:
    """The permissions that the roles of a store need, and that the caller has."""

    _partition: JournalPartition

    def findings(self, *, is_journaled: bool | None, has_retention: bool) -> Iterator[Finding]:
        """A reader's, a writer's and an operator's; `is_journaled` is None if nobody may know."""
        yield self._reader(is_journaled)
        if is_journaled is None:
            text = "writer: no; writing needs permission to read the journal's partition"
            advice = self._only_if([Attempt("GetItem", self._partition.name)])
            yield Finding("permissions", True, text, advice)
        else:
            yield self._writer(is_journaled, has_retention)
        yield self._operator()

    def _reader(self, is_journaled: bool | None) -> Finding:
        read = self._tried([Attempt(action, self._partition.connection.store) for action in _READS])
        if read.denied or read.unknown:
            return self._finding("reader", read)
        text = f"reader: yes, {' and '.join(_READS)}"
        if is_journaled is False:
            return Finding("permissions", True, text)
        journal = self._tried([Attempt(action, self._partition.name) for action in _READS])
        if journal.denied:
            text += "; not in the journal, so that each refresh reads everything"
            return Finding("permissions", True, text, self._allow(journal.denied))
        if journal.unknown:
            return self._finding("reader", journal)
        return Finding("permissions", True, f"{text}, in the journal, too")

    def _writer(self, is_journaled: bool, has_retention: bool) -> Finding:
        writes = [
            Attempt(action, self._partition.connection.store, is_journaled) for action in _WRITES
        ]
        if is_journaled:
            writes.append(Attempt("PutItem", self._partition.name, True))
        if has_retention:
            writes.append(Attempt("UpdateItem", self._partition.name, True))
        tried = self._tried(writes)
        if len(tried.denied) < len(writes):
            return self._finding("writer", tried)
        text = "writer: no; every write is denied"
        return Finding("permissions", True, text, self._only_if(tried.denied))

    def _operator(self) -> Finding:
        # Who has these can enable a journal and edit by hand.
        tried = self._tried(
            [
                Attempt("DescribeTable"),
                Attempt("DescribeTimeToLive"),
                *(Attempt(action, self._partition.connection.store) for action in _WRITES),
                Attempt("PutItem", self._partition.name),
                Attempt("ConditionCheckItem", self._partition.connection.store, True),
            ]
        )
        if not tried.denied:
            untried = "CreateTable and UpdateTimeToLive cannot be tried"
            finding = self._finding("operator", tried)
            return attrs.evolve(finding, text=f"{finding.text}; {untried}")
        text = f"operator: no; denied: {_listed(tried.denied)}"
        return Finding("permissions", True, text, self._only_if(tried.denied))

    def _finding(self, role: str, tried: _Outcome) -> Finding:
        if tried.denied:
            text = f"{role}: in part; denied: {_listed(tried.denied)}"
            return Finding("permissions", False, text, self._allow(tried.denied))
        if tried.unknown:
            text = f"{role}: not known; {tried.unknown[0]}"
            return Finding("permissions", None, text, "try again")
        return Finding("permissions", True, f"{role}: yes, all {tried.count} that were tried")

    def _only_if(self, denied: list[Attempt]) -> str:
        return f"nothing, unless this caller should: then {self._allow(denied)}"

    def _allow(self, denied: list[Attempt]) -> str:
        actions = ", ".join(sorted({f"dynamodb:{attempt.action}" for attempt in denied}))
        partitions = sorted({attempt.partition for attempt in denied} - {""})
        advice = f"allow {actions} on the table {self._partition.connection.table!r}"
        if partitions:
            names = " and ".join(map(repr, partitions))
            advice += f", where a policy has dynamodb:LeadingKeys for {names}"
        return advice

    # -- trying ----------------------------------------------------------------------------------

    def _tried(self, attempts: list[Attempt]) -> _Outcome:
        outcome = _Outcome([], [], len(attempts))
        for attempt in attempts:
            try:
                self._try(attempt)
            except AccessDeniedError as error:
                if lacks_permission(error):
                    outcome.denied.append(attempt)
                else:
                    outcome.unknown.append(str(error))
            except ConfigStoreError as error:
                if not _is_condition(error):
                    outcome.unknown.append(str(error))
            else:
                if attempt.action in _CONDITIONAL:
                    outcome.unknown.append(f"{attempt} was not told of its condition")
        return outcome

    def _try(self, attempt: Attempt) -> None:
        if attempt.action in _CONDITIONAL:
            self._try_write(attempt)
        elif attempt.action == "GetItem":
            self._partition.connection.call("get_item", Key=self._key(attempt))
        elif attempt.action == "Query":
            self._partition.connection.call(
                "query",
                KeyConditionExpression="#0=:0",
                ExpressionAttributeNames={"#0": self._partition.schema.store_key},
                ExpressionAttributeValues={":0": {"S": attempt.partition}},
                ProjectionExpression="#0",
                Limit=1,
            )
        elif attempt.action == "DescribeTable":
            self._partition.connection.call("describe_table")
        else:
            self._partition.connection.call("describe_time_to_live")

    def _try_write(self, attempt: Attempt) -> None:
        key = self._key(attempt)
        member = "Item" if attempt.action == "PutItem" else "Key"
        parameters: dict[str, Any] = {
            member: key,
            "ConditionExpression": "attribute_exists(#0) AND attribute_not_exists(#0)",
            "ExpressionAttributeNames": {"#0": self._partition.schema.option_key},
        }
        if attempt.action == "UpdateItem":
            parameters["UpdateExpression"] = "REMOVE #1"
            parameters["ExpressionAttributeNames"]["#1"] = TTL_ATTRIBUTE
        name = attempt.action.removesuffix("Item")
        if attempt.is_transaction:
            self._partition.connection.transact([{name: parameters}])
        else:
            self._partition.connection.call(f"{name.lower()}_item", **parameters)

    def _key(self, attempt: Attempt) -> dict[str, Any]:
        return self._partition.schema.item_key(
            attempt.partition, f"~ confstore doctor {uuid.uuid4().hex}"
        )


def _is_condition(error: ConfigStoreError) -> bool:
    """True if a write was permitted, and prevented by its condition only."""
    if error_code(error.__cause__) == "ConditionalCheckFailedException":
        return True
    return cancellation_codes(error.__cause__) == {"ConditionalCheckFailed"}


def _listed(attempts: list[Attempt]) -> str:
    return ", ".join(map(str, attempts))
