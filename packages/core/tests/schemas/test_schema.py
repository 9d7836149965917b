"""Options as typed objects."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field

import attrs
import pydantic
import pytest

from confstore import TimeBasedConfigStore
from confstore.errors import SchemaError, SchemaProblem


@attrs.frozen
class AttrsDatabase:
    host: str
    port: int = 5432


@dataclass(frozen=True)
class DataDatabase:
    host: str
    port: int = 5432


class ModelDatabase(pydantic.BaseModel):
    host: str
    port: int = 5432


@attrs.frozen
class AttrsPort:
    value: int


@attrs.frozen
class AttrsSettings:
    db: AttrsDatabase
    external_port: AttrsPort
    cache: AttrsPort | None = None


@dataclass
class DataSettings:
    db: DataDatabase
    external_port: AttrsPort
    label: str = field(default="computed", init=False)


class ModelSettings(pydantic.BaseModel):
    db: ModelDatabase
    external_port: dict[str, int]


@dataclass
class MixedSettings:
    db: ModelDatabase
    external_port: AttrsPort


class MixedModel(pydantic.BaseModel):
    db: DataDatabase
    external_port: dict[str, int]


@attrs.frozen
class AttrsSecret:
    secret_key: str


@dataclass
class DataSecret:
    secret_key: str


class ModelSecret(pydantic.BaseModel):
    secret_key: str


@attrs.frozen
class SecretSettings:
    db: AttrsSecret


DATABASES = [AttrsDatabase, DataDatabase, ModelDatabase]


@pytest.mark.parametrize("schema", DATABASES)
def test_type_of_an_option(store, open_config, schema):
    """An option with a type is an object of it; the others stay plain."""
    config = open_config(store, schema={"db": schema})
    assert config.db == schema(host="localhost", port=27017)
    assert getattr(config, "external-port") == {"value": 80}
    assert config.current == {"db": config.db, "external-port": {"value": 80}}


@pytest.mark.parametrize(
    "schema", [AttrsSettings, DataSettings, ModelSettings, MixedSettings, MixedModel]
)
def test_type_of_the_store(store, open_config, schema):
    """A type of the whole store is what `current` is; its fields are attributes."""
    config = open_config(store, schema=schema)
    assert isinstance(config.current, schema)
    assert config.current.db.host == config.db.host == "localhost"
    assert config.external_port is config.current.external_port
    assert getattr(config, "external-port") is config.external_port


@pytest.mark.parametrize("options", [{}, {"background": False}])
def test_plain_values_stay_within_reach(store, open_config, options):
    """`config[...]` and `get` are plain whatever the schema."""
    config = open_config(store, schema=AttrsSettings, **options)
    assert config["db"] == config.get("db") == {"host": "localhost", "port": 27017}
    assert config.get() == store.options
    assert config.db.port == 27017
    assert "external_port" in dir(config)


def test_fields_with_defaults(store, open_config):
    """An absent option or key takes its field's default."""
    store.set("db", {"host": "localhost"})
    config = open_config(store, schema=AttrsSettings)
    assert config.current.cache is None
    assert config.cache is None
    assert config.db.port == 5432
    store.set("cache", {"value": 1})
    config.reload()
    assert config.cache == AttrsPort(1)


def test_options_without_a_field(store, open_config):
    """An option that the type does not know stays plain, and out of it."""
    store.set("other", {"key": 1})
    config = open_config(store, schema=AttrsSettings)
    assert config.other == {"key": 1}


def test_dash_in_an_option(store, open_config):
    """An option's - is _ in a field's name, with types of single options, too."""
    config = open_config(store, schema={"external-port": AttrsPort})
    assert config.external_port == getattr(config, "external-port") == AttrsPort(80)


@pytest.mark.parametrize("schema", [AttrsSecret, DataSecret, ModelSecret])
def test_dash_in_a_key(scripted_store, open_config, schema):
    """A key's - is _ in a field's name."""

    config = open_config(scripted_store({"db": {"secret-key": "abcd"}}), schema={"db": schema})
    assert config.db.secret_key == "abcd"


def test_option_hides_the_identifier(store, open_config):
    """An option of exactly that name is what the attribute means."""
    store.set("external_port", {"plain": 1})
    config = open_config(store, schema={"external-port": AttrsPort})
    assert config.external_port == {"plain": 1}


