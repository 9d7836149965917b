"""The journal of a store in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest

from confstore import Change, Commit
from confstore.errors import (
    InvalidCommitError,
    InvalidNameError,
    InvalidValueError,
    NotJournaledError,
    OptionNotFoundError,
    StoreClosedError,
    StoreUnavailableError,
    VersionConflictError,
)
from confstore.testing import CANARY, INVALID_OPTION_NAMES, INVALID_VALUES, assert_keeps_values
from confstore_memory import MemoryStore

DEEP: Any = "bottom"
for _ in range(31):
    DEEP = [DEEP]


@pytest.fixture
def store() -> MemoryStore:
    """A journaled store, which was empty when its journal was enabled."""
    store = MemoryStore()
    store.enable_journal()
    return store


# -- enabling ------------------------------------------------------------------------------------


def test_empty_store_has_no_first_commit(store: MemoryStore) -> None:
    """Nothing is written down of nothing."""
    assert store.is_journaled()
    assert (store.version(), store.baseline(), store.commits()) == (0, 0, [])


def test_options_become_the_first_commits() -> None:
    """What there is when the journal is enabled is its baseline."""
    store = MemoryStore("test", {"db": {"port": 1}, "cache": {}})
    store.enable_journal()
    (commit,) = store.commits()
    assert commit.changes == (Change("db", {"port": 1}), Change("cache", {}))
    assert (commit.version, commit.comment, store.baseline()) == (1, "baseline", 1)


def test_many_options_become_several_commits() -> None:
    """A commit holds 99 changes."""
    store = MemoryStore("test", {str(number): {} for number in range(250)})
    store.enable_journal()
    assert [len(commit.changes) for commit in store.commits()] == [99, 99, 52]
    assert store.baseline() == 3


def test_large_options_become_several_commits() -> None:
    """So does what is too large for one, in the order of the options."""
    store = MemoryStore("test", {str(number): {"a": "x" * 150_000} for number in range(5)})
    store.enable_journal()
    options = [[change.option for change in commit.changes] for commit in store.commits()]
    assert options == [["0", "1"], ["2", "3"], ["4"]]


def test_largest_option_can_be_journaled() -> None:
    """An option that every backend takes is taken in a commit, too."""
    largest = {"x" * 1_000: "x" * (390_000 - 1_004 - len("db"))}
    with pytest.raises(InvalidValueError):
        MemoryStore("test", {"db": {**largest, "y": None}})
    store = MemoryStore("test", {"db": largest})
    store.enable_journal()
    assert store.commits()[0].changes[0].values == largest


def test_enabling_twice_is_enabling_once(store: MemoryStore) -> None:
    """The journal goes on."""
    store.set("db", {})
    store.enable_journal()
    assert (store.version(), store.baseline()) == (1, 0)


def test_option_that_no_commit_holds_keeps_the_journal_off() -> None:
    """A journal that cannot begin with all there is does not begin."""
    deep: Any = '"' * 380_000
    for _ in range(31):
        deep = [deep]
    store = MemoryStore("test", {"a": {}, "deep": {"a": deep}})
    with pytest.raises(InvalidCommitError):
        store.enable_journal()
    assert not store.is_journaled()
    store.set("b", {})


def test_every_handle_is_journaled(store: MemoryStore) -> None:
    """The journal is the store's, not the handle's."""
    handle = store.share()
    handle.set("db", {})
    assert handle.commits() == store.commits()


def test_enabling_is_no_change() -> None:
    """Who polls has nothing new."""
    store = MemoryStore("test", {"db": {}})
    checkpoint = store.poll().checkpoint
    store.enable_journal()
    assert store.poll(checkpoint).changed == {}


def calls_of_a_journal(store: MemoryStore) -> list[Callable[[], object]]:
    return [
        store.version,
        store.commits,
        store.baseline,
        lambda: store.commit([Change("db", {})]),
    ]


def test_without_a_journal_there_are_no_versions() -> None:
    """Nothing is written either."""
    store = MemoryStore()
    assert not store.is_journaled()
    for call in calls_of_a_journal(store):
        with pytest.raises(NotJournaledError, match="enable_journal"):
            call()
    assert dict(store.items()) == {}


def test_closed_store_answers_nothing(store: MemoryStore) -> None:
    """A journal is closed with its store."""
    store.close()
    for call in (*calls_of_a_journal(store), store.enable_journal, store.is_journaled):
        with pytest.raises(StoreClosedError):
            call()


# -- committing ----------------------------------------------------------------------------------


def test_commit_says_what_who_why_and_when(store: MemoryStore) -> None:
    """And what it follows."""
    first = store.commit([Change("db", {"port": 1}), Change("cache", {})])
    second = store.commit([Change("cache", None)], author="me", comment="not needed")
    assert (first.version, first.previous, first.author, first.comment) == (1, None, None, "")
    assert (second.version, second.previous) == (2, first.id)
    assert (second.author, second.comment) == ("me", "not needed")
    assert first.at.utcoffset() == timedelta(0)
    assert store.commits() == [first, second]
    assert dict(store.items()) == {"db": {"port": 1}}


def test_writes_are_commits_of_one_change(store: MemoryStore) -> None:
    """With the whole new values."""
    store.set("db", {"port": 1, "host": "a"})
    store.update("db", {"port": 2}, remove=["host"])
    store.delete("db")
    assert [commit.changes for commit in store.commits()] == [
        (Change("db", {"port": 1, "host": "a"}),),
        (Change("db", {"port": 2}),),
        (Change("db", None),),
    ]


def test_commits_are_read_from_a_version(store: MemoryStore) -> None:
    """After the last there is nothing."""
    commits = [store.commit([Change("db", {"port": port})]) for port in range(3)]
    assert store.commits(1) == commits[1:]
    assert store.commits(3) == store.commits(9) == []
    assert store.commits(-5) == commits


def test_values_are_copied_and_canonical(store: MemoryStore) -> None:
    """Neither side of a commit can change the other's data."""
    values: dict[str, Any] = {"hosts": ["a"], "port": 1.0, "exact": Decimal("0.5"), "deep": DEEP}
    commit = store.commit([Change("db", values)])
    values["hosts"].append("b")
    given = commit.changes[0].values
    assert given is not None
    assert repr(given["port"]) == "1"
    assert repr(given["exact"]) == "0.5"
    hosts: Any = given["hosts"]
    with pytest.raises(TypeError):
        hosts.append("c")
    assert store.get("db") == {"hosts": ["a"], "port": 1, "exact": 0.5, "deep": DEEP}


