"""What a refresh of a journaled store in DynamoDB costs; times are no test's business."""

from __future__ import annotations

import uuid
from contextlib import closing

import pytest

from confstore_dynamodb import DynamoDBStore
from metered import Metered, fill


@pytest.fixture
def table(dynamodb_client):
    """A table that is gone after the test."""
    name = f"Capacity-{uuid.uuid4().hex}"
    yield name
    dynamodb_client.delete_table(TableName=name)


@pytest.fixture(params=[10, 1000])
def reader(request, dynamodb_client, table):
    """A journaled store of so many options of 200 bytes, with its checkpoint and its meter."""
    metered = Metered(dynamodb_client)
    with closing(DynamoDBStore(metered, table, "prod")) as store:
        fill(dynamodb_client, table, "prod", request.param, 200)
        store.enable_journal()
        checkpoint = store.poll().checkpoint
        metered.reset()
        yield store, checkpoint, metered


def test_unchanged_refresh(reader):
    """A refresh that finds nothing is one request of half a read unit, whatever the size."""
    store, checkpoint, metered = reader
    assert store.poll(checkpoint).changed == {}
    assert (metered.requests, metered.read_units) == (1, 0.5)


def test_refresh_of_one_changed_option(reader):
    """A refresh that finds one changed option reads at most one unit, and only that option."""
    store, checkpoint, metered = reader
    store.set("option-00003", {"value": "y" * 200})
    metered.reset()
    assert set(store.poll(checkpoint).changed) == {"option-00003"}
    assert metered.requests == 1
    assert metered.read_units <= 1


def test_write(reader):
    """A small write costs two units for the option and two for its commit."""
    store, _, metered = reader
    store.set("option-00003", {"value": "y" * 200})
    assert metered.write_units == 4
    assert metered.requests == 2
