"""Enabling a journal: half way, twice, by several at once, and with retention."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from confstore import Change, Commit, state_at
from confstore.errors import (
    AccessDeniedError,
    BackendError,
    JournalGapError,
    NotJournaledError,
    StoreUnavailableError,
)
from confstore_dynamodb import DynamoDBStore
from confstore_dynamodb.errors import MisconfiguredSchemaError

from ..interposed import Interposed, after, cancel, lose_reply, lose_request, passes, refuse

DAY = timedelta(days=1)


@pytest.fixture
def between(dynamodb_client: Any) -> Interposed:
    """What stands between a store and DynamoDB Local."""
    return Interposed(dynamodb_client)


@pytest.fixture
def other(local_store: DynamoDBStore) -> DynamoDBStore:
    """Another handle on the store, which is not journaled yet."""
    return local_store


@pytest.fixture
def store(between: Interposed, table: str, other: DynamoDBStore) -> Iterator[DynamoDBStore]:
    """A store that is not journaled yet, with a client that a test can get at."""
    with closing(DynamoDBStore(between, table, "prod", sleep=lambda _: None)) as store:
        yield store


def replayed(commits: list[Commit]) -> dict[str, Any]:
    """The options that the commits make."""
    options: dict[str, Any] = {}
    for commit in commits:
        for change in commit.changes:
            options[change.option] = change.values
    return {option: values for option, values in options.items() if values is not None}


def test_is_not_journaled_at_first(store: DynamoDBStore) -> None:
    """A store has no journal unless it is enabled."""
    assert not store.is_journaled()
    calls: list[Any] = [
        store.version,
        store.commits,
        store.baseline,
        lambda: store.commit([Change("db", {})]),
    ]
    for call in calls:
        with pytest.raises(NotJournaledError):
            call()


def test_unjournaled_store_asks_once(store: DynamoDBStore, between: Interposed) -> None:
    """What has no journal pays one read for that, once."""
    for _ in range(3):
        store.set("db", {})
        store.update("db", {"port": 1})
        store.poll()
        store.delete("db")
    assert between.count("get_item") == 1
    assert between.count("transact_write_items") == 0


def test_empty_store(store: DynamoDBStore) -> None:
    """The journal of an empty store is empty."""
    store.enable_journal()
    assert (store.is_journaled(), store.version(), store.baseline()) == (True, 0, 0)
    assert store.commits() == []
    assert state_at(store, 0) == {}


def test_baseline(store: DynamoDBStore) -> None:
    """What there was is written as the first commits, of at most 99 options each."""
    written = {f"option-{number:03d}": {"number": number} for number in range(150)}
    for option, values in written.items():
        store.set(option, values)
    store.enable_journal()
    assert [len(commit.changes) for commit in store.commits()] == [99, 51]
    assert store.baseline() == 2
    assert state_at(store, 2) == written
    with pytest.raises(JournalGapError):
        state_at(store, 1)


def test_twice(store: DynamoDBStore) -> None:
    """Enabling a journal again does nothing, whatever the retention."""
    store.set("db", {"port": 1})
    store.enable_journal()
    store.set("db", {"port": 2})
    before = store.commits()
    store.enable_journal(retention=DAY)
    assert store.commits() == before
    store.set("db", {"port": 3})
    assert store.commits()[:2] == before


def test_half_way(store: DynamoDBStore, between: Interposed) -> None:
    """What ended half way is gone on with, and until then there is no journal."""
    for number in range(150):
        store.set(f"option-{number}", {"number": number})
    between.next("transact_write_items", passes, refuse("ValidationException"))
    with pytest.raises(BackendError):
        store.enable_journal()
    assert not store.is_journaled()
    store.set("option-1", {"number": "changed"})
    store.delete("option-2")
    store.enable_journal()
    assert replayed(store.commits()) == dict(store.items())
    assert len(store.commits()) == 2


def test_writer_that_was_opened_before(store: DynamoDBStore, other: DynamoDBStore) -> None:
    """A writer that looked before the journal was enabled goes on without it, until reopened."""
    other.set("db", {"port": 1})
    store.enable_journal()
    other.set("db", {"port": 2})
    other.update("db", {"host": "a"})
    assert store.version() == 1
    assert store.get("db") == {"port": 2, "host": "a"}
    assert not other.is_journaled()


def test_writer_that_enables_knows_at_once(store: DynamoDBStore) -> None:
    """A handle that enables the journal writes to it, though it had looked before."""
    store.set("db", {"port": 1})
    store.enable_journal()
    store.set("db", {"port": 2})
    assert store.version() == 2


def test_thread_that_asked_before(store: DynamoDBStore, between: Interposed) -> None:
    """An answer that is older than the enabling does not undo it."""

    def ask_and_then_enable(send: Any) -> Any:
        reply = send()
        store.enable_journal()
        return reply

    between.next("get_item", ask_and_then_enable)
    assert store.is_journaled()
    assert store.is_journaled()


def test_edit_during_the_baseline(store: DynamoDBStore, between: Interposed, table: str) -> None:
    """What others write meanwhile, without the journal, is in the baseline, too."""
    store.set("db", {"port": 1})
    other = DynamoDBStore(between, table, "prod")
    edit = after(lambda: other.set("db", {"port": 2}))
    between.next("transact_write_items", edit)
    store.enable_journal()
    assert store.baseline() == 2
    assert state_at(store, 2) == {"db": {"port": 2}}


def test_store_that_never_rests(store: DynamoDBStore, between: Interposed, table: str) -> None:
    """A store that is edited all the time gets its journal all the same."""
    writer = DynamoDBStore(between, table, "prod")
    numbers = iter(range(100))
    edit = after(lambda: writer.set("db", {"number": next(numbers)}))
    writer.set("db", {"number": -1})
    between.next("transact_write_items", *[edit] * 50)
    store.enable_journal()
    assert store.is_journaled()
    assert store.baseline() == 10


def test_two_at_once(store: DynamoDBStore, between: Interposed, other: DynamoDBStore) -> None:
    """Of two that enable it at once, the second finds what the first has done."""
    store.set("db", {"port": 1})
    between.next("transact_write_items", after(other.enable_journal))
    store.enable_journal()
    assert store.baseline() == other.baseline() == 1
    assert store.version() == 1


def test_enabled_and_written_meanwhile(
    store: DynamoDBStore, between: Interposed, other: DynamoDBStore
) -> None:
    """One that enables it late does not write old values over what was committed since."""
    store.set("db", {"port": 1})

    def enable_and_write() -> None:
        other.enable_journal()
        other.set("db", {"port": 2})

    between.next("transact_write_items", after(enable_and_write))
    store.enable_journal()
    assert replayed(store.commits()) == {"db": {"port": 2}}
    assert (store.baseline(), store.version()) == (1, 2)


def test_overtaken_by_another_baseline(
    store: DynamoDBStore,
    between: Interposed,
    other: DynamoDBStore,
    dynamodb_client: Any,
    table: str,
) -> None:
    """Values that another has written down in the meantime are read again, not repeated."""
    store.set("db", {"port": 1})
    half = Interposed(dynamodb_client)
    crashed = DynamoDBStore(half, table, "prod")
    half.next("put_item", refuse("ValidationException"))

    def edit_and_crash() -> None:
        other.set("db", {"port": 2})
        with pytest.raises(BackendError):
            crashed.enable_journal()

    between.next("transact_write_items", after(edit_and_crash))
    store.enable_journal()
    assert replayed(store.commits()) == {"db": {"port": 2}}
    assert (store.baseline(), store.version()) == (1, 1)


@pytest.mark.slow("100 attempts")
def test_always_overtaken(
    store: DynamoDBStore,
    between: Interposed,
    other: DynamoDBStore,
    dynamodb_client: Any,
    table: str,
) -> None:
    """One that is overtaken by other baselines for ever gives up, and writes no marker."""
    number = iter(range(1000))

    def edit() -> None:
        other.set("db", {"number": next(number)})

    def crash() -> None:
        half = Interposed(dynamodb_client)
        half.next("put_item", refuse("ValidationException"))
        with pytest.raises(BackendError):
            DynamoDBStore(half, table, "prod").enable_journal()

    store.set("db", {"number": -1})
    # Of each round: the commits, the options, the head.
    between.next("query", *[passes, after(edit), after(crash)] * 100)
    with pytest.raises(StoreUnavailableError, match="baseline"):
        store.enable_journal()
    assert not store.is_journaled()


def test_lost_reply_to_the_marker(store: DynamoDBStore, between: Interposed) -> None:
    """A marker whose reply was lost is an error; enabling again finds it."""
    between.next("put_item", lose_reply)
    with pytest.raises(StoreUnavailableError):
        store.enable_journal()
    store.enable_journal()
    assert store.is_journaled()


def test_marker_that_another_wrote_just_before(
    store: DynamoDBStore, between: Interposed, other: DynamoDBStore
) -> None:
    """Of two markers the first one counts."""
    store.set("db", {"port": 1})
    between.next("put_item", passes, after(lambda: other.enable_journal(retention=DAY)))
    store.set("db", {"port": 1})
    store.enable_journal()
    assert store.baseline() == other.baseline() == 1


def test_marker_cannot_be_written(store: DynamoDBStore, between: Interposed) -> None:
    """Any other refusal of the marker is reported, and there is no journal."""
    between.next("put_item", refuse("ValidationException"))
    with pytest.raises(BackendError, match="PutItem"):
        store.enable_journal()
    assert not store.is_journaled()


def test_baseline_survives_conflicts(store: DynamoDBStore, between: Interposed) -> None:
    """The baseline is committed with the same care as any commit."""
    store.set("db", {"port": 1})
    between.next("transact_write_items", cancel("TransactionConflict"), lose_reply)
    store.enable_journal()
    assert store.baseline() == store.version() == 1


# -- retention ---------------------------------------------------------------------------------


def expiries(client: Any, table: str) -> dict[str, int | None]:
    """When each item of the journal expires."""
    reply = client.scan(TableName=table, ConsistentRead=True)
    return {
        item["_option"]["S"]: int(item["_expires"]["N"]) if "_expires" in item else None
        for item in reply["Items"]
        if item["_store"]["S"] == "_journal:prod"
    }


def test_newest_commit_never_expires(
    store: DynamoDBStore, dynamodb_client: Any, table: str
) -> None:
    """Each commit lets the one before it expire; the newest and the marker are kept."""
    store.set("db", {"port": 1})
    store.enable_journal(retention=DAY)
    for port in (2, 3):
        store.set("db", {"port": port})
    found = expiries(dynamodb_client, table)
    last = store.commits()[-1].at.timestamp()
    assert found["!"] is found["000000000003"] is None
    assert found["000000000002"] == int(last) + 86400
    assert found["000000000001"] is not None


def test_long_baseline_expires_too(store: DynamoDBStore, dynamodb_client: Any, table: str) -> None:
    """The commits of a baseline expire like any other."""
    for number in range(100):
        store.set(f"option-{number}", {})
    store.enable_journal(retention=DAY)
    found = expiries(dynamodb_client, table)
    assert found["000000000001"] is not None
    assert found["000000000002"] is None


def full(prefix: str) -> list[Change]:
    """As many changes as a commit can have."""
    return [Change(f"{prefix}-{number}", {}) for number in range(99)]


def test_commit_before_a_full_one_expires(
    store: DynamoDBStore, dynamodb_client: Any, table: str
) -> None:
    """A transaction of 99 changes has no room for the expiry, which follows at once."""
    store.enable_journal(retention=DAY)
    store.set("db", {})
    for prefix in "abc":
        store.commit(full(prefix))
    found = expiries(dynamodb_client, table)
    assert [version for version, expires in found.items() if expires is None] == [
        "!",
        "000000000004",
    ]


def test_writer_that_died_after_a_full_commit(
    store: DynamoDBStore, dynamodb_client: Any, table: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The next commit lets expire what a full one could not; the failure is a warning."""
    store.enable_journal(retention=DAY)
    store.set("db", {})
    between = Interposed(dynamodb_client)
    writer = DynamoDBStore(between, table, "prod", sleep=lambda _: None)
    between.next("transact_write_items", passes, lose_request)
    assert writer.commit(full("a")).version == 2
    assert "version 1 may be kept for longer" in caplog.text
    fields = vars(caplog.records[-1])
    assert (fields["store"], fields["version"]) == (store.name, 1)
    assert fields["error.type"].endswith("Error")
    assert expiries(dynamodb_client, table)["000000000001"] is None
    store.set("db", {"port": 1})
    found = expiries(dynamodb_client, table)
    assert None not in {found["000000000001"], found["000000000002"]}


