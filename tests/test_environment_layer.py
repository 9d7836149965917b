"""The environment as a layer: names, kinds, and what is an error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypedDict

import attrs
import pytest
from hypothesis import given, settings
from pydantic import BaseModel, Field

from confstore import (
    CachedConfigStore,
    Environment,
    LayeredStore,
    SimpleConfigStore,
    TimeBasedConfigStore,
    origin,
    variable_name,
)
from confstore._cli.formats.environment import Naming, environment as exec_environment
from confstore.adapter import canonical_values, is_same
from confstore.errors import InvalidValueError, OptionNotFoundError
from confstore.testing import any_values
from confstore_memory import MemoryStore
from effort import at_length


def layered(environ: Mapping[str, str], options: Mapping[str, Any] | None = None) -> LayeredStore:
    return LayeredStore([Environment("APP_", environ), MemoryStore("base", options)])


def read(environ: Mapping[str, str], options: Mapping[str, Any] | None = None) -> dict[str, Any]:
    layers = layered(environ, options)
    found = dict(layers.items())
    # Every way to read gives the same.
    assert is_same(dict(layers.poll().changed), found)
    for option, values in found.items():
        assert is_same(layers.get(option), values)
    return found


# -- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variable", "option", "key"),
    [
        ("APP_DB__HOST", "db", "host"),
        ("app_db__host", "DB", "Host"),
        ("App_Db__Host", "dB", "hOST"),
        ("APP_MAX_UPLOAD__PER_USER", "max-upload", "per.user"),
        ("APP_MAX_UPLOAD__PER_USER", "max upload", "per_user"),
        ("APP_A__B__C", "a", "b__c"),
        ("APP_A__B__C", "a--b", "c"),
        ("APP_A____B", "a_", "_b"),
        ("APP_A____B", "a__", "b"),
        ("APP_GR__E__KEY", "gr\u00f6\u00dfe", "key"),
        ("APP_1__2", "1", "2"),
    ],
)
def test_names_the_option_and_key_that_are_written_so(variable: str, option: str, key: str) -> None:
    """Case does not count, and any character but letters and digits is _."""
    assert read({variable: "new"}, {option: {key: "old", "more": 1}}) == {
        option: {key: "new", "more": 1}
    }


@pytest.mark.parametrize(
    ("variable", "options", "option", "key"),
    [
        ("APP_DB__HOST", {}, "db", "host"),
        ("APP_DB__HOST", {"DB": {}}, "DB", "host"),
        ("APP_DB__HOST", {"DB": {"port": 1}, "other": {}}, "DB", "host"),
        ("APP_A__B__C", {}, "a", "b__c"),
        ("APP_A__B__C", {"a-_b": {}}, "a-_b", "c"),
        ("APP_A___B", {}, "a", "_b"),
    ],
)
def test_makes_what_is_not_there(
    variable: str, options: dict[str, Any], option: str, key: str
) -> None:
    """A key of an option that is there, else a new option, in lower case."""
    assert read({variable: "new"}, options)[option][key] == "new"


@pytest.mark.parametrize(
    "name",
    ["APP_DB", "APP_DB_HOST", "APP___HOST", "APP_DB__", "APP_", "APP_D\u00d6__A", "XAPP_A__B"],
)
def test_leaves_other_variables_alone(name: str) -> None:
    """A variable without an option or a key behind the prefix is none of ours."""
    assert read({name: "x"}, {"db": {"host": "h"}}) == {"db": {"host": "h"}}
    environment = Environment("APP_", {name: "x"})
    assert not environment.variables
    assert environment.others == ((name,) if name.startswith("APP_") else ())


@settings(max_examples=at_length(500, short=50), deadline=None)
@given(values=any_values)
def test_exec_writes_the_same_names_and_texts(values: dict[str, Any]) -> None:
    """
    What `exec --separator __` writes of a store is read back equal over it.

    But for these texts, which stand for several values: None, and None, bytes, numbers of many
    digits, sets and dicts with one key that begins with `$` inside of lists and dicts.
    """
    values = canonical_values("some-option", values).copy()
    options = {"some-option": values}
    try:
        variables = exec_environment(options, Naming("APP_", "__"))
    except InvalidValueError:
        # Two keys have one variable, or a text holds a NUL.
        return
    clear = {key: value for key, value in values.items() if is_clear(value)}
    chosen = {
        name: variables[name]
        for name in (variable_name("some-option", k, prefix="APP_", separator="__") for k in clear)
    }
    assert is_same(read(chosen, options)["some-option"], values)


def is_clear(value: Any, *, is_inside: bool = False) -> bool:
    if isinstance(value, dict):
        return not (len(value) == 1 and next(iter(value)).startswith("$")) and all(
            is_clear(entry, is_inside=True) for entry in value.values()
        )
    if isinstance(value, list):
        return all(is_clear(entry, is_inside=True) for entry in value)
    return not (is_inside and isinstance(value, bytes | Decimal | set)) and (
        is_inside or value is not None
    )


def test_two_targets_are_an_error_for_that_option_alone() -> None:
    """A colleague's new option stops nobody who does not read it."""
    environ = {"APP_D_B__PORT": "5", "APP_OTHER__A": "6"}
    options = {"d-b": {"port": 1}, "d_b": {"port": 2}, "other": {"a": 1}}
    layers = layered(environ, options)
    reason = (
        "the variable APP_D_B__PORT stands for option 'd-b', key 'port' and option 'd_b', "
        "key 'port': unset it, or rename one of them"
    )
    assert layers.get("other") == {"a": 6}
    for option in ("d-b", "d_b"):
        with pytest.raises(InvalidValueError, match=reason):
            layers.get(option)
        with pytest.raises(InvalidValueError, match=reason):
            origin(layers, option, "port")
    seen = []
    with pytest.raises(InvalidValueError, match=reason):
        seen.extend(option for option, _ in layers.items())
    items = layers.items()
    assert next(items) == ("other", {"a": 6})
    for config in (SimpleConfigStore(layers), CachedConfigStore(layers)):
        assert config["other"] == {"a": 6}
        with pytest.raises(InvalidValueError, match=reason):
            config.get("d-b")


