"""What a journal still tells whose first commits have expired."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from confstore import Change, history, reconcile, rollback, state_at
from confstore.errors import JournalGapError
from confstore_dynamodb import DynamoDBStore

from ..interposed import Interposed, after, passes


@pytest.fixture
def store(local_store: DynamoDBStore, dynamodb_client: Any, table: str) -> DynamoDBStore:
    """A journal of the versions 3 to 6; 1 and 2 have expired."""
    local_store.enable_journal(retention=timedelta(days=30))
    local_store.set("old", {"port": 1})
    local_store.set("db", {"port": 2})
    local_store.set("db", {"port": 3})
    local_store.set("new", {"port": 4})
    local_store.set("db", {"port": 5})
    local_store.delete("new")
    for version in (1, 2):
        key = {"_store": {"S": "_journal:prod"}, "_option": {"S": f"{version:012d}"}}
        dynamodb_client.delete_item(TableName=table, Key=key)
    return local_store


def test_history_begins_where_the_journal_does(store: DynamoDBStore) -> None:
    """History tells what there still is."""
    assert [one.version for one in history(store)] == [3, 4, 5, 6]
    assert [one.version for one in history(store, "db")] == [3, 5]
    assert history(store, "old") == []


@pytest.mark.parametrize("version", [2, 3, 4, 6])
def test_state_that_is_not_known(store: DynamoDBStore, version: int) -> None:
    """An option that no held commit has may have been edited by hand: its past is not known."""
    with pytest.raises(JournalGapError) as caught:
        state_at(store, version)
    assert "old" in caught.value.options


def test_state_is_known_from_reconcile_on(store: DynamoDBStore) -> None:
    """`reconcile` records the options whose commits have expired, so that the past begins again."""
    reconcile(store)
    assert state_at(store, 7) == dict(store.items())


def test_edit_after_expiry_is_reconciled(
    store: DynamoDBStore, dynamodb_client: Any, table: str
) -> None:
    """An edit of an option whose commits have expired reaches readers by `reconcile`."""
    checkpoint = store.poll().checkpoint
    item = {"_store": {"S": "prod"}, "_option": {"S": "old"}, "port": {"N": "9"}}
    dynamodb_client.put_item(TableName=table, Item=item)
    drift = [one for one in store.diagnose() if one.check == "drift"]
    assert [(one.is_ok, "'old'" in one.text) for one in drift] == [(None, True)]
    reconcile(store)
    assert store.poll(checkpoint).changed == {"old": {"port": 9}}
    assert [one.is_ok for one in store.diagnose() if one.check == "drift"] == [True]


@pytest.mark.parametrize("version", [-1, 0, 1, 7])
def test_state_outside_of_the_journal(store: DynamoDBStore, version: int) -> None:
    """A version that has expired or is not there yet has no state."""
    with pytest.raises(JournalGapError) as caught:
        state_at(store, version)
    assert caught.value.first == 3


def test_rollback_of_what_is_known(store: DynamoDBStore) -> None:
    """Single options can be rolled back as far as the journal tells of them."""
    commit = rollback(store, 3, ["db"])
    assert commit is not None
    assert commit.changes == (Change("db", {"port": 3}),)
    assert commit.comment == "rollback to version 3"
    assert dict(store.items()) == {"old": {"port": 1}, "db": {"port": 3}}


@pytest.mark.parametrize(
    ("options", "first"), [(None, 4), (["new"], 4), (["new", "db"], 4), (["old"], 7)]
)
def test_rollback_of_what_is_not_known(
    store: DynamoDBStore, options: list[str] | None, first: int
) -> None:
    """Nothing is rolled back where the journal does not tell of all of it."""
    with pytest.raises(JournalGapError) as caught:
        rollback(store, 3, options)
    assert caught.value.first == first
    assert store.version() == 6


def test_rollback_to_where_all_is_known(store: DynamoDBStore) -> None:
    """A deletion is undone; what no held commit has, and so none that is taken back, stays."""
    rollback(store, 4)
    assert dict(store.items()) == {"old": {"port": 1}, "db": {"port": 3}, "new": {"port": 4}}


def test_reconcile(store: DynamoDBStore, dynamodb_client: Any, table: str) -> None:
    """An edit by hand is committed, with the options whose commits have expired."""
    item = {"_store": {"S": "prod"}, "_option": {"S": "new"}, "port": {"N": "9"}}
    dynamodb_client.put_item(TableName=table, Item=item)
    commit = reconcile(store)
    assert commit is not None
    assert commit.changes == (Change("new", {"port": 9}), Change("old", {"port": 1}))
    assert reconcile(store) is None


def test_rollback_while_others_write(
    store: DynamoDBStore, dynamodb_client: Any, table: str
) -> None:
    """What is written while the state is put together is not taken for what was then."""
    between = Interposed(dynamodb_client)
    mine = DynamoDBStore(between, table, "prod")
    # The commits twice, because of the gap; then, before the options are read:
    between.next("query", passes, passes, after(lambda: store.set("old", {"port": 9})))
    with pytest.raises(JournalGapError) as caught:
        state_at(mine, 4)
    assert caught.value.first == 7
