"""Secrets in schemas: attrs, dataclasses and pydantic, with types of their own."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Optional

import attrs
import pydantic
import pytest

from confstore import SealedStore, Secret
from confstore.errors import SchemaError, SecretError
from confstore.testing import FakeClock
from confstore_memory import MemoryStore

from .fakes import DENIED, FakeKeys, FakeReferences

CANARY = "canary-5e1f"
OpenConfig = Callable[..., Any]


@attrs.frozen
class Point:
    x: int
    y: float


@attrs.frozen
class InAttrs:
    text: Secret[str]
    number: Secret[float]
    point: Secret[Point]
    anything: Secret[Any]
    plain: Secret  # type: ignore[type-arg]  # without a type, it is any
    optional: Optional[Secret[bytes]] = None  # noqa: UP045 (both spellings count)
    masked: pydantic.SecretStr | None = None


@dataclasses.dataclass(frozen=True)
class InDataclass:
    text: Secret[str]
    number: Secret[float]
    point: Secret[Point]
    anything: Secret[Any]
    plain: Secret  # type: ignore[type-arg]  # without a type, it is any
    optional: Secret[bytes] | None = None
    masked: pydantic.SecretStr | None = None


class PointModel(pydantic.BaseModel):
    x: int
    y: float


class InPydantic(pydantic.BaseModel):
    text: Secret[str]
    number: Secret[float]
    point: Secret[PointModel]
    anything: Secret[Any]
    plain: Secret  # type: ignore[type-arg]  # without a type, it is any
    optional: Secret[bytes] | None = None
    masked: pydantic.SecretStr | None = None


CLASSES = [InAttrs, InDataclass, InPydantic]

VALUES: dict[str, Any] = {
    "text": CANARY,
    "number": 1,
    "point": {"x": 1, "y": 2},
    "anything": [CANARY],
    "plain": Decimal("1.5"),
    "masked": CANARY,
}


@pytest.fixture
def keys() -> FakeKeys:
    return FakeKeys()


@pytest.fixture
def sealed(keys: FakeKeys) -> SealedStore:
    store = SealedStore(MemoryStore("prod"), keys, references={"asm:*": FakeReferences()})
    store.set("app", {key: Secret(value) for key, value in VALUES.items()})
    return store


def check(typed: Any) -> None:
    """Every secret has the value, in the type of its field."""
    assert typed.text.reveal() == CANARY
    assert type(typed.number.reveal()) is float
    assert (typed.point.reveal().x, typed.point.reveal().y) == (1, 2.0)
    assert typed.anything.reveal() == [CANARY]
    assert typed.plain.reveal() == 1.5
    assert typed.optional is None
    assert typed.masked.get_secret_value() == CANARY
    assert CANARY not in repr(typed)


@pytest.mark.parametrize("cls", CLASSES)
def test_secrets_have_types(
    sealed: SealedStore, keys: FakeKeys, open_config: OpenConfig, cls: type[Any]
) -> None:
    """The values of secrets are converted like those of settings."""
    config = open_config(sealed, schema={"app": cls})
    assert len(keys.opened) == 1
    check(config.app)


@pytest.mark.parametrize("cls", CLASSES)
def test_a_schema_of_the_whole_store(
    sealed: SealedStore, keys: FakeKeys, open_config: OpenConfig, cls: type[Any]
) -> None:
    """The same, where the option is a field."""
    whole = attrs.make_class("Whole", {"app": attrs.field(type=cls)})
    config = open_config(sealed, schema=whole)
    assert len(keys.opened) == 1
    check(config.current.app)


@pytest.mark.parametrize("cls", CLASSES)
def test_secrets_that_are_opened_later(
    sealed: SealedStore, keys: FakeKeys, open_config: OpenConfig, cls: type[Any]
) -> None:
    """A lasting fault stops nobody; the type is checked once there is a value."""
    keys.fault = DENIED
    config = open_config(sealed, schema={"app": cls})
    typed = config.app
    assert CANARY not in repr(typed)
    for reveal in (typed.text.reveal, typed.point.reveal, typed.masked.get_secret_value):
        with pytest.raises(SecretError, match="access is denied"):
            reveal()
    keys.fault = None
    config.reload()
    check(config.app)


@pytest.mark.parametrize("cls", CLASSES)
def test_plain_values_are_masked(open_config: OpenConfig, cls: type[Any]) -> None:
    """A store without secrets fits the same schema, as in a unit test."""
    config = open_config(MemoryStore("prod", {"app": VALUES}), schema={"app": cls})
    check(config.app)
    assert isinstance(config.app.text, Secret)


@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize("key", ["text", "number", "point", "masked"])
def test_another_type_is_a_problem(
    sealed: SealedStore, open_config: OpenConfig, cls: type[Any], key: str
) -> None:
    """It names option and key, and shows no value."""
    sealed.update("app", {key: Secret({"bad": CANARY})})
    with pytest.raises(SchemaError) as caught:
        open_config(sealed, schema={"app": cls})
    assert f"option 'app', key {key}" in str(caught.value)
    assert CANARY not in str(caught.value)
    assert CANARY not in repr((caught.value.args, caught.value.__context__))


@pytest.mark.parametrize("cls", CLASSES)
def test_another_type_that_is_seen_later(
    sealed: SealedStore, keys: FakeKeys, open_config: OpenConfig, cls: type[Any]
) -> None:
    """A secret that was opened after its view was made raises when it is revealed."""
    sealed.update("app", {"text": Secret(12345678)})
    keys.fault = DENIED
    config = open_config(sealed, schema={"app": cls})
    typed = config.app
    keys.fault = None
    sealed.beneath.set("app", sealed.beneath.get("app"))
    read: Any = sealed.get("app")["text"]
    # Somebody has asked anew, as `reload` of another config does.
    open_config(sealed).reload()
    assert read.reveal() == 12345678
    with pytest.raises(SecretError, match="does not have the type of its field") as caught:
        typed.text.reveal()
    assert "12345678" not in str(caught.value)


@pytest.mark.parametrize("cls", CLASSES)
def test_typed_secrets_are_written_back(
    sealed: SealedStore, open_config: OpenConfig, cls: type[Any]
) -> None:
    """A converted secret is the secret that was read."""
    config = open_config(sealed, schema={"app": cls})
    before = sealed.beneath.get("app")
    sealed.update("app", {"point": config.app.point, "text": config.app.text})
    assert sealed.beneath.get("app") == before
    assert config.app.point == sealed.get("app")["point"]
    assert hash(config.app.point) == hash(sealed.get("app")["point"])


def test_a_mapping_of_secrets(sealed: SealedStore, open_config: OpenConfig, keys: FakeKeys) -> None:
    """An option whose keys nobody knows in advance can be secrets, too."""
    sealed.set("tokens", {"one": Secret("a"), "two": Secret("b")})

    @attrs.frozen
    class Whole:
        app: dict[str, Any]
        tokens: dict[str, Secret[str]]

    with pytest.raises(SchemaError, match="option 'app'"):
        open_config(sealed, schema=attrs.make_class("Other", {"app": attrs.field(type=int)}))
    keys.opened.clear()
    config = open_config(sealed, schema=Whole)
    assert [len(texts) for texts in keys.opened] == [2]
    assert config.current.tokens["two"].reveal() == "b"
    assert repr(config.current.app["text"]) == "Secret('***')"


class Part(pydantic.BaseModel):
    inner: str = pydantic.Field(validation_alias=pydantic.AliasPath("text", "inner"))


def test_a_part_of_a_secret_is_a_problem(sealed: SealedStore, open_config: OpenConfig) -> None:
    """A field that takes a part of a value cannot take a part of a secret."""
    with pytest.raises(SchemaError, match="key text: is a secret"):
        open_config(sealed, schema={"app": Part})


@pytest.mark.parametrize("type_", [str, Any, Optional[str], int])  # noqa: UP045 (a value)
def test_a_field_for_settings_takes_no_secret(
    sealed: SealedStore, open_config: OpenConfig, type_: Any
) -> None:
    """Whatever the field could hold."""
    for make in (attrs.make_class, dataclasses.make_dataclass):
        fields: Any = {"text": attrs.field(type=type_)}
        if make is dataclasses.make_dataclass:
            fields = [("text", type_)]
        with pytest.raises(SchemaError, match="key text: is a secret: give the field the type"):
            open_config(sealed, schema={"app": make("Settings", fields)})
    model = pydantic.create_model("Model", text=(type_, ...))
    with pytest.raises(SchemaError, match="key text: is a secret: give the field the type"):
        open_config(sealed, schema={"app": model})


# -- pydantic by itself -------------------------------------------------------------------------


def test_a_model_refuses_json() -> None:
    """A dump to JSON is an error, and one to Python keeps the mask."""
    model = InPydantic.model_validate(VALUES)
    assert repr(model.model_dump()["text"]) == "Secret('***')"
    with pytest.raises(Exception, match="a Secret cannot be written as JSON"):
        model.model_dump_json()
    assert InPydantic.model_json_schema()["properties"]["text"]["type"] == "string"


def test_an_error_of_a_model_does_not_quote_a_secret() -> None:
    """Also where the application makes the model itself."""
    with pytest.raises(pydantic.ValidationError) as caught:
        InPydantic.model_validate({**VALUES, "text": Secret({"bad": CANARY})})
    assert "the secret has another type" in str(caught.value)
    assert "bad" not in str(caught.value)


def test_pydantics_own_secrets_that_are_opened_later(
    sealed: SealedStore, keys: FakeKeys, open_config: OpenConfig, clock: FakeClock
) -> None:
    """They compare, hash and measure like those of pydantic, and never show themselves."""

    class Model(pydantic.BaseModel):
        text: pydantic.SecretStr
        raw: pydantic.SecretBytes

    sealed.set("app", {"text": Secret(CANARY), "raw": Secret(CANARY.encode())})
    keys.fault = DENIED
    config = open_config(sealed, schema={"app": Model})
    other = open_config(sealed, schema={"app": Model})
    text, raw = config.app.text, config.app.raw
    assert (repr(text), str(text)) == ("SecretStr('**********')", "**********")
    assert repr(raw) == "SecretBytes(b'**********')"
    keys.fault = None
    assert text == text
    assert text == other.app.text
    assert hash(text) == hash(other.app.text)
    config.reload()
    assert json.loads(config.app.model_dump_json())["text"] == "**********"
    assert len(text) == len(CANARY)
    assert text.get_secret_value() == CANARY
    assert text == pydantic.SecretStr(CANARY)
    assert text != pydantic.SecretStr("other")
    assert text != CANARY
    assert raw.get_secret_value() == CANARY.encode()
    assert config.app.text == pydantic.SecretStr(CANARY)


def test_secretbytes_in_attrs(sealed: SealedStore, open_config: OpenConfig) -> None:
    """Pydantic's secrets need no model; a value of another type is a problem."""

    @attrs.frozen
    class Settings:
        text: pydantic.SecretBytes

    sealed.set("app", {"text": Secret(CANARY.encode())})
    config = open_config(sealed, schema={"app": Settings})
    assert config.app.text.get_secret_value() == CANARY.encode()
    sealed.set("app", {"text": CANARY.encode()})
    config.reload()
    assert config.app.text.get_secret_value() == CANARY.encode()
    sealed.set("app", {"text": Secret(CANARY)})
    with pytest.raises(SchemaError, match="key text: expected SecretBytes"):
        config.reload()