def test_commit_after_a_full_one_keeps_the_expiry(
    store: DynamoDBStore, dynamodb_client: Any, table: str
) -> None:
    """A commit that expires already does so no later."""
    store.enable_journal(retention=DAY)
    store.set("db", {})
    store.commit(full("a"))
    before = expiries(dynamodb_client, table)["000000000001"]
    key = {"_store": {"S": "_journal:prod"}, "_option": {"S": "000000000001"}}
    dynamodb_client.update_item(
        TableName=table,
        Key=key,
        UpdateExpression="SET #0=#0-:0",
        ExpressionAttributeNames={"#0": "_expires"},
        ExpressionAttributeValues={":0": {"N": "1000"}},
    )
    store.set("db", {"port": 1})
    assert before is not None
    assert expiries(dynamodb_client, table)["000000000001"] == before - 1000


def test_commit_after_a_full_one_whose_predecessor_has_expired(
    store: DynamoDBStore, dynamodb_client: Any, table: str, caplog: pytest.LogCaptureFixture
) -> None:
    """An expired commit is not made anew, and nobody is warned."""
    store.enable_journal(retention=DAY)
    store.set("db", {})
    store.commit(full("a"))
    key = {"_store": {"S": "_journal:prod"}, "_option": {"S": "000000000001"}}
    dynamodb_client.delete_item(TableName=table, Key=key)
    store.set("db", {"port": 1})
    assert sorted(expiries(dynamodb_client, table)) == ["!", "000000000002", "000000000003"]
    assert caplog.text == ""


