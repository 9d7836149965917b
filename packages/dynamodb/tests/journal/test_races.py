"""Several writers of one journaled store."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest

from confstore import Change, history, reconcile, rollback, state_at
from confstore.errors import (
    InvalidCommitError,
    InvalidValueError,
    JournalGapError,
    OptionNotFoundError,
    VersionConflictError,
)
from confstore_dynamodb import DynamoDBStore

from ..interposed import Interposed, after, passes, refuse

TRANSACT = "transact_write_items"


@pytest.fixture
def between(dynamodb_client: Any) -> Interposed:
    """What stands between the store and DynamoDB Local."""
    return Interposed(dynamodb_client)


@pytest.fixture
def other(journaled_store: DynamoDBStore) -> DynamoDBStore:
    """Another writer."""
    return journaled_store


@pytest.fixture
def store(between: Interposed, table: str, other: DynamoDBStore) -> Iterator[DynamoDBStore]:
    """The writer that the others overtake."""
    with closing(DynamoDBStore(between, table, "prod", sleep=lambda _: None)) as store:
        yield store


def edit(client: Any, table: str, option: str, **attributes: Any) -> None:
    """Change an item as a person does, without the journal."""
    key = {"_store": {"S": "prod"}, "_option": {"S": option}}
    updates = {name: {"Action": "PUT", "Value": wire} for name, wire in attributes.items()}
    client.update_item(TableName=table, Key=key, AttributeUpdates=updates)


def test_two_writers_of_different_options(
    store: DynamoDBStore, between: Interposed, other: DynamoDBStore
) -> None:
    """Both succeed, with consecutive versions, each naming the one before."""
    between.next(TRANSACT, after(lambda: other.set("other", {"port": 2})))
    commit = store.commit([Change("db", {"port": 1})], if_version=0)
    first, second = store.commits()
    assert (first.version, second.version) == (1, 2)
    assert (first.previous, second.previous) == (None, first.id)
    assert commit == second


def test_two_writers_of_one_option(
    store: DynamoDBStore, between: Interposed, other: DynamoDBStore
) -> None:
    """With `if_version` the second one loses, and is told the version that won."""
    between.next(TRANSACT, after(lambda: other.set("db", {"port": 2})))
    with pytest.raises(VersionConflictError) as caught:
        store.commit([Change("db", {"port": 1})], if_version=0)
    assert (caught.value.version, caught.value.options) == (1, ("db",))
    assert store.get("db") == {"port": 2}


def test_conflict_with_one_that_came_after_the_head_was_read(
    store: DynamoDBStore, between: Interposed, other: DynamoDBStore
) -> None:
    """A conflict names the newest version that is known, not that of the head before."""
    other.set("other", {})
    between.next("query", passes, after(lambda: other.set("db", {})))
    with pytest.raises(VersionConflictError) as caught:
        store.commit([Change("db", {"port": 1})], if_version=0)
    assert caught.value.version == 2


def test_versions_that_never_were(store: DynamoDBStore) -> None:
    """A version below 0 is 0, and one that is not there yet is a conflict."""
    assert store.commit([Change("db", {})], if_version=-5).version == 1
    for if_version in (-5, 2, 99):
        with pytest.raises(VersionConflictError) as caught:
            store.commit([Change("db", {})], if_version=if_version)
        assert (caught.value.version, caught.value.options) == (1, ("db",))


def test_many_at_once_with_if_version(store: DynamoDBStore) -> None:
    """Of many commits of one option with one `if_version` exactly one wins."""

    def attempt(number: int) -> tuple[str, int]:
        try:
            return "won", store.commit([Change("db", {"number": number})], if_version=0).version
        except VersionConflictError as error:
            return "lost", error.version

    with ThreadPoolExecutor(8) as threads:
        outcomes = sorted(threads.map(attempt, range(8)))
    assert outcomes == [("lost", 1)] * 7 + [("won", 1)]
    assert store.version() == 1


def test_many_at_once(store: DynamoDBStore) -> None:
    """Of many commits at once none is lost, and their versions are consecutive."""
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: store.set(f"option-{number}", {}), range(40)))
    commits = store.commits()
    assert [commit.version for commit in commits] == list(range(1, 41))
    assert len(dict(store.items())) == 40


def test_update_loses_a_race(
    store: DynamoDBStore, between: Interposed, other: DynamoDBStore
) -> None:
    """An update that was overtaken by another of the same option keeps what that one wrote."""
    other.set("db", {"port": 1})
    between.next(TRANSACT, after(lambda: other.update("db", {"host": "a"})))
    store.update("db", {"user": "u"})
    assert store.get("db") == state_at(store, 3)["db"] == {"port": 1, "host": "a", "user": "u"}


def test_update_keeps_a_hand_edit_of_another_key(
    store: DynamoDBStore, between: Interposed, other: DynamoDBStore, table: str
) -> None:
    """An update writes its own keys only: an edit by hand at the same moment survives."""
    other.set("db", {"port": 1, "old": 0})
    by_hand = after(lambda: edit(between, table, "db", host={"S": "by hand"}))
    between.next(TRANSACT, by_hand)
    store.update("db", {"port": 2}, remove=["old"])
    assert store.get("db") == {"port": 2, "host": "by hand"}
    assert reconcile(store) is not None
    assert state_at(store, 3)["db"] == store.get("db")


def test_update_that_a_hand_edit_makes_too_large(
    store: DynamoDBStore, between: Interposed, other: DynamoDBStore, table: str
) -> None:
    """What DynamoDB refuses because of somebody else's edit is an invalid value, unwritten."""
    other.set("db", {"port": 1})
    by_hand = after(lambda: edit(between, table, "db", host={"S": "x" * 200_000}))
    between.next(TRANSACT, by_hand)
    with pytest.raises(InvalidValueError, match="400 KB"):
        store.update("db", {"user": "x" * 300_000})
    assert store.version() == 1


