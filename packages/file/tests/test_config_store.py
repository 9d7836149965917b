"""The facade over a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from confstore import CachedConfigStore, TimeBasedConfigStore
from confstore.errors import StoreClosedError
from confstore.testing import FakeClock
from confstore_file import FileConfigStore


def test_simple(file: Path) -> None:
    """A facade writes to its file and reads from it."""
    with FileConfigStore(file) as store:
        store.set("db", {"host": "localhost", "port": 27017})
        assert store.config.get("db", keys=["host"]) == {"host": "localhost"}
        assert repr(store) == "<FileConfigStore 'prod' read by SimpleConfigStore>"


class Ours(TimeBasedConfigStore):
    """A strategy of the application's own."""


def edit_shows_after(file: Path, delay_s: float, strategy: Any, *args: Any, **options: Any) -> bool:
    """Whether an edit shows this many seconds after the first load."""
    clock = FakeClock()
    file.write_text('{"db": {"port": 1}}')
    with FileConfigStore(
        file,
        strategy,
        *args,
        clock=clock,
        background=False,
        random=lambda: 0.5,
        **options,
    ) as store:
        assert store.config.db == {"port": 1}
        file.write_text('{"db": {"port": 2}}')
        clock.advance(delay_s)
        return bool(store.config.db == {"port": 2})


@pytest.mark.parametrize("strategy", ["TimeBasedConfigStore", TimeBasedConfigStore, Ours])
def test_interval(file: Path, strategy: Any) -> None:
    """Reading by time looks at the file every second."""
    assert not edit_shows_after(file, 0.8, strategy)
    assert edit_shows_after(file, 1.0, strategy)


def test_interval_given(file: Path) -> None:
    """An interval that is given is the one that counts."""
    assert not edit_shows_after(file, 50, TimeBasedConfigStore, update_interval=60)
    assert edit_shows_after(file, 60, TimeBasedConfigStore, update_interval=60)
    assert not edit_shows_after(file, 50, TimeBasedConfigStore, 60)


@pytest.mark.parametrize("strategy", [CachedConfigStore, "CachedConfigStore", lambda store: None])
def test_other_strategy(file: Path, strategy: Any) -> None:
    """Other strategies are given no interval."""
    FileConfigStore(file, config_store=strategy)


def test_attribute(file: Path) -> None:
    """An option is an attribute, and an edit shows after a reload."""
    file.write_text('{"db": {"host": "localhost"}}')
    with FileConfigStore(file, config_store="TimeBasedConfigStore") as store:
        assert store.config.db["host"] == "localhost"
        file.write_text('{"db": {"host": "db.example"}}')
        store.reload()
        assert store.config.db["host"] == "db.example"


def test_strategy_that_fails_closes_the_store(file: Path) -> None:
    """A facade that cannot be made leaves nothing open."""
    opened: list[Any] = []

    def failing(store: Any) -> None:
        opened.append(store)
        raise RuntimeError("it cannot load")

    with pytest.raises(RuntimeError, match="cannot load"):
        FileConfigStore(file, failing)
    with pytest.raises(StoreClosedError):
        opened[0].get("db")
