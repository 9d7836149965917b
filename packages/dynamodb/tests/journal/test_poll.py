"""Polls of a journaled store: one question, exactly the changes, and never back in time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from confstore import Change, TimeBasedConfigStore
from confstore.errors import AccessDeniedError, CorruptStoreError, StoreUnavailableError
from confstore_dynamodb import DynamoDBStore

from ..interposed import Act, Interposed, Send, after, lose_request, passes, refuse


@pytest.fixture
def between(dynamodb_client: Any) -> Interposed:
    """What stands between the reader and DynamoDB Local."""
    return Interposed(dynamodb_client)


@pytest.fixture
def writer(journaled_store: DynamoDBStore) -> DynamoDBStore:
    """A writer."""
    return journaled_store


@pytest.fixture
def reader(between: Interposed, table: str, writer: DynamoDBStore) -> Iterator[DynamoDBStore]:
    """A reader of the same store."""
    with closing(DynamoDBStore(between, table, "prod")) as store:
        yield store


def missing(*versions: int) -> Act:
    """A reply that some commits have not reached."""

    def act(send: Send) -> dict[str, Any]:
        reply = send()
        kept = [item for item in reply["Items"] if int(item["_option"]["S"]) not in versions]
        return {**reply, "Items": kept}

    return act


def erase(client: Any, table: str, *versions: int) -> None:
    """Delete commits, as time to live does."""
    for version in versions:
        key = {"_store": {"S": "_journal:prod"}, "_option": {"S": f"{version:012d}"}}
        client.delete_item(TableName=table, Key=key)


def edit(client: Any, table: str, option: str, port: int) -> None:
    """Write an option as a person does, without the journal."""
    item = {"_store": {"S": "prod"}, "_option": {"S": option}, "port": {"N": str(port)}}
    client.put_item(TableName=table, Item=item)


def test_first_poll_is_full(reader: DynamoDBStore, writer: DynamoDBStore) -> None:
    """The first poll gives everything, from the options themselves."""
    writer.set("db", {"port": 1})
    poll = reader.poll()
    assert (poll.is_full, dict(poll.changed)) == (True, {"db": {"port": 1}})


def test_nothing_new(reader: DynamoDBStore, between: Interposed) -> None:
    """A poll that finds nothing is one eventually consistent Query of the journal."""
    checkpoint = reader.poll().checkpoint
    before = len(between.calls)
    poll = reader.poll(checkpoint)
    assert (poll.is_full, dict(poll.changed), poll.removed) == (False, {}, frozenset())
    ((operation, parameters),) = between.calls[before:]
    assert operation == "query"
    assert parameters["ExpressionAttributeValues"][":0"] == {"S": "_journal:prod"}
    assert parameters["ConsistentRead"] is False


def test_nothing_new_decodes_nothing(
    dynamodb_client: Any, reader: DynamoDBStore, writer: DynamoDBStore, table: str
) -> None:
    """The last known commit may be large: only its version and its id are looked at."""
    writer.set("db", {"port": 1})
    checkpoint = reader.poll().checkpoint
    key = {"_store": {"S": "_journal:prod"}, "_option": {"S": f"{reader.version():012d}"}}
    dynamodb_client.update_item(
        TableName=table,
        Key=key,
        UpdateExpression="SET changes = :no",
        ExpressionAttributeValues={":no": {"S": "no changes"}},
    )
    poll = reader.poll(checkpoint, consistent=True)
    assert (poll.checkpoint is checkpoint, dict(poll.changed)) == (True, {})


def test_garbage_in_place_of_the_last_commit(
    reader: DynamoDBStore, writer: DynamoDBStore, between: Interposed
) -> None:
    """What is no item is not taken for the known commit."""
    writer.set("db", {"port": 1})
    checkpoint = reader.poll().checkpoint

    def garbage(send: Send) -> dict[str, Any]:
        return {**send(), "Items": [None]}

    between.next("query", garbage)
    poll = reader.poll(checkpoint, consistent=True)
    assert poll.is_full


def test_empty_items_of_handlers_are_left_out(
    dynamodb_local: str, table: str, writer: DynamoDBStore
) -> None:
    """Handlers of the caller's client may add empty items to the journal's replies, too."""
    import boto3

    client = boto3.client("dynamodb", endpoint_url=dynamodb_local, region_name="eu-west-1")
    client.meta.events.register(
        "after-call.dynamodb", lambda parsed, **_: parsed.get("Items", []).append({})
    )
    with closing(client), closing(DynamoDBStore(client, table, "prod")) as store:
        checkpoint = store.poll().checkpoint
        assert store.poll(checkpoint).changed == {}
        store.set("db", {"port": 1})
        assert store.poll(checkpoint).changed == {"db": {"port": 1}}
        assert [commit.version for commit in store.commits()] == [1]
        assert store.stores() == ["prod"]


def test_exactly_the_changes(reader: DynamoDBStore, writer: DynamoDBStore) -> None:
    """A poll brings what was committed since, and nothing else."""
    for option in ("db", "gone", "same", "again"):
        writer.set(option, {"port": 1})
    checkpoint = reader.poll().checkpoint
    writer.commit([Change("db", {"port": 2}), Change("gone", None), Change("again", None)])
    writer.update("db", {"host": "a"})
    writer.set("again", {"port": 3})
    poll = reader.poll(checkpoint)
    assert dict(poll.changed) == {"db": {"port": 2, "host": "a"}, "again": {"port": 3}}
    assert poll.removed == {"gone"}


def test_an_older_checkpoint_gives_everything_since(
    reader: DynamoDBStore, writer: DynamoDBStore
) -> None:
    """Polls with one checkpoint each say everything since it."""
    checkpoint = reader.poll().checkpoint
    writer.set("db", {"port": 1})
    assert reader.poll(checkpoint).changed == reader.poll(checkpoint).changed != {}


def test_checkpoint_of_another_reader_is_unknown(
    reader: DynamoDBStore, writer: DynamoDBStore
) -> None:
    """The checkpoint of another object gives a full answer."""
    assert reader.poll(writer.poll().checkpoint).is_full


def test_checkpoint_from_before_the_journal_is_unknown(
    dynamodb_client: Any, local_store: DynamoDBStore
) -> None:
    """A checkpoint made without the journal gives a full answer once there is one."""
    local_store.set("db", {"port": 1})
    checkpoint = local_store.poll().checkpoint
    local_store.enable_journal()
    poll = local_store.poll(checkpoint)
    assert (poll.is_full, dict(poll.changed)) == (True, {"db": {"port": 1}})


def test_commit_that_is_missed_comes_later(
    reader: DynamoDBStore, writer: DynamoDBStore, between: Interposed
) -> None:
    """A commit that an eventually consistent Query misses is seen by a later one."""
    checkpoint = reader.poll().checkpoint
    writer.set("db", {"port": 1})
    writer.set("db", {"port": 2})
    between.next("query", missing(2))
    first = reader.poll(checkpoint)
    second = reader.poll(first.checkpoint)
    assert (dict(first.changed), dict(second.changed)) == (
        {"db": {"port": 1}},
        {"db": {"port": 2}},
    )


def test_reader_that_is_behind_keeps_what_it_has(
    reader: DynamoDBStore, writer: DynamoDBStore, between: Interposed
) -> None:
    """A replica that knows less than the reader changes nothing."""
    writer.set("db", {"port": 1})
    checkpoint = reader.poll().checkpoint
    between.next("query", missing(1))
    poll = reader.poll(checkpoint)
    assert (poll.is_full, dict(poll.changed)) == (False, {})


@pytest.mark.parametrize("missed", [(1,), (2,), (1, 2), (1, 3)])
def test_never_out_of_order(
    reader: DynamoDBStore, writer: DynamoDBStore, between: Interposed, missed: tuple[int, ...]
) -> None:
    """Around a hole the question is asked again, strongly consistent, and nothing is skipped."""
    checkpoint = reader.poll().checkpoint
    for port in (1, 2, 3):
        writer.set(f"option-{port}", {"port": port})
    writer.set("option-4", {})
    between.next("query", missing(*missed))
    poll = reader.poll(checkpoint)
    assert not poll.is_full
    assert set(poll.changed) == {"option-1", "option-2", "option-3", "option-4"}
    assert between.calls[-1][1]["ConsistentRead"] is True


def test_hole_that_stays_is_a_gap(
    reader: DynamoDBStore, writer: DynamoDBStore, dynamodb_client: Any, table: str
) -> None:
    """Where commits have expired that a reader has not seen, it loads everything."""
    checkpoint = reader.poll().checkpoint
    for port in (1, 2, 3):
        writer.set("db", {"port": port})
    erase(dynamodb_client, table, 2)
    poll = reader.poll(checkpoint)
    assert (poll.is_full, dict(poll.changed)) == (True, {"db": {"port": 3}})
    assert not reader.poll(poll.checkpoint).is_full


def test_hole_in_a_strongly_consistent_poll(
    reader: DynamoDBStore, writer: DynamoDBStore, dynamodb_client: Any, table: str
) -> None:
    """A strongly consistent poll that finds a hole asks no second time."""
    checkpoint = reader.poll().checkpoint
    writer.set("db", {"port": 1})
    writer.set("db", {"port": 2})
    erase(dynamodb_client, table, 1)
    assert reader.poll(checkpoint, consistent=True).is_full


def test_restored_table(
    reader: DynamoDBStore, writer: DynamoDBStore, dynamodb_client: Any, table: str
) -> None:
    """A table restored to an earlier point goes on with other commits: everything is loaded."""
    writer.set("db", {"port": 1})
    writer.set("lost", {"port": 2})
    poll = reader.poll()
    # As it was at version 1, and written to since then.
    erase(dynamodb_client, table, 2)
    dynamodb_client.delete_item(
        TableName=table, Key={"_store": {"S": "prod"}, "_option": {"S": "lost"}}
    )
    for port in (5, 6):
        writer.set("db", {"port": port})
    poll = reader.poll(poll.checkpoint)
    assert (poll.is_full, dict(poll.changed)) == (True, {"db": {"port": 6}})


def test_hand_edit_shows_at_the_next_full_reload(
    between: Interposed, table: str, writer: DynamoDBStore
) -> None:
    """What was written without the journal is not seen before everything is loaded again."""
    reader = DynamoDBStore(between, table, "prod")
    checkpoint = reader.poll().checkpoint
    edit(between, table, "db", 1)
    assert reader.poll(checkpoint).changed == {}
    eager = DynamoDBStore(between, table, "prod", full_reload_interval=1e-9)
    poll = eager.poll(eager.poll().checkpoint)
    assert (poll.is_full, dict(poll.changed)) == (True, {"db": {"port": 1}})


@pytest.mark.parametrize("interval", [0, -1, float("nan")])
def test_interval_of_full_reloads_is_positive(
    between: Interposed, table: str, writer: DynamoDBStore, interval: float
) -> None:
    """An interval that is no positive number is a mistake."""
    with pytest.raises(ValueError, match="full_reload_interval"):
        DynamoDBStore(between, table, "prod", full_reload_interval=interval)


def test_torn_load(reader: DynamoDBStore, writer: DynamoDBStore, between: Interposed) -> None:
    """A load torn by a writer ends with the state of one version, the last one."""
    writer.set("a", {"port": 1})
    writer.set("z", {"port": 1})

    def torn(send: Send) -> dict[str, Any]:
        reply = send()
        # The first option was read; now both are committed, and then the second is read.
        commit = [Change("a", {"port": 2}), Change("z", None), Change("new", {})]
        writer.commit(commit)
        return {**reply, "Items": reply["Items"][:1]}

    between.next("query", passes, torn)
    poll = reader.poll()
    assert (poll.is_full, dict(poll.changed)) == (True, {"a": {"port": 2}, "new": {}})
    assert reader.poll(poll.checkpoint).changed == {}


def test_load_overtaken_by_an_erased_commit(
    reader: DynamoDBStore, writer: DynamoDBStore, between: Interposed, table: str
) -> None:
    """A load that cannot be completed because commits go meanwhile is begun anew."""
    writer.set("db", {"port": 1})

    def commit_twice_and_erase() -> None:
        writer.set("db", {"port": 2})
        writer.set("db", {"port": 3})
        erase(between, table, 2)

    between.next("query", passes, passes, after(commit_twice_and_erase))
    poll = reader.poll()
    assert dict(poll.changed) == {"db": {"port": 3}}


def test_journal_that_contradicts_itself(
    reader: DynamoDBStore, writer: DynamoDBStore, between: Interposed
) -> None:
    """A journal whose last commits never follow each other is broken, and the reader says so."""
    writer.set("db", {})

    def other_head(send: Send) -> dict[str, Any]:
        reply = send()
        reply["Items"][0]["id"] = {"S": "another"}
        return reply

    between.next("query", *[other_head, passes, after(lambda: writer.set("db", {}))] * 5)
    with pytest.raises(CorruptStoreError, match="journal"):
        reader.poll()


def test_poll_that_fails_keeps_its_checkpoint(
    reader: DynamoDBStore, writer: DynamoDBStore, between: Interposed
) -> None:
    """After a poll that failed the next one brings what it would have brought."""
    checkpoint = reader.poll().checkpoint
    writer.set("db", {"port": 1})
    between.next("query", lose_request)
    with pytest.raises(StoreUnavailableError):
        reader.poll(checkpoint)
    assert reader.poll(checkpoint).changed == {"db": {"port": 1}}


def test_page_without_items_is_an_error(reader: DynamoDBStore, between: Interposed) -> None:
    """An incomplete reply is never an empty journal."""
    checkpoint = reader.poll().checkpoint
    between.next("query", lambda _: {})
    with pytest.raises(StoreUnavailableError):
        reader.poll(checkpoint)


def test_values_are_read_only(reader: DynamoDBStore, writer: DynamoDBStore) -> None:
    """What a poll brings out of the journal cannot be changed."""
    checkpoint = reader.poll().checkpoint
    writer.set("db", {"hosts": ["a", {"b": {1}}]})
    values = reader.poll(checkpoint).changed["db"]
    with pytest.raises(TypeError):
        values["hosts"] = []
    with pytest.raises(TypeError):
        values["hosts"].append("b")


def test_time_based_config(
    reader: DynamoDBStore, writer: DynamoDBStore, between: Interposed
) -> None:
    """A configuration that is reloaded sees its own and others' writes for one Query each."""
    writer.set("db", {"port": 1})
    with closing(TimeBasedConfigStore(reader, background=False)) as config:
        before = between.count("query")
        writer.set("db", {"port": 2})
        config.reload()
        assert config["db"] == {"port": 2}
        assert between.count("query") == before + 1


