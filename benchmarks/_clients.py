"""The peers' ways to the server with the ready answers, as their manuals show them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

from benchmarks._setting import Setting

__all__ = ["aiodynamo_table", "botocore_client", "pynamodb_model", "table_of", "with_deserializer"]


def table_of(count: int) -> str:
    """The table of the server that holds so many options."""
    return f"options-{count}"


def botocore_client() -> Any:
    """botocore's client, by the environment alone."""
    import botocore.session

    return botocore.session.get_session().create_client("dynamodb")


def whole_store(client: Any, table: str) -> Iterator[dict[str, Any]]:
    """Every item of the store `prod`, page by page, as the client decodes it."""
    start: dict[str, Any] = {}
    while True:
        reply = client.query(
            TableName=table,
            KeyConditionExpression="#0=:0",
            ExpressionAttributeNames={"#0": "_store"},
            ExpressionAttributeValues={":0": {"S": "prod"}},
            **start,
        )
        yield from reply["Items"]
        if "LastEvaluatedKey" not in reply:
            return
        start = {"ExclusiveStartKey": reply["LastEvaluatedKey"]}


def with_deserializer(client: Any, table: str) -> dict[str, dict[str, Any]]:
    """The whole store by botocore and boto3's TypeDeserializer."""
    from boto3.dynamodb.types import TypeDeserializer

    deserialize = TypeDeserializer().deserialize
    return {
        item["_option"]["S"]: {key: deserialize(wire) for key, wire in item.items()}
        for item in whole_store(client, table)
    }


def pynamodb_model(setting: Setting, table: str) -> Any:
    """The class by which PynamoDB knows an option."""
    from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
    from pynamodb.models import Model

    class Option(Model):
        class Meta:
            table_name = table
            host = setting.endpoint
            region = "eu-west-1"

        store = UnicodeAttribute(hash_key=True, attr_name="_store")
        option = UnicodeAttribute(range_key=True, attr_name="_option")
        host = UnicodeAttribute()
        port = NumberAttribute()
        user = UnicodeAttribute()
        timeout = NumberAttribute()
        tls = BooleanAttribute()
        comment = UnicodeAttribute()

    return Option


@asynccontextmanager
async def aiodynamo_table(setting: Setting, table: str) -> AsyncIterator[Any]:
    """aiodynamo's table, on aiohttp."""
    from aiodynamo.client import Client
    from aiodynamo.credentials import Credentials
    from aiodynamo.http.aiohttp import AIOHTTP
    from aiohttp import ClientSession
    from yarl import URL

    async with ClientSession() as session:
        client = Client(
            AIOHTTP(session), Credentials.auto(), "eu-west-1", endpoint=URL(setting.endpoint)
        )
        yield client.table(table)
