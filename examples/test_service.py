"""Unit tests of the service: in memory, without a file or a network."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from confstore import Secret, TimeBasedConfigStore
from confstore_memory import MemoryConfigStore
from examples.service import LimitReachedError, Settings, UploadService

pytestmark = pytest.mark.config_store(
    {
        "db": {"host": "db.test", "password": Secret("pw")},
        "uploads": {"limit": 1},
        "secret-key": {"secret-key": "only for tests"},
    }
)


@pytest.fixture
def service(config_store: MemoryConfigStore) -> Iterator[UploadService]:
    with TimeBasedConfigStore(config_store.store, schema=Settings) as config:
        yield UploadService(config)


def test_database(service: UploadService) -> None:
    assert service.database() == "db.test:27017"


def test_password(service: UploadService) -> None:
    assert service.dsn() == "mongodb://uploads:pw@db.test:27017"


def test_limit(service: UploadService) -> None:
    assert len(service.upload("ada", b"x")) == 16
    with pytest.raises(LimitReachedError):
        service.upload("ada", b"x")


def test_changed_limit_needs_no_restart(
    service: UploadService, config_store: MemoryConfigStore
) -> None:
    service.upload("ada", b"x")
    config_store.set("uploads", {"limit": 2})
    service.upload("ada", b"x")