# -- permissions -------------------------------------------------------------------------------


def is_journals(parameters: dict[str, Any]) -> bool:
    """Whether a request is about the journal's partition."""
    return "_journal:prod" in str(parameters)


def test_reader_that_may_not_read_the_journal(
    reader: DynamoDBStore, writer: DynamoDBStore, between: Interposed
) -> None:
    """It compares everything, as without a journal."""
    between.deny(lambda _, parameters: is_journals(parameters))
    writer.set("db", {"port": 1})
    first = reader.poll()
    writer.set("other", {})
    poll = reader.poll(first.checkpoint)
    assert (first.is_full, poll.is_full) == (True, False)
    assert dict(poll.changed) == {"other": {}}


def test_reader_that_may_read_the_marker_only(
    reader: DynamoDBStore, writer: DynamoDBStore, between: Interposed
) -> None:
    """It compares everything, too."""
    between.deny(lambda operation, parameters: operation == "query" and is_journals(parameters))
    writer.set("db", {"port": 1})
    assert dict(reader.poll().changed) == {"db": {"port": 1}}


def test_reader_that_may_read_nothing(reader: DynamoDBStore, between: Interposed) -> None:
    """A reader that may not even read the options is told so."""
    between.deny(lambda *_: True)
    with pytest.raises(AccessDeniedError, match="dynamodb:Query"):
        reader.poll()


