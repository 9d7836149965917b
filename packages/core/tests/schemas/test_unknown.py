"""Options and keys that a schema does not know: a warning at the start, or with strict an error."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import attrs
import pydantic
import pytest

from confstore import TimeBasedConfigStore
from confstore.errors import SchemaError, SchemaProblem
from confstore.testing import CANARY


@attrs.frozen
class AttrsDatabase:
    host: str
    port: int = 5432


@dataclass
class DataDatabase:
    host: str
    port: int = 5432


class ModelDatabase(pydantic.BaseModel):
    host: str
    port: int = 5432


@attrs.frozen
class AttrsSettings:
    db: AttrsDatabase
    cache_size: dict[str, int] = attrs.field(factory=dict)


@dataclass
class DataSettings:
    db: DataDatabase
    cache_size: dict[str, int] = field(default_factory=dict)


class ModelSettings(pydantic.BaseModel):
    db: ModelDatabase
    cache_size: dict[str, int] = {}


SETTINGS = [AttrsSettings, DataSettings, ModelSettings]
MISTYPED = {"db": {"host": "h", "prot": CANARY}, "cache-siz": {"a": CANARY}}


def warnings_of(caplog):
    return [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]


@pytest.mark.parametrize("schema", SETTINGS)
def test_one_warning(scripted_store, clock, open_config, caplog, schema):
    """Everything unknown is one warning at the first load, with the closest names."""
    store = scripted_store(MISTYPED)
    config = open_config(store, schema=schema)
    store.set("other", {"a": 1})
    config.reload()
    clock.advance(300)
    (text,) = warnings_of(caplog)
    assert text == (
        "store 'prod': there is the unknown option 'cache-siz': did you mean 'cache_size'?; "
        "option 'db' has the unknown key 'prot': did you mean 'port'?"
    )
    assert {record.name for record in caplog.records} == {"confstore"}


@pytest.mark.parametrize("schema", [AttrsDatabase, DataDatabase, ModelDatabase])
def test_types_of_options(scripted_store, open_config, caplog, schema):
    """With types of some options the other options are known, and the typed ones' keys are not."""
    open_config(scripted_store(MISTYPED), schema={"db": schema})
    text = "store 'prod': option 'db' has the unknown key 'prot': did you mean 'port'?"
    assert warnings_of(caplog) == [text]
    with pytest.raises(SchemaError, match="option 'db', key prot: is unknown: did you mean 'port"):
        open_config(scripted_store(MISTYPED), schema={"db": schema}, strict=True)


@pytest.mark.parametrize("schema", SETTINGS)
def test_strict(scripted_store, open_config, caplog, schema):
    """With `strict` it is an error, beside the other problems, and no warning."""
    options = {"db": {"hots": CANARY, "port": "x"}, "cache-siz": {"a": 1}}
    with pytest.raises(SchemaError) as caught:
        open_config(scripted_store(options), schema=schema, strict=True)
    missing, wrong, *unknown = sorted(
        caught.value.problems, key=lambda one: "unknown" in one.reason
    )
    assert (missing[1:3], wrong[1]) == ((("host",), "is missing"), ("port",))
    assert unknown == [
        SchemaProblem("cache-siz", (), "is unknown: did you mean 'cache_size'?"),
        SchemaProblem("db", ("hots",), "is unknown: did you mean 'host'?"),
    ]
    assert CANARY not in str(caught.value)
    assert warnings_of(caplog) == []


@pytest.mark.parametrize("schema", SETTINGS)
def test_mistyped_name_of_what_is_missing(scripted_store, open_config, schema):
    """The error that a key or an option is missing names the unknown one that may be meant."""
    with pytest.raises(SchemaError) as caught:
        open_config(scripted_store({"db": {"hots": CANARY}, "other": {}}), schema=schema)
    reason = "is missing: is it mistyped as 'hots'?"
    assert caught.value.problems == (SchemaProblem("db", ("host",), reason),)
    with pytest.raises(SchemaError, match="option 'db': is missing: is it mistyped as 'bd'"):
        open_config(scripted_store({"bd": {"host": "x"}}), schema=schema)


