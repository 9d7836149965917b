"""One option, read from DynamoDB: what the client spends on it."""

from __future__ import annotations

import http.client
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from benchmarks._clients import aiodynamo_table, botocore_client, pynamodb_model, table_of
from benchmarks._cpu import least_s
from benchmarks._setting import Setting

__all__ = ["SUBJECTS", "rounds"]

TABLE = table_of(10)
BLOCK = 50
KEY = {"_store": "prod", "_option": "db"}
WIRE_KEY = {name: {"S": text} for name, text in KEY.items()}


def rounds(wanted: int) -> int:
    """Twice as many: a short piece of work, and a goal that is near."""
    return 2 * wanted


def blocks_of(setting: Setting) -> int:
    return setting.times(6)


def cost_s(setting: Setting, read: Callable[[], Any]) -> float:
    """Seconds of the processor for a read, of many."""

    def block() -> None:
        for _ in range(BLOCK):
            read()

    block()
    return least_s(block, blocks_of(setting)) / BLOCK


def of_ours(setting: Setting) -> float:
    """A store with a client of ours, which is what `connection=None` gives."""
    from confstore_dynamodb import DynamoDBStore

    store = DynamoDBStore(None, TABLE, "prod")
    try:
        return cost_s(setting, lambda: store.get("db"))
    finally:
        store.close()


def of_ours_alone(setting: Setting) -> float:
    """The same in AWS Lambda, where nothing of AWS's SDK is imported."""
    os.environ["AWS_LAMBDA_FUNCTION_NAME"] = "benchmark"
    cost = of_ours(setting)
    assert "botocore" not in sys.modules
    return cost


def of_ours_with_client(setting: Setting) -> float:
    """A store with a client that boto3 made."""
    import boto3

    from confstore_dynamodb import DynamoDBStore

    store = DynamoDBStore(boto3.client("dynamodb"), TABLE, "prod")
    return cost_s(setting, lambda: store.get("db"))


def of_botocore(setting: Setting) -> float:
    client = botocore_client()
    return cost_s(
        setting, lambda: client.get_item(TableName=TABLE, Key=WIRE_KEY, ConsistentRead=True)
    )


def of_boto3_table(setting: Setting) -> float:
    import boto3

    table = boto3.resource("dynamodb").Table(TABLE)
    return cost_s(setting, lambda: table.get_item(Key=KEY, ConsistentRead=True))


def of_powertools(setting: Setting) -> float:
    from aws_lambda_powertools.utilities.parameters import DynamoDBProvider

    provider = DynamoDBProvider(TABLE, key_attr="_option", value_attr="host")
    return cost_s(setting, lambda: provider.get("db", force_fetch=True))


def of_pynamodb(setting: Setting) -> float:
    model = pynamodb_model(setting, TABLE)
    return cost_s(setting, lambda: model.get("prod", "db", consistent_read=True))


def of_aiodynamo(setting: Setting) -> float:
    import asyncio

    async def measure() -> float:
        async with aiodynamo_table(setting, TABLE) as table:
            for _ in range(BLOCK):
                await table.get_item(KEY)
            costs = []
            for _ in range(blocks_of(setting)):
                begin = time.process_time()
                for _ in range(BLOCK):
                    await table.get_item(KEY)
                costs.append((time.process_time() - begin) / BLOCK)
            return min(costs)

    return asyncio.run(measure())


def of_ours_on_loop(setting: Setting) -> float:
    """A store with a client of ours on asyncio's loop, with botocore imported."""
    import asyncio

    from confstore.aio import AsyncSimpleConfigStore, AsyncStore
    from confstore_dynamodb import DynamoDBStore

    async def measure() -> float:
        blocking = DynamoDBStore(None, TABLE, "prod")
        async with AsyncStore(blocking) as store:
            assert blocking.reads_on_loop()
            config = AsyncSimpleConfigStore(store)
            for _ in range(BLOCK):
                await config.get("db")
            costs = []
            for _ in range(blocks_of(setting)):
                begin = time.process_time()
                for _ in range(BLOCK):
                    await config.get("db")
                costs.append((time.process_time() - begin) / BLOCK)
            return min(costs)

    return asyncio.run(measure())


def of_limit(setting: Setting) -> float:
    """The standard library's HTTP and JSON, without a signature."""
    connection = http.client.HTTPConnection(urlsplit(setting.endpoint).netloc)
    body = json.dumps({"TableName": TABLE, "Key": WIRE_KEY, "ConsistentRead": True})
    headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": "DynamoDB_20120810.GetItem",
    }

    def read() -> Any:
        connection.request("POST", "/", body, headers)
        return json.loads(connection.getresponse().read())["Item"]

    return cost_s(setting, read)


SUBJECTS = {
    "ours": of_ours,
    "ours_alone": of_ours_alone,
    "ours_on_loop": of_ours_on_loop,
    "ours_with_client": of_ours_with_client,
    "botocore": of_botocore,
    "boto3_table": of_boto3_table,
    "powertools": of_powertools,
    "pynamodb": of_pynamodb,
    "aiodynamo": of_aiodynamo,
    "limit": of_limit,
}
