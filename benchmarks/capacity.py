"""
What refreshes and writes of a store in DynamoDB cost, in its capacity units.

Usage: python benchmarks/capacity.py [--endpoint http://127.0.0.1:8000]

Without an endpoint DynamoDB Local is started. Read units are what it reports (an empty read counts
as the half unit that AWS charges); write units follow AWS's documented rules, because it misreports
transactions.
"""

from __future__ import annotations

import argparse
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import boto3

from confstore import Change
from confstore_dynamodb import DynamoDBStore
from dynamodb_local import cache_folder, fetch_emulator, find_java, running_server
from metered import Metered, fill

OPTION_B = 200
SIZES = (10, 1_000, 10_000)
PARTITION_UNITS = 3_000
FLEETS = (10, 1_000, 100_000)


@contextmanager
def endpoint(given: str | None) -> Iterator[str]:
    """The URL of a DynamoDB."""
    if given is not None:
        yield given
        return
    with running_server(find_java(), fetch_emulator(cache_folder())) as url:
        yield url


@contextmanager
def filled(client: Any, options: int) -> Iterator[tuple[DynamoDBStore, Metered]]:
    """A store of so many options that is not journaled yet."""
    table = f"Benchmark-{uuid.uuid4().hex}"
    metered = Metered(client)
    with closing(DynamoDBStore(metered, table, "prod")) as store:
        fill(client, table, "prod", options, OPTION_B)
        yield store, metered
        client.delete_table(TableName=table)


def cost(metered: Metered, call: Callable[[], Any]) -> tuple[float, float, Any]:
    """Read units and write units of a call, and what it returned."""
    metered.reset()
    result = call()
    return metered.read_units, metered.write_units, result


def read_costs(client: Any, options: int) -> dict[str, float]:
    """Read units of every kind of refresh."""
    units: dict[str, float] = {}
    with filled(client, options) as (store, metered):
        units["full Query"], _, _ = cost(metered, lambda: list(store.items(consistent=False)))
        store.enable_journal()
        units["first load"], _, poll = cost(metered, store.poll)
        units["unchanged"], _, _ = cost(metered, lambda: store.poll(poll.checkpoint))
        store.set("option-00003", {"value": "y" * OPTION_B})
        units["one changed"], _, _ = cost(metered, lambda: store.poll(poll.checkpoint))
    return units


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
        reads, writes, _ = cost(metered, lambda: store.set("warm", values))
        reads, writes, _ = cost(metered, lambda: store.set("option-00003", values))
        units["set, no journal"] = (reads, writes)
        store.enable_journal()
        store.set("warm", values)
        for name, call in calls.items():
            reads, writes, _ = cost(metered, lambda call=call: call(store))  # type: ignore[misc]
            units[name] = (reads, writes)
    return units


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--endpoint", help="the URL of a DynamoDB; one is started without it")
    arguments = parser.parse_args()
    with endpoint(arguments.endpoint) as url:
        client = boto3.client(
            "dynamodb",
            endpoint_url=url,
            region_name="eu-west-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )
        kinds = ("full Query", "first load", "unchanged", "one changed")
        print(f"read units of a refresh, options of {OPTION_B} bytes")
        print(f"{'options':>10}" + "".join(f"{kind:>14}" for kind in kinds))
        for options in SIZES:
            units = read_costs(client, options)
            print(f"{options:>10,}" + "".join(f"{units[kind]:>14,.1f}" for kind in kinds))
        print(f"\nread units a second of a fleet that polls {options:,} options once a minute")
        print(f"(a partition gives {PARTITION_UNITS:,})")
        print(f"{'nodes':>10}{'full Query':>14}{'journal':>14}")
        for nodes in FLEETS:
            full, journal = (units[kind] * nodes / 60 for kind in ("full Query", "unchanged"))
            print(f"{nodes:>10,}{full:>14,.1f}{journal:>14,.1f}")
        print(f"\n{'write':<18}{'read units':>12}{'write units':>12}")
        for name, (reads, writes) in write_costs(client).items():
            print(f"{name:<18}{reads:>12,.1f}{writes:>12,.1f}")
        client.close()


if __name__ == "__main__":
    main()
