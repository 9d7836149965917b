"""The `config_store` fixture, as a project of somebody else has it."""

from __future__ import annotations

import sys

import pytest

from confstore import SealedStore, Secret, plan_rewrap
from confstore.errors import SecretError, StoreUnavailableError
from confstore_memory import MemoryConfigStore
from confstore_memory._sealed import RandomKeys

pytest_plugins = ["pytester"]


def test_fixture_is_found(config_store: MemoryConfigStore) -> None:
    """A test asks for it by name, and imports nothing."""
    assert type(config_store) is MemoryConfigStore
    assert config_store.config.get() == {}


class TestOptions:
    """A class says what its stores hold."""

    @pytest.fixture
    def config_store_options(self) -> dict[str, dict[str, object]]:
        return {"db": {"host": "localhost"}}

    def test_store_holds_them(self, config_store: MemoryConfigStore) -> None:
        """They are there from the start."""
        assert config_store.config["db"] == {"host": "localhost"}


class TestSecrets:
    """Secrets are sealed with a random key."""

    @pytest.fixture
    def config_store_options(self) -> dict[str, dict[str, object]]:
        return {"db": {"password": Secret("s3cret")}}

    def test_secrets(self, config_store: MemoryConfigStore) -> None:
        """The code under test reads a secret, as in production, and the store has a text."""
        config_store.update("db", {"token": Secret("t0ken")})
        config_store.set("other", {"plain": 1, "key": Secret(b"key")})
        values = config_store.config["db"]
        assert values["password"].matches("s3cret")
        assert values["token"].matches("t0ken")
        assert config_store.config["other"]["key"].reveal() == b"key"
        assert str(config_store.store.get("db")["password"]) == "***"
        config_store.store.fail(times=1)
        with pytest.raises(StoreUnavailableError):
            config_store.config.get("db")
        config_store.store.fail()
        config_store.store.heal()
        assert config_store.config.get("db")


def test_secrets_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests without secrets need no library; one with secrets is told what to install."""
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.ciphers.aead", None)
    with MemoryConfigStore.sealed(options={"db": {"host": "a"}}) as config_store:
        with pytest.raises(SecretError, match=r"pip install 'confstore\[secrets\]'"):
            config_store.set("db", {"password": Secret("s3cret")})
        store = config_store.store
        assert isinstance(store, SealedStore)
        store.beneath.set("db", {"password": "secret+local:AAAA"})
        with pytest.raises(SecretError, match="pip install"):
            config_store.config["db"]["password"].reveal()
        assert plan_rewrap(store).options == []
        assert RandomKeys().key_id == ""


def test_every_test_has_its_own(pytester: pytest.Pytester) -> None:
    """What one test writes, the next does not see; after a test, its store is closed."""
    pytester.makepyfile(
        """
        import pytest
        from confstore.errors import StoreClosedError

        seen = []

        def test_one(config_store):
            config_store.set("db", {})
            seen.append(config_store)

        def test_two(config_store):
            assert "db" not in config_store.config
            with pytest.raises(StoreClosedError):
                seen[0].store.get("db")
        """
    )
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=2)


def test_fixtures_are_documented(pytester: pytest.Pytester) -> None:
    """`pytest --fixtures` says what they are for."""
    result = pytester.runpytest_subprocess("--fixtures", "-p", "no:cacheprovider")
    result.stdout.fnmatch_lines(["config_store_options*", "*override it*", "config_store *"])
