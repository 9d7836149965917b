"""Typed objects are shared by all readers: what is in them cannot be changed."""

from __future__ import annotations

import collections
import collections.abc
import copy
import functools
import pickle
import types
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple, TypedDict

import attrs
import pydantic
import pytest

from confstore import TimeBasedConfigStore


class Pair(NamedTuple):
    hosts: list[str]


class Entry(TypedDict):
    hosts: list[str]


@attrs.frozen
class AttrsInner:
    hosts: list[str]


@dataclass(frozen=True)
class DataInner:
    hosts: list[str]


class ModelInner(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(frozen=True)
    hosts: list[str]


@attrs.frozen
class AttrsSettings:
    hosts: list[str]
    limits: dict[str, list[int]]
    tags: set[str]
    matrix: list[list[int]]
    one: AttrsInner
    many: dict[str, list[AttrsInner]]
    pair: Pair
    entry: Entry
    any: Any
    rows: tuple[list[int], ...]
    default: list[str] = attrs.field(factory=lambda: ["a"])


@dataclass(frozen=True)
class DataSettings:
    hosts: list[str]
    limits: dict[str, list[int]]
    tags: set[str]
    matrix: list[list[int]]
    one: DataInner
    many: dict[str, list[DataInner]]
    pair: Pair
    entry: Entry
    any: Any
    rows: tuple[list[int], ...]
    default: list[str] = field(default_factory=lambda: ["a"])


class ModelSettings(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(frozen=True)
    hosts: list[str]
    limits: dict[str, list[int]]
    tags: set[str]
    matrix: list[list[int]]
    one: ModelInner
    many: dict[str, list[ModelInner]]
    pair: Pair
    entry: dict[str, list[str]]
    any: Any
    rows: tuple[list[int], ...]
    default: list[str] = ["a"]


OPTIONS = {
    "hosts": ["a"],
    "limits": {"x": [1]},
    "tags": {"a"},
    "matrix": [[1]],
    "one": {"hosts": ["a"]},
    "many": {"x": [{"hosts": ["a"]}]},
    "pair": [["a"]],
    "entry": {"hosts": ["a"]},
    "any": {"x": [1]},
    "rows": [[1]],
}

CHANGES = [
    lambda db: db.hosts.append("b"),
    lambda db: db.hosts.__setitem__(0, "b"),
    lambda db: db.limits.update(y=[]),
    lambda db: db.limits["x"].clear(),
    lambda db: db.tags.add("b"),
    lambda db: db.tags.__ior__({"b"}),
    lambda db: db.matrix[0].append(2),
    lambda db: db.one.hosts.append("b"),
    lambda db: db.many["x"].pop(),
    lambda db: db.many["x"][0].hosts.append("b"),
    lambda db: db.pair.hosts.append("b"),
    lambda db: db.entry["hosts"].append("b"),
    lambda db: db.any["x"].append(2),
    lambda db: db.rows[0].append(2),
    lambda db: db.default.append("b"),
]

SETTINGS = [AttrsSettings, DataSettings, ModelSettings]


@pytest.fixture(params=SETTINGS)
def settings(request, scripted_store, open_config):
    """A typed option, as each kind of class."""
    return open_config(scripted_store({"db": OPTIONS}), schema={"db": request.param}).db


@pytest.mark.parametrize("change", CHANGES)
def test_containers_are_read_only(settings, change):
    """A container inside of a typed object raises when it is changed, at every depth."""
    with pytest.raises(TypeError, match="a configuration is read-only"):
        change(settings)


@pytest.mark.parametrize("schema", SETTINGS)
def test_type_of_the_store(scripted_store, open_config, schema):
    """So does one inside of an object of the whole store."""
    whole = attrs.make_class("Whole", {"db": attrs.field(type=schema)}, frozen=True)
    config = open_config(scripted_store({"db": OPTIONS}), schema=whole)
    with pytest.raises(TypeError, match="a configuration is read-only"):
        config.current.db.one.hosts.append("b")


def test_containers_keep_their_class(settings):
    """A read-only container is equal to a plain one, and of its class."""
    assert settings.hosts == ["a"]
    assert settings.limits == {"x": [1]}
    assert settings.tags == {"a"}
    assert isinstance(settings.tags, set)
    assert isinstance(settings.hosts, list)
    assert isinstance(settings.pair, Pair)
    assert isinstance(settings.rows, tuple)


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s))]
)
def test_copies_can_be_changed(settings, copied):
    """A copy of a set in an object is a plain set."""
    for made in (copied(settings.tags), settings.tags.copy()):
        made.add("b")
        assert made == {"a", "b"}
    assert settings.tags == {"a"}


def test_objects_as_dicts(scripted_store, open_config):
    """Objects are made into dicts as ever."""
    store = scripted_store({"a": OPTIONS, "d": OPTIONS, "m": OPTIONS})
    schema = {"a": AttrsSettings, "d": DataSettings, "m": ModelSettings}
    config = open_config(store, schema=schema)
    made = [
        attrs.asdict(config.a)["many"],
        asdict(config.d)["many"],
        config.m.model_dump()["many"],
    ]
    assert made == [OPTIONS["many"]] * 3


@pytest.mark.parametrize("base", [attrs.define, dataclass])
def test_mutable_class(scripted_store, open_config, base):
    """An object of a class that is not frozen is made anew with every new snapshot."""

    @base
    class Mutable:
        port: int

    store = scripted_store({"db": {"port": 1}})
    config = open_config(store, schema={"db": Mutable})
    config.db.port = 2
    store.set("other", {})
    config.reload()
    assert config.db == Mutable(1)