def test_update_of_what_cannot_be_read_too_large(store: DynamoDBStore) -> None:
    """An update is checked against the merged option before anything is written."""
    store.set("db", {"one": "x" * 200_000})
    with pytest.raises(InvalidValueError):
        store.update("db", {"two": "x" * 200_000})
    assert store.version() == 1


@pytest.mark.parametrize(
    ("message", "reason"), [("Item size to update", "400 KB"), ("Nesting Levels", "32 levels")]
)
def test_refused_part_is_the_callers(
    store: DynamoDBStore, between: Interposed, message: str, reason: str
) -> None:
    """A part of a transaction that is refused for its values is an invalid value."""
    cancelled = refuse("TransactionCanceledException", "None", "ValidationError", message=message)
    between.next(TRANSACT, cancelled)
    with pytest.raises(InvalidValueError, match=reason):
        store.update("db", {"port": 1})


def test_delete_loses_a_race(
    store: DynamoDBStore, between: Interposed, other: DynamoDBStore
) -> None:
    """Of two who delete an option the second one finds it absent."""
    other.set("db", {})
    between.next(TRANSACT, after(lambda: other.delete("db")))
    with pytest.raises(OptionNotFoundError):
        store.delete("db")
    assert store.version() == 2


def test_delete_of_an_absent_option(store: DynamoDBStore) -> None:
    """A delete of an absent option is an error, and no commit."""
    with pytest.raises(OptionNotFoundError):
        store.delete("db")
    assert store.version() == 0


def test_commit_of_a_delete_of_an_absent_option(store: DynamoDBStore) -> None:
    """A commit may delete what is absent."""
    assert store.commit([Change("db", None)]).version == 1


def test_transaction_with_a_hand_edit_of_the_head(
    store: DynamoDBStore, between: Interposed, other: DynamoDBStore, table: str
) -> None:
    """A last commit that somebody deletes by hand is not named as the predecessor."""
    other.set("db", {"port": 1})
    other.set("db", {"port": 2})
    key = {"_store": {"S": "_journal:prod"}, "_option": {"S": "000000000002"}}
    erase = after(lambda: between.delete_item(TableName=table, Key=key))
    between.next("query", passes, erase)
    between.next(TRANSACT, refuse("TransactionCanceledException", "TransactionConflict"))
    store.set("db", {"port": 3})
    first, second = store.commits()
    assert (second.version, second.previous) == (2, first.id)


# -- what is refused before anything is written -------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        [],
        [Change(f"option-{number}", {}) for number in range(100)],
        [Change("db", {}), Change("db", None)],
        [Change(f"option-{number}", {"key": "x" * 50_000}) for number in range(9)],
    ],
    ids=["none", "100", "twice", "too large"],
)
def test_commit_that_no_backend_could_make(
    store: DynamoDBStore, between: Interposed, changes: list[Change]
) -> None:
    """Such a commit is rejected before any request is sent."""
    store.version()
    before = len(between.calls)
    with pytest.raises(InvalidCommitError):
        store.commit(changes)
    assert len(between.calls) == before


@pytest.mark.parametrize(
    "remarks",
    [
        {"comment": "x" * 2001},
        {"author": "é" * 1001},
        {"author": "a", "comment": "x" * 2000},
        {"comment": "\ud800"},
        {"author": 7},
    ],
)
def test_remarks_that_no_backend_could_keep(store: DynamoDBStore, remarks: Any) -> None:
    """Author and comment are text of at most 2,000 bytes together."""
    with pytest.raises(InvalidCommitError):
        store.commit([Change("db", {})], **remarks)
    assert store.version() == 0


def test_largest_commits(store: DynamoDBStore) -> None:
    """99 changes, and a commit as large as may be, are accepted as core says, by DynamoDB too."""
    store.commit([Change(f"option-{number}", {"key": "x" * 4000}) for number in range(99)])
    largest = {f"key-{number}": "x" * 9_980 for number in range(39)}
    commit = store.commit([Change("db", largest)], author="a" * 1000, comment="c" * 1000)
    assert store.commits(1) == [commit]
    assert store.get("db") == largest


def test_set_as_large_as_an_option_may_be(store: DynamoDBStore) -> None:
    """The largest option can be set, updated, deleted and restored."""
    values = {"key": "x" * 389_900}
    store.set("db", values)
    store.update("db", {"flag": True})
    store.delete("db")
    rollback(store, 1)
    assert store.get("db") == values
    assert len(history(store, "db")) == 4


