"""Reading a TimeBasedConfigStore."""

from __future__ import annotations

import copy
import json
import pickle
import threading

import pytest

from confstore import TimeBasedConfigStore
from confstore.errors import InvalidNameError, OptionNotFoundError
from confstore.testing import HOSTILE_NAMES


def test_option_is_an_attribute(store, open_config):
    """Every option is an attribute."""
    assert open_config(store).db == {"host": "localhost", "port": 27017}


def test_any_name_is_an_attribute(store, open_config):
    """A name that is no identifier is read with getattr."""
    assert getattr(open_config(store), "external-port") == {"value": 80}


def test_option_is_an_item(store, open_config):
    """Every option can be read by its name."""
    assert open_config(store)["db"]["port"] == 27017


def test_absent_item(store, open_config):
    """Reading an absent option by its name names option and store."""
    with pytest.raises(OptionNotFoundError) as caught:
        open_config(store)["cache"]
    assert (caught.value.option, caught.value.store) == ("cache", "prod")


@pytest.mark.parametrize("options", [{}, {"background": False}])
def test_absent_attribute(store, open_config, options):
    """Reading an absent attribute is an AttributeError that names it."""
    config = open_config(store, **options)
    with pytest.raises(AttributeError, match="cache"):
        config.cache  # noqa: B018 (reading is what is tested)
    assert not hasattr(config, "cache")


def test_get_whole_store(store, open_config):
    """Without an option, `get` returns every one by its name."""
    assert open_config(store).get() == store.options


def test_get_keys_of_whole_store(store, open_config):
    """Without an option, the keys are those of each option."""
    assert open_config(store).get(keys=["host"]) == {
        "db": {"host": "localhost"},
        "external-port": {},
    }


def test_get_keys_of_option(store, open_config):
    """With keys, only those of them that exist come back."""
    assert open_config(store).get("db", keys=["port", "nothing"]) == {"port": 27017}


def test_get_no_keys(store, open_config):
    """No keys are no keys."""
    assert open_config(store).get("db", keys=[]) == {}


def test_keys_as_text(store, open_config):
    """A str as keys is a mistake: it would be a collection of letters."""
    with pytest.raises(TypeError, match="keys"):
        open_config(store).get("db", keys="host")


def test_get_default(store, open_config):
    """A default is returned for an absent option, None as well."""
    config = open_config(store)
    assert config.get("cache", default=None) is None
    assert config.get("cache", default={"size": 1}) == {"size": 1}
    assert config.get("db", default=None)["port"] == 27017


@pytest.mark.parametrize("name", ["", 5, b"db"])
def test_get_impossible_name(store, open_config, name):
    """A name that no option can have is refused, also with a default."""
    with pytest.raises(InvalidNameError):
        open_config(store).get(name, default=None)


def test_contains(store, open_config):
    """`in` asks for a name; anything else is not in a config."""
    config = open_config(store)
    assert "db" in config
    assert "cache" not in config
    assert 5 not in config
    assert "" not in config


def test_iterates_over_names(store, open_config):
    """Iteration gives the names of the options."""
    assert sorted(open_config(store)) == ["db", "external-port"]
    assert len(open_config(store)) == 2


def test_empty_store_is_true(scripted_store, open_config):
    """A config of an empty store is a config."""
    config = open_config(scripted_store())
    assert config
    assert len(config) == 0
    assert config.get() == {}


@pytest.mark.parametrize(
    "name",
    ["get", "keys", "current", "status", "close", "_refresher", "_view", "__class__", "__dict__"],
)
@pytest.mark.parametrize("options", [{}, {"max_stale": 60}])
def test_option_named_like_an_attribute(scripted_store, open_config, name, options):
    """An option hides no attribute of the class, and is read by its name."""
    config = open_config(scripted_store({name: {"key": 1}}), **options)
    assert config[name] == {"key": 1}
    assert config.get(name) == {"key": 1}
    assert isinstance(config, TimeBasedConfigStore)
    assert config.status.version == 1
    assert config.current == {name: {"key": 1}}
    config.reload()


@pytest.mark.parametrize("name", [*HOSTILE_NAMES, "class", "self", "None", "__getattr__"])
@pytest.mark.parametrize("options", [{}, {"background": False}])
def test_hostile_name(scripted_store, open_config, name, options):
    """An option of any name can be read."""
    config = open_config(scripted_store({name: {"key": 1}}), **options)
    assert config[name] == {"key": 1}
    assert list(config) == [name]
    if not hasattr(type(config), name):
        assert getattr(config, name) == {"key": 1}


def test_dir_names_options(store, open_config):
    """`dir` shows what can be read, for completion at a prompt."""
    assert {"db", "external-port", "get", "reload"} <= set(dir(open_config(store)))
    assert {"db", "external-port"} <= set(dir(open_config(store, max_stale=60)))
    assert "" not in dir(open_config(store))


@pytest.mark.parametrize("options", [{}, {"background": False}])
def test_repr_shows_no_value(store, open_config, options):
    """The text of a config says which store it reads, and how much of it."""
    expected = "<TimeBasedConfigStore of store 'prod': 2 options, version 1>"
    assert repr(open_config(store, **options)) == expected
    del store.options["db"]
    assert " 1 option, version 1>" in repr(open_config(store, **options))


