"""Options that a test puts in the place of the store's."""

from __future__ import annotations

import attrs
import pytest

from confstore.errors import InvalidNameError, InvalidValueError, SchemaError


@attrs.frozen
class Range:
    """Two numbers that are validated together."""

    low: int = 0
    high: int = attrs.field(default=10)

    @high.validator
    def _check(self, attribute, value):
        if value < self.low:
            raise ValueError(value)


def test_replaces_whole_options(store, open_config):
    """In its block the option holds what was given and nothing else; afterwards, the store's."""
    config = open_config(store)
    with config.override(db={"host": "fake"}):
        assert config.db == config["db"] == config.get("db") == {"host": "fake"}
        assert config["external-port"] == {"value": 80}
    assert config.db == {"host": "localhost", "port": 27017}


def test_names_that_are_no_identifiers(store, open_config):
    """A mapping overrides options of any name."""
    config = open_config(store)
    with config.override({"external-port": {"value": 1}, "get": {}}, db={}):
        assert getattr(config, "external-port") == {"value": 1}
        assert config["get"] == {}
        assert config.db == {}
    assert "get" not in config


def test_new_option(store, open_config):
    """An option that the store does not have can be overridden, too."""
    config = open_config(store)
    with config.override(cache={"size": 1}):
        assert config.cache == {"size": 1}
        assert "cache" in dir(config)
    assert "cache" not in config


def test_nests(store, open_config):
    """The inner block wins while it lasts."""
    config = open_config(store)
    with config.override(db={"n": 1}):
        with config.override(db={"n": 2}):
            assert config.db == {"n": 2}
        assert config.db == {"n": 1}


def test_ends_in_any_order(store, open_config):
    """Blocks that overlap may end in any order."""
    config = open_config(store)
    first, second = config.override(db={"n": 1}), config.override(db={"n": 2})
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert config.db == {"n": 2}
    second.__exit__(None, None, None)
    assert config.db["port"] == 27017


def test_ends_after_an_error(store, open_config):
    """A test that fails leaves nothing overridden."""
    config = open_config(store)
    with pytest.raises(ZeroDivisionError), config.override(db={}):
        raise ZeroDivisionError
    assert config.db["port"] == 27017


def test_survives_refreshes(store, clock, open_config):
    """A refresh shows beside an override, not instead of it, and after it."""
    config = open_config(store)
    with config.override(db={"host": "fake"}):
        store.set("db", {"host": "new"})
        store.set("external-port", {"value": 81})
        clock.advance(60)
        config.reload()
        assert config.db == {"host": "fake"}
        assert config["external-port"] == {"value": 81}
    assert config.db == {"host": "new"}


def test_calls_no_subscriber(store, open_config):
    """No subscriber is called for an override."""
    config = open_config(store)
    told = []
    config.subscribe(lambda *change: told.append(change))
    with config.override(db={}):
        config.reload()
    assert told == []


def test_values_are_canonical(store, open_config):
    """An override accepts what a store accepts, and shows it as a store would."""
    config = open_config(store)
    with config.override(db={"hosts": ("a", "b"), "ratio": 1.0}):
        assert config.db["hosts"] == ["a", "b"]
        assert type(config.db["ratio"]) is int
        with pytest.raises(TypeError):
            config.db["hosts"].append("c")


def test_values_outside_the_domain(store, open_config):
    """Values that no store accepts are refused, and nothing changes."""
    config = open_config(store)
    with pytest.raises(InvalidValueError), config.override(db={"host": object()}):
        pass
    with pytest.raises(InvalidNameError), config.override({"": {}}):
        pass
    assert config.db["port"] == 27017


def test_validated(store, open_config):
    """An override that does not fit the schema is refused, and changes nothing."""
    store.options = {"range": {"low": 1}}
    config = open_config(store, schema={"range": Range})
    with pytest.raises(SchemaError), config.override(range={"low": "one"}):
        pass
    assert config.range == Range(1, 10)
    with config.override(range={"low": 2}):
        assert config.range == Range(2, 10)
    assert config.range == Range(1, 10)


def test_refresh_that_does_not_fit(store, open_config):
    """While an override lasts the store's own options are still validated."""
    store.options = {"range": {"low": 1}}
    config = open_config(store, schema={"range": Range})
    with config.override(range={"low": 2}):
        store.options = {"range": {"low": "one"}}
        with pytest.raises(SchemaError):
            config.reload()
        assert config.range == Range(2, 10)
    assert config.range == Range(1, 10)


def test_override_nothing(store, open_config):
    """An override of nothing changes nothing."""
    config = open_config(store)
    with config.override():
        assert config.db["port"] == 27017


@pytest.mark.parametrize("options", [{"background": False}, {"max_stale": 60}])
def test_with_a_look_at_the_clock(store, open_config, options):
    """Configs that look at the clock can be overridden, too."""
    config = open_config(store, **options)
    with config.override(db={"host": "fake"}):
        assert config.db == {"host": "fake"}


def test_is_not_saved(store, clock, open_config, tmp_path):
    """An override is never saved in the fallback file."""
    config = open_config(store, fallback=tmp_path / "last.json")
    with config.override(db={"host": "fake"}):
        store.set("external-port", {"value": 81})
        config.reload()
    assert "fake" not in (tmp_path / "last.json").read_text()
