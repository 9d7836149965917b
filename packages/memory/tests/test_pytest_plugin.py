"""The `config_store` fixture, as a project of somebody else has it."""

from __future__ import annotations

import pytest

from confstore_memory import MemoryConfigStore

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