def test_commit_is_frozen(store: MemoryStore) -> None:
    """What was, was."""
    commit = store.commit([Change("db", {})])
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        commit.version = 2  # type: ignore[misc]  # that is the point


def test_commit_may_delete_what_is_not_there(store: MemoryStore) -> None:
    """`delete` may not."""
    assert store.commit([Change("db", None)]).version == 1
    with pytest.raises(OptionNotFoundError):
        store.delete("db")
    assert store.version() == 1


def test_99_changes_are_one_commit(store: MemoryStore) -> None:
    """One DynamoDB transaction holds so many, and the commit."""
    store.commit([Change(str(number), {}) for number in range(99)])
    assert len(list(store.items())) == 99


def test_remarks_may_have_2000_bytes(store: MemoryStore) -> None:
    """Author and comment together, in UTF-8."""
    store.commit([Change("db", {})], author="é" * 500, comment="x" * 1_000)
    with pytest.raises(InvalidCommitError, match="2,001 bytes"):
        store.commit([Change("db", {})], author="é" * 500, comment="x" * 1_001)


LARGE = {str(number): {"a": "x" * 100_000} for number in range(5)}
REJECTED: dict[str, tuple[list[Change], dict[str, Any], type[Exception]]] = {
    "none": ([], {}, InvalidCommitError),
    "100": ([Change(str(number), {}) for number in range(100)], {}, InvalidCommitError),
    "twice": ([Change("db", {}), Change("db", None)], {}, InvalidCommitError),
    "large": ([Change(*one) for one in LARGE.items()], {}, InvalidCommitError),
    "author": ([Change("db", {})], {"author": "\ud800"}, InvalidCommitError),
    "comment": ([Change("db", {})], {"comment": b"why"}, InvalidCommitError),
    **{
        f"name: {why}": ([Change("a", {}), Change(name, {})], {}, InvalidNameError)
        for why, name in INVALID_OPTION_NAMES.items()
    },
    **{
        f"value: {why}": ([Change("a", {}), Change("db", values)], {}, InvalidValueError)
        for why, values in INVALID_VALUES.items()
        # In a change that is a deletion.
        if values is not None
    },
}


