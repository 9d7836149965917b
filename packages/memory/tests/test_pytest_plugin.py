"""The pytest plugin, as a project of somebody else has it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from confstore import SealedStore, Secret, SimpleConfigStore, TimeBasedConfigStore, plan_rewrap
from confstore.errors import SecretError, StoreUnavailableError
from confstore.testing import traces_of_canary
from confstore_memory import MemoryConfigStore
from confstore_memory._sealed import RandomKeys
from preloaded import preloaded

pytest_plugins = ["pytester"]

PLAIN = ("-p", "no:cacheprovider", "--strict-markers", "-Werror")

Facade = MemoryConfigStore[SimpleConfigStore]
Live = TimeBasedConfigStore[dict[str, dict[str, Any]]]


@pytest.fixture
def pytester(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project, also where temporary folders are inside of another one."""
    pytester.makeini("[pytest]")
    return pytester


def run(pytester: pytest.Pytester, test_file: str) -> pytest.RunResult:
    """What pytest says of a test file in a process of its own."""
    pytester.makepyfile(test_file)
    return run_pytest(pytester, *PLAIN)


def run_pytest(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """What pytest says in a process of its own."""
    # In a fork it would wait for a thread of its parent.
    arguments += ("-p", "no:faulthandler")
    how = preloaded(lambda: pytest.main(list(arguments)), ["pytest", *arguments], os.environ)
    ran = subprocess.run(**how, cwd=pytester.path, capture_output=True, text=True, check=False)
    return pytest.RunResult(ran.returncode, ran.stdout.splitlines(), ran.stderr.splitlines(), 0)


def test_fixture_is_found(config_store: Facade) -> None:
    """A test asks for it by name, and imports nothing."""
    assert type(config_store) is MemoryConfigStore
    assert config_store.config.get() == {}


class TestOptions:
    """A class says by a fixture what its stores hold, and its tests by marks."""

    @pytest.fixture
    def config_store_options(self) -> dict[str, dict[str, object]]:
        return {"db": {"host": "localhost", "port": 1}, "limits": {"requests": 1}}

    def test_store_holds_them(self, config_store: Facade) -> None:
        """They are there from the start."""
        assert config_store.config["db"] == {"host": "localhost", "port": 1}

    @pytest.mark.config_store({"db": {"host": "of the mark"}})
    def test_mark_wins_over_the_fixture(self, config_store: Facade) -> None:
        """It replaces whole options, and leaves the others."""
        assert config_store.config.get() == {
            "db": {"host": "of the mark"},
            "limits": {"requests": 1},
        }


@pytest.mark.config_store({"db": {"host": "of the class"}, "cache": {"size": 1}})
class TestMarks:
    """A mark can stand on a test, a class and a module."""

    def test_of_the_class(self, live_config: Live) -> None:
        """It holds for every test."""
        assert live_config.db["host"] == "of the class"

    @pytest.mark.config_store({"db": {"host": "of the test"}})
    def test_closest_wins(self, live_config: Live) -> None:
        """Option by option."""
        assert live_config.db["host"] == "of the test"
        assert live_config.cache["size"] == 1

    def test_the_options_are_copied(self, config_store: Facade) -> None:
        """What a test writes does not reach the mark."""
        config_store.update("cache", {"size": 2})
        assert config_store.config["cache"] == {"size": 2}

    def test_of_the_class_again(self, live_config: Live) -> None:
        """The next test has the mark's options."""
        assert live_config.cache == {"size": 1}


@pytest.mark.config_store({"db": {"host": "old"}})
def test_live_config_shows_a_write_at_once(config_store: Facade, live_config: Live) -> None:
    """Both are the same memory: no reload, no wait."""
    assert live_config.db["host"] == "old"
    config_store.set("db", {"host": "new"})
    assert live_config.db["host"] == "new"
    config_store.delete("db")
    assert "db" not in live_config
    with pytest.raises(AttributeError, match="no option 'db'"):
        _ = live_config.db


def test_live_config_in_an_outage(config_store: Facade, live_config: Live) -> None:
    """It keeps its last good snapshot, as in production."""
    config_store.set("db", {"host": "localhost"})
    assert live_config.db["host"] == "localhost"
    config_store.store.fail()
    assert live_config.db["host"] == "localhost"
    assert live_config.status.last_error is not None


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


@pytest.mark.slow("runs pytest")
def test_tracebacks_with_locals(pytester: pytest.Pytester) -> None:
    """A test that fails shows no plaintext, however much pytest prints: opened, given or moved."""
    pytester.makeconftest(
        """
        import pytest
        from confstore import Secret
        from confstore.testing import CANARY

        @pytest.fixture
        def config_store_options():
            return {"db": {"password": Secret(CANARY), "hosts": ["a"]}}
        """
    )
    pytester.makepyfile(
        """
        from confstore import Secret
        from confstore.testing import CANARY

        def test_equality(config_store, live_config):
            assert live_config.db["password"].reveal()
            assert live_config.get() == {"db": {"password": Secret(CANARY)}}

        def test_a_value_beside_it(config_store):
            config_store.update("db", {"token": Secret([CANARY]), "odd": object()})

        def test_a_secret_that_cannot_be_stored(config_store):
            config_store.set("db", {"password": Secret([CANARY, object()])})

        def test_a_secret_within(config_store):
            config_store.set("db", {"list": [Secret(CANARY)]})

        def test_a_text_that_was_moved(config_store):
            beneath = config_store.store.beneath
            beneath.set("other", beneath.get("db"))
            config_store.config.get("other")["password"].reveal()

        def test_an_outage(config_store, live_config):
            assert live_config.db["password"].matches(CANARY)
            config_store.store.fail()
            live_config.reload()
        """
    )
    ran = run_pytest(pytester, *PLAIN, "--showlocals", "--full-trace", "-vv", "--tb=long")
    ran.assert_outcomes(failed=6)
    assert any("values" in line for line in ran.outlines)
    for line in (*ran.outlines, *ran.errlines):
        assert traces_of_canary(line) == [], line


def test_every_test_has_its_own(pytester: pytest.Pytester) -> None:
    """What one test writes, the next does not see; after a test, both are closed."""
    result = run(
        pytester,
        """
        import pytest
        from confstore.errors import StoreClosedError

        seen = []

        @pytest.mark.config_store({"limits": {"requests": 1}})
        def test_one(config_store, live_config):
            config_store.set("db", {})
            seen.extend([config_store, live_config])

        def test_two(live_config):
            assert dict(live_config) == {}
            with pytest.raises(StoreClosedError):
                seen[0].store.get("db")
            with pytest.raises(StoreClosedError):
                seen[1].reload()
        """,
    )
    result.assert_outcomes(passed=2)


@pytest.mark.slow("starts pytest with two workers")
def test_under_xdist(pytester: pytest.Pytester) -> None:
    """Every worker finds the fixtures and the mark."""
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.config_store({"db": {"port": 0, "tags": {"a", "b"}}})
        @pytest.mark.parametrize("port", range(8))
        def test_port(port, config_store, live_config):
            assert live_config.db == {"port": 0, "tags": {"a", "b"}}
            config_store.update("db", {"port": port})
            assert live_config.db["port"] == port
        """
    )
    result = pytester.runpytest_subprocess(*PLAIN, "-n2")
    result.assert_outcomes(passed=8)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ("", "takes one dict of options, not 0 arguments"),
        ("{}, {}", "takes one dict of options, not 2 arguments"),
        ("db={'host': 'CANARY'}", "takes one dict of options, not the keywords db"),
        ("'CANARY'", "the mark config_store has str, and not a dict of options"),
        ("[('db', {})]", "the mark config_store has list, and not a dict of options"),
        ("{'db': 5}", "cannot be stored: store 'test': option 'db': an option's values are a dict"),
        ("{5: {}}", "cannot be stored: store 'test': invalid option name 'int': a name is a str"),
        ("{'db': {'at': object()}}", "store 'test': option 'db', at at: object cannot be stored"),
    ],
)
@pytest.mark.slow("starts pytest")
def test_wrong_mark(pytester: pytest.Pytester, arguments: str, problem: str) -> None:
    """A mark that is no dict of options fails its test in one line, without a value."""
    result = run(
        pytester,
        f"""
        import pytest

        @pytest.mark.config_store({arguments})
        def test_one(live_config):
            pass
        """,
    )
    result.assert_outcomes(errors=1)
    assert problem in result.stdout.str()
    assert "CANARY" not in result.stdout.str()
    assert "Traceback" not in result.stdout.str()
    assert "pytest_plugin.py" not in result.stdout.str()


@pytest.mark.slow("starts pytest")
def test_wrong_options_fixture(pytester: pytest.Pytester) -> None:
    """So does a fixture that gives something else."""
    result = run(
        pytester,
        """
        import pytest

        @pytest.fixture
        def config_store_options():
            return None

        def test_one(config_store):
            pass
        """,
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["the fixture config_store_options gives NoneType, and not a *"])


@pytest.mark.slow("starts pytest twice")
def test_documentation(pytester: pytest.Pytester) -> None:
    """`pytest --fixtures` and `--markers` say what they are for."""
    result = run_pytest(pytester, "--fixtures", "-p", "no:cacheprovider")
    result.stdout.fnmatch_lines(["config_store_options*", "*override it*", "config_store *"])
    result.stdout.fnmatch_lines(["live_config*", "*shows at once*"])
    result = run_pytest(pytester, "--markers", "-p", "no:cacheprovider")
    result.stdout.fnmatch_lines(["@pytest.mark.config_store(options): *"])
