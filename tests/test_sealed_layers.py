"""Secrets in layers: each layer is sealed by itself, and the environment can replace a secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from confstore import (
    Environment,
    LayeredStore,
    LocalKeys,
    LocatedStore,
    Poll,
    SealedStore,
    Secret,
    TimeBasedConfigStore,
    ability,
    origin,
)
from confstore.errors import StoreUnavailableError
from confstore.testing import CANARY
from confstore_file import FileStore
from confstore_memory import MemoryStore


class Elsewhere(MemoryStore):
    """A store on another machine, which can be down."""

    is_down = False

    def is_local(self) -> bool:
        return False

    def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Poll:
        if self.is_down:
            raise StoreUnavailableError(self.name, "no answer")
        return super().poll(checkpoint, consistent=consistent)


@pytest.fixture
def beneath() -> Elsewhere:
    return Elsewhere("prod")


@pytest.fixture
def sealed(beneath: Elsewhere) -> SealedStore:
    store = SealedStore(beneath, LocalKeys.generate())
    store.set("db", {"host": "db.example", "password": Secret(CANARY)})
    return store


def test_text_over_a_secret(sealed: SealedStore) -> None:
    """A variable that stands for a secret is one, and never shown."""
    variables = {"APP_DB__PASSWORD": "mine", "APP_DB__HOST": "localhost"}
    layers = LayeredStore([Environment("APP_", variables), sealed])
    values = layers.get("db")
    assert values["host"] == "localhost"
    assert values["password"].matches("mine")
    with TimeBasedConfigStore[Any](layers) as config:
        assert isinstance(config.db["password"], Secret)
        assert "mine" not in repr(config.db)
        assert config.db["password"].reveal() == "mine"


def test_fallback_holds_sealed_texts(
    sealed: SealedStore, beneath: Elsewhere, tmp_path: Path
) -> None:
    """The layers elsewhere are saved sealed, and their secrets can be revealed after a start."""
    file = tmp_path / "fallback.json"
    layers = LayeredStore([Environment("APP_", {}), sealed])
    with TimeBasedConfigStore[Any](layers, fallback=file) as config:
        assert config.db["password"].reveal() == CANARY
    content = file.read_text()
    assert "secret+local:" in content
    assert CANARY not in content
    beneath.is_down = True
    with TimeBasedConfigStore[Any](layers, fallback=file) as config:
        assert config.status.is_fallback
        assert config.db["password"].reveal() == CANARY


def test_fallback_of_layers_without_secrets(beneath: Elsewhere, tmp_path: Path) -> None:
    """A layer that is not sealed is restored as it was saved."""
    beneath.set("db", {"host": "db.example"})
    layers = LayeredStore([Environment("APP_", {}), beneath])
    TimeBasedConfigStore[Any](layers, fallback=tmp_path / "fallback.json").close()
    beneath.is_down = True
    with TimeBasedConfigStore[Any](layers, fallback=tmp_path / "fallback.json") as config:
        assert (config.db, config.status.is_fallback) == ({"host": "db.example"}, True)


def test_place_of_a_sealed_value(tmp_path: Path) -> None:
    """A sealed store says where it is, as the store beneath does."""
    plain = FileStore(tmp_path / "dev.json")
    store = SealedStore(plain, LocalKeys.generate())
    store.set("db", {"password": Secret(CANARY)})
    located = ability(store, LocatedStore)
    assert located is not None
    assert located.is_local()
    assert located.location() == plain.location()
    with TimeBasedConfigStore[Any](LayeredStore([store])) as config:
        found = origin(config, "db", "password")
        assert (found.layer, found.source) == (
            plain.location(),
            plain.place_of("db", "password"),
        )


def test_option_with_a_fault_beside_secrets(sealed: SealedStore) -> None:
    """An option that nobody can tell is refused where it is read; the secrets beside it open."""
    sealed.set("a-b", {"k": 1})
    sealed.set("a_b", {"k": 1})
    layers = LayeredStore([Environment("APP_", {"APP_A_B__K": "2"}), sealed])
    with TimeBasedConfigStore[Any](layers) as config:
        assert config.db["password"].reveal() == CANARY
        sealed.update("db", {"host": "other.example"})
        config.reload()
        assert config.db["host"] == "other.example"
        assert config.db["password"].reveal() == CANARY
