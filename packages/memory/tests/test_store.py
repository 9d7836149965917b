"""What a store in memory does beyond the contract: its making, its sharing, its text."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

from confstore.errors import InvalidNameError, InvalidValueError, StoreClosedError
from confstore.testing import (
    CANARY,
    INVALID_OPTION_NAMES,
    INVALID_STORE_NAMES,
    INVALID_VALUES,
)
from confstore_memory import MemoryStore


def test_store_is_named_test() -> None:
    """A unit test need not think of a name."""
    assert MemoryStore().name == "test"


def test_store_says_where_it_is() -> None:
    """A store in memory is named by its URL, and so is the place of each value in it."""
    store = MemoryStore("a b", {"db": {"port": 1}})
    assert (store.location(), store.place_of("db", "port")) == ("memory:a%20b", "memory:a%20b")
    assert store.is_local()


def test_store_holds_options_from_the_start() -> None:
    """What a test needs is given at once."""
    store = MemoryStore("test", {"db": {"host": "localhost", "ports": (1, 2)}})
    assert dict(store.items()) == {"db": {"host": "localhost", "ports": [1, 2]}}


def test_options_from_the_start_are_copied() -> None:
    """The same dict can be given to many stores."""
    options: dict[str, Any] = {"db": {"hosts": ["localhost"]}}
    store = MemoryStore("test", options)
    options["db"]["hosts"].clear()
    assert store.get("db") == {"hosts": ["localhost"]}


@pytest.mark.parametrize("values", INVALID_VALUES.values(), ids=INVALID_VALUES)
def test_invalid_options_from_the_start_are_refused(values: Any) -> None:
    """What cannot be written cannot be there."""
    with pytest.raises(InvalidValueError):
        MemoryStore("test", {"db": values})


@pytest.mark.parametrize("option", INVALID_OPTION_NAMES.values(), ids=INVALID_OPTION_NAMES)
def test_invalid_names_from_the_start_are_refused(option: Any) -> None:
    """What cannot be written cannot be there."""
    with pytest.raises(InvalidNameError):
        MemoryStore("test", {option: {}})


@pytest.mark.parametrize("name", INVALID_STORE_NAMES.values(), ids=INVALID_STORE_NAMES)
def test_invalid_store_names_are_refused(name: Any) -> None:
    """A name that no other backend could have is no name here."""
    with pytest.raises(InvalidNameError) as caught:
        MemoryStore(name)
    assert caught.value.kind == "store"


def test_stores_of_one_name_share_nothing() -> None:
    """Two tests do not meet."""
    one, other = MemoryStore("test"), MemoryStore("test")
    one.set("db", {})
    assert dict(other.items()) == {}


def test_shared_store_is_one_store() -> None:
    """A second handle plays another process."""
    store = MemoryStore("test")
    store.share().set("db", {"host": "localhost"})
    assert store.get("db") == {"host": "localhost"}


def test_handles_are_closed_one_by_one() -> None:
    """Closing one leaves the others."""
    store = MemoryStore("test", {"db": {}})
    with store.share() as handle:
        assert handle.get("db") == {}
    with pytest.raises(StoreClosedError):
        handle.get("db")
    assert store.get("db") == {}


def test_closed_store_can_be_shared() -> None:
    """Sharing reads nothing: the new handle is open."""
    store = MemoryStore("test", {"db": {}})
    store.close()
    assert store.share().get("db") == {}


def test_store_closes_itself_as_a_context_manager() -> None:
    """`with` closes."""
    with MemoryStore("test") as store:
        pass
    with pytest.raises(StoreClosedError):
        store.set("db", {})


def test_items_are_those_of_the_call() -> None:
    """What is written while somebody reads is read the next time."""
    store = MemoryStore("test", {"a": {"key": 1}, "b": {"key": 1}})
    items = store.items()
    store.set("b", {"key": 2})
    store.delete("a")
    assert dict(items) == {"a": {"key": 1}, "b": {"key": 1}}


def test_items_are_in_the_order_of_their_making() -> None:
    """A test can count on an order."""
    store = MemoryStore("test", {"b": {}, "a": {}})
    store.set("b", {"key": 1})
    store.set("c", {})
    assert [option for option, _ in store.items()] == ["b", "a", "c"]


def test_unchanged_poll_gives_the_checkpoint_back() -> None:
    """Nothing is copied when nothing was written."""
    store = MemoryStore("test", {"db": {}})
    checkpoint = store.poll().checkpoint
    assert store.poll(checkpoint).checkpoint is checkpoint


def test_poll_knows_only_its_own_checkpoints() -> None:
    """Another store of the same name and content is another store."""
    store = MemoryStore("test", {"db": {}})
    assert store.poll(MemoryStore("test", {"db": {}}).poll().checkpoint).is_full


def test_handle_knows_the_checkpoints_of_another() -> None:
    """What one handle has seen, another can go on from."""
    store = MemoryStore("test", {"db": {}})
    answer = store.share().poll(store.poll().checkpoint)
    assert not answer.is_full
    assert not answer.changed


def test_text_of_a_store_shows_no_value() -> None:
    """A store can be logged."""
    assert repr(MemoryStore("test", {"db": {"key": CANARY}})) == "<MemoryStore 'test'>"


def test_store_is_collected() -> None:
    """Nothing keeps what nobody uses, neither its closing nor the handling of forks."""
    store = MemoryStore("test", {"db": {"key": "a" * 1000}})
    reference = weakref.ref(store)
    del store
    gc.collect()
    assert reference() is None
