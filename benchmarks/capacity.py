"""
What refreshes and writes of a store in DynamoDB cost, in its capacity units.

Usage: python benchmarks/capacity.py [--endpoint http://127.0.0.1:8000]

Without an endpoint DynamoDB Local is started. Read units are what it reports (an empty read counts
as the half unit that AWS charges); write units follow AWS's documented rules, because it misreports
transactions.
"""

from __future__ import annotations

import argparse
import functools
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import attrs

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import boto3

from confstore import Change
from confstore_dynamodb import DynamoDBStore
from dynamodb_local import running_server
from metered import Metered, fill

OPTION_B = 200
SIZES = (10, 1_000, 10_000)
PARTITION_UNITS = 3_000
FLEETS = (10, 1_000, 100_000)


@attrs.frozen
class ReadCost:
    """
    What reading cost.

    Attributes:
        units: Read units.
        size_b: Bytes of the replies.
    """

    units: float
    size_b: int


@contextmanager
def endpoint(given: str | None) -> Iterator[str]:
    """The URL of a DynamoDB."""
    if given is not None:
        yield given
        return
    with running_server() as url:
        yield url


@contextmanager
def connected(given: str | None = None) -> Iterator[Any]:
    """A client of a DynamoDB."""
    with endpoint(given) as url:
        client = boto3.client(
            "dynamodb",
            endpoint_url=url,
            region_name="eu-west-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )
        yield client
        client.close()


@contextmanager
def filled(client: Any, options: int) -> Iterator[tuple[DynamoDBStore, Metered]]:
    """A store of so many options that is not journaled yet."""
    table = f"Benchmark-{uuid.uuid4().hex}"
    metered = Metered(client)
    with closing(DynamoDBStore(metered, table, "prod")) as store:
        fill(client, table, "prod", options, OPTION_B)
        yield store, metered
        client.delete_table(TableName=table)


def read_cost(metered: Metered, call: Callable[[], Any]) -> tuple[ReadCost, Any]:
    """What a call read, and what it returned."""
    metered.reset()
    result = call()
    return ReadCost(metered.read_units, metered.read_b), result


def read_costs(client: Any, options: int) -> dict[str, ReadCost]:
    """Every kind of refresh."""
    costs: dict[str, ReadCost] = {}
    with filled(client, options) as (store, metered):
        costs["full Query"], _ = read_cost(metered, lambda: list(store.items(consistent=False)))
        store.enable_journal()
        costs["first load"], poll = read_cost(metered, store.poll)
        costs["unchanged"], _ = read_cost(metered, lambda: store.poll(poll.checkpoint))
        store.set("option-00003", {"value": "y" * OPTION_B})
        costs["one changed"], _ = read_cost(metered, lambda: store.poll(poll.checkpoint))
    return costs


def units_of(metered: Metered, call: Callable[[], Any]) -> tuple[float, float]:
    """Read units and write units of a call."""
    metered.reset()
    call()
    return metered.read_units, metered.write_units


def write_costs(client: Any) -> dict[str, tuple[float, float]]:
    """Read and write units of writes to a journaled store, beside those to a plain one."""
    values = {"value": "y" * OPTION_B}
    many = [Change(f"new-{number:02d}", values) for number in range(99)]
    calls: dict[str, Callable[[DynamoDBStore], Any]] = {
        "set": lambda store: store.set("option-00003", values),
        "update": lambda store: store.update("option-00003", {"more": 1}),
        "delete": lambda store: store.delete("option-00004"),
        "commit of 99": lambda store: store.commit(many),
    }
    units = {}
    with filled(client, 10) as (store, metered):
        store.get("option-00000")
        store.set("warm", values)
        units["set, no journal"] = units_of(metered, lambda: store.set("option-00003", values))
        store.enable_journal()
        store.set("warm", values)
        for name, call in calls.items():
            units[name] = units_of(metered, functools.partial(call, store))
    return units


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--endpoint", help="the URL of a DynamoDB; one is started without it")
    arguments = parser.parse_args()
    with connected(arguments.endpoint) as client:
        kinds = ("full Query", "first load", "unchanged", "one changed")
        print(f"read units of a refresh, options of {OPTION_B} bytes")
        print(f"{'options':>10}" + "".join(f"{kind:>14}" for kind in kinds))
        for options in SIZES:
            costs = read_costs(client, options)
            print(f"{options:>10,}" + "".join(f"{costs[kind].units:>14,.1f}" for kind in kinds))
        print(f"\nread units a second of a fleet that polls {options:,} options once a minute")
        print(f"(a partition gives {PARTITION_UNITS:,})")
        print(f"{'nodes':>10}{'full Query':>14}{'journal':>14}")
        for nodes in FLEETS:
            full, journal = (costs[kind].units * nodes / 60 for kind in ("full Query", "unchanged"))
            print(f"{nodes:>10,}{full:>14,.1f}{journal:>14,.1f}")
        print(f"\n{'write':<18}{'read units':>12}{'write units':>12}")
        for name, (reads, writes) in write_costs(client).items():
            print(f"{name:<18}{reads:>12,.1f}{writes:>12,.1f}")


if __name__ == "__main__":
    main()