def test_schema_names(store, open_config):
    """A field's option can be named."""

    @attrs.frozen
    class Settings:
        database: AttrsDatabase
        port: AttrsPort

    names = {"database": "db", "port": "external-port"}
    config = open_config(store, schema=Settings, schema_names=names)
    assert config.current == Settings(AttrsDatabase("localhost", 27017), AttrsPort(80))
    assert config.db is config.database


def test_named_option_is_absent(store, open_config):
    """A missing option is named by its own name, not by its field's."""
    with pytest.raises(SchemaError, match="option 'ports': is missing"):
        open_config(store, schema=AttrsSettings, schema_names={"external_port": "ports"})


def test_two_options_for_one_field(store, open_config):
    """Two options that fit one field are an error that names both."""
    store.set("external_port", {"value": 81})
    with pytest.raises(SchemaError) as caught:
        open_config(store, schema=AttrsSettings)
    assert caught.value.problems == (
        SchemaProblem("external_port", (), "fits the same field as 'external-port'"),
    )


def test_schema_names_settle_a_collision(store, open_config):
    """A field whose option is named takes no other."""
    store.set("external_port", {"value": 81})
    names = {"external_port": "external-port"}
    config = open_config(store, schema=AttrsSettings, schema_names=names)
    assert config.current.external_port == AttrsPort(80)
    assert config["external_port"] == {"value": 81}


def test_two_keys_for_one_field(scripted_store, open_config):
    """Two keys that fit one field are an error, for a type of the store as well."""

    store = scripted_store({"db": {"secret-key": "a", "secret_key": "b"}})
    for schema in (SecretSettings, {"db": AttrsSecret}):
        with pytest.raises(SchemaError) as caught:
            open_config(store, schema=schema)
        assert "option 'db', key secret_key: fits the same field as 'secret-key'" in str(
            caught.value
        )


def test_two_options_for_one_attribute(store):
    """Two typed options that would be one attribute are refused."""
    schema = {"a-b_c": AttrsPort, "a_b-c": AttrsPort}
    with pytest.raises(TypeError, match="'a-b_c' and 'a_b-c' are both read as 'a_b_c'"):
        TimeBasedConfigStore(store, schema=schema)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"schema_names": {"db": "db"}}, "names the fields of a schema of the whole store"),
        (
            {"schema": {"db": AttrsPort}, "schema_names": {"db": "db"}},
            "names the fields of a schema of the whole store",
        ),
        ({"schema": AttrsPort, "schema_names": {"db": "x"}}, "AttrsPort has no field 'db'"),
        (
            {"schema": AttrsSettings, "schema_names": {"db": "x", "cache": "x"}},
            "gives one option to two fields",
        ),
        ({"schema": dict}, "a schema is an attrs class, a dataclass or a pydantic model, not"),
        ({"schema": {"db": "Database"}}, "a schema is an attrs class, a dataclass or"),
    ],
)
def test_schema_that_is_none(store, arguments, message):
    """A schema that cannot be built is refused before the store is read."""
    with pytest.raises(TypeError, match=message):
        TimeBasedConfigStore(store, **arguments)
    assert store.reads == []


def test_missing_option(scripted_store, open_config):
    """A typed option that is absent is a problem that names it."""
    for schema in ({"db": AttrsDatabase}, AttrsSettings, ModelSettings):
        with pytest.raises(SchemaError, match="option 'db': is missing"):
            open_config(scripted_store({"external-port": {"value": 1}}), schema=schema)


@pytest.mark.parametrize("schema", DATABASES)
def test_every_problem_is_named(store, open_config, schema):
    """An error names option, key and the expected type of every problem."""
    store.set("db", {"port": "no number"})
    with pytest.raises(SchemaError) as caught:
        open_config(store, schema={"db": schema, "cache": AttrsPort})
    problems = sorted(map(str, caught.value.problems))
    assert problems[0] == "option 'cache': is missing"
    assert problems[1] == "option 'db', key host: is missing"
    assert problems[2].startswith("option 'db', key port: expected int")


@pytest.mark.parametrize("schema", [AttrsSettings, DataSettings, ModelSettings])
def test_every_problem_of_a_store_is_named(store, open_config, schema):
    """The same for a type of the whole store, by the names of options."""
    store.options = {"db": {"host": 5}, "external-port": {"value": "x"}}
    with pytest.raises(SchemaError) as caught:
        open_config(store, schema=schema)
    first, second = sorted(map(str, caught.value.problems))
    assert first.startswith("option 'db', key host: expected str")
    assert second.startswith("option 'external-port', key value: expected ")


