"""Values that fit a field of an attrs class or a dataclass, and values that do not."""

from __future__ import annotations

import collections.abc
import datetime
import enum
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, NewType, Optional, Union

import attrs
import pytest

from confstore.errors import SchemaError, SchemaProblem


class Color(enum.Enum):
    RED = "red"


class Level(enum.StrEnum):
    INFO = "info"


class Size(enum.IntEnum):
    SMALL = 1


@attrs.frozen
class Inner:
    number: int = 0


@attrs.frozen
class Node:
    children: list[Node] = attrs.field(factory=list)


@attrs.frozen
class Secret:
    secret_key: str = ""


@attrs.frozen
class Settings:
    one: Secret | None
    many: dict[str, Secret]


Name = NewType("Name", str)
OptionalInt = Optional[int]  # noqa: UP045 (the old way to write it)
IntOrText = Union[int, str]  # noqa: UP007 (the old way to write it)


@pytest.fixture
def build(scripted_store, open_config):
    """Makes a value of a type, as a field of a class."""

    def build_(type_, value):
        cls = attrs.make_class("Made", {"field": attrs.field(type=type_)})
        config = open_config(scripted_store({"db": {"field": value}}), schema={"db": cls})
        return config.db.field

    return build_


@pytest.mark.parametrize(
    ("type_", "value", "built"),
    [
        (bool, True, True),
        (int, 5, 5),
        (float, 1.5, 1.5),
        # A store keeps 1.0 as 1.
        (float, 1, 1.0),
        (str, "text", "text"),
        (bytes, b"\x00", b"\x00"),
        (Decimal, 5, Decimal(5)),
        (Decimal, 1.5, Decimal("1.5")),
        (Decimal, Decimal("0.1234567890123456789"), Decimal("0.1234567890123456789")),
        (Path, "/tmp", Path("/tmp")),
        (Color, "red", Color.RED),
        (Level, "info", Level.INFO),
        (Size, 1, Size.SMALL),
        (Literal["a", "b"], "a", "a"),
        (Name, "name", "name"),
        (Annotated[str, "a note"], "text", "text"),
        (Annotated[list[str], "a note"], ["text"], ["text"]),
        (Any, 5, 5),
        (OptionalInt, None, None),
        (OptionalInt, 5, 5),
        (float | None, 5, 5.0),
        (Path | None, "/tmp", Path("/tmp")),
        (Color | None, None, None),
        (int | str, 5, 5),
        (IntOrText, "text", "text"),
        (int | bool, True, True),
        (str | list[str], ["a"], ["a"]),
        (list[str], ["a", "b"], ["a", "b"]),
        (list, [1, "a"], [1, "a"]),
        (tuple[int, ...], [1, 2], (1, 2)),
        (tuple[int, str], [1, "a"], (1, "a")),
        (set[str], {"a"}, {"a"}),
        (frozenset[int], {1}, frozenset({1})),
        # No store holds an empty set.
        (set[str], [], set()),
        (dict[str, int], {"a": 1}, {"a": 1}),
        (dict, {"a": 1}, {"a": 1}),
        (collections.abc.Mapping[str, Any], {"a": [1]}, {"a": [1]}),
        (Inner, {"number": 1}, Inner(1)),
        (Inner, {}, Inner(0)),
        (Inner | None, None, None),
        (list[Inner], [{}, {"number": 2}], [Inner(0), Inner(2)]),
        (dict[str, Inner], {"number": {"number": 3}}, {"number": Inner(3)}),
        (Node, {"children": [{"children": [{}]}]}, Node([Node([Node()])])),
    ],
)
def test_fits(build, type_, value, built):
    """A value of its type is taken as it is."""
    made = build(type_, value)
    assert made == built
    assert type(made) is type(built) or isinstance(built, dict | list | set)
    assert isinstance(made, type(built))


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        (bool, "no", "bool, found text"),
        (bool, 1, "bool, found int"),
        (int, True, "int, found bool"),
        (int, 1.5, "int, found float"),
        (int, "5", "int, found text"),
        (float, True, "float, found bool"),
        (float, "1.5", "float, found text"),
        (str, 5, "str, found int"),
        (bytes, "text", "bytes, found text"),
        (Decimal, "1.5", "Decimal, found text"),
        (Decimal, True, "Decimal, found bool"),
        (Path, 5, "Path, found int"),
        (int, None, "int, found None"),
        (bool | None, "no", "bool | None, found text"),
        (int | str, True, "int | str, found bool"),
        (int | str, 1.5, "int | str, found float"),
        (int | str, None, "int | str, found None"),
        (list[str], "localhost", "list[str], found text"),
        (list[str], {"a": 1}, "list[str], found dict"),
        (list[str], {"a"}, "list[str], found set"),
        (list[str] | None, "localhost", "list[str] | None, found text"),
        (tuple[str, ...], "localhost", "tuple[str, ...], found text"),
        (set[str], "localhost", "set[str], found text"),
        (frozenset[str], {"a": 1}, "frozenset[str], found dict"),
        (dict[str, int], "text", "dict[str, int], found text"),
        (dict, [], "dict, found list"),
        # A class whose fields all have defaults is not made of nothing.
        (Inner, "text", "Inner, found text"),
        (Inner, [], "Inner, found list"),
    ],
)
def test_does_not_fit(build, type_, value, expected):
    """A value of another type is refused: nothing is converted that the application did not ask."""
    with pytest.raises(SchemaError) as caught:
        build(type_, value)
    assert caught.value.problems == (SchemaProblem("db", ("field",), f"expected {expected}"),)


