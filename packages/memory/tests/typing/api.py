"""Typed usage: checked by mypy and pyright, never run; both must find the mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, assert_type

import pytest

from confstore import (
    CachedConfigStore,
    ConfigStore,
    DiagnosableStore,
    Environment,
    JournaledStore,
    LayeredStore,
    LocalKeys,
    PollableStore,
    SealedStore,
    Secret,
    SimpleConfigStore,
    Store,
    TimeBasedConfigStore,
    open_store,
    origin,
)
from confstore.errors import AccessDeniedError
from confstore_memory import MemoryConfigStore, MemoryStore, open_url


@dataclass
class Database:
    host: str


@dataclass
class Settings:
    db: Database


hosts: dict[str, dict[str, list[str]]] = {"hosts": {"eu": ["a", "b"]}}
MemoryStore("test", hosts)
store = MemoryStore("test", {"db": {"host": "localhost", "ports": [1, 2]}})
as_store: Store = store
as_pollable: PollableStore = store
as_diagnosable: DiagnosableStore = store
as_journaled: JournaledStore = store
assert_type(store.get("db", keys=["host"]), dict[str, Any])
assert_type(list(store.items()), list[tuple[str, dict[str, Any]]])
store.update("db", {"port": 27017}, remove=["ports"])
store.set("hosts", hosts["hosts"])
assert_type(store.poll(store.poll().checkpoint).changed, Mapping[str, Mapping[str, Any]])

store.fail()
store.fail(AccessDeniedError("test", "no permission"), times=2, on="get")
store.fail(on=["set", "update"])
store.heal()

with store.share() as handle:
    assert_type(handle, MemoryStore)

assert_type(open_url("memory:test"), MemoryStore)
assert_type(open_store("memory:test"), Store)


def test_application(config_store: MemoryConfigStore) -> None:
    facade: ConfigStore = config_store
    facade.set("db", {"host": "localhost"})
    config_store.store.fail(times=1)
    assert_type(config_store.config, Any)


@pytest.mark.config_store({"db": {"host": "localhost"}})
def test_application_that_reads(
    config_store: MemoryConfigStore[SimpleConfigStore], live_config: TimeBasedConfigStore
) -> None:
    assert_type(config_store.config.get("db"), dict[str, Any])
    assert_type(live_config.db, Any)


@pytest.fixture
def config_store_options() -> Mapping[str, Mapping[str, Any]]:
    return {"db": {"host": "localhost"}}


with MemoryConfigStore(
    "test", {"db": {}}, config_store=TimeBasedConfigStore, update_interval=60
) as kept:
    assert_type(kept, MemoryConfigStore[TimeBasedConfigStore[dict[str, dict[str, Any]]]])
    assert_type(kept.store, MemoryStore)


class AppConfig(TimeBasedConfigStore[Settings]):
    def host(self) -> str:
        return self.current.db.host


assert_type(MemoryConfigStore(), MemoryConfigStore[SimpleConfigStore])
assert_type(MemoryConfigStore("test", hosts).config, SimpleConfigStore)
assert_type(MemoryConfigStore(config_store="CachedConfigStore").config, CachedConfigStore)
by_class = MemoryConfigStore("test", hosts, TimeBasedConfigStore, schema=Settings)
assert_type(by_class.config.current.db.host, str)
by_keyword = MemoryConfigStore(config_store=TimeBasedConfigStore, schema=Settings)
assert_type(by_keyword.config.current.db.host, str)
by_name = MemoryConfigStore("test", hosts, "TimeBasedConfigStore", schema=Settings)
assert_type(by_name.config.current.db.host, str)
some_types = MemoryConfigStore(config_store="TimeBasedConfigStore", schema={"db": Database})
assert_type(some_types.config, TimeBasedConfigStore[Any])
of_application = MemoryConfigStore(config_store=AppConfig, schema=Settings)
assert_type(of_application.config.host(), str)


def mistakes() -> None:
    store.set("db", {1: "a"})  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType]
    store.fail(on=5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    MemoryStore("test", {"db": 5})  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType]
    MemoryConfigStore("test", {}, "TimeBasedConfigStor")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    MemoryConfigStore(config_store=TimeBasedConfigStore, update_intervall=60)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]


# -- secrets and layers ------------------------------------------------------------------------


def test_application_with_secrets(config_store: MemoryConfigStore) -> None:
    config_store.set("db", {"password": Secret("for a test")})


sealed = MemoryConfigStore.sealed(options={"db": {"password": Secret("for a test")}})
assert_type(sealed.config, SimpleConfigStore)
assert_type(SealedStore(store, LocalKeys.generate()).get("db"), dict[str, Any])
layers = LayeredStore([Environment("APP_", {"APP_DB__HOST": "localhost"}), store])
assert_type(origin(layers, "db", "host").layer, str)