def test_two_targets_in_a_running_service() -> None:
    """The service starts and goes on, and the error comes where the option is read."""
    base = MemoryStore("base", {"d-b": {"port": 1}, "other": {"a": 1}})
    layers = LayeredStore([Environment("APP_", {"APP_D_B__PORT": "5"}), base])
    with TimeBasedConfigStore(layers) as config:
        assert config["d-b"] == {"port": 5}
        base.set("d_b", {"port": 2})
        config.reload()
        base.set("other", {"a": 2})
        assert config.other == {"a": 2}
        for look in (
            lambda: config.d_b["port"],
            lambda: config["d-b"]["port"],
            lambda: config.get("d-b", keys=["port"]),
            lambda: list(config.d_b),
            lambda: config.d_b == {},
            lambda: bool(config.d_b),
            lambda: config.d_b.copy(),
            lambda: json.dumps(config.d_b),
            lambda: dict(config.d_b),
            lambda: config.get()["d-b"]["port"],
            lambda: origin(config, "d-b", "port"),
        ):
            with pytest.raises(InvalidValueError, match="APP_D_B__PORT stands for"):
                look()
        assert repr(config.d_b) == "<an option with a fault>"
        # An unchanged fault is no change, and a change of one is.
        checkpoint = layers.poll().checkpoint
        base.set("d_b", {"port": 3})
        assert layers.poll(checkpoint).changed == {}
        base.set("D.B", {"port": 3})
        assert layers.poll(checkpoint).changed.keys() == {"d-b", "d_b", "D.B"}
        base.delete("D.B")
        base.delete("d_b")
        assert config["d-b"] == {"port": 5}


@attrs.frozen
class Port:
    port: int


def test_two_targets_of_an_option_that_a_schema_needs() -> None:
    """Who reads the option by a schema is told at the start."""
    layers = layered({"APP_DB__PORT": "5"}, {"db": {"port": 1}, "DB": {"port": 2}})
    with pytest.raises(InvalidValueError, match="APP_DB__PORT stands for option 'DB'"):
        TimeBasedConfigStore(layers, schema={"db": Port})


def test_two_targets_in_layers_within_a_layer() -> None:
    """The error is for that option alone, also where the layers are a layer of others."""
    inner = layered({"APP_DB__PORT": "5"}, {"db": {"port": 1}, "DB": {"port": 2}, "o": {"a": 1}})
    top = MemoryStore("top", {"db": {"host": "h"}, "o": {"b": 2}})
    for layers in (
        LayeredStore([top, inner]),
        LayeredStore([Environment("TOP_", {"TOP_DB__USER": "u"}), top, inner]),
    ):
        with TimeBasedConfigStore(layers) as config:
            assert config.o == {"a": 1, "b": 2}
            with pytest.raises(InvalidValueError, match="APP_DB__PORT stands for"):
                config.db["host"]