def test_strict_at_each_refresh(scripted_store, clock, open_config):
    """A refresh that brings unknown names fails, and the old snapshot stays."""
    store = scripted_store({"db": {"host": "old"}})
    config = open_config(store, schema=AttrsSettings, strict=True)
    store.set("db", {"host": "new", "prot": 1})
    clock.advance(60)
    assert config.db.host == "old"
    assert "key prot: is unknown: did you mean 'port'?" in config.status.last_error
    store.set("db", {"host": "new"})
    store.set("bd", {})
    with pytest.raises(SchemaError, match="option 'bd': is unknown"):
        config.reload()
    store.delete("bd")
    config.reload()
    assert config.db.host == "new"


def test_strict_needs_a_schema(store):
    """Without a schema there is nothing to be strict about."""
    with pytest.raises(TypeError, match="give a schema"):
        TimeBasedConfigStore(store, strict=True)


def test_known_names(scripted_store, open_config, caplog):
    """Dashes, aliases, named options and parts of values are known."""

    class Database(pydantic.BaseModel):
        address: str = pydantic.Field(validation_alias=pydantic.AliasChoices("host", "server"))
        port: int = pydantic.Field(validation_alias=pydantic.AliasPath("ports", 0))
        secret_key: str

    class Settings(pydantic.BaseModel):
        main: Database
        cache_size: dict[str, int]

    values = {"server": "h", "ports": [1], "secret-key": "k"}
    store = scripted_store({"db": values, "cache-size": {"a": 1}})
    config = open_config(store, schema=Settings, schema_names={"main": "db"}, strict=True)
    assert config.main.address == "h"
    assert warnings_of(caplog) == []
    store.set("main", {"a": 1})
    with pytest.raises(SchemaError) as caught:
        config.reload()
    assert caught.value.problems == (SchemaProblem("main", (), "is unknown"),)


def test_closest_is_not_one_that_is_there(scripted_store, open_config):
    """A name that the store has already is not what somebody meant, nor is an alias of it."""

    class Database(pydantic.BaseModel):
        host: str = pydantic.Field(validation_alias=pydantic.AliasChoices("host", "hosts"))

    class Settings(pydantic.BaseModel):
        db: Database

    store = scripted_store({"db": {"host": "h", "hots": 1}, "bd": {}})
    with pytest.raises(SchemaError) as caught:
        open_config(store, schema=Settings, strict=True)
    assert [problem.reason for problem in caught.value.problems] == ["is unknown", "is unknown"]


def test_named_option_is_the_closest(scripted_store, open_config):
    """The closest option is named as the store has it, not as its field."""
    store = scripted_store({"db": {"host": "h"}, "chache": {"a": 1}})
    with pytest.raises(SchemaError, match="'chache': is unknown: did you mean 'cache'"):
        open_config(store, schema=AttrsSettings, schema_names={"cache_size": "cache"}, strict=True)


class Root(pydantic.RootModel[list[ModelDatabase]]):
    pass


@attrs.frozen
class Deep:
    one: AttrsDatabase
    maybe: ModelDatabase | None
    many: list[AttrsDatabase]
    named: dict[str, DataDatabase]
    either: AttrsDatabase | int
    root: Root
    anything: Any
    plain: dict[str, int]
    made: Any = attrs.field(converter=lambda value: AttrsDatabase(**value))


def test_every_depth(scripted_store, open_config):
    """Keys of nested classes are looked at, in containers, unions and optional fields."""

    bad = {"host": "h", "extra": 1}
    values = {
        "one": bad,
        "maybe": bad,
        "many": [{"host": "h"}, bad],
        "named": {"a": bad},
        "either": bad,
        "root": [bad],
        "anything": bad,
        "made": {"host": "h"},
        "plain": {"extra": 1},
    }
    with pytest.raises(SchemaError) as caught:
        open_config(scripted_store({"db": values}), schema={"db": Deep}, strict=True)
    assert [".".join(map(str, problem.path)) for problem in caught.value.problems] == [
        "one.extra",
        "maybe.extra",
        "many.1.extra",
        "named.a.extra",
        "either.extra",
        "root.0.extra",
    ]


def test_every_depth_of_what_does_not_fit(scripted_store, open_config):
    """Unknown keys of nested classes are named beside the problem that nothing could be built."""

    @attrs.frozen
    class Outer:
        one: AttrsDatabase
        two: AttrsDatabase
        number: int

    values = {"one": {"host": "h", "hots": 1}, "two": "x", "number": "x"}
    with pytest.raises(SchemaError) as caught:
        open_config(scripted_store({"db": values}), schema={"db": Outer}, strict=True)
    assert {problem.path for problem in caught.value.problems} == {
        ("two",),
        ("number",),
        ("one", "hots"),
    }


