"""The contract of all stores, on DynamoDB by AWS itself: DynamoDB Local."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import quote

import boto3
import pytest
from boto3.dynamodb.types import TypeSerializer

from confstore import LocalKeys, SealedStore, Store, Values
from confstore.testing import Profile, StoreContract
from confstore_dynamodb import DynamoDBStore, open_url
from effort import at_length

from .connections.ways import OnLoop

pytestmark = pytest.mark.slow("its examples are histories of 30 steps")

KEYS = LocalKeys.generate()


@pytest.fixture(scope="module", autouse=True)
def backend(dynamodb_local: str) -> Iterator[None]:
    """The client and the table of all examples; each leaves the table empty."""
    settings = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
    # A client of ours takes them from the environment.
    patch = pytest.MonkeyPatch()
    for name, value in settings.items():
        patch.setenv(name.upper(), value)
    LocalContract.client = boto3.client(
        "dynamodb", region_name="eu-west-1", endpoint_url=dynamodb_local, **settings
    )
    LocalContract.table = f"Contract-{uuid.uuid4().hex}"
    DynamoDBStore(LocalContract.client, LocalContract.table, "any").close()
    yield
    LocalContract.client.delete_table(TableName=LocalContract.table)
    patch.undo()
    LocalContract.client.close()


class LocalContract(StoreContract):
    client: Any = None
    table: str = ""
    durable = True
    profile = Profile(examples=at_length(30, short=2), steps=30)

    def begin(self) -> None:
        self.resources.callback(self.empty_table)

    def empty_table(self) -> None:
        """Delete every item, which is much faster than the making of another table."""
        keys = {"ProjectionExpression": "#store, #option", "ConsistentRead": True}
        names = {"#store": "_store", "#option": "_option"}
        pages = self.client.get_paginator("scan").paginate(
            TableName=self.table, ExpressionAttributeNames=names, **keys
        )
        for item in [item for page in pages for item in page["Items"]]:
            self.client.delete_item(TableName=self.table, Key=item)

    @contextmanager
    def open_store(self, name: str) -> Iterator[Store]:
        with closing(DynamoDBStore(self.client, self.table, name)) as store:
            yield store


class JournaledLocalContract(LocalContract):
    """The same, and every write is a commit, unless somebody edits an item by hand."""

    editable = True
    journaled = True

    def edit_by_hand(self, name: str, option: str, values: Values | None) -> None:
        key = {"_store": {"S": name}, "_option": {"S": option}}
        if values is None:
            self.client.delete_item(TableName=self.table, Key=key)
        else:
            item = TypeSerializer().serialize(values)["M"]
            self.client.put_item(TableName=self.table, Item={**item, **key})


class SealedLocalContract(LocalContract):
    """The same, through a store that seals."""

    refuses_text = ("secret+", "secret+kms:AAAA", "***")
    profile = Profile(examples=at_length(10, short=1), steps=30)

    @contextmanager
    def open_store(self, name: str) -> Iterator[Store]:
        with super().open_store(name) as beneath, SealedStore(beneath, KEYS) as store:
            yield store


class OnLoopContract(JournaledLocalContract):
    """The same, and every read is made on an asyncio loop."""

    profile = Profile(examples=at_length(10, short=2), steps=30)

    @contextmanager
    def open_store(self, name: str) -> Iterator[Any]:
        endpoint = self.client.meta.endpoint_url
        url = f"dynamodb://{self.table}/{quote(name, safe='')}?endpoint_url={endpoint}"
        store = open_url(f"{url}&region=eu-west-1", purpose="create")
        used = OnLoop(store)
        try:
            assert store.reads_on_loop()
            yield used
        finally:
            used.end()


TestSealedLocal = SealedLocalContract.TestCase
TestOnLoop = OnLoopContract.TestCase
# In the short mode the two above make the same calls of DynamoDB, with a journal and without.
if at_length(1, short=0):
    TestLocal = LocalContract.TestCase
    TestJournaledLocal = JournaledLocalContract.TestCase
