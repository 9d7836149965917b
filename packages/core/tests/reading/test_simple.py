"""SimpleConfigStore: every read asks the backend."""

from __future__ import annotations

import pytest

from confstore import SimpleConfigStore
from confstore.errors import OptionNotFoundError


@pytest.fixture
def config(store):
    """A config of the store."""
    return SimpleConfigStore(store)


def test_every_read_is_fresh(store, config):
    """Every read asks the backend, strongly consistent."""
    assert config.get("db") == config["db"] == store.options["db"]
    store.set("db", {"host": "elsewhere"})
    assert config["db"] == {"host": "elsewhere"}
    assert store.reads == [True] * 3


def test_keys(config):
    """With keys, only those of them that exist come back."""
    assert config.get("db", keys=["port", "nothing"]) == {"port": 27017}
    assert config.get("db", keys=[]) == {}


def test_whole_store(store, config):
    """Without an option, `get` reads every one."""
    assert config.get() == store.options
    assert config.get(keys=["value"]) == {"db": {}, "external-port": {"value": 80}}


def test_absent_option(config):
    """Without a default an absent option raises."""
    with pytest.raises(OptionNotFoundError):
        config.get("cache")
    with pytest.raises(OptionNotFoundError):
        config["cache"]


def test_default(config):
    """With a default it is returned, None as well."""
    assert config.get("cache", default=None) is None


def test_contains(config):
    """`in` reads no values; what cannot be a name is not in a config."""
    assert "db" in config
    assert "cache" not in config
    assert 5 not in config


def test_names(store, config):
    """Iteration gives the names; an empty store is a store."""
    assert sorted(config) == ["db", "external-port"]
    assert len(config) == 2
    store.options = {}
    assert config


def test_life(store, config):
    """There is nothing to reload, and the store is closed by who opened it."""
    config.reload()
    config.close()
    assert store.asked == []
    assert not store.is_closed
    assert config["db"]["port"] == 27017


def test_result_is_the_callers(store, config):
    """Results can be changed, which changes nothing in the store."""
    config["db"]["host"] = "elsewhere"
    assert config["db"]["host"] == "localhost"


def test_repr_shows_no_value(config):
    """The text of a config says which store it reads."""
    assert repr(config) == "<SimpleConfigStore of store 'prod'>"
