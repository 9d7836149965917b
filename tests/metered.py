"""What requests to DynamoDB cost, in its capacity units."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import ceil
from typing import Any

READS = ("get_item", "query")
# Source: AWS, "DynamoDB read and write operations": the least that a read is charged for, also
# where it finds nothing (for which DynamoDB Local reports 0).
LEAST_READ_UNITS = {False: 0.5, True: 1.0}


class Metered:
    """
    A client that adds up what its requests cost.

    Attributes:
        read_units: As DynamoDB reports them, but an empty read for what AWS charges.
        write_units: By AWS's rules, for DynamoDB Local misreports transactions.
        read_b: Bytes of the replies to reads.
        requests: How many requests there were.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        for operation in ("GetItem", "Query"):
            # Their sizes are in no header: DynamoDB Local sends large replies in chunks.
            client.meta.events.register_first(f"before-parse.dynamodb.{operation}", self._count)
        self.reset()

    def reset(self) -> None:
        """Begin to count anew."""
        self.read_units = 0.0
        self.write_units = 0.0
        self.read_b = 0
        self.requests = 0

    def _count(self, response_dict: Mapping[str, Any], **_: Any) -> None:
        self.read_b += len(response_dict["body"])

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        method: Callable[..., Any] = getattr(self._client, operation)

        def call(**parameters: Any) -> Any:
            self.requests += 1
            if operation in READS:
                reply = method(**parameters, ReturnConsumedCapacity="TOTAL")
                reported = reply["ConsumedCapacity"]["CapacityUnits"]
                least = LEAST_READ_UNITS[parameters.get("ConsistentRead", False)]
                self.read_units += max(least, reported)
                return reply
            reply = method(**parameters)
            if operation == "put_item":
                self.write_units += written_units(parameters["Item"])
            for part in parameters.get("TransactItems", ()):
                # Source: AWS, "Amazon DynamoDB Transactions": two writes of every item, one to
                # prepare and one to commit.
                self.write_units += 2 * sum(map(self._part_units, part.values()))
            return reply

        return call

    def _part_units(self, part: Mapping[str, Any]) -> float:
        """Units of one part of a transaction that was applied, before they are doubled."""
        if "Item" in part:
            return written_units(part["Item"])
        item = self._client.get_item(TableName=part["TableName"], Key=part["Key"]).get("Item")
        return written_units(item or part["Key"])


def written_units(item: Mapping[str, Any]) -> int:
    """Units of writing an item: one for each KB that is begun."""
    return ceil(item_size_b(item) / 1024)


def item_size_b(item: Mapping[str, Any]) -> int:
    """
    The size of an item.

    Source: AWS, "DynamoDB item sizes and formats".
    """
    return sum(len(name.encode()) + _size_b(wire) for name, wire in item.items())


def _size_b(wire: Mapping[str, Any]) -> int:
    ((kind, content),) = wire.items()
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        return ceil(len(content.lstrip("-").replace(".", "").strip("0")) / 2) + 1
    if kind == "B":
        return len(content)
    if kind == "M":
        return 3 + len(content) + item_size_b(content)
    if kind == "L":
        return 3 + len(content) + sum(map(_size_b, content))
    if kind in {"SS", "NS", "BS"}:
        return sum(_size_b({kind[0]: entry}) for entry in content)
    return 1


def fill(client: Any, table: str, store: str, options: int, size_b: int) -> None:
    """Write so many options whose items have about this size, without the journal."""
    for begin in range(0, options, 25):
        requests = []
        for number in range(begin, min(begin + 25, options)):
            item = {"_store": {"S": store}, "_option": {"S": f"option-{number:05d}"}}
            item["value"] = {"S": "x" * (size_b - item_size_b(item) - len("value"))}
            requests.append({"PutRequest": {"Item": item}})
        client.batch_write_item(RequestItems={table: requests})