@pytest.mark.parametrize("schema", [{"db": AttrsDatabase}, AttrsSettings, ModelSettings])
def test_failed_reload_keeps_the_object(store, clock, open_config, schema):
    """Options that do not fit are a failed refresh: the old object stays, and status says why."""
    config = open_config(store, schema=schema)
    before = config.db, config.current
    store.set("db", {"host": "elsewhere", "port": "secret"})
    clock.advance(31)
    assert config.db is before[0]
    assert config.current is before[1]
    assert config["db"]["host"] == "localhost"
    assert config.status.consecutive_failures == 1
    assert "option 'db', key port: expected int" in config.status.last_error
    assert "secret" not in config.status.last_error
    with pytest.raises(SchemaError):
        config.reload()
    store.set("db", {"host": "elsewhere", "port": 1})
    clock.advance(120)
    assert config.db.host == "elsewhere"


def test_unchanged_option_is_the_same_object(store, open_config):
    """A typed option that did not change stays the same object."""
    config = open_config(store, schema={"db": AttrsDatabase, "external-port": AttrsPort})
    before = config.db
    store.set("external-port", {"value": 81})
    config.reload()
    assert config.db is before
    assert config.external_port == AttrsPort(81)
    store.set("db", {"host": "elsewhere"})
    config.reload()
    assert config.db == AttrsDatabase("elsewhere")


def test_alias_of_a_model(store, open_config):
    """A model's alias is the name under which an option or a key is given."""

    class Database(pydantic.BaseModel):
        address: str = pydantic.Field(alias="host")
        number: int = pydantic.Field(validation_alias="port")
        more: int = pydantic.Field(
            default=0, validation_alias=pydantic.AliasChoices("more", "rest")
        )

    config = open_config(store, schema={"db": Database})
    assert (config.db.address, config.db.number) == ("localhost", 27017)
    store.set("db", {"host": "x", "port": "y"})
    with pytest.raises(SchemaError, match="option 'db', key port: expected int"):
        config.reload()


def test_model_inside_a_class(store, open_config):
    """A model's problems are named where it is a field of a class, too."""
    store.set("db", {"host": "x", "port": "y"})
    with pytest.raises(SchemaError, match="option 'db', key port: expected int"):
        open_config(store, schema=MixedSettings)


def test_model_that_forbids_other_keys(store, open_config):
    """A model may refuse keys that it does not know."""

    class Database(pydantic.BaseModel):
        model_config = {"extra": "forbid"}
        host: str

    with pytest.raises(SchemaError, match="option 'db', key port: is unknown"):
        open_config(store, schema={"db": Database})


def test_path_inside_a_model(store, open_config):
    """A value nested in a model is named by its whole path."""

    class Inner(pydantic.BaseModel):
        hosts: list[int]

    class Outer(pydantic.BaseModel):
        inner: Inner

    store.options = {"db": {"inner": {"hosts": [1, "x"]}}}
    with pytest.raises(
        SchemaError, match=r"option 'db', key inner\.hosts\.1: expected int, found text"
    ):
        open_config(store, schema={"db": Outer})


def test_without_cattrs():
    """A class without cattrs says what to install."""
    program = """
import sys
sys.modules["cattrs"] = None
import attrs, confstore
from confstore_memory import MemoryStore

@attrs.frozen
class Database:
    host: str

try:
    confstore.TimeBasedConfigStore(MemoryStore("prod"), schema={"db": Database})
except ModuleNotFoundError as error:
    print(error)
"""
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert "pip install 'confstore[typed]'" in answer.stdout


@pytest.mark.parametrize("schema", [AttrsSettings, ModelSettings])
def test_whole_type_refuses(store, open_config, schema):
    """A validator of the whole type that refuses is named by the store."""

    @attrs.frozen
    class Attrs(AttrsSettings):
        def __attrs_post_init__(self):
            raise ValueError(self.db.host)

    class Model(ModelSettings):
        @pydantic.model_validator(mode="after")
        def _check(self):
            raise ValueError(self.db.host)

    broken = Attrs if schema is AttrsSettings else Model
    with pytest.raises(SchemaError, match="the store: ") as caught:
        open_config(store, schema=broken)
    assert "localhost" not in str(caught.value)
