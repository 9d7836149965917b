"""Unit tests of the application: in memory, without a file or a network."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from confstore import TimeBasedConfigStore
from confstore_memory import MemoryConfigStore
from examples.fastapi_app.app import Settings, create_app

pytestmark = pytest.mark.config_store(
    {"shop": {"is_open": True}, "shipping": {"price": 5, "free_from": 50}}
)


@pytest.fixture
def client(config_store: MemoryConfigStore) -> Iterator[TestClient]:
    with TimeBasedConfigStore(config_store.store, schema=Settings) as config:
        yield TestClient(create_app(config))


@pytest.mark.parametrize(("total", "price"), [(49, 5), (50, 0)])
def test_price(client: TestClient, total: int, price: int) -> None:
    assert client.get(f"/shipping/{total}").json() == {"price": price}


def test_closed_shop(client: TestClient, config_store: MemoryConfigStore) -> None:
    config_store.set("shop", {"is_open": False})
    assert client.get("/shipping/10").status_code == 503


def test_health_in_an_outage(client: TestClient, config_store: MemoryConfigStore) -> None:
    assert client.get("/health").json()["failures"] == 0
    config_store.store.fail()
    assert client.get("/shipping/10").json() == {"price": 5}
    assert client.get("/health").json()["failures"] > 0