@pytest.mark.parametrize(("changes", "remarks", "error"), REJECTED.values(), ids=REJECTED)
def test_what_no_backend_commits_is_refused_as_a_whole(
    changes: list[Change], remarks: dict[str, Any], error: type[Exception], store: MemoryStore
) -> None:
    """Nothing of it is written."""
    store.set("db", {"port": 1})
    with pytest.raises(error) as caught:
        store.commit(changes, **remarks)
    assert_keeps_values(caught.value)
    assert dict(store.items()) == {"db": {"port": 1}}
    assert store.version() == 1


def test_write_that_no_commit_holds_is_refused(store: MemoryStore) -> None:
    """A journaled `set` is a commit, with a commit's limits."""
    deep: Any = '"' * 380_000
    for _ in range(31):
        deep = [deep]
    with pytest.raises(InvalidCommitError):
        store.set("db", {"a": deep})
    assert dict(store.items()) == {}


def test_update_that_outgrows_the_limit_writes_nothing(store: MemoryStore) -> None:
    """It is checked as a whole before anything is written."""
    store.set("db", {"a": "x" * 300_000})
    with pytest.raises(InvalidValueError):
        store.update("db", {"b": "x" * 300_000})
    assert list(store.get("db")) == ["a"]
    assert store.version() == 1


def test_text_of_a_commit_shows_no_value(store: MemoryStore) -> None:
    """A commit can be logged."""
    commit = store.commit([Change("db", {"password": CANARY})])
    assert CANARY not in repr(commit)
    assert "'db'" in repr(commit)


def test_failures_meet_the_journal_too(store: MemoryStore) -> None:
    """An outage is of everything."""
    store.fail()
    for call in (store.version, store.commits, store.enable_journal):
        with pytest.raises(StoreUnavailableError):
            call()
    with pytest.raises(StoreUnavailableError):
        store.commit([Change("db", {})])
    store.heal()
    assert store.version() == 0


# -- compare-and-set -----------------------------------------------------------------------------


def test_commit_to_what_was_committed_since_is_refused(store: MemoryStore) -> None:
    """The error says which options, and where the store is now."""
    store.set("db", {"port": 1})
    store.set("cache", {})
    with pytest.raises(VersionConflictError) as caught:
        store.commit([Change("db", {}), Change("cache", {}), Change("new", {})], if_version=0)
    assert caught.value.args == ("test", 0, 2, ("cache", "db"))
    assert store.version() == 2


def test_commit_to_other_options_is_made(store: MemoryStore) -> None:
    """A conflict is one of options, not of the store."""
    store.set("db", {"port": 1})
    store.set("cache", {})
    assert store.commit([Change("db", {"port": 2})], if_version=1).version == 3


def test_deletion_is_a_commit_to_the_option(store: MemoryStore) -> None:
    """Who meant to change what is deleted is told."""
    store.set("db", {"port": 1})
    store.delete("db")
    with pytest.raises(VersionConflictError):
        store.commit([Change("db", {"port": 2})], if_version=1)


def together(work: Callable[[int], Any]) -> list[Any]:
    """Do the same work in 8 threads at once; what each has returned, or the first error."""
    barrier = threading.Barrier(8)

    def start(number: int) -> Any:
        barrier.wait(30)
        return work(number)

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(start, range(8)))


def test_versions_of_many_threads_are_consecutive(store: MemoryStore) -> None:
    """And each commit follows the one before it."""

    def write(number: int) -> None:
        for round_number in range(50):
            store.set(str(number), {"a": round_number})

    together(write)
    commits = store.commits()
    assert [commit.version for commit in commits] == list(range(1, 401))
    ids: list[str | None] = [commit.id for commit in commits]
    assert [commit.previous for commit in commits] == [None, *ids[:-1]]


def test_one_of_many_threads_wins(store: MemoryStore) -> None:
    """Of many that commit to one option as of one version, one does."""
    for round_number in range(20):
        version = store.version()

        def attempt(number: int, version: int = version) -> Commit | None:
            try:
                return store.commit([Change("db", {"by": number})], if_version=version)
            except VersionConflictError:
                return None

        winners = [commit for commit in together(attempt) if commit is not None]
        assert winners == store.commits(round_number)


def test_who_sees_a_version_sees_its_options(store: MemoryStore) -> None:
    """Else a compare-and-set could be made upon older values."""
    store.set("counter", {"value": 0})

    def count(_: int) -> None:
        for _ in range(50):
            while True:
                version = store.version()
                value = store.get("counter")["value"]
                assert isinstance(value, int)
                try:
                    store.commit([Change("counter", {"value": value + 1})], if_version=version)
                    break
                except VersionConflictError:
                    pass

    together(count)
    assert store.get("counter") == {"value": 400}
