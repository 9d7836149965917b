"""ConfigStore: a store to write to, and the same store to read."""

from __future__ import annotations

import pytest

from confstore import CachedConfigStore, ConfigStore, SimpleConfigStore, TimeBasedConfigStore
from confstore.errors import OptionNotFoundError, StoreClosedError


def test_simple_is_the_default(store):
    """Without a choice every read asks the backend."""
    assert isinstance(ConfigStore(store).config, SimpleConfigStore)


@pytest.mark.parametrize("strategy", [SimpleConfigStore, TimeBasedConfigStore, CachedConfigStore])
@pytest.mark.parametrize("by_name", [True, False])
def test_choice_of_strategy(store, strategy, by_name):
    """A strategy is chosen by its name or its class."""
    with ConfigStore(store, strategy.__name__ if by_name else strategy) as facade:
        assert isinstance(facade.config, strategy)
        assert facade.config["db"]["port"] == 27017


def test_options_of_a_strategy(store):
    """Other arguments go to the strategy."""
    with pytest.raises(ValueError, match="update_interval"):
        ConfigStore(store, "TimeBasedConfigStore", update_interval=0)


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("TimeBasedConfig", "did you mean 'TimeBasedConfigStore'"),
        ("xyz", "known are CachedConfigStore, SimpleConfigStore, TimeBasedConfigStore"),
    ],
)
def test_unknown_strategy(store, name, advice):
    """A name that no strategy has is refused, with what was meant or what there is."""
    with pytest.raises(ValueError, match=advice):
        ConfigStore(store, name)


def test_writes(store):
    """A read returns the written values."""
    facade = ConfigStore(store)
    facade.set("cache", {"size": 1})
    facade.update("cache", {"age": 2})
    assert facade.config["cache"] == {"size": 1, "age": 2}
    facade.update("cache", {}, remove=["size"])
    assert facade.config["cache"] == {"age": 2}
    facade.delete("cache")
    with pytest.raises(OptionNotFoundError):
        facade.delete("cache")


def test_reload_shows_writes(store):
    """After a reload a config of snapshots shows what was written."""
    with ConfigStore(store, "TimeBasedConfigStore") as facade:
        facade.set("db", {"n": 1})
        assert facade.config.db["port"] == 27017
        facade.reload()
        assert facade.config.db == {"n": 1}


def test_closes_both(store):
    """Closing ends the strategy and the store."""
    with ConfigStore(store, "TimeBasedConfigStore") as facade:
        pass
    facade.close()
    assert store.is_closed
    with pytest.raises(StoreClosedError):
        facade.reload()


def test_closes_the_store_whatever_happens(store):
    """A foreign strategy whose close raises leaves no store open."""

    class Broken(SimpleConfigStore):
        def close(self):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ConfigStore(store, Broken).close()
    assert store.is_closed


def test_option_named_invalidate(store):
    """An option named like a method is not called."""
    store.options["invalidate"] = {}
    with ConfigStore(store, "TimeBasedConfigStore") as facade:
        facade.set("db", {})


def test_repr_shows_no_value(store):
    """The text of a facade says what is read how."""
    assert repr(ConfigStore(store)) == "<ConfigStore 'prod' read by SimpleConfigStore>"


def test_positional_arguments_of_a_strategy(store):
    """Further positional arguments go to the strategy, too."""
    with pytest.raises(ValueError, match="max_age"):
        ConfigStore(store, CachedConfigStore, -1)
