"""Looking at an object changes nothing: no property does I/O or raises, on any backend."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest import mock

import attrs
import pytest

import confstore
import dynamodb_config_store
from confstore import (
    CachedConfigStore,
    Change,
    ConfigStore,
    Finding,
    JournaledStore,
    Refresh,
    SimpleConfigStore,
    StaleReads,
    SystemClock,
    TimeBasedConfigStore,
    ability,
    diff,
    health,
    open_store,
    plan_reconcile,
)
from confstore_dynamodb import DynamoDBStore
from confstore_file import FileConfigStore, FileStore
from confstore_memory import MemoryConfigStore, MemoryStore

OPTIONS: dict[str, dict[str, Any]] = {"db": {"port": 5432}, "get": {"key": 1}}


@attrs.frozen
class Database:
    port: int


@attrs.frozen
class Settings:
    db: Database


def memory() -> MemoryStore:
    return MemoryStore("test", OPTIONS)


def journaled(store: Any) -> Any:
    store.enable_journal()
    return store


def closed(store: Any) -> Any:
    store.close()
    return store


def dead() -> DynamoDBStore:
    """A store whose table is behind a port where nobody listens."""
    url = "dynamodb://table/store?endpoint_url=http://127.0.0.1:9&region=eu-west-1"
    store = open_store(url, purpose="read")
    assert isinstance(store, DynamoDBStore)
    return store


STORES: dict[str, Callable[[Path], Any]] = {
    "memory": lambda _: memory(),
    "memory, journaled": lambda _: journaled(memory()),
    "memory, closed": lambda _: closed(memory()),
    "file": lambda path: FileStore(path / "prod.json"),
    "file, journaled": lambda path: journaled(FileStore(path / "prod.json")),
    "file, in no folder": lambda path: FileStore(path / "absent" / "prod.json"),
    "file, closed": lambda path: closed(FileStore(path / "prod.json")),
    "dynamodb, dead": lambda _: dead(),
    "dynamodb, closed": lambda _: closed(dead()),
}
CONFIGS: dict[str, Callable[[Path], Any]] = {
    "simple": lambda _: SimpleConfigStore(memory()),
    "simple, dead": lambda _: SimpleConfigStore(dead()),
    "cached": lambda _: CachedConfigStore(memory()),
    "cached, dead": lambda _: CachedConfigStore(dead()),
    "time-based": lambda _: TimeBasedConfigStore(memory()),
    "time-based, by schema": lambda _: TimeBasedConfigStore(memory(), schema=Settings),
    "time-based, closed": lambda _: closed(TimeBasedConfigStore(memory())),
    "facade of memory": lambda _: MemoryConfigStore(options=OPTIONS),
    "facade of a file": lambda path: FileConfigStore(path / "prod.json"),
    "facade, dead": lambda _: ConfigStore(dead()),
}
RECORDS: dict[str, Callable[[Path], Any]] = {
    "Status": lambda _: TimeBasedConfigStore(memory()).status,
    "CacheStatus": lambda _: CachedConfigStore(memory()).status,
    "HealthStatus": lambda _: health(TimeBasedConfigStore(memory())),
    "Refresh": lambda _: Refresh("test", 0.1, None, 0.0, 1, 0),
    "StaleReads": lambda _: StaleReads("test", 1, 0.0, is_refused=True),
    "Plan": lambda _: plan_reconcile(journaled(memory())),
    "Commit": lambda _: journaled(memory()).commit([Change("db", None)]),
    "Change": lambda _: Change("db", None),
    "Poll": lambda _: memory().poll(),
    "Finding": lambda _: Finding("file", True, "there"),
    "Difference": lambda _: next(diff({}, OPTIONS)),
    "SystemClock": lambda _: SystemClock(),
    "Event": lambda _: SystemClock().event(),
    "ReadOnlyDict": lambda _: TimeBasedConfigStore(memory()).db,
}
OBJECTS = {**STORES, **CONFIGS, **RECORDS}


@pytest.fixture(params=OBJECTS.values(), ids=OBJECTS)
def anything(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    with ExitStack() as stack:
        made = request.param(tmp_path)
        if hasattr(made, "close"):
            stack.callback(made.close)
        yield made


def test_every_public_name_can_be_asked_for(anything: Any) -> None:
    """`hasattr` and `inspect.getmembers` answer at once, whatever the state of the backend."""
    for name in dir(anything):
        hasattr(anything, name)
    members = dict(inspect.getmembers(anything))
    public = {name for name in dir(type(anything)) if not name.startswith("_")}
    assert public - members.keys() <= {"current"}, "a config without a schema has no `current`"


def test_anything_can_be_mocked(anything: Any) -> None:
    """`create_autospec` makes a stand-in of an object, and of its class."""
    for spec in (anything, type(anything)):
        stand_in = mock.create_autospec(spec)
        assert {name for name in dir(type(anything)) if not name.startswith("_")} <= set(
            dir(stand_in)
        )


@pytest.mark.parametrize("name", sorted(confstore.__all__))
def test_public_names_can_be_mocked(name: str) -> None:
    """A test may replace any name of `confstore`, protocols included."""
    mock.create_autospec(getattr(confstore, name))


@pytest.mark.parametrize("make", STORES.values(), ids=STORES)
def test_ability_asks_no_backend(make: Callable[[Path], Any], tmp_path: Path) -> None:
    """Each of our adapters can have a journal; that is known without a request."""
    with make(tmp_path) as store:
        assert ability(store, JournaledStore) is store


@pytest.mark.parametrize("name", dynamodb_config_store.__all__)
def test_names_of_2014_can_be_mocked(name: str) -> None:
    """The same holds for the interface of 2014."""
    mock.create_autospec(getattr(dynamodb_config_store, name))