@dataclass(frozen=True)
class AnyTable:
    db: dict[str, int]


class AnyModel(BaseModel):
    db: dict[str, int]


@pytest.mark.parametrize("schema", [AnyTable, AnyModel])
def test_two_targets_of_a_field_without_a_class(schema: type[Any]) -> None:
    """Whatever the field's type, the error is the one about the variable."""
    layers = layered({"APP_DB__PORT": "5"}, {"db": {"port": 1}, "DB": {"port": 2}})
    with pytest.raises(InvalidValueError, match="APP_DB__PORT stands for option 'DB'"):
        TimeBasedConfigStore(layers, schema=schema)


def test_two_options_of_one_new_key() -> None:
    """A new key that could be that of two options is an error, too."""
    layers = layered({"APP_DB__HOST": "h"}, {"db": {}, "DB": {}})
    with pytest.raises(InvalidValueError, match="option 'DB', key 'host' and option 'db', key"):
        layers.get("db")


def test_two_variables_of_one_key() -> None:
    """Two variables that differ in case only are an error for their option."""
    layers = layered({"APP_DB__PORT": "5", "APP_db__port": "6"}, {"db": {"port": 1}, "o": {}})
    assert layers.get("o") == {}
    with pytest.raises(
        InvalidValueError, match="the variables APP_DB__PORT and APP_db__port both stand for it"
    ):
        layers.get("db")


def test_a_new_option_takes_over_its_variable() -> None:
    """What a variable made goes away when somebody makes the option that it names."""
    base = MemoryStore("base")
    layers = LayeredStore([Environment("APP_", {"APP_DB__PORT": "5"}), base])
    first = layers.poll()
    assert first.changed == {"db": {"port": "5"}}
    base.set("DB", {"port": 1})
    second = layers.poll(first.checkpoint)
    assert (second.changed, second.removed) == ({"DB": {"port": 5}}, {"db"})
    assert layers.get("DB") == {"port": 5}
    with pytest.raises(OptionNotFoundError):
        layers.get("db")
    base.delete("DB")
    third = layers.poll(second.checkpoint)
    assert (third.changed, third.removed) == ({"db": {"port": "5"}}, {"DB"})


@pytest.mark.parametrize("key", ["_store", "_option", "_expires"])
def test_refuses_keys_that_no_option_can_have(key: str) -> None:
    """A variable cannot make a key that no store can hold."""
    layers = layered({f"APP_DB__{key}": "x"})
    with pytest.raises(
        InvalidValueError, match=f"the variable APP_DB__{key} stands for it, and no"
    ):
        layers.get("db")


def test_refuses_options_of_too_long_a_name() -> None:
    """A variable cannot make an option that no store can hold."""
    layers = layered({f"APP_{'A' * 1025}__B": "x"})
    with pytest.raises(InvalidValueError, match="no option can have it"):
        layers.poll()


@pytest.mark.parametrize("prefix", ["", "APP", "_APP_", "1_", "APP-", "A B_", "\u00c4_"])
def test_refuses_a_prefix_that_is_no_word(prefix: str) -> None:
    """A prefix is a word with a _ behind it, as for exec."""
    with pytest.raises(ValueError, match="a prefix is letters, digits and _, with a _ at its end"):
        Environment(prefix, {})


def test_refuses_a_prefix_that_is_no_text() -> None:
    with pytest.raises(TypeError, match="a prefix is a str such as 'APP_', not a mapping"):
        Environment({})  # type: ignore[arg-type]


