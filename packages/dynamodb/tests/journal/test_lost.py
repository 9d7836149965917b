"""Commits whose requests or replies are lost, late or doubled: each is applied exactly once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from confstore import Change
from confstore.errors import (
    AccessDeniedError,
    BackendError,
    OptionNotFoundError,
    StoreUnavailableError,
)
from confstore_dynamodb import DynamoDBStore, open_url

from ..interposed import (
    Interposed,
    Late,
    after,
    cancel,
    echo,
    lose_reply,
    lose_request,
    refuse,
)
from ..loopback import Loopback

TRANSACT = "transact_write_items"


@pytest.fixture
def between(dynamodb_client: Any) -> Interposed:
    """What stands between the store and DynamoDB Local."""
    return Interposed(dynamodb_client)


@pytest.fixture
def other(journaled_store: DynamoDBStore) -> DynamoDBStore:
    """Another writer, whose requests arrive."""
    return journaled_store


@pytest.fixture
def store(between: Interposed, table: str, other: DynamoDBStore) -> Iterator[DynamoDBStore]:
    """The writer whose requests may not arrive."""
    with closing(DynamoDBStore(between, table, "prod", sleep=lambda _: None)) as store:
        yield store


def versions(store: DynamoDBStore) -> list[tuple[int, list[str]]]:
    """Each commit's version and options."""
    return [(one.version, [change.option for change in one.changes]) for one in store.commits()]


def test_lost_request(store: DynamoDBStore, between: Interposed) -> None:
    """A request that never arrived is sent again."""
    between.next(TRANSACT, lose_request)
    assert store.commit([Change("db", {"port": 1})]).version == 1
    assert versions(store) == [(1, ["db"])]


def test_lost_reply(store: DynamoDBStore, between: Interposed) -> None:
    """A commit whose reply was lost is recognised by its id, and not made again."""
    between.next(TRANSACT, lose_reply)
    commit = store.commit([Change("db", {"port": 1})], author="me", comment="why")
    assert store.commits() == [commit]
    assert between.count(TRANSACT) == 1


def test_lost_reply_and_others_came_after(
    store: DynamoDBStore, between: Interposed, other: DynamoDBStore
) -> None:
    """A commit whose reply was lost is recognised below later ones, too."""
    between.next(TRANSACT, lose_reply)
    between.next("query", lambda send: send(), after(lambda: other.set("other", {})))
    assert store.commit([Change("db", {"port": 1})]).version == 1
    assert versions(store) == [(1, ["db"]), (2, ["other"])]


def test_late_request_is_applied_after_the_head_was_read(
    store: DynamoDBStore, between: Interposed
) -> None:
    """A late request and its repetition have one version, so only one of them is applied."""
    late = Late()
    between.next(TRANSACT, late.keep, after(late.arrive))
    commit = store.commit([Change("db", {"port": 1})])
    assert store.commits() == [commit]


def test_late_request_is_applied_after_all(store: DynamoDBStore, between: Interposed) -> None:
    """A late request that arrives after its repetition finds its version taken."""
    late = Late()
    between.next(TRANSACT, late.keep)
    store.set("db", {"port": 1})
    store.set("db", {"port": 2})
    late.arrive()
    assert store.get("db") == {"port": 2}
    assert store.version() == 2


def test_late_delete_is_applied_before_the_option_is_read(
    store: DynamoDBStore, between: Interposed
) -> None:
    """A delete that finds the option absent because its own late request did it has succeeded."""
    store.set("db", {"port": 1})
    late = Late()
    between.next(TRANSACT, late.keep)
    between.next("get_item", lambda send: send(), after(late.arrive))
    store.delete("db")
    assert versions(store) == [(1, ["db"]), (2, ["db"])]


def test_late_request_is_applied_before_if_version_is_checked(
    store: DynamoDBStore, between: Interposed
) -> None:
    """A commit is no conflict for itself."""
    store.set("other", {"port": 1})
    late = Late()
    between.next(TRANSACT, late.keep)
    read = lambda send: send()  # noqa: E731
    # The head, the commits since the version 0; then the head again, and before the commits:
    between.next("query", read, read, read, after(late.arrive))
    commit = store.commit([Change("db", {"port": 1})], if_version=0)
    assert store.commits(1) == [commit]