@pytest.mark.parametrize(
    ("type_", "value", "choices"),
    [
        (Color, "blue", "'red'"),
        (Color, 5, "'red', found int"),
        (Level, "loud", "'info'"),
        (Size, 2, "1"),
        (Size, True, "1, found bool"),
        (Literal["a", "b"], "c", "'a', 'b'"),
        (Literal[1], True, "1, found bool"),
        (Literal[1, 2], "1", "1, 2, found text"),
        (Literal[tuple(range(30))], 30, f"{', '.join(map(str, range(20)))} and 10 more"),
    ],
)
def test_no_member(build, type_, value, choices):
    """A value that no enumeration or literal has is answered by the ones that they have."""
    with pytest.raises(SchemaError) as caught:
        build(type_, value)
    assert caught.value.problems == (SchemaProblem("db", ("field",), f"must be one of {choices}"),)


@pytest.mark.parametrize(
    ("type_", "value", "problem"),
    [
        (list[int], [1, "x"], "key field.1: expected int, found text"),
        (dict[str, int], {"a": "x"}, "key field.a: expected int, found text"),
        (dict[int, int], {"a": 5}, "key field.a: as a key: expected int, found text"),
        (dict[Literal["b"], str], {"a": 5}, "key field.a: as a key: must be one of 'b'"),
        (Inner, {"number": "x"}, "key field.number: expected int"),
        (list[Inner], [{}, {"number": "x"}], "key field.1.number: expected int"),
        (list[Inner], [{}, "x"], "key field.1: expected Inner"),
        (dict[str, list[str]], {"a": "x"}, "key field.a: expected list[str]"),
        (Node, {"children": [{"children": "x"}]}, "field.children.0.children: expected list["),
        (tuple[int, str], [1], "key field: expected tuple[int, str]"),
    ],
)
def test_path(build, type_, value, problem):
    """A wrong nested value is named by its path."""
    with pytest.raises(SchemaError) as caught:
        build(type_, value)
    assert problem in str(caught.value)


@pytest.mark.parametrize("type_", [datetime.datetime, uuid.UUID])
def test_type_that_nothing_builds(build, type_):
    """A type that cattrs cannot build is an error that asks for a converter."""
    with pytest.raises(SchemaError, match=f"nothing builds {type_.__name__}: give the field a"):
        build(type_, "2030-01-01")


def test_sequence(build):
    """cattrs chooses the type of a sequence."""
    assert list(build(collections.abc.Sequence[str], ["a"])) == ["a"]
    with pytest.raises(SchemaError, match="expected"):
        build(collections.abc.Sequence[str], "localhost")


def test_converter(scripted_store, open_config):
    """A field's own converter may convert a value."""

    @attrs.frozen
    class Made:
        when: datetime.date = attrs.field(converter=datetime.date.fromisoformat)
        names: list[str] = attrs.field(converter=lambda text: text.split(","))

    store = scripted_store({"db": {"when": "2030-01-01", "names": "a,b"}})
    config = open_config(store, schema={"db": Made})
    assert config.db == Made("2030-01-01", "a,b")


def test_converter_that_raises(scripted_store, open_config):
    """A converter's KeyError is not a missing key, and its text is not shown."""

    @attrs.frozen
    class Made:
        color: int = attrs.field(converter={"red": 1}.__getitem__)

    with pytest.raises(SchemaError) as caught:
        open_config(scripted_store({"db": {"color": "canary"}}), schema={"db": Made})
    (problem,) = caught.value.problems
    assert problem == SchemaProblem("db", ("color",), "is refused by its converter: KeyError")


def test_missing_key_of_a_nested_class(build):
    """A missing key is named by its path."""

    @attrs.frozen
    class Needy:
        number: int

    with pytest.raises(SchemaError, match=r"key field\.number: is missing"):
        build(Needy, {})
    with pytest.raises(SchemaError, match=r"key field\.0\.number: is missing"):
        build(list[Needy], [{}])


def test_enumeration_that_raises_key_errors(build):
    """An enumeration that looks its members up is no missing key."""

    class Found(enum.Enum):
        ONE = 1

        @classmethod
        def _missing_(cls, value):
            raise KeyError(value)

    with pytest.raises(SchemaError, match="key field: must be one of 1"):
        build(Found, 2)
    with pytest.raises(SchemaError, match=r"key field\.0: must be one of 1"):
        build(list[Found], [2])
    with pytest.raises(SchemaError, match="key field"):
        build(set[Found], {2})


@pytest.mark.parametrize(
    ("validator", "reason"),
    [
        (attrs.validators.gt(0), "must be more than 0"),
        (attrs.validators.in_([1, 2]), "must be one of 1, 2"),
        (attrs.validators.instance_of(str), "expected str, found int"),
        (
            lambda instance, attribute, value: 1 / 0,
            "is refused by its validator: ZeroDivisionError at test_types.py:",
        ),
    ],
)
def test_validator(scripted_store, open_config, validator, reason):
    """A field whose validator refuses is named by its key, for every exception."""

    @attrs.frozen
    class Made:
        number: int = attrs.field(validator=validator)

    with pytest.raises(SchemaError) as caught:
        open_config(scripted_store({"db": {"number": -1}}), schema={"db": Made})
    (problem,) = caught.value.problems
    assert str(problem).startswith(f"option 'db', key number: {reason}")


def test_optional_class_of_a_store(scripted_store, open_config):
    """Keys fit the fields of a class that may be None, and not those of a mapping's classes."""
    store = scripted_store(
        {"one": {"secret-key": "a"}, "many": {"secret-key": {"secret_key": "b"}}}
    )
    config = open_config(store, schema=Settings)
    assert config.current == Settings(Secret("a"), {"secret-key": Secret("b")})
