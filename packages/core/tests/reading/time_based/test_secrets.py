"""No error, log or text of ours shows a value."""

from __future__ import annotations

import logging
import traceback
from dataclasses import dataclass

import attrs
import pydantic
import pytest

from confstore import CachedConfigStore, ConfigStore, SimpleConfigStore, TimeBasedConfigStore
from confstore.errors import ConfigStoreError, SchemaError, StoreUnavailableError
from confstore.testing import CANARY, assert_keeps_values


def quoting(value):
    """A validator whose error quotes what it refuses."""
    raise ValueError(f"bad value {value!r}", value)


@attrs.frozen
class TypedAttrs:
    password: int


@attrs.frozen
class ValidatedAttrs:
    password: str = attrs.field(validator=lambda instance, attribute, value: quoting(value))


@attrs.frozen
class InAttrs:
    password: str = attrs.field(validator=attrs.validators.in_(["a", "b"]))


@attrs.frozen
class ConvertedAttrs:
    password: int = attrs.field(converter=int)


@dataclass
class PostInit:
    password: str

    def __post_init__(self):
        quoting(self.password)


@dataclass
class Literally:
    password: bool | None


class TypedModel(pydantic.BaseModel):
    password: int


class ValidatedModel(pydantic.BaseModel):
    password: str

    @pydantic.field_validator("password")
    @classmethod
    def _check(cls, value):
        quoting(value)


class WholeModel(pydantic.BaseModel):
    password: str

    @pydantic.model_validator(mode="after")
    def _check(self):
        quoting(self.password)


class OddModel(pydantic.BaseModel):
    password: str

    @pydantic.field_validator("password")
    @classmethod
    def _check(cls, value):
        raise KeyError(value)


SCHEMAS = [
    TypedAttrs,
    ValidatedAttrs,
    InAttrs,
    ConvertedAttrs,
    PostInit,
    Literally,
    TypedModel,
    ValidatedModel,
    WholeModel,
    OddModel,
]


# The beginning of a fallback file that is sound so far.
HEAD = '{"confstore-fallback": 1, "store": "prod", "saved_at": "2030-01-01T00:00:00+00:00", '


@pytest.fixture
def secret_store(scripted_store):
    """A store whose values are all secret."""
    return scripted_store({"db": {"password": CANARY, "nested": {"list": [CANARY]}}})


@pytest.fixture(autouse=True)
def _no_log_shows_it(caplog):
    """No log shows the value, in any test."""
    caplog.set_level(logging.DEBUG)
    yield
    assert CANARY not in caplog.text
    for record in caplog.records:
        assert CANARY not in repr(record.args)
        assert record.exc_info is None


def whole_text(error):
    """Everything that a program could print of an error, with its causes and contexts."""
    shown = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    while error is not None:
        shown += "".join(traceback.format_exception(type(error), error, error.__traceback__))
        shown += repr(error) + repr(error.args)
        error = error.__cause__ or error.__context__
    return shown


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize("is_whole", [True, False])
def test_schema_that_fails(secret_store, open_config, schema, is_whole):
    """A schema that refuses shows no value, also not in the causes of its error."""
    whole = attrs.make_class("Whole", {"db": attrs.field(type=schema)}, frozen=True)
    with pytest.raises(SchemaError) as caught:
        open_config(secret_store, schema=whole if is_whole else {"db": schema})
    assert "option 'db'" in str(caught.value)
    assert CANARY not in whole_text(caught.value)
    assert_keeps_values(caught.value)


@pytest.mark.parametrize(
    ("schema", "good"),
    [(TypedAttrs, 1), (InAttrs, "a"), (ConvertedAttrs, "1"), (Literally, True), (TypedModel, 1)],
)
def test_schema_that_fails_later(secret_store, clock, open_config, schema, good):
    """The same in the background: neither log nor status shows the value."""
    secret_store.set("db", {"password": good})
    config = open_config(secret_store, schema={"db": schema})
    secret_store.set("db", {"password": CANARY})
    clock.advance(31)
    assert config.status.consecutive_failures == 1
    assert CANARY not in repr(config.status)
    assert CANARY not in str(config.status.last_error)


def test_texts(secret_store, open_config, tmp_path):
    """The text of no config, store, status or facade shows a value."""
    config = open_config(secret_store, fallback=tmp_path / "last.json")
    cache = CachedConfigStore(secret_store)
    cache.get("db")
    facade = ConfigStore(secret_store, SimpleConfigStore)
    for one in (config, config.status, cache, cache.status, facade, facade.config):
        assert CANARY not in repr(one)
        assert CANARY not in str(one)


@pytest.mark.parametrize("options", [{}, {"max_stale": 60}])
def test_absent_attribute(secret_store, open_config, options):
    """The error about an absent option shows nothing of the others."""
    config = open_config(secret_store, **options)
    with pytest.raises(AttributeError) as caught:
        config.dbx  # noqa: B018 (reading is what is tested)
    assert CANARY not in whole_text(caught.value)


def test_foreign_error(secret_store, clock, open_config):
    """Only the type of a foreign error is shown: its text may quote anything."""
    config = open_config(secret_store)
    secret_store.fail(ValueError(CANARY))
    clock.advance(31)
    assert config.status.last_error == "ValueError"
    cache = CachedConfigStore(secret_store, clock=clock)
    with pytest.raises(ValueError, match="canary"):
        cache.get("db")
    assert cache.status.last_error == "ValueError"


def test_subscriber_that_quotes(secret_store, open_config):
    """Only the type of a subscriber's error is shown."""
    config = open_config(secret_store)
    config.subscribe(lambda option, old, new: quoting(old))
    secret_store.set("db", {})
    config.reload()


@pytest.mark.parametrize("option", ["", 5])
def test_override_that_is_refused(secret_store, open_config, option):
    """An override that is refused shows no value."""
    config = open_config(secret_store)
    with pytest.raises(ConfigStoreError) as caught, config.override({option: {"a": CANARY}}):
        pass
    assert CANARY not in whole_text(caught.value)
    with pytest.raises(ConfigStoreError) as caught, config.override({"db": [CANARY]}):
        pass
    assert CANARY not in whole_text(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        CANARY,
        f'{{"{CANARY}',
        f'{{"confstore-fallback": "{CANARY}"}}',
        f'{{"confstore-fallback": 1, "store": "{CANARY}"}}',
        f'{{"confstore-fallback": 1, "store": "prod", "saved_at": "{CANARY}"}}',
        HEAD + f'"options": {{"db": "{CANARY}"}}}}',
        HEAD + f'"options": {{"db": {{"a": {{"$bytes": "{CANARY}"}}}}}}}}',
        HEAD + f'"options": {{"db": {{"a": {{"$decimal": "{CANARY}"}}}}}}}}',
    ],
)
def test_broken_fallback(secret_store, tmp_path, content):
    """The error about a broken fallback file and its causes show nothing of the content."""
    path = tmp_path / "last.json"
    path.write_text(content)
    secret_store.fail(StoreUnavailableError("prod", "down"))
    with pytest.raises(StoreUnavailableError) as caught:
        TimeBasedConfigStore(secret_store, fallback=path, startup_timeout=0.05)
    assert CANARY not in whole_text(caught.value)


def test_fallback_that_cannot_be_written(scripted_store, open_config, tmp_path):
    """A value that no file can hold is not shown."""

    class Odd:
        def __repr__(self):
            return CANARY

    open_config(scripted_store({"db": {"odd": Odd()}}), fallback=tmp_path / "last.json")
