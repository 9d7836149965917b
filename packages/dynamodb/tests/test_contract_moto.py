"""The contract of all stores, on DynamoDB as moto plays it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from decimal import Context
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from boto3.dynamodb.types import TypeSerializer
from moto import mock_aws
from moto.dynamodb.models.dynamo_type import LimitedSizeDict

from confstore import LocalKeys, SealedStore, Store, Values
from confstore.testing import Profile, StoreContract
from confstore_dynamodb import DynamoDBStore
from effort import at_length

pytestmark = pytest.mark.slow("its examples are histories of 30 steps")

KEYS = LocalKeys.generate()


@pytest.fixture(scope="module", autouse=True)
def backend() -> Iterator[None]:
    """The client and the table of all examples; each leaves the table empty."""
    # moto reads through boto3's types, which refuse the smallest of DynamoDB's numbers.
    lenient = patch("boto3.dynamodb.types.DYNAMODB_CONTEXT", Context(prec=38, traps=[]))
    # It counts what an update replaces as if it were still there, and so refuses what fits.
    unlimited = patch.object(LimitedSizeDict, "__setitem__", dict.__setitem__)
    # And it takes an attribute whose name ends in [0] for an entry of a list.
    by_name = patch("moto.dynamodb.models.dynamo_type.find_nested_key", attribute)
    with mock_aws(), lenient, unlimited, by_name:
        settings = {"aws_access_key_id": "moto", "aws_secret_access_key": "moto"}
        MotoContract.client = boto3.client("dynamodb", region_name="eu-west-1", **settings)
        MotoContract.table = f"Contract-{uuid.uuid4().hex}"
        DynamoDBStore(MotoContract.client, MotoContract.table, "any").close()
        yield
        MotoContract.client.close()


def attribute(path: list[str], item: dict[str, Any]) -> dict[str, Any]:
    """What a projection of one attribute gives of an item."""
    (name,) = path
    return {name: item[name]} if name in item else {}


class MotoContract(StoreContract):
    client: Any = None
    table: str = ""
    durable = True
    profile = Profile(examples=at_length(10, short=3), steps=30)

    def refuse_outgrown_option(self, option: str) -> None:
        """Nothing: it would need moto's own limit; DynamoDB Local's is right."""

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


class JournaledMotoContract(MotoContract):
    """The same, and every write is a commit, unless somebody edits an item by hand."""

    editable = True
    journaled = True
    # moto copies the whole table for each item of a transaction; DynamoDB Local plays 30 examples.
    profile = Profile(examples=at_length(2, short=1), steps=at_length(20, short=10))

    def edit_by_hand(self, name: str, option: str, values: Values | None) -> None:
        key = {"_store": {"S": name}, "_option": {"S": option}}
        if values is None:
            self.client.delete_item(TableName=self.table, Key=key)
        else:
            item = TypeSerializer().serialize(values)["M"]
            self.client.put_item(TableName=self.table, Item={**item, **key})


class SealedMotoContract(MotoContract):
    """The same, through a store that seals."""

    refuses_text = ("secret+", "secret+kms:AAAA", "***")
    profile = Profile(examples=at_length(5, short=2), steps=30)

    @contextmanager
    def open_store(self, name: str) -> Iterator[Store]:
        with super().open_store(name) as beneath, SealedStore(beneath, KEYS) as store:
            yield store


TestMoto = MotoContract.TestCase
# DynamoDB Local and the files of core's own tests play it in the short mode, too.
if at_length(1, short=0):
    TestSealedMoto = SealedMotoContract.TestCase
TestJournaledMoto = JournaledMotoContract.TestCase