def test_without_retention_nothing_expires(
    store: DynamoDBStore, dynamodb_client: Any, table: str
) -> None:
    """A journal without retention keeps everything, and needs no time to live."""
    store.enable_journal()
    for port in (1, 2):
        store.set("db", {"port": port})
    assert set(expiries(dynamodb_client, table).values()) == {None}
    reply = dynamodb_client.describe_time_to_live(TableName=table)
    assert reply["TimeToLiveDescription"]["TimeToLiveStatus"] == "DISABLED"


def test_retention_turns_time_to_live_on(
    store: DynamoDBStore, between: Interposed, table: str
) -> None:
    """Retention turns the table's time to live on, once."""
    store.enable_journal(retention=DAY)
    neighbour = DynamoDBStore(between, table, "test")
    neighbour.enable_journal(retention=DAY)
    assert between.count("update_time_to_live") == 1


def test_time_to_live_of_something_else(
    store: DynamoDBStore, dynamodb_client: Any, table: str
) -> None:
    """A table whose items expire by another attribute can have no retention, and is told so."""
    dynamodb_client.update_time_to_live(
        TableName=table,
        TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"},
    )
    store.set("db", {})
    with pytest.raises(MisconfiguredSchemaError, match=r"'ttl'.*'_expires'"):
        store.enable_journal(retention=DAY)
    assert not store.is_journaled()
    store.enable_journal()
    assert store.version() == 1