def test_lost_reply_that_is_answered_with_the_conflict_of_its_own_commit(
    dynamodb_local: str, other: DynamoDBStore, table: str, loopback: Loopback
) -> None:
    """A repetition by the client itself that is refused because the first try was applied."""
    lost = loopback.forward_to(dynamodb_local, then=loopback.drop)
    reasons = [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Message": "no"}]
    kind = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException"
    echo = loopback.json({"__type": kind, "CancellationReasons": reasons}, status=400)
    loopback.answer("TransactWriteItems", lost, echo)
    for operation in ("GetItem", "Query"):
        loopback.answer(operation, loopback.forward_to(dynamodb_local))
    with closing(open_url(f"dynamodb://{table}/prod?endpoint_url={loopback.url}")) as store:
        commit = store.commit([Change("db", {"port": 1})])
    assert loopback.requests.count("TransactWriteItems") == 2
    assert other.commits() == [commit]


@pytest.mark.parametrize(
    "act",
    [
        cancel("None", "ConditionalCheckFailed"),
        cancel("TransactionConflict", "None"),
        cancel("ThrottlingError", "TransactionConflict"),
        cancel("ProvisionedThroughputExceeded", "None"),
        cancel("RequestLimitExceeded", "None"),
        refuse("TransactionInProgressException"),
        refuse("TransactionConflictException"),
        refuse("ProvisionedThroughputExceededException"),
        refuse("ThrottlingException"),
        refuse("InternalServerError"),
        lose_request,
        lose_reply,
    ],
)
def test_what_passes_is_tried_again(
    store: DynamoDBStore, between: Interposed, other: DynamoDBStore, act: Any
) -> None:
    """A refusal that passes is not noticed, and nothing is applied twice."""
    between.next(TRANSACT, act, act)
    store.set("db", {"port": 1})
    assert versions(other) == [(1, ["db"])]


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (cancel("ItemCollectionSizeLimitExceeded", "None"), BackendError),
        (cancel("ValidationError", "TransactionConflict"), BackendError),
        (cancel(), BackendError),
        (refuse("ValidationException"), BackendError),
        (refuse("AccessDeniedException"), AccessDeniedError),
    ],
)
def test_what_does_not_pass_is_an_error(
    store: DynamoDBStore, between: Interposed, act: Any, error: type[Exception]
) -> None:
    """A refusal that stays is reported after one try."""
    between.next(TRANSACT, act)
    with pytest.raises(error):
        store.set("db", {"port": 1})
    assert between.count(TRANSACT) == 1
    assert store.version() == 0


def test_waits_between_tries(between: Interposed, table: str, other: DynamoDBStore) -> None:
    """Tries are further and further apart, and the first is at once."""
    waits: list[float] = []
    store = DynamoDBStore(between, table, "prod", sleep=waits.append)
    between.next(TRANSACT, *[lose_request] * 8)
    store.set("db", {"port": 1})
    assert len(waits) == 8
    assert all(0 <= wait <= 0.02 * 2**tries for tries, wait in enumerate(waits))


def test_gives_up(store: DynamoDBStore, between: Interposed) -> None:
    """A writer that is always overtaken gives up in the end, and says what it was the last time."""
    between.next(TRANSACT, *[cancel("TransactionConflict")] * 100)
    with pytest.raises(StoreUnavailableError, match=r"50 tries.*TransactionCanceled") as caught:
        store.set("db", {"port": 1})
    assert "not known" not in str(caught.value)
    assert between.count(TRANSACT) == 50


def test_gives_up_in_doubt(store: DynamoDBStore, between: Interposed) -> None:
    """Where no request was ever answered, the error says that nobody knows, and names the id."""
    between.next(TRANSACT, *[lose_request] * 100)
    with pytest.raises(StoreUnavailableError, match=r"commit [0-9a-f]{32} .* not known"):
        store.set("db", {"port": 1})


def test_gives_up_after_its_last_try_was_applied(store: DynamoDBStore, between: Interposed) -> None:
    """The last try counts, too, if it was applied and its reply was lost."""
    between.next(TRANSACT, *[lose_request] * 49, lose_reply)
    store.set("db", {"port": 1})
    assert store.version() == 1


def test_nothing_can_be_read_after_a_lost_reply(store: DynamoDBStore, between: Interposed) -> None:
    """Where the reply is lost and the journal then cannot be read, nobody knows."""
    between.next(TRANSACT, lose_reply)
    between.next("query", lambda send: send(), lose_request)
    between.next("get_item", lambda send: send(), lose_request)
    with pytest.raises(StoreUnavailableError, match="not known"):
        store.set("db", {"port": 1})
    assert store.version() == 1


