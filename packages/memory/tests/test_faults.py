"""Failures that a test asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from confstore import TimeBasedConfigStore
from confstore.errors import AccessDeniedError, StoreClosedError, StoreUnavailableError
from confstore_memory import MemoryStore

CALLS: dict[str, Callable[[MemoryStore], Any]] = {
    "get": lambda store: store.get("db"),
    "items": lambda store: store.items(),
    "set": lambda store: store.set("db", {"new": 1}),
    "update": lambda store: store.update("db", {"new": 1}),
    "delete": lambda store: store.delete("db"),
    "poll": lambda store: store.poll(),
}
every_call = pytest.mark.parametrize("call", CALLS)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore("test", {"db": {"host": "localhost"}})


@every_call
def test_every_call_fails(store: MemoryStore, call: str) -> None:
    """Unless told otherwise, every call fails as if the backend were away."""
    store.fail()
    with pytest.raises(StoreUnavailableError) as caught:
        CALLS[call](store)
    assert caught.value.store == "test"


@every_call
def test_failed_call_has_no_effect(store: MemoryStore, call: str) -> None:
    """What failed was not written."""
    store.fail()
    with pytest.raises(StoreUnavailableError):
        CALLS[call](store)
    store.heal()
    assert dict(store.items()) == {"db": {"host": "localhost"}}


@every_call
def test_one_call_fails(store: MemoryStore, call: str) -> None:
    """A failure of one call leaves the others."""
    store.fail(on=call)
    for other in CALLS.keys() - {call, "delete"}:
        CALLS[other](store)
    with pytest.raises(StoreUnavailableError):
        CALLS[call](store)


def test_some_calls_fail(store: MemoryStore) -> None:
    """A failure of writes leaves reading."""
    store.fail(on=["set", "update", "delete"])
    assert store.get("db") == {"host": "localhost"}
    with pytest.raises(StoreUnavailableError):
        store.delete("db")


def test_given_error_is_raised(store: MemoryStore) -> None:
    """A test says which failure it is about."""
    error = AccessDeniedError("test", "no permission")
    store.fail(error)
    with pytest.raises(AccessDeniedError) as caught:
        store.get("db")
    assert caught.value is error


def test_error_gathers_no_frames(store: MemoryStore) -> None:
    """An error that is raised many times does not grow."""
    error = AccessDeniedError("test", "no permission")
    store.fail(error)
    depths = []
    for _ in range(3):
        with pytest.raises(AccessDeniedError) as caught:
            store.get("db")
        depths.append(len(caught.traceback))
    assert len(set(depths)) == 1


def test_failure_ends_after_some_calls(store: MemoryStore) -> None:
    """A store can fail and then be well again by itself."""
    store.fail(times=2)
    for _ in range(2):
        with pytest.raises(StoreUnavailableError):
            store.get("db")
    assert store.get("db") == {"host": "localhost"}


def test_only_calls_that_fail_are_counted(store: MemoryStore) -> None:
    """A call that is not meant uses nothing up."""
    store.fail(times=1, on="set")
    store.get("db")
    with pytest.raises(StoreUnavailableError):
        store.set("db", {})
    store.set("db", {})


def test_newest_failure_comes_first(store: MemoryStore) -> None:
    """A short failure may stand in front of a long one."""
    store.fail()
    store.fail(AccessDeniedError("test", "no permission"), times=1)
    with pytest.raises(AccessDeniedError):
        store.get("db")
    with pytest.raises(StoreUnavailableError):
        store.get("db")


def test_healed_store_is_well(store: MemoryStore) -> None:
    """Healing ends every failure."""
    store.fail()
    store.fail(times=5)
    store.heal()
    assert store.get("db") == {"host": "localhost"}


def test_every_handle_fails(store: MemoryStore) -> None:
    """A failure is the backend's, whoever asks it."""
    handle = store.share()
    store.fail(times=1)
    with pytest.raises(StoreUnavailableError):
        handle.get("db")
    assert store.get("db") == {"host": "localhost"}


def test_closed_store_is_closed_first(store: MemoryStore) -> None:
    """A call on a closed store reaches no backend that could fail."""
    store.fail(times=1)
    store.close()
    with pytest.raises(StoreClosedError):
        store.get("db")
    with pytest.raises(StoreUnavailableError):
        store.share().get("db")


def test_closing_never_fails(store: MemoryStore) -> None:
    """What is over can be left, even in an outage."""
    store.fail()
    store.close()


@pytest.mark.parametrize("on", ["close", "reads", [], ["get", "put"], ""], ids=repr)
def test_unknown_call_is_refused(store: MemoryStore, on: Any) -> None:
    """A mistyped call would never fail, and the test would prove nothing."""
    with pytest.raises(
        ValueError, match="names one or more of commit, commits, delete, enable_journal, get, items"
    ):
        store.fail(on=on)


@pytest.mark.parametrize("times", [0, -1])
def test_failing_never_is_refused(store: MemoryStore, times: int) -> None:
    """A failure that fails no call is a mistake."""
    with pytest.raises(ValueError, match="at least 1"):
        store.fail(times=times)


def test_config_keeps_its_snapshot(store: MemoryStore) -> None:
    """What it is for: an application in an outage."""
    with TimeBasedConfigStore(store, background=False) as config:
        store.fail()
        with pytest.raises(StoreUnavailableError):
            config.reload()
        assert config["db"] == {"host": "localhost"}
