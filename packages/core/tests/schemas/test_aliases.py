"""The names under which a pydantic model of the whole store takes its options."""

from __future__ import annotations

import pydantic
import pytest

from confstore.errors import SchemaError, SchemaProblem


class Database(pydantic.BaseModel):
    host: str = "default"


class Choices(pydantic.BaseModel):
    db: Database = pydantic.Field(
        Database(), validation_alias=pydantic.AliasChoices("database", "db-main")
    )


class ByName(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(populate_by_name=True)
    db: Database = pydantic.Field(Database(), alias="database")


class ByNewName(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(validate_by_name=True)
    db: Database = pydantic.Field(Database(), alias="database")


class NotByAlias(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(validate_by_name=True, validate_by_alias=False)
    db: Database = pydantic.Field(Database(), alias="database")


class Generated(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(alias_generator=str.upper)
    db: Database = Database()


class Parts(pydantic.BaseModel):
    db: Database = pydantic.Field(Database(), validation_alias=pydantic.AliasPath("outer", "db"))
    port: int = pydantic.Field(0, validation_alias=pydantic.AliasPath("outer", "port"))


class WholeAndPart(pydantic.BaseModel):
    port: int = pydantic.Field(0, validation_alias=pydantic.AliasPath("db", "port"))
    db: Database = Database()


class PartOrWhole(pydantic.BaseModel):
    db: Database = pydantic.Field(
        Database(),
        validation_alias=pydantic.AliasChoices(pydantic.AliasPath("outer", "db"), "database"),
    )


REAL = {"host": "real"}

since_2_11 = pytest.mark.skipif(
    tuple(map(int, pydantic.VERSION.split(".")[:2])) < (2, 11), reason="pydantic knows no such name"
)


@pytest.mark.parametrize(
    ("model", "options"),
    [
        (Choices, {"database": REAL}),
        (Choices, {"db-main": REAL}),
        (Choices, {"db-main": {"host": "other"}, "database": REAL}),
        (ByName, {"db": REAL}),
        (ByName, {"database": REAL}),
        (ByName, {"database": REAL, "db": {"host": "other"}}),
        pytest.param(ByNewName, {"db": REAL}, marks=since_2_11),
        pytest.param(ByNewName, {"database": REAL}, marks=since_2_11),
        pytest.param(NotByAlias, {"db": REAL, "database": {"host": "other"}}, marks=since_2_11),
        (Generated, {"DB": REAL}),
        (Parts, {"outer": {"db": REAL, "port": 5}}),
        (WholeAndPart, {"db": REAL | {"port": 5}}),
        (PartOrWhole, {"database": REAL}),
        (PartOrWhole, {"database": {"host": "other"}, "outer": {"db": REAL}}),
    ],
)
def test_option_is_found(scripted_store, open_config, model, options):
    """An option is taken under every name that pydantic takes, by its order of them."""
    config = open_config(scripted_store(options), schema=model)
    assert config.current == model.model_validate(options)
    assert config.current.db.host == config.db.host == "real"


def test_all_parts_of_an_option(scripted_store, open_config):
    """Several fields may be parts of one option, which stays plain under its own name."""
    config = open_config(scripted_store({"outer": {"db": REAL, "port": 5}}), schema=Parts)
    assert (config.db.host, config.port) == ("real", 5)
    assert config.outer == {"db": REAL, "port": 5}


def test_part_of_a_typed_option(scripted_store, open_config):
    """An option that is a field keeps its type where another field is a part of it."""
    config = open_config(scripted_store({"db": REAL | {"port": 5}}), schema=WholeAndPart)
    assert (config.db, config.port) == (Database(host="real"), 5)


@pytest.mark.parametrize(
    ("model", "options", "plain"),
    [
        (Choices, {"database": REAL, "db-main": {"host": "other"}}, "db-main"),
        (PartOrWhole, {"database": {"host": "other"}, "outer": {"db": REAL}}, "database"),
    ],
)
def test_option_that_is_not_taken(scripted_store, open_config, model, options, plain):
    """An option that pydantic passes over for another stays plain."""
    config = open_config(scripted_store(options), schema=model)
    assert getattr(config, plain) == {"host": "other"}


def test_dash_in_an_alias(scripted_store, open_config):
    """A name with - fits each alias with _."""

    class Model(pydantic.BaseModel):
        db: Database = pydantic.Field(validation_alias=pydantic.AliasChoices("the_db", "db"))

    config = open_config(scripted_store({"the-db": REAL}), schema=Model)
    assert config.db is getattr(config, "the-db")
    assert config.db.host == "real"


@pytest.mark.parametrize("field", ["db", "database", "db-main"])
def test_schema_names(scripted_store, open_config, field):
    """A field is named by its attribute or by an alias, and then takes no other option."""
    store = scripted_store({"primary": REAL, "database": {"host": "other"}})
    config = open_config(store, schema=Choices, schema_names={field: "primary"})
    assert config.current.db.host == config.primary.host == "real"
    assert config.database == {"host": "other"}


def test_schema_names_of_a_part(scripted_store, open_config):
    """A field that is a part of an option cannot be given another option."""
    with pytest.raises(TypeError, match="Parts has no field 'db'"):
        open_config(scripted_store({}), schema=Parts, schema_names={"db": "database"})


@pytest.mark.parametrize(
    ("model", "options", "problem"),
    [
        (Choices, {"db-main": {"host": 5}}, "option 'db-main', key host: expected str"),
        (ByName, {"db": {"host": 5}}, "option 'db', key host: expected str"),
        (Parts, {"outer": {"port": "x"}}, "option 'outer', key port: is refused by Parts"),
    ],
)
def test_problem(scripted_store, open_config, model, options, problem):
    """A value that does not fit is named by the option that the store has."""
    with pytest.raises(SchemaError) as caught:
        open_config(scripted_store(options), schema=model)
    assert problem in str(caught.value)


def test_missing_option(scripted_store, open_config):
    """A missing option is named by the first of its names."""

    class Model(pydantic.BaseModel):
        db: Database = pydantic.Field(validation_alias=pydantic.AliasChoices("database", "db"))
        port: int = pydantic.Field(validation_alias=pydantic.AliasPath("outer", "port"))

    with pytest.raises(SchemaError) as caught:
        open_config(scripted_store({"outer": {}}), schema=Model)
    assert caught.value.problems == (
        SchemaProblem("database", (), "is missing"),
        SchemaProblem("outer", ("port",), "is missing"),
    )
