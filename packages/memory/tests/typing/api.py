"""Typed usage of confstore-memory: checked by mypy, never run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from confstore import (
    ConfigStore,
    DiagnosableStore,
    PollableStore,
    Store,
    TimeBasedConfigStore,
    Values,
    open_store,
)
from confstore.errors import AccessDeniedError
from confstore_memory import MemoryConfigStore, MemoryStore, open_url

store = MemoryStore("test", {"db": {"host": "localhost", "ports": [1, 2]}})
as_store: Store = store
as_pollable: PollableStore = store
as_diagnosable: DiagnosableStore = store
values: Values = store.get("db", keys=["host"])
for option, entries in store.items():
    name: str = option
    held: Values = entries
store.update("db", {"port": 27017}, remove=["ports"])
changed: Mapping[str, Mapping[str, Any]] = store.poll(store.poll().checkpoint).changed

store.fail()
store.fail(AccessDeniedError("test", "no permission"), times=2, on="get")
store.fail(on=["set", "update"])
store.heal()

with store.share() as handle:
    shared: MemoryStore = handle

by_url: MemoryStore = open_url("memory:test")
by_core: Store = open_store("memory:test")


def test_application(config_store: MemoryConfigStore) -> None:
    facade: ConfigStore = config_store
    facade.set("db", {"host": "localhost"})
    config_store.store.fail(times=1)


@pytest.fixture
def config_store_options() -> Mapping[str, Mapping[str, Any]]:
    return {"db": {"host": "localhost"}}


with MemoryConfigStore(
    "test", {"db": {}}, config_store=TimeBasedConfigStore, update_interval=60
) as config_store:
    kept: MemoryConfigStore = config_store
