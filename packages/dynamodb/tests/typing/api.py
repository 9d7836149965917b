"""Typed usage, which mypy checks and nobody runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from confstore import (
    CoLocatedStore,
    DiagnosableStore,
    PollableStore,
    Store,
    TimeBasedConfigStore,
    Values,
)
from confstore_dynamodb import DynamoDBConfigStore, DynamoDBStore, open_url
from dynamodb_config_store import DynamoDBConfigStore as OldDynamoDBConfigStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def stores(client: DynamoDBClient) -> list[Store]:
    pollable: PollableStore = DynamoDBStore(client, "config", "prod")
    of_a_table: CoLocatedStore = DynamoDBStore(client, "config", "prod")
    return [
        pollable,
        of_a_table,
        DynamoDBStore(None, "config", "prod", store_key="_s", option_key="_o"),
        DynamoDBStore(client, "config", "prod", read_units=5, write_units=1),
        open_url("dynamodb://config/prod?region=eu-west-1"),
    ]


def facades(client: DynamoDBClient) -> None:
    with DynamoDBConfigStore(client, "config", "prod") as simple:
        simple.set("db", {"host": "db.example", "ports": [1, 2], "on": True})
        simple.update("db", {"ratio": 0.5}, remove=["on"])
    DynamoDBConfigStore(
        None, "config", "prod", config_store=TimeBasedConfigStore, update_interval=60
    ).close()


def reading(store: DynamoDBStore) -> tuple[Values, bool]:
    for option, values in store.items(consistent=False):
        store.set(option, values)
    poll = store.poll(None)
    return store.get("db", keys=["host"]), store.poll(poll.checkpoint).is_full


def of_2014(client: DynamoDBClient) -> bool:
    store = OldDynamoDBConfigStore(client, "config", "prod", read_units=1, write_units=1)
    store.reload()
    return store.set("db", {"port": 27017})


def looking(client: DynamoDBClient) -> list[str]:
    store: DiagnosableStore = DynamoDBStore(client, "config", "prod", check_table=False)
    findings = [*store.diagnose()]
    return [f"{finding.check}: {finding.text} {finding.advice}" for finding in findings]