def test_commits_after_a_hole_that_is_not_there(store: DynamoDBStore, between: Interposed) -> None:
    """A hole in an eventually consistent read is looked at again, strongly consistent."""
    for port in range(3):
        store.set("db", {"port": port})

    def miss(send: Any) -> Any:
        reply = send()
        del reply["Items"][1]
        return reply

    between.next("query", miss)
    assert [one.version for one in store.commits(consistent=False)] == [1, 2, 3]
    between.next("query", miss)
    with pytest.raises(JournalGapError):
        store.commits()
    assert [one.version for one in store.commits(-1)] == [1, 2, 3]


# -- commits to the journal only ------------------------------------------------------------------


def test_reconcile_keeps_an_edit_made_meanwhile(
    store: DynamoDBStore, between: Interposed, other: DynamoDBStore, table: str
) -> None:
    """An edit between the read and the transaction stays, and is what the journal is told."""
    other.set("db", {"port": 1})
    edit(between, table, "db", port={"N": "2"})
    by_hand = after(lambda: edit(between, table, "db", port={"N": "3"}))
    between.next(TRANSACT, by_hand)
    commit = reconcile(store)
    assert commit is not None
    assert commit.changes == (Change("db", {"port": 3}),)
    assert store.get("db") == {"port": 3}
    assert reconcile(store) is None


def test_reconcile_sees_a_key_added_meanwhile(
    store: DynamoDBStore, between: Interposed, other: DynamoDBStore, table: str
) -> None:
    """No condition covers a new key: it is found by a look after the commit."""
    other.set("db", {"port": 1})
    edit(between, table, "db", port={"N": "2"})
    between.next(TRANSACT, after(lambda: edit(between, table, "db", host={"S": "by hand"})))
    reconcile(store)
    assert store.get("db") == {"port": 2, "host": "by hand"}
    assert state_at(store, store.version()) == dict(store.items())


def test_reconcile_beside_a_delete(
    store: DynamoDBStore, between: Interposed, other: DynamoDBStore, table: str
) -> None:
    """An option that is deleted meanwhile stays deleted."""
    other.set("db", {"port": 1})
    edit(between, table, "db", port={"N": "2"})
    key = {"_store": {"S": "prod"}, "_option": {"S": "db"}}
    between.next(TRANSACT, after(lambda: between.delete_item(TableName=table, Key=key)))
    commit = reconcile(store)
    assert commit is not None
    assert commit.changes == (Change("db", None),)
    assert dict(store.items()) == {}


def test_reconcile_beside_a_commit(
    store: DynamoDBStore, between: Interposed, other: DynamoDBStore, table: str
) -> None:
    """An option that somebody commits meanwhile needs no reconciling any more."""
    other.set("db", {"port": 1})
    edit(between, table, "db", port={"N": "2"})
    between.next(TRANSACT, after(lambda: other.set("db", {"port": 3})))
    assert reconcile(store) is None
    assert store.get("db") == {"port": 3}
    assert store.version() == 2


def test_reconcile_gives_up_on_what_changes_all_the_time(
    store: DynamoDBStore, between: Interposed, other: DynamoDBStore, table: str
) -> None:
    """An option that changes at each look is a conflict, and stays as it is."""
    other.set("db", {"port": 0})
    edit(between, table, "db", port={"N": "1"})
    ports = iter(range(2, 1000))

    def edit_again() -> None:
        edit(between, table, "db", port={"N": str(next(ports))})

    between.next(TRANSACT, *[after(edit_again)] * 100)
    with pytest.raises(VersionConflictError, match="without the journal"):
        reconcile(store)
    assert store.get("db") == {"port": next(ports) - 1}
    assert store.version() == 1


def test_commit_to_the_journal_compares_every_type(
    store: DynamoDBStore, between: Interposed
) -> None:
    """DynamoDB finds every type of value equal to itself, in an option with more than 100 keys."""
    values = {
        "text": "",
        "bytes": b"\x00",
        "none": None,
        "true": True,
        "number": 1.5,
        "big": 10**30,
        "texts": {"b", "a"},
        "numbers": {1, 2},
        "blobs": {b"a"},
        "list": [{"a": [1, {"b"}]}],
        **{f"key {number}": number for number in range(120)},
    }
    store.set("db", values)
    before = between.count(TRANSACT)
    commit = store.commit([Change("db", values), Change("empty", None)], journal_only=True)
    assert between.count(TRANSACT) == before + 1
    assert store.commits(1) == [commit]


def test_commit_to_the_journal_writes_no_option(store: DynamoDBStore, between: Interposed) -> None:
    """Its transaction checks the options, and puts the commit."""
    store.set("db", {})
    store.commit([Change("db", {}), Change("absent", None)], journal_only=True)
    items = [call["TransactItems"] for name, call in between.calls if name == TRANSACT][-1]
    assert [next(iter(item)) for item in items] == ["ConditionCheck", "ConditionCheck", "Put"]