def test_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables of the process are those at the time when the layer was made."""
    monkeypatch.setenv("APP_DB__PORT", "5")
    environment = Environment("APP_")
    monkeypatch.setenv("APP_DB__PORT", "6")
    layers = LayeredStore([environment, MemoryStore("base")])
    assert layers.get("db") == {"port": "5"}
    assert repr(environment) == "<Environment 'APP_': 1 variable>"
    assert "5" not in repr(environment.variables)


def test_two_environments() -> None:
    """The stronger environment counts, and takes the kind that the weaker one gives."""
    layers = LayeredStore(
        [
            Environment("A_", {"A_DB__PORT": "2", "A_NEW__KEY": "3"}),
            MemoryStore("middle", {"db": {"host": "m"}}),
            Environment("B_", {"B_DB__PORT": "1", "B_DB__HOST": "b", "B_NEW__KEY": "4"}),
            MemoryStore("base", {"db": {"port": 0}}),
            Environment("C_", {"C_DB__LAST": "c"}),
        ]
    )
    expected = {"db": {"port": 2, "host": "m", "last": "c"}, "new": {"key": "3"}}
    assert dict(layers.items()) == expected
    assert {option: layers.get(option) for option in expected} == expected


# -- kinds ---------------------------------------------------------------------------------------

NUMBER = "27018"
TEXTS: dict[str, tuple[Any, str, Any]] = {
    "number": (1, "2", 2),
    "number, negative": (1, "-2.50", -2.5),
    "number, of many digits": (1, "1.23456789012345678901", Decimal("1.23456789012345678901")),
    "number, over a fraction": (0.5, "3", 3),
    "number, over a Decimal": (Decimal("1.23456789012345678901"), "1e3", 1000),
    "Boolean": (True, "false", False),
    "Boolean, as a number": (False, "1", True),
    "Boolean, of zero": (True, "0", False),
    "Boolean, capital": (False, "True", True),
    "text": ("a", "2", "2"),
    "text, empty": ("a", "", ""),
    "bytes": (b"a", "AAE=", b"\x00\x01"),
    "list": ([1], '["a", {"$bytes": "AA=="}, 1.50]', ["a", b"\x00", 1.5]),
    "dict": ({"a": 1}, '{"b": [null, true]}', {"b": [None, True]}),
    "set of text": ({"a"}, '["b", "1"]', {"b", "1"}),
    "set of bytes": ({b"a"}, '["AA=="]', {b"\x00"}),
    "set of numbers": ({1}, '[2, 0.5, "1.23456789012345678901"]', None),
    "over None": (None, "2", "2"),
}


@pytest.mark.parametrize(("below", "text", "value"), TEXTS.values(), ids=TEXTS)
def test_takes_the_kind_of_what_is_below(below: Any, text: str, value: Any) -> None:
    """A text becomes a value of the kind that it replaces."""
    if value is None:
        value = {2, 0.5, Decimal("1.23456789012345678901")}
    assert is_same(read({"APP_O__K": text}, {"o": {"k": below}}), {"o": {"k": value}})


FAULTS: dict[str, tuple[Any, str, str]] = {
    "number": (1, "CANARY", "a number that a store can keep, such as 27017 or 0.5"),
    "number, empty": (1, "", "a number"),
    "number, infinite": (1, "inf", "a number"),
    "number, too large": (1, "1e400", "a number"),
    "Boolean": (True, "CANARY", "true, false, 1 or 0"),
    "Boolean, yes": (True, "yes", "true, false, 1 or 0"),
    "bytes": (b"a", "CANARY!", "bytes in base64"),
    "list": ([1], "CANARY", r"a list in JSON, such as \[1, 2\]"),
    "list, a dict": ([1], "{}", "a list in JSON"),
    "list, of infinity": ([1], "[Infinity]", "a list in JSON"),
    "list, deep": ([1], "[" * 200 + "]" * 200, "a list in JSON"),
    "list, very deep": ([1], "[" * 200_000, "a list in JSON"),
    "dict": ({"a": 1}, '["CANARY"]', 'a dict in JSON, such as {"a": 1}'),
    "dict, of a wrong tag": ({"a": 1}, '{"a": {"$CANARY": 1}}', "a dict in JSON"),
    "dict, of a large number": ({"a": 1}, '{"a": 1e400}', "a dict in JSON"),
    "set": ({"a"}, '["CANARY", "CANARY"]', "a set as a list in JSON, without repetition"),
    "set, empty": ({"a"}, "[]", "a set as a list in JSON"),
    "set of bytes": ({b"a"}, '["CANARY!"]', "a set as a list in JSON"),
    "set of numbers": ({1}, '["CANARY"]', "a set as a list in JSON"),
    "set of lists": ({1}, '[["CANARY"]]', "a set as a list in JSON"),
    "text": ("a", "CANARY\udcff", "UTF-8"),
}


@pytest.mark.parametrize(("below", "text", "reason"), FAULTS.values(), ids=FAULTS)
def test_a_text_of_another_kind_is_an_error(below: Any, text: str, reason: str) -> None:
    """It names the variable, the option and the key, and shows no value."""
    layers = layered({"APP_O__K": text}, {"o": {"k": below}})
    start = (
        "store 'env:APP_ memory:base': option 'o', at k: the text of the variable APP_O__K is not "
        "what is expected: "
    )
    for call in (lambda: layers.get("o"), layers.poll, lambda: list(layers.items())):
        with pytest.raises(InvalidValueError, match=start + reason) as caught:
            call()
        assert "CANARY" not in str(caught.value)
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__


KINDS = (1, True, "text", b"bytes", [1], {"a": 1}, {"s"}, None)


@pytest.mark.parametrize("before", KINDS, ids=repr)
@pytest.mark.parametrize("after", KINDS, ids=repr)
def test_the_kind_below_may_change(before: Any, after: Any) -> None:
    """Another kind below is a change, and the text is read anew."""
    texts: dict[type, tuple[str, Any]] = {
        int: ("5", 5),
        bool: ("1", True),
        str: ("5", "5"),
        bytes: ("AAAA", b"\0\0\0"),
        list: ("[5]", [5]),
        dict: ('{"b": 5}', {"b": 5}),
        set: ('["5"]', {"5"}),
        type(None): ("5", "5"),
    }
    base = MemoryStore("base", {"o": {"k": before}})
    text, value = texts[type(after)]
    layers = LayeredStore([Environment("APP_", {"APP_O__K": text}), base])
    try:
        checkpoint = layers.poll().checkpoint
    except InvalidValueError:
        checkpoint = None
    base.set("o", {"k": after})
    poll = layers.poll(checkpoint)
    if type(before) is not type(after) and checkpoint is not None and poll.changed:
        assert is_same(poll.changed["o"], {"k": value})
    assert is_same(layers.get("o"), {"k": value})


def test_a_changed_kind_that_does_not_fit_keeps_the_last_good_snapshot() -> None:
    """The refresh fails, and says why."""
    base = MemoryStore("base", {"o": {"k": "text"}})
    layers = LayeredStore([Environment("APP_", {"APP_O__K": "CANARY"}), base])
    with TimeBasedConfigStore(layers, 60) as config:
        base.set("o", {"k": 1})
        with pytest.raises(InvalidValueError):
            config.reload()
        assert config.o == {"k": "CANARY"}
        assert "APP_O__K" in str(config.status.last_error)
        assert "CANARY" not in str(config.status.last_error)


# -- schemas -------------------------------------------------------------------------------------


class Color(Enum):
    RED = "red"


class Level(Enum):
    LOW = 1


class Pair(NamedTuple):
    a: int
    b: int


class Movie(TypedDict):
    title: str


@attrs.frozen
class Everything:
    number: int
    fraction: float
    exact: Decimal
    yes: bool
    text: str
    raw: bytes
    many: list[int]
    pair: tuple[int, int]
    named: Pair
    table: dict[str, int]
    movie: Movie
    inner: Port
    tags: frozenset[str]
    ids: set[int]
    maybe: int | None
    either: int | str
    color: Color
    level: Level
    mode: Literal["a", "b"]
    rank: Literal[1, 2]
    mixed: Literal[1, "b"]
    path: Path
    converted: int = attrs.field(converter=int)
    any: Any = None
    maxConns: int = 0  # noqa: N815 (a key of somebody else)


GIVEN = {
    "NUMBER": "5",
    "FRACTION": "0.5",
    "EXACT": "1.23456789012345678901",
    "YES": "true",
    "TEXT": "5",
    "RAW": "AA==",
    "MANY": "[1]",
    "PAIR": "[1, 2]",
    "NAMED": "[1, 2]",
    "TABLE": '{"a": 1}',
    "MOVIE": '{"title": "t"}',
    "INNER": '{"port": 1}',
    "TAGS": '["a"]',
    "IDS": "[1]",
    "MAYBE": "5",
    "EITHER": "5",
    "COLOR": "red",
    "LEVEL": "1",
    "MODE": "a",
    "RANK": "2",
    "MIXED": "b",
    "PATH": "/tmp",
    "CONVERTED": "5",
    "ANY": "5",
    "MAXCONNS": "7",
}


@pytest.mark.parametrize("options", [{}, {"o": {}}, {"o": {"number": None, "maxConns": None}}])
def test_over_nothing_the_schema_says_the_kind(options: dict[str, Any]) -> None:
    """Over None or nothing, the type of the schema's field decides; attrs."""
    environ = {f"APP_O__{name}": text for name, text in GIVEN.items()}
    with TimeBasedConfigStore(layered(environ, options), schema={"o": Everything}) as config:
        made = config.o
    assert made == Everything(
        number=5,
        fraction=0.5,
        exact=Decimal("1.23456789012345678901"),
        yes=True,
        text="5",
        raw=b"\0",
        many=[1],
        pair=(1, 2),
        named=Pair(1, 2),
        table={"a": 1},
        movie={"title": "t"},
        inner=Port(1),
        tags=frozenset({"a"}),
        ids={1},
        maybe=5,
        either="5",
        color=Color.RED,
        level=Level.LOW,
        mode="a",
        rank=2,
        mixed="b",
        path=Path("/tmp"),
        converted=5,
        any="5",
        maxConns=7,
    )