def test_config_is_read_only(store, open_config):
    """Nothing can be written through a config."""
    config = open_config(store)
    with pytest.raises(AttributeError, match="write option 'db' to its store"):
        config.db = {}
    with pytest.raises(AttributeError, match="delete option 'db' from its store"):
        del config.db
    with pytest.raises(TypeError):
        config["db"]["host"] = "elsewhere"
    with pytest.raises(TypeError):
        config.get()["db"] = {}


def test_snapshot_is_read_only_deep_down(scripted_store, open_config):
    """Values nested in an option are read-only, too."""
    config = open_config(scripted_store({"db": {"hosts": ["a"], "tags": {"x"}, "tls": {"on": 1}}}))
    with pytest.raises(TypeError):
        config.db["hosts"].append("b")
    with pytest.raises(TypeError):
        config.db["tls"]["on"] = 0
    assert isinstance(config.db["tags"], frozenset)


def test_poll_of_plain_dicts_is_read_only(store, open_config):
    """A store of somebody else's that polls plain dicts cannot make a snapshot writable."""
    from confstore import Poll

    store.poll = lambda checkpoint, *, consistent: Poll(1, {"db": {"host": "a"}}, is_full=True)
    with pytest.raises(TypeError):
        open_config(store).db["host"] = "b"


def test_copies_are_plain(store, open_config):
    """A copy of an option can be changed, which changes nothing in the config."""
    config = open_config(store)
    for plain in (
        config.db.copy(),
        copy.deepcopy(config.db),
        pickle.loads(pickle.dumps(config.db)),
    ):
        plain["host"] = "elsewhere"
    assert config.db["host"] == "localhost"


@pytest.mark.parametrize("options", [{}, {"background": False}])
@pytest.mark.parametrize("copier", [copy.copy, copy.deepcopy, pickle.dumps])
def test_config_is_not_copied(store, open_config, copier, options):
    """A config has a thread and a lock: copying or pickling it says what can be copied."""
    with pytest.raises(TypeError, match="what its get\\(\\) returns can"):
        copier(open_config(store, **options))


def test_current_without_schema(store, open_config):
    """Without a schema, `current` is the snapshot, which is what it looks like to json."""
    current = open_config(store).current
    assert json.loads(json.dumps(current)) == store.options


def test_current_is_one_snapshot(store, clock, open_config):
    """A snapshot that a reader holds does not change."""
    config = open_config(store)
    held = config.current
    store.set("db", {"host": "elsewhere"})
    clock.advance(60)
    assert held["db"]["host"] == "localhost"
    assert config.current["db"]["host"] == "elsewhere"


def test_context_manager_closes(store, open_config, clock):
    """At the end of its block a config is closed; what was read stays readable."""
    with open_config(store) as config:
        pass
    clock.advance(600)
    assert len(store.reads) == 1
    assert config.db["port"] == 27017


def test_generic(store, open_config):
    """A config can be made of the subscripted class."""
    config = open_config(store, cls=TimeBasedConfigStore[dict])
    assert config.db["port"] == 27017


def test_subclass(store, clock, open_config):
    """A subclass's own members stay, and its __init__ may choose how it reads."""

    class OnDemand(TimeBasedConfigStore):
        __slots__ = ("label",)

        def __init__(self, store, update_interval, **options):
            super().__init__(store, update_interval, background=False, **options)
            object.__setattr__(self, "label", "mine")

        @property
        def address(self):
            return f"{self.db['host']}:{self.db['port']}"

    config = open_config(store, cls=OnDemand)
    store.set("db", {"host": "elsewhere", "port": 1})
    store.set("address", {"is": "hidden by the property"})
    assert config.address == "localhost:27017"
    clock.advance(60)
    assert config.address == "elsewhere:1"
    assert config.label == "mine"
    assert type(config).__name__ == "OnDemand"
    assert not [thread for thread in threading.enumerate() if "refresh" in thread.name]


@pytest.mark.parametrize("interval", [0, -1, float("nan"), float("inf"), float("-inf")])
def test_interval_is_a_duration(store, interval):
    """An interval that is not a duration is refused, by its name."""
    with pytest.raises(ValueError, match="update_interval is a positive number of seconds"):
        TimeBasedConfigStore(store, interval)


@pytest.mark.parametrize("interval", ["60", True, [60]])
def test_interval_is_a_number(store, interval):
    """An interval that is not a number is refused, even one that float() accepts."""
    with pytest.raises(TypeError, match="update_interval is a positive number of seconds, not"):
        TimeBasedConfigStore(store, interval)


@pytest.mark.parametrize("name", ["max_stale", "startup_timeout"])
def test_other_durations(store, name):
    """Every number of seconds is checked alike."""
    with pytest.raises(ValueError, match=f"{name} is a positive number of seconds"):
        TimeBasedConfigStore(store, **{name: 0})


@pytest.mark.parametrize("options", [{"startup_timeout": 1e12}, {"max_stale": 1e12}, {}])
def test_huge_durations(store, options):
    """An interval of 30,000 years works with the machine's own clock."""
    with TimeBasedConfigStore(store, 1e12, **options) as config:
        assert config.db["port"] == 27017


def test_huge_interval_on_demand(store):
    """An interval of 30,000 years works without a thread, too."""
    with TimeBasedConfigStore(store, 1e12, background=False) as config:
        assert config.db["port"] == 27017
