"""The facade over a store in memory."""

from __future__ import annotations

from typing import Any

import pytest

from confstore import CachedConfigStore, TimeBasedConfigStore
from confstore.errors import StoreClosedError
from confstore_memory import MemoryConfigStore, MemoryStore

OPTIONS = {"db": {"host": "localhost"}}


def test_config_reads_what_was_given() -> None:
    """A test is one line away from a config."""
    with MemoryConfigStore(options=OPTIONS) as store:
        assert store.config.get("db") == {"host": "localhost"}


def test_store_has_a_name() -> None:
    """Errors name the store."""
    assert MemoryConfigStore("prod").store.name == "prod"


def test_store_is_in_memory() -> None:
    """The store behind the config can be made to fail."""
    assert type(MemoryConfigStore().store) is MemoryStore


@pytest.mark.parametrize("strategy", ["TimeBasedConfigStore", TimeBasedConfigStore], ids=str)
def test_strategy_is_chosen(strategy: str | type) -> None:
    """A name or the class itself, with what it takes."""
    with MemoryConfigStore(
        "test", OPTIONS, config_store=strategy, update_interval=60, background=False
    ) as store:
        assert store.config.db["host"] == "localhost"


def test_arguments_by_position() -> None:
    """After the options come the strategy and its own arguments."""
    with pytest.raises(ValueError, match="update_interval"):
        MemoryConfigStore("test", OPTIONS, TimeBasedConfigStore, -1)


def test_writes_are_read() -> None:
    """The facade writes, and its config reads."""
    with MemoryConfigStore("test", OPTIONS, config_store=CachedConfigStore) as store:
        store.update("db", {"port": 27017})
        assert store.config.get("db", keys=["port"]) == {"port": 27017}


def test_strategy_that_is_unknown_is_refused() -> None:
    """A mistyped name is no strategy."""
    with pytest.raises(ValueError, match="did you mean 'SimpleConfigStore'"):
        MemoryConfigStore(config_store="SimpelConfigStore")


def test_store_is_closed_with_its_facade() -> None:
    """Nothing stays open."""
    with MemoryConfigStore("test", OPTIONS) as store:
        pass
    with pytest.raises(StoreClosedError):
        store.store.get("db")


def test_strategy_that_fails_closes_the_store() -> None:
    """A facade that cannot be made leaves nothing open."""
    opened: list[Any] = []

    def failing(store: Any) -> None:
        opened.append(store)
        raise RuntimeError("it cannot load")

    with pytest.raises(RuntimeError, match="cannot load"):
        MemoryConfigStore("test", OPTIONS, failing)
    with pytest.raises(StoreClosedError):
        opened[0].get("db")
