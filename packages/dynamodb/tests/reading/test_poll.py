"""Polls, beyond what the contract of all stores asks."""

from __future__ import annotations

import copy
import functools
import pickle
from typing import Any

import pytest
from botocore.stub import Stubber

from confstore_dynamodb import DynamoDBStore

from ..interposed import Interposed, Send


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


class Replica:
    """The eventually consistent `Query`s of a replica that has fallen behind."""

    def __init__(self, between: Interposed) -> None:
        self.asked: list[bool] = []
        self._between = between
        self._replies: list[dict[str, Any]] = []

    def answers(self, consistent: bool, send: Send) -> dict[str, Any]:
        """Note the question; an eventually consistent one gets the reply that was kept, if any."""
        self.asked.append(consistent)
        if self._replies and not consistent:
            return copy.deepcopy(self._replies[0])
        return send()

    def falls_behind(self, table: str) -> None:
        """From now on it shows what there is now."""
        self._replies = [
            self._between.query(
                TableName=table,
                KeyConditionExpression="#0=:0",
                ExpressionAttributeNames={"#0": "_store"},
                ExpressionAttributeValues={":0": {"S": "prod"}},
            )
        ]


@pytest.fixture
def between(client: Any) -> Interposed:
    """A client whose replies a test can change."""
    return Interposed(client)


@pytest.fixture
def replica(between: Interposed) -> Replica:
    """What eventually consistent reads of the reader come from."""
    return Replica(between)


@pytest.fixture
def reader(
    store: DynamoDBStore, between: Interposed, replica: Replica, table: str
) -> DynamoDBStore:
    """A reader of the replica, without a journal."""

    class Client:
        def query(self, **parameters: Any) -> dict[str, Any]:
            send = functools.partial(between.query, **parameters)
            return replica.answers(parameters["ConsistentRead"], send)

        def __getattr__(self, name: str) -> Any:
            return getattr(between, name)

    return DynamoDBStore(Client(), table, "prod")


def test_poll_never_goes_back(
    store: DynamoDBStore, reader: DynamoDBStore, replica: Replica, table: str
) -> None:
    """After a consistent poll, a replica that is behind changes nothing, and removes nothing."""
    store.set("db", {"port": 1})
    replica.falls_behind(table)
    store.set("db", {"port": 2})
    store.set("new", {})
    checkpoint = reader.poll(consistent=True).checkpoint
    answer = reader.poll(checkpoint)
    assert (dict(answer.changed), answer.removed) == ({}, frozenset())


def test_poll_confirms_changes(
    store: DynamoDBStore, reader: DynamoDBStore, replica: Replica
) -> None:
    """A change costs a second, strongly consistent reading; no change costs none."""
    checkpoint = reader.poll().checkpoint
    checkpoint = reader.poll(checkpoint).checkpoint
    assert replica.asked == [False, False]
    store.set("db", {"port": 1})
    answer = reader.poll(checkpoint)
    assert answer.changed == {"db": {"port": 1}}
    assert replica.asked == [False, False, False, True]


@pytest.mark.parametrize("is_first", [False, True])
def test_poll_sees_the_own_write(
    reader: DynamoDBStore, replica: Replica, table: str, is_first: bool
) -> None:
    """A poll after a write of the same process shows it, though the replica does not yet."""
    reader.set("db", {"port": 1})
    replica.falls_behind(table)
    checkpoint = None if is_first else reader.poll().checkpoint
    reader.update("db", {"port": 2})
    assert reader.poll(checkpoint).changed == {"db": {"port": 2}}


def test_two_readers_see_the_own_write(reader: DynamoDBStore, replica: Replica, table: str) -> None:
    """What one reader was shown does not keep it from another one of the same store."""
    reader.set("db", {"port": 1})
    checkpoints = [reader.poll().checkpoint for _ in range(2)]
    replica.falls_behind(table)
    reader.set("db", {"port": 2})
    for checkpoint in checkpoints:
        assert reader.poll(checkpoint).changed == {"db": {"port": 2}}


def test_journaled_poll_sees_the_own_write(
    reader: DynamoDBStore, store: DynamoDBStore, replica: Replica
) -> None:
    """With a journal a poll after an own write is strongly consistent, and the next is not."""
    store.enable_journal()
    reader.set("db", {"port": 1})
    checkpoint = reader.poll().checkpoint
    reader.set("db", {"port": 2})
    replica.asked.clear()
    checkpoint = reader.poll(checkpoint).checkpoint
    reader.poll(checkpoint)
    assert replica.asked == [True, False]