@pytest.mark.parametrize("inner", [AttrsInner, DataInner, ModelInner])
def test_frozen_class(scripted_store, open_config, inner):
    """An object in which nothing can be changed stays the same one."""
    outer = attrs.make_class("Outer", {"inner": attrs.field(type=inner)}, frozen=True)
    store = scripted_store({"db": {"inner": {"hosts": ["a"]}}})
    config = open_config(store, schema={"db": outer})
    before = config.db
    store.set("other", {})
    config.reload()
    assert config.db is before


@attrs.frozen
class Others:
    queue: collections.deque[list[int]]
    ordered: collections.OrderedDict[str, list[int]]
    counted: collections.Counter[str]
    proxy: types.MappingProxyType[str, list[int]]
    sequence: collections.abc.Sequence[list[int]]
    frozen: frozenset[int]


def test_containers_of_other_classes(scripted_store, open_config):
    """What is in a container of another class is read-only; the container is made anew."""
    values = {
        "queue": [[1]],
        "ordered": {"x": [1]},
        "counted": {"x": 1},
        "proxy": {"x": [1]},
        "sequence": [[1]],
        "frozen": [1],
    }
    store = scripted_store({"db": values})
    config = open_config(store, schema={"db": Others})
    inner = [
        config.db.queue[0],
        config.db.ordered["x"],
        config.db.proxy["x"],
        config.db.sequence[0],
    ]
    for each in inner:
        with pytest.raises(TypeError, match="a configuration is read-only"):
            each.append(2)
    config.db.queue.clear()
    store.set("other", {})
    config.reload()
    assert config.db.queue == collections.deque([[1]])


def test_what_a_converter_gives(scripted_store, open_config):
    """A converter's container is read-only in the object; the application's own object is not."""
    shared = AttrsInner(["a"])

    @attrs.frozen
    class Converted:
        hosts: list[str] = attrs.field(converter=str.split)
        inner: AttrsInner = attrs.field(converter=lambda _: shared)
        queue: collections.deque[int] = attrs.field(converter=collections.deque)

    store = scripted_store({"db": {"hosts": "a b", "inner": 1, "queue": [1]}})
    config = open_config(store, schema={"db": Converted})
    with pytest.raises(TypeError, match="a configuration is read-only"):
        config.db.hosts.append("c")
    config.db.inner.hosts.append("b")
    assert shared.hosts == ["a", "b"]
    assert config.db.queue == collections.deque([1])


def test_state_of_the_object(scripted_store, open_config):
    """A field that is not given is the object's own, and stays as it is."""

    @dataclass
    class Cached:
        host: str
        cache: dict[str, int] = field(default_factory=dict, init=False)

    config = open_config(scripted_store({"db": {"host": "a"}}), schema={"db": Cached})
    config.db.cache["a"] = 1
    assert config.db.cache == {"a": 1}


def test_cached_property_of_a_model(scripted_store, open_config):
    """What a model computes is its own, and stays as it is."""

    class Model(pydantic.BaseModel):
        host: str

        @functools.cached_property
        def cache(self):
            return {}

        @pydantic.model_validator(mode="after")
        def _fill(self):
            self.cache["a"] = 1
            return self

    config = open_config(scripted_store({"db": {"host": "a"}}), schema={"db": Model})
    config.db.cache["b"] = 2
    assert config.db.cache == {"a": 1, "b": 2}


def test_model_that_gives_something_else(scripted_store, open_config):
    """A model whose validator returns another object is taken at its word."""

    class Model(pydantic.BaseModel):
        @pydantic.model_validator(mode="wrap")
        @classmethod
        def _replace(cls, values, handler):
            return "replaced"

    config = open_config(scripted_store({"db": {}}), schema={"db": Model})
    assert config.db == "replaced"


def test_extra_keys_of_a_model(scripted_store, open_config):
    """Keys that a model allows without a field are read-only, too."""

    class Open(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(extra="allow")

    config = open_config(scripted_store({"db": {"hosts": ["a"]}}), schema={"db": Open})
    with pytest.raises(TypeError, match="a configuration is read-only"):
        config.db.hosts.append("b")
    with pytest.raises(TypeError, match="a configuration is read-only"):
        config.db.model_extra.clear()
    assert config.db.model_dump() == {"hosts": ["a"]}
    copied = copy.deepcopy(config.db)
    copied.model_extra["hosts"].append("b")
    assert copied.hosts == ["a", "b"]


def test_object_that_refers_to_itself(scripted_store, open_config):
    """An object whose parts refer to it is made read-only, too."""

    @attrs.define(eq=False)
    class Parent:
        hosts: list[str]
        child: Any = None

        def __attrs_post_init__(self):
            self.child = self

    config = open_config(scripted_store({"db": {"hosts": ["a"]}}), schema={"db": Parent})
    with pytest.raises(TypeError, match="a configuration is read-only"):
        config.db.child.hosts.append("b")


def test_default_of_a_model(scripted_store):
    """A model that is a default has read-only containers, and the class's own default stays."""

    class Outer(pydantic.BaseModel):
        inner: ModelInner = ModelInner(hosts=["a"])

    with (
        TimeBasedConfigStore(
            scripted_store({"db": {}}), schema={"db": Outer}, background=False
        ) as config,
        pytest.raises(TypeError, match="a configuration is read-only"),
    ):
        config.db.inner.hosts.append("b")
    assert Outer().inner.hosts == ["a"]
