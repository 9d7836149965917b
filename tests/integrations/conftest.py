"""The store and the config whose changes the frameworks show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from confstore import TimeBasedConfigStore
from confstore.testing import FakeClock
from confstore_memory import MemoryStore


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore("prod", {"uploads": {"limit": 1}})


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def config(store: MemoryStore, clock: FakeClock) -> Iterator[TimeBasedConfigStore[Any]]:
    with TimeBasedConfigStore(store, clock=clock, max_stale=1000) as config:
        yield config