@dataclass(frozen=True)
class DataDatabase:
    port: int
    hosts: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class DataSettings:
    main_db: DataDatabase
    limits: dict[str, int]
    flags: dict[str, Any] = field(default_factory=dict)


class ModelDatabase(BaseModel):
    port: int
    pool: int = Field(0, alias="poolSize")


class ModelSettings(BaseModel):
    main_db: ModelDatabase


def test_a_schema_of_the_whole_store() -> None:
    """Dataclasses, with the store's names and the schema's; a dict's keys have the type of all."""
    environ = {"APP_MAIN_DB__PORT": "5", "APP_MAIN_DB__HOSTS": '["a"]', "APP_LIMITS__USERS": "7"}
    layers = layered(environ, {"main-db": {}})
    with TimeBasedConfigStore(layers, schema=DataSettings) as config:
        assert config.current == DataSettings(DataDatabase(5, ["a"]), {"users": 7})
        assert config["main-db"] == {"port": 5, "hosts": ["a"]}
    names = {"main_db": "prod-database"}
    layers = layered({"APP_PROD_DATABASE__PORT": "5", "APP_LIMITS__USERS": "7"}, {})
    with TimeBasedConfigStore(layers, schema=DataSettings, schema_names=names) as config:
        assert config.current.main_db.port == 5
        assert config["prod-database"] == {"port": 5}


