"""The Config protocol: one set of rules for every reading strategy."""

from __future__ import annotations

import attrs
import pytest

from confstore import CachedConfigStore, SimpleConfigStore, TimeBasedConfigStore
from confstore.errors import InvalidNameError, OptionNotFoundError, StoreUnavailableError

DB = {"host": "localhost", "port": 27017}


@attrs.frozen
class Database:
    host: str
    port: int


@attrs.frozen
class Settings:
    db: Database | None = None


STRATEGIES = {
    "simple": (SimpleConfigStore, {}),
    "cached": (CachedConfigStore, {}),
    "time-based": (TimeBasedConfigStore, {}),
    "on demand": (TimeBasedConfigStore, {"background": False}),
    "typed": (TimeBasedConfigStore, {"schema": Settings}),
    "typed on demand": (TimeBasedConfigStore, {"schema": Settings, "background": False}),
}


@pytest.fixture(params=STRATEGIES.values(), ids=STRATEGIES)
def config(request, store):
    """A config of a store of two options, by every strategy."""
    strategy, options = request.param
    with strategy(store, **options) as opened:
        yield opened


def test_get(config):
    """`get` reads one option or all of them, and only the given keys of each."""
    assert config.get("db") == DB
    assert config.get("db", keys=["port", "absent"]) == {"port": 27017}
    assert config.get("db", keys=[]) == {}
    assert config.get() == {"db": DB, "external-port": {"value": 80}}
    assert config.get(keys=["value"]) == {"db": {}, "external-port": {"value": 80}}


def test_default(config):
    """A default is returned for an absent option, None as well."""
    assert config.get("absent", default=None) is None
    assert config.get("absent", default=DB) is DB
    assert config.get("db", default=None) == DB


@pytest.mark.parametrize("read", [lambda config: config.get("absent"), lambda c: c["absent"]])
def test_absent(config, read):
    """An absent option without a default raises; the error names option and store."""
    with pytest.raises(OptionNotFoundError) as caught:
        read(config)
    assert (caught.value.option, caught.value.store) == ("absent", "prod")


def test_keys_are_no_text(config):
    """A text as keys is refused, with and without an option."""
    for option in ("db", None):
        with pytest.raises(TypeError, match="keys"):
            config.get(option, keys="host")


def test_item(config):
    """`config[option]` is `config.get(option)`: plain, also with a schema."""
    assert config["db"] == config.get("db") == DB
    assert isinstance(config["db"], dict)


def test_contains(config):
    """`in` asks for a name; what cannot be a name is not in a config."""
    assert "db" in config
    assert "absent" not in config


def test_names(config):
    """Iteration, `len` and `keys()` agree on the names of the options."""
    assert sorted(config) == sorted(config.keys()) == ["db", "external-port"]
    assert len(config) == 2
    assert config.keys() - {"db"} == {"external-port"}


def test_dict(config):
    """`dict(config)` holds every option, plain."""
    assert dict(config) == config.get()


def test_keys_are_a_state(store, config):
    """The names that `keys()` returned stay as they are, whatever becomes of the store."""
    names = config.keys()
    store.delete("db")
    config.reload()
    assert names == {"db", "external-port"}
    assert config.keys() == {"external-port"}


def test_is_true(store, config):
    """A config is true without options, too, and without a read."""
    store.options = {}
    config.reload()
    reads = len(store.reads)
    assert bool(config) is True
    assert len(store.reads) == reads
    assert len(config) == 0
    assert dict(config) == {}


def test_reload(store, config):
    """After `reload` reads see every write that has ended."""
    assert config["db"] == DB
    store.set("db", {"host": "elsewhere", "port": 1})
    config.reload()
    assert config["db"] == {"host": "elsewhere", "port": 1}


def test_closed_config_reads(store, config):
    """A config is closed twice as once, leaves its store open and can still be read."""
    config.close()
    config.close()
    assert not store.is_closed
    assert config["db"] == DB


def test_with(config):
    """A `with` block gives the config itself."""
    with config as entered:
        assert entered is config


def test_impossible_name(config):
    """A name that no option can have is in no config; `get` refuses it, with a default as well."""
    assert "" not in config
    with pytest.raises(InvalidNameError):
        config.get("", default=None)


@pytest.mark.parametrize("strategy", [SimpleConfigStore, CachedConfigStore])
def test_names_are_read(store, strategy):
    """Strategies that do not hold the whole store read it for its names, and say when they fail."""
    config = strategy(store)
    assert len(config) == 2
    assert store.asked == [None]
    store.fail(StoreUnavailableError("prod", "no route"))
    with pytest.raises(StoreUnavailableError):
        len(config)
