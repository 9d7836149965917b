"""Polls, beyond what the contract of all stores asks."""

from __future__ import annotations

import pickle
from typing import Any

from botocore.stub import Stubber

from confstore_dynamodb import DynamoDBStore


def test_unchanged_values_stay_the_same_objects(store: DynamoDBStore) -> None:
    """What did not change is not held twice, however often the store is polled."""
    store.set("db", {"port": 1})
    first = store.poll()
    store.set("other", {"port": 2})
    second = store.poll(first.checkpoint)
    assert second.changed == {"other": {"port": 2}}
    store.set("db", {"port": 1})
    assert store.poll(second.checkpoint).changed == {}


def test_option_removed_and_made_again(store: DynamoDBStore) -> None:
    """An option that was removed and made again between two polls is changed if it differs."""
    store.set("db", {"port": 1})
    store.set("same", {"port": 1})
    checkpoint = store.poll().checkpoint
    for option, port in (("db", True), ("same", 1)):
        store.delete(option)
        store.set(option, {"port": port})
    poll = store.poll(checkpoint)
    assert (dict(poll.changed), poll.removed) == ({"db": {"port": True}}, frozenset())


def test_an_older_checkpoint_is_compared_with(store: DynamoDBStore) -> None:
    """Polls with one checkpoint each say everything since it."""
    checkpoint = store.poll().checkpoint
    store.set("db", {"port": 1})
    store.poll(checkpoint)
    assert store.poll(checkpoint).changed == {"db": {"port": 1}}


def test_checkpoint_of_another_store_is_unknown(
    store: DynamoDBStore, client: Any, table: str
) -> None:
    """The checkpoint of another object, be it of the same store, gives a full answer."""
    store.set("db", {"port": 1})
    other = DynamoDBStore(client, table, "prod")
    poll = store.poll(other.poll().checkpoint)
    assert poll.is_full
    assert poll.changed == {"db": {"port": 1}}


def test_checkpoint_shows_no_value(store: DynamoDBStore) -> None:
    """What is printed of a poll or its checkpoint names no value."""
    store.set("db", {"secret": "canary"})
    poll = store.poll()
    assert "canary" not in repr(poll) + repr(poll.checkpoint)


def test_polled_values_are_read_only_and_pickle_plain(store: DynamoDBStore) -> None:
    """A poll gives core's read-only values all the way down."""
    store.set("db", {"hosts": ["a", {"b": {1}}]})
    values = store.poll().changed["db"]
    assert type(values["hosts"]).__name__ == "ReadOnlyList"
    assert type(pickle.loads(pickle.dumps(values))) is dict


def test_poll_is_eventually_consistent_unless_told(
    unjournaled_store: DynamoDBStore, stubber: Stubber
) -> None:
    """A poll asks for the cheaper read unless it is told otherwise."""
    for consistent in (False, True):
        request = {
            "TableName": "config",
            "KeyConditionExpression": "#0=:0",
            "ExpressionAttributeNames": {"#0": "_store"},
            "ExpressionAttributeValues": {":0": {"S": "prod"}},
            "ConsistentRead": consistent,
        }
        stubber.add_response("query", {"Items": []}, request)
    unjournaled_store.poll()
    unjournaled_store.poll(consistent=True)