def test_root_model_that_forbids(scripted_store, open_config):
    """`extra="forbid"` of a model of the whole store refuses options, without `strict`."""

    class Settings(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(extra="forbid")
        db: ModelDatabase

    options = {"db": {"host": "h", "extra": 1}, "other": {"a": CANARY}}
    for strict in (False, True):
        with pytest.raises(SchemaError) as caught:
            open_config(scripted_store(options), schema=Settings, strict=strict)
        forbidden, *others = caught.value.problems
        assert forbidden == SchemaProblem("other", (), "is unknown")
        assert len(others) == strict


def test_nested_model_that_forbids(scripted_store, open_config):
    """`extra="forbid"` of a nested model refuses its keys, with the closest name."""

    class Inner(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(extra="forbid")
        host: str = ""

    class Database(pydantic.BaseModel):
        inner: Inner | None = None

    class Settings(pydantic.BaseModel):
        db: Database

    store = scripted_store({"db": {"inner": {"hots": CANARY}}})
    for schema in (Settings, {"db": Database}):
        for strict in (False, True):
            with pytest.raises(SchemaError) as caught:
                open_config(store, schema=schema, strict=strict)
            assert caught.value.problems == (
                SchemaProblem("db", ("inner", "hots"), "is unknown: did you mean 'host'?"),
            )


def test_model_that_allows(scripted_store, open_config, caplog):
    """`extra="allow"` takes what it does not know, read-only; so nothing is unknown."""

    class Database(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(extra="allow")

    class Settings(Database):
        db: Database

    store = scripted_store({"db": {"any": 1}, "other": {"list": [1]}, "main": {"any": 2}})
    config = open_config(store, schema=Settings, strict=True)
    assert config.current.other == config.other == {"list": [1]}
    assert config.current.db.any == 1
    with pytest.raises(TypeError):
        config.current.other["list"].append(2)
    assert warnings_of(caplog) == []


def test_model_that_allows_and_a_named_option(scripted_store, open_config):
    """An option of a field's name that belongs to another option is no extra one of the model."""

    class Settings(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(extra="allow")
        main: dict[str, int]

    store = scripted_store({"db": {"a": 1}, "main": {"a": 2}})
    config = open_config(store, schema=Settings, schema_names={"main": "db"})
    assert config.current.main == {"a": 1}
    assert config["main"] == {"a": 2}


def test_override(scripted_store, open_config, caplog):
    """Overrides are held to `strict`, too; without it they warn of nothing."""
    store = scripted_store({"db": {"host": "h"}})
    config = open_config(store, schema=AttrsSettings, strict=True)
    for options in ({"db": {"host": "h", "prot": 1}}, {"other": {}}):
        with pytest.raises(SchemaError, match="is unknown"), config.override(options):
            pytest.fail("the override was in force")
    assert config.db.host == "h"
    lax = open_config(store, schema=AttrsSettings)
    with lax.override(db={"host": "new", "prot": 1}, other={"a": 1}):
        assert (lax.db.host, lax.other) == ("new", {"a": 1})
    assert warnings_of(caplog) == []


def test_override_of_a_named_option(scripted_store, open_config):
    """An override names the option, not the field; the field's name is unknown to `strict`."""
    store = scripted_store({"database": {"host": "h"}})
    names = {"db": "database"}
    config = open_config(store, schema=AttrsSettings, schema_names=names, strict=True)
    with config.override(database={"host": "new"}):
        assert config.current.db.host == config.database.host == "new"
    with pytest.raises(SchemaError, match="option 'db': is unknown"), config.override(db={}):
        pytest.fail("the override was in force")
    assert config.current.db.host == "h"


def test_many_unknown_names(scripted_store, open_config, caplog):
    """A schema of another store does not fill the log."""
    store = scripted_store({f"o{index}": {} for index in range(30)} | {"db": {"host": "h"}})
    open_config(store, schema=AttrsSettings)
    (text,) = warnings_of(caplog)
    assert text.endswith("; and 20 more")
    assert text.count("unknown option") == 10