def test_time_to_live_by_a_key(between: Interposed, table: str, other: DynamoDBStore) -> None:
    """A table one of whose keys is called `_expires` can have no retention."""
    keyed = DynamoDBStore(between, f"{table}-2", "prod", option_key="_expires")
    with pytest.raises(MisconfiguredSchemaError, match="_expires"):
        keyed.enable_journal(retention=DAY)


def test_time_to_live_that_another_turned_on_just_now(
    store: DynamoDBStore, between: Interposed, other: DynamoDBStore
) -> None:
    """Where DynamoDB refuses because it is on already, it is on."""
    other_first = after(lambda: other.enable_journal(retention=DAY))
    between.next("update_time_to_live", lambda send: (other_first(send), refuse_now())[0])
    store.enable_journal(retention=DAY)
    assert store.is_journaled()


def refuse_now() -> None:
    """DynamoDB's answer to those who turn on what is on."""
    refuse("ValidationException")(dict)


def test_time_to_live_cannot_be_turned_on(store: DynamoDBStore, between: Interposed) -> None:
    """Where it cannot be turned on, there is no journal."""
    between.next("update_time_to_live", refuse("ValidationException"))
    with pytest.raises(BackendError, match="UpdateTimeToLive"):
        store.enable_journal(retention=DAY)
    assert not store.is_journaled()


def test_time_to_live_may_not_be_known(store: DynamoDBStore, between: Interposed) -> None:
    """Without the permission nothing is enabled, and the error names it."""
    between.deny(lambda operation, _: operation == "describe_time_to_live")
    with pytest.raises(AccessDeniedError, match="dynamodb:DescribeTimeToLive"):
        store.enable_journal(retention=DAY)
    assert not store.is_journaled()


@pytest.mark.parametrize("retention", [timedelta(0), -DAY, timedelta(minutes=59)])
def test_retention_that_is_too_short(store: DynamoDBStore, retention: timedelta) -> None:
    """A commit is kept for an hour at least, so that whoever needs it still finds it."""
    with pytest.raises(ValueError, match="3600 seconds"):
        store.enable_journal(retention=retention)
    assert not store.is_journaled()


def test_expired_commits(store: DynamoDBStore, dynamodb_client: Any, table: str) -> None:
    """The journal begins after the last hole that time to live has made."""
    store.enable_journal(retention=DAY)
    for port in range(1, 7):
        store.set("db", {"port": port})
    for gone in (1, 2, 4):
        key = {"_store": {"S": "_journal:prod"}, "_option": {"S": f"{gone:012d}"}}
        dynamodb_client.delete_item(TableName=table, Key=key)
    with pytest.raises(JournalGapError) as caught:
        store.commits()
    assert caught.value.first == 5
    assert [one.version for one in store.commits(4)] == [5, 6]
    with pytest.raises(JournalGapError):
        store.commit([Change("db", {})], if_version=3)
    assert store.commit([Change("other", {})], if_version=5).version == 7