def test_nothing_can_be_read_after_an_echo(store: DynamoDBStore, between: Interposed) -> None:
    """A refusal may be the echo of the commit itself: unless the journal is read, nobody knows."""
    between.next(TRANSACT, echo(cancel("None", "ConditionalCheckFailed")))
    between.next("query", lambda send: send(), lose_request)
    between.next("get_item", lambda send: send(), lose_request)
    with pytest.raises(StoreUnavailableError, match="not known"):
        store.set("db", {"port": 1})
    assert store.version() == 1


def test_head_cannot_be_read_after_a_refusal(store: DynamoDBStore, between: Interposed) -> None:
    """A refused commit that is not in the journal was not made, and the error does not doubt it."""
    between.next(TRANSACT, cancel("None", "TransactionConflict"))
    between.next("query", lambda send: send(), lose_request)
    with pytest.raises(StoreUnavailableError) as caught:
        store.set("db", {"port": 1})
    assert "not known" not in str(caught.value)
    assert store.version() == 0


def test_head_cannot_be_read_after_a_lost_reply(store: DynamoDBStore, between: Interposed) -> None:
    """Where the head cannot be read but the commit can, it has succeeded."""
    between.next(TRANSACT, lose_reply)
    between.next("query", lambda send: send(), lose_request)
    store.set("db", {"port": 1})
    assert store.version() == 1


def test_nothing_can_be_read_at_first(store: DynamoDBStore, between: Interposed) -> None:
    """A journal that cannot be read before anything was sent leaves no doubt."""
    between.next("query", lose_request)
    with pytest.raises(StoreUnavailableError) as caught:
        store.set("db", {"port": 1})
    assert "not known" not in str(caught.value)


@pytest.mark.parametrize(("first", "retries"), [(lose_reply, 0), (lose_request, 0), (None, 1)])
def test_refused_after_a_lost_reply(
    store: DynamoDBStore, between: Interposed, first: Any, retries: int
) -> None:
    """Credentials that end between two tries tell nothing of the first one."""
    acts = [first] if first else []
    between.next(TRANSACT, *acts, refuse("ExpiredTokenException", retries=retries))
    if first is lose_reply:
        store.set("db", {"port": 1})
    else:
        with pytest.raises(StoreUnavailableError, match=r"not known.*ExpiredToken"):
            store.set("db", {"port": 1})


def test_refused_after_somebody_else_took_the_version(
    store: DynamoDBStore, between: Interposed, other: DynamoDBStore
) -> None:
    """A lost request whose version somebody else has taken is applied never: there is no doubt."""
    late = Late()
    other.set("db", {"port": 1})
    between.next(TRANSACT, late.keep)
    between.next("query", lambda send: send(), after(lambda: other.delete("db")))
    with pytest.raises(OptionNotFoundError):
        store.delete("db")
    late.arrive()
    assert versions(other) == [(1, ["db"]), (2, ["db"])]


@pytest.mark.parametrize(
    "reads", [[], [lose_request]], ids=["the journal is read", "the journal cannot be read"]
)
def test_doubt_ends_with_its_version(
    store: DynamoDBStore, between: Interposed, other: DynamoDBStore, reads: list[Any]
) -> None:
    """After somebody else took the version of a lost request, a refusal of the next is certain."""
    between.next(TRANSACT, lose_request, refuse("AccessDeniedException"))
    between.next("query", lambda send: send(), after(lambda: other.set("other", {})))
    # The marker was read before; the journal is read once more after the refusal.
    between.next("get_item", lambda send: send(), *reads)
    with pytest.raises(AccessDeniedError):
        store.set("db", {"port": 1})
    assert versions(other) == [(1, ["other"])]


def test_option_is_gone_and_the_version_is_free(
    store: DynamoDBStore, between: Interposed, other: DynamoDBStore, table: str
) -> None:
    """While a lost request may still arrive, what is found without it decides nothing."""
    other.set("db", {"port": 1})
    key = {"_store": {"S": "prod"}, "_option": {"S": "db"}}
    between.next(TRANSACT, lose_request)
    gone = after(lambda: between.delete_item(TableName=table, Key=key))
    between.next("query", lambda send: send(), gone)
    with pytest.raises(StoreUnavailableError, match="not known"):
        store.delete("db")


def test_lost_race_costs_no_extra_read(
    store: DynamoDBStore, between: Interposed, other: DynamoDBStore
) -> None:
    """After a lost race the head alone tells that the version is somebody else's."""
    between.next(TRANSACT, after(lambda: other.set("other", {})))
    store.set("db", {"port": 1})
    assert (between.count("query"), between.count("get_item")) == (2, 1)
    assert versions(other) == [(1, ["other"]), (2, ["db"])]
