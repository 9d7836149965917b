"""Unit tests of the worker: in memory, without a file, a network or a wait."""

from __future__ import annotations

import pytest

from confstore import TimeBasedConfigStore
from confstore_memory import MemoryConfigStore
from examples.worker.worker import Settings, Worker

pytestmark = pytest.mark.config_store({"mail": {"sender": "shop@test"}})


def test_sender_follows_the_configuration(config_store: MemoryConfigStore) -> None:
    sent: list[tuple[str, str]] = []
    with TimeBasedConfigStore(config_store.store, schema=Settings) as config:
        worker = Worker(config, send=lambda sender, job: sent.append((sender, job)))
        worker.handle("one")
        config_store.update("mail", {"sender": "orders@test"})
        worker.handle("two")
    assert sent == [("shop@test", "one"), ("orders@test", "two")]


def test_pause(config_store: MemoryConfigStore) -> None:
    sent: list[str] = []
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        assert sent == []
        if len(waits) == 2:
            config_store.update("mail", {"is_paused": False})

    config_store.update("mail", {"is_paused": True, "pause": 0.5})
    with TimeBasedConfigStore(config_store.store, schema=Settings) as config:
        Worker(config, send=lambda _, job: sent.append(job), sleep=sleep).handle("one")
    assert (sent, waits) == (["one"], [0.5, 0.5])