def test_a_schema_of_pydantic() -> None:
    """A model, whose alias is the name of the key."""
    layers = layered({"APP_MAIN_DB__PORT": "5", "APP_MAIN_DB__POOLSIZE": "3"})
    with TimeBasedConfigStore(layers, schema=ModelSettings) as config:
        assert config.current.main_db.port == 5
        assert config.current.main_db.pool == 3
        assert config["main_db"] == {"port": 5, "poolSize": 3}
        assert origin(config, "main_db", "poolSize").source == "APP_MAIN_DB__POOLSIZE"


def test_the_schema_is_the_configs_own() -> None:
    """Two configs of the same layers have their own schemas."""
    layers = layered({"APP_DB__PORT": "5"})
    with (
        TimeBasedConfigStore(layers, schema={"db": Port}) as typed,
        TimeBasedConfigStore(layers) as plain,
    ):
        assert typed["db"] == {"port": 5}
        assert plain["db"] == {"port": "5"}
        # A checkpoint of one is none of the other.
        checkpoint = layers.poll().checkpoint
        twin = layers.with_fields({"db": {"port": int}})
        assert twin.poll(checkpoint).is_full


def test_what_is_below_counts_more_than_the_schema() -> None:
    """The kind of a value that is there decides, and the schema then refuses it."""
    layers = layered({"APP_DB__PORT": "5"}, {"db": {"port": "1"}})
    with pytest.raises(ValueError, match="does not fit its schema"):
        TimeBasedConfigStore(layers, schema={"db": Port})


def test_undecodable_bytes_of_the_process(tmp_path: Path) -> None:
    """A variable that is not UTF-8 is an error that names it."""
    program = (
        "from confstore import *; from confstore_memory import MemoryStore\n"
        "try: LayeredStore([Environment('APP_'), MemoryStore('x')]).get('db')\n"
        "except ValueError as error: print(error)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environb, b"APP_DB__HOST": b"CANARY\xff"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "the variable APP_DB__HOST is not what is expected: UTF-8" in answer.stdout
    assert "CANARY" not in answer.stdout


def test_unmatched_variables() -> None:
    """The variables that name nothing below are known by name."""
    environment = Environment(
        "APP_", {"APP_DB__PORT": "1", "APP_DB__PROT": "1", "APP_HOME": "x", "APP_A__B": "x"}
    )
    found = environment.unmatched({"db": {"port": 1}})
    assert list(found) == ["APP_A__B", "APP_DB__PROT", "APP_HOME"]