def test_reader_whose_permission_comes_and_goes(
    reader: DynamoDBStore, writer: DynamoDBStore, between: Interposed
) -> None:
    """A policy that changes while a reader runs costs it full answers, and no change is lost."""
    checkpoint = reader.poll().checkpoint
    between.deny(lambda _, parameters: is_journals(parameters))
    writer.set("db", {"port": 1})
    poll = reader.poll(checkpoint)
    assert (poll.is_full, dict(poll.changed)) == (True, {"db": {"port": 1}})
    between.deny(lambda *_: False)
    writer.set("db", {"port": 2})
    poll = reader.poll(poll.checkpoint)
    assert (poll.is_full, dict(poll.changed)) == (True, {"db": {"port": 2}})


def test_reader_without_credentials(reader: DynamoDBStore, between: Interposed) -> None:
    """Credentials that are no good are no missing permission: there is no second request."""
    between.next("get_item", refuse("ExpiredTokenException"))
    with pytest.raises(AccessDeniedError, match="ExpiredToken"):
        reader.poll()
    assert between.count("query") == 0


@pytest.mark.parametrize("operation", ["get_item", "query", "transact_write_items"])
@pytest.mark.parametrize("call", ["set", "update", "delete", "commit"])
def test_writer_that_may_not_touch_the_journal(
    reader: DynamoDBStore, writer: DynamoDBStore, between: Interposed, call: str, operation: str
) -> None:
    """It fails with an error that names the permission, and writes nothing."""
    writer.set("db", {"port": 1})
    between.deny(lambda called, parameters: called == operation and is_journals(parameters))
    calls: dict[str, Any] = {
        "set": lambda: reader.set("db", {"port": 2}),
        "update": lambda: reader.update("db", {"port": 2}),
        "delete": lambda: reader.delete("db"),
        "commit": lambda: reader.commit([Change("db", None)]),
    }
    permission = {
        "get_item": r"dynamodb:GetItem .*'_journal:prod'",
        "query": "dynamodb:Query",
        "transact_write_items": "dynamodb:PutItem, dynamodb:UpdateItem and dynamodb:DeleteItem",
    }
    with pytest.raises(AccessDeniedError, match=permission[operation]):
        calls[call]()
    assert dict(writer.items()) == {"db": {"port": 1}}
    assert writer.version() == 1


@pytest.mark.parametrize("consistent", [False, True])
@pytest.mark.parametrize("since", [0, 1, 3, 5])
def test_restored_table_is_noticed(
    writer: DynamoDBStore, between: Interposed, table: str, since: int, consistent: bool
) -> None:
    """A table restored to version 2 shows what it holds, however much was committed since."""
    for port in range(1, 6):
        writer.set("db", {"port": port})
    reader = DynamoDBStore(between, table, "prod")
    checkpoint = reader.poll().checkpoint
    for version in range(3, 6):
        key = {"_store": {"S": "_journal:prod"}, "_option": {"S": f"{version:012d}"}}
        between.delete_item(TableName=table, Key=key)
    item = {"_store": {"S": "prod"}, "_option": {"S": "db"}, "port": {"N": "2"}}
    between.put_item(TableName=table, Item=item)
    for port in range(since):
        writer.set("db", {"port": 100 + port})
    now = writer.get("db")
    assert reader.poll(checkpoint, consistent=consistent).changed == {"db": now}
