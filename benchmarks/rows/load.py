"""
The whole store of 10,000 options, read from DynamoDB: what the client spends on it.

Ours is all that a service waits for when it starts: ask whether the store is journaled, read,
check, and have every option as a read-only attribute. The peers stop when they have dicts, or what
else they make of an item.
"""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from benchmarks._clients import (
    aiodynamo_table,
    botocore_client,
    pynamodb_model,
    table_of,
    with_deserializer,
)
from benchmarks._cpu import least_s
from benchmarks._setting import Setting

__all__ = ["SUBJECTS"]

COUNT = 10_000
TABLE = table_of(COUNT)
UNCHANGED = 3
"""Refreshes without a change after each load."""


def cost_s(setting: Setting, load: Callable[[], Any]) -> float:
    """Seconds of the processor for a load that was done before."""
    assert len(load()) == COUNT
    return least_s(load, setting.times(3))


def of_ours(setting: Setting) -> dict[str, float]:
    from confstore import TimeBasedConfigStore
    from confstore_dynamodb import DynamoDBStore

    store = DynamoDBStore(None, TABLE, "prod")
    loads = []
    refreshes = []
    for number in range(1 + setting.times(2)):
        begin = time.process_time()
        config = TimeBasedConfigStore[Any](store, 3600)
        loads.append(time.process_time() - begin)
        with config:
            assert len(config) == COUNT
            assert config.db["user"]
            refreshes.append(least_s(config.reload, UNCHANGED))
        # As a peer's: the next load finds its memory free.
        del config
        if number == 0:
            # It warmed up the client.
            loads.clear()
            refreshes.clear()
    store.close()
    return {"ours": min(loads), "unchanged": min(refreshes)}


def of_botocore(setting: Setting) -> float:
    client = botocore_client()
    return cost_s(setting, lambda: with_deserializer(client, TABLE))


def of_boto3_table(setting: Setting) -> float:
    import boto3
    from boto3.dynamodb.conditions import Key

    table = boto3.resource("dynamodb").Table(TABLE)

    def load() -> dict[str, Any]:
        reply = table.query(KeyConditionExpression=Key("_store").eq("prod"))
        items = reply["Items"]
        while "LastEvaluatedKey" in reply:
            reply = table.query(
                KeyConditionExpression=Key("_store").eq("prod"),
                ExclusiveStartKey=reply["LastEvaluatedKey"],
            )
            items += reply["Items"]
        return {item["_option"]: item for item in items}

    return cost_s(setting, load)


def of_powertools(setting: Setting) -> float:
    from aws_lambda_powertools.utilities.parameters import DynamoDBProvider

    provider = DynamoDBProvider(TABLE, key_attr="_store", sort_attr="_option", value_attr="host")
    return cost_s(setting, lambda: provider.get_multiple("prod", force_fetch=True))


def of_pynamodb(setting: Setting) -> float:
    model = pynamodb_model(setting, TABLE)
    return cost_s(setting, lambda: {each.option: each for each in model.query("prod")})


def of_aiodynamo(setting: Setting) -> float:
    import asyncio

    from aiodynamo.expressions import HashKey

    async def measure() -> float:
        async with aiodynamo_table(setting, TABLE) as table:
            costs = []
            for _ in range(1 + setting.times(2)):
                begin = time.process_time()
                items = table.query(HashKey("_store", "prod"))
                loaded = {item["_option"]: item async for item in items}
                costs.append(time.process_time() - begin)
                assert len(loaded) == COUNT
                del loaded
            return min(costs[1:])

    return asyncio.run(measure())


def of_limit(setting: Setting) -> dict[str, float]:
    """
    The standard library's HTTP and JSON, unsigned.

    The wire form, not values; and the bytes alone, which is the least that can tell that nothing
    has changed.
    """
    connection = http.client.HTTPConnection(urlsplit(setting.endpoint).netloc)
    headers = {"X-Amz-Target": "DynamoDB_20120810.Query"}

    def page(request: str) -> bytes:
        connection.request("POST", "/", request, headers)
        return connection.getresponse().read()

    requests: list[str] = []

    def load() -> list[Any]:
        items: list[Any] = []
        requests.clear()
        start: dict[str, Any] = {}
        while True:
            requests.append(json.dumps({"TableName": TABLE, **start}))
            reply = json.loads(page(requests[-1]))
            items += reply["Items"]
            if "LastEvaluatedKey" not in reply:
                return items
            start = {"ExclusiveStartKey": reply["LastEvaluatedKey"]}

    figures = {"limit": cost_s(setting, load)}
    assert len(requests) > 1
    figures["bytes"] = least_s(lambda: list(map(page, requests)), setting.times(10))
    return figures


SUBJECTS: dict[str, Callable[[Setting], float | dict[str, float]]] = {
    "ours": of_ours,
    "botocore": of_botocore,
    "boto3_table": of_boto3_table,
    "powertools": of_powertools,
    "pynamodb": of_pynamodb,
    "aiodynamo": of_aiodynamo,
    "limit": of_limit,
}
