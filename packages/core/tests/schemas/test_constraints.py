"""Constraints: each one that fails is named at once, and no value is shown."""

from __future__ import annotations

import dataclasses
import enum
from typing import Annotated, Any, Generic, Literal, TypeVar

import attrs
import pydantic
import pytest
from attrs import validators

from confstore.errors import SchemaError, SchemaProblem
from confstore.testing import CANARY


@pytest.fixture
def problems(scripted_store, open_config):
    """The problems of one option with a schema, as texts: the path and the reason."""

    def problems_(schema, values):
        with pytest.raises(SchemaError) as caught:
            open_config(scripted_store({"db": values}), schema={"db": schema})
        assert CANARY not in str(caught.value)
        assert {problem.option for problem in caught.value.problems} == {"db"}
        return [
            (".".join(map(str, problem.path)), problem.reason) for problem in caught.value.problems
        ]

    return problems_


def only_even(instance, attribute, value):
    if value % 2:
        raise ValueError("must be even")


ATTRS = {
    "ge": (int, validators.ge(1), 0, "must be at least 1"),
    "gt": (int, validators.gt(1), 1, "must be more than 1"),
    "le": (int, validators.le(1), 2, "must be at most 1"),
    "lt": (float, validators.lt(1.5), 2, "must be less than 1.5"),
    "min_len": (str, validators.min_len(1), "", "must have at least 1 character"),
    "max_len": (str, validators.max_len(5), CANARY, "must have at most 5 characters"),
    "bytes": (bytes, validators.max_len(1), b"ab", "must have at most 1 byte"),
    "entries": (list[str], validators.max_len(0), [CANARY], "must have at most 0 entries"),
    "matches_re": (str, validators.matches_re("[a-z]+"), "A", "must match '[a-z]+'"),
    "in_": (str, validators.in_(["a", "b"]), CANARY, "must be one of 'a', 'b'"),
    "many": (int, validators.in_(range(21)), 99, f"must be one of {str([*range(20)])[1:-1]} and 1"),
    "instance_of": (Any, validators.instance_of((int, str)), [], "expected int or str, found list"),
    "optional": (int | None, validators.optional(validators.ge(1)), 0, "must be at least 1"),
    "own": (int, only_even, 1, "is refused by its validator: must be even"),
    "not_": (int, validators.not_(validators.ge(1)), 5, "is refused by its validator: ValueErr"),
}


@pytest.mark.parametrize(("type_", "validator", "value", "reason"), ATTRS.values(), ids=ATTRS)
def test_validator_of_attrs(problems, type_, validator, value, reason):
    """Each validator of attrs says what it asks for."""
    made = attrs.make_class("Made", {"field": attrs.field(type=type_, validator=validator)})
    ((path, found),) = problems(made, {"field": value})
    assert path == "field"
    assert found.startswith(reason)


def test_every_constraint_at_once(problems):
    """attrs stops at the first validator; here each field and each constraint is named."""

    @attrs.frozen
    class Database:
        host: str = attrs.field(validator=[validators.max_len(3), validators.matches_re("[a-z]+")])
        port: int = attrs.field(validator=validators.and_(validators.ge(1), validators.lt(5)))
        tags: list[str] = attrs.field(
            validator=validators.deep_iterable(validators.max_len(1), validators.max_len(1))
        )
        plain: list[str] = attrs.field(validator=validators.deep_iterable(validators.max_len(1)))
        names: set[str] = attrs.field(validator=validators.deep_iterable(validators.max_len(1)))
        limits: dict[str, int | None] = attrs.field(
            validator=validators.deep_mapping(
                validators.min_len(2),
                validators.optional(validators.ge(3)),
                validators.max_len(1),
            )
        )
        size: int

    values = {
        "host": "HOST",
        "port": 0,
        "tags": ["a", CANARY],
        "plain": ["a", CANARY],
        "names": {CANARY},
        "limits": {"a": 1, "bb": None},
        "size": CANARY,
    }
    assert problems(Database, values) == [
        ("size", "expected int, found text"),
        ("host", "must have at most 3 characters"),
        ("host", "must match '[a-z]+'"),
        ("port", "must be at least 1"),
        ("tags", "must have at most 1 entry"),
        ("tags.1", "must have at most 1 character"),
        ("plain.1", "must have at most 1 character"),
        ("names", "must have at most 1 character"),
        ("limits", "must have at most 1 entry"),
        ("limits.a", "must have at least 2 characters"),
        ("limits.a", "must be at least 3"),
    ]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"value_validator": validators.ge(3)}, "must be at least 3"),
        ({"key_validator": validators.min_len(2)}, "must have at least 2 characters"),
    ],
)
def test_mapping_of_keys_or_values_alone(problems, given, reason):
    """A validator of a mapping may have none for its keys, or for its values."""
    try:
        validator = validators.deep_mapping(**given)
    except TypeError:
        pytest.skip("this attrs needs both")
    made = attrs.make_class(
        "Made", {"field": attrs.field(type=dict[str, int], validator=validator)}
    )
    assert problems(made, {"field": {"a": 1}}) == [("field.a", reason)]


@attrs.frozen
class Inner:
    low: int = attrs.field(validator=validators.ge(1))
    high: int = attrs.field(validator=validators.le(9))


@attrs.frozen
class Outer:
    one: Inner
    many: list[Inner]
    number: int = attrs.field(validator=validators.ge(1))


def test_nested_classes(problems):
    """The problems of every class are named, at every depth."""

    values = {"one": {"low": 0, "high": 10}, "many": [{"low": "x", "high": 10}], "number": 0}
    assert problems(Outer, values) == [
        ("one.low", "must be at least 1"),
        ("one.high", "must be at most 9"),
        ("many.0.low", "expected int, found text"),
        ("many.0.high", "must be at most 9"),
        ("number", "must be at least 1"),
    ]


def test_validator_that_reads_another_field(problems):
    """A validator that needs a field which does not fit is left out: that field is named."""

    @attrs.frozen
    class Span:
        low: int
        high: int = attrs.field()
        size: int = attrs.field(default=attrs.Factory(lambda self: 5, takes_self=True))
        step: int = attrs.field(factory=lambda: 0, validator=validators.ge(1))
        kept: int = attrs.field(init=False)

        @high.validator
        def _above(self, attribute, value):
            if value <= self.low:
                raise ValueError("high must be above low")

    assert problems(Span, {"low": "x", "high": 3}) == [
        ("low", "expected int, found text"),
        ("step", "must be at least 1"),
    ]
    above = "is refused by its validator: high must be above low"
    assert problems(Span, {"low": 3, "high": 3, "step": 1}) == [("high", above)]


def test_converters(problems):
    """A converter that raises is named by its field, beside the other problems."""

    @attrs.frozen
    class Made:
        first: int = attrs.field(converter=int)
        second: int = attrs.field(converter=int, default="3", validator=validators.ge(4))
        third: int = 0

    refused = "is refused by its converter: ValueError"
    assert problems(Made, {"first": CANARY, "third": "x"}) == [
        ("third", "expected int, found text"),
        ("first", refused),
        ("second", "must be at least 4"),
    ]


@pytest.mark.skipif(not hasattr(attrs, "Converter"), reason="attrs 24.1 has it")
def test_converter_that_takes_the_object(problems):
    """A converter may take the object and the field."""

    @attrs.frozen
    class Made:
        first: int
        second: int = attrs.field(
            converter=attrs.Converter(lambda value, self: value + self.first, takes_self=True),
            validator=validators.ge(10),
        )

    assert problems(Made, {"first": 1, "second": 2}) == [("second", "must be at least 10")]


T = TypeVar("T")


@attrs.frozen
class Box(Generic[T]):
    content: T = attrs.field(validator=validators.instance_of(str))
    number: int


@attrs.frozen
class Boxed:
    box: Box[list[int]]


def test_generic_class(problems):
    """The arguments of a generic class count for its constraints, too."""

    assert problems(Boxed, {"box": {"content": [1], "number": "x"}}) == [
        ("box.number", "expected int, found text"),
        ("box.content", "expected str, found list"),
    ]


def test_class_that_refuses(problems):
    """A literal text of the class is shown; else the type of its error, and the place."""

    @dataclasses.dataclass
    class Literally:
        low: int

        def __post_init__(self):
            raise ValueError("low must be below high")

    @dataclasses.dataclass
    class Quoting:
        low: str

        def __post_init__(self):
            raise ValueError(f"not {self.low}")

    @dataclasses.dataclass
    class Word:
        low: str

        def __post_init__(self):
            if self.low != "secret":
                raise ValueError(self.low)
            raise ValueError

    @attrs.frozen
    class Attrs:
        low: int

        def __attrs_post_init__(self):
            raise ValueError("low must be 0")

    assert problems(Literally, {"low": 1}) == [
        ("", "is refused by Literally: low must be below high")
    ]
    ((_, reason),) = problems(Quoting, {"low": CANARY})
    assert reason.startswith("is refused by Quoting: ValueError at test_constraints.py:")
    ((_, reason),) = problems(Word, {"low": "secret"})
    assert reason.startswith("is refused by Word: ValueError at test_constraints.py:")
    ((_, reason),) = problems(Attrs, {"low": 1})
    assert reason == "is refused by Attrs: low must be 0"


def test_every_problem_of_a_dataclass(problems):
    """A dataclass names all of its fields, and not the first."""

    @dataclasses.dataclass
    class Database:
        host: str
        port: int
        name: str

    assert problems(Database, {"host": 1, "port": "x"}) == [
        ("host", "expected str, found int"),
        ("port", "expected int, found text"),
        ("name", "is missing"),
    ]


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


PYDANTIC = {
    "ge": (Annotated[int, pydantic.Field(ge=1)], 0, "must be at least 1"),
    "gt": (Annotated[int, pydantic.Field(gt=1)], 1, "must be more than 1"),
    "le": (Annotated[int, pydantic.Field(le=1)], 2, "must be at most 1"),
    "lt": (Annotated[int, pydantic.Field(lt=1)], 2, "must be less than 1"),
    "multiple": (Annotated[int, pydantic.Field(multiple_of=2)], 1, "must be a multiple of 2"),
    "longest": (Annotated[str, pydantic.Field(max_length=5)], CANARY, "must have at most 5 cha"),
    "shortest": (Annotated[str, pydantic.Field(min_length=5)], "a", "must have at least 5 cha"),
    "many": (
        Annotated[bytes, pydantic.Field(max_length=11)],
        b"a" * 12,
        "must have at most 11 bytes",
    ),
    "pattern": (Annotated[str, pydantic.Field(pattern="x+")], "a", "must match 'x+'"),
    "entries": (
        Annotated[list[int], pydantic.Field(max_length=1)],
        [1, 2],
        "must have at most 1 entry",
    ),
    "enum": (Color, CANARY, "must be one of 'red', 'blue'"),
    "enum, another kind": (Color, 5, "must be one of 'red', 'blue', found int"),
    "literal": (Literal["a", "b"], CANARY, "must be one of 'a', 'b'"),
    "fraction": (int, 1.5, "expected int, found float (int_from_float)"),
    "type": (int, CANARY, "expected int, found text (int_parsing)"),
}


@pytest.mark.parametrize(("type_", "value", "reason"), PYDANTIC.values(), ids=PYDANTIC)
def test_constraint_of_pydantic(problems, type_, value, reason):
    """Each constraint of pydantic says what it asks for."""
    model = pydantic.create_model("Made", field=(type_, ...))
    ((path, found),) = problems(model, {"field": value})
    assert path == "field"
    assert found.startswith(reason)


def test_one_of_a_kind_by_pydantic(problems):
    """One is no plural."""
    model = pydantic.create_model("Made", field=(Annotated[str, pydantic.Field(min_length=1)], ...))
    assert problems(model, {"field": ""}) == [("field", "must have at least 1 character")]


def test_kind_of_what_is_found_by_pydantic(problems):
    """Also where the path leads past the value: into a union, or to a key."""
    model = pydantic.create_model("Made", one=(int | bool, ...), two=(dict[int, int], ...))
    assert problems(model, {"one": CANARY, "two": {"a": 1}}) == [
        ("one.int", "expected int | bool, found text (int_parsing)"),
        ("one.bool", "expected int | bool, found text (bool_parsing)"),
        ("two.a.[key]", "as a key: of another type than expected (int_parsing)"),
    ]


def test_type_of_an_entry_that_does_not_fit_a_model(problems):
    """The type of the entry is named, and not that of the container."""

    class Host(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(extra="forbid")
        port: int

    class Made(pydantic.BaseModel):
        limits: dict[str, int] | None = None
        hosts: list[Host | None] = []
        pair: tuple[int, str] = (1, "a")
        tags: tuple[int, ...] = ()
        plain: list = []

    values = {
        "limits": {"a": CANARY},
        "hosts": [None, {"port": CANARY, "prot": 1}],
        "pair": [CANARY, "a"],
        "tags": [CANARY],
        "plain": 1,
    }
    assert problems(Made, values) == [
        ("limits.a", "expected int, found text (int_parsing)"),
        ("hosts.1.port", "expected int, found text (int_parsing)"),
        ("hosts.1.prot", "is unknown: did you mean 'port'?"),
        ("pair.0", "expected tuple[int, str], found text (int_parsing)"),
        ("tags.0", "expected int, found text (int_parsing)"),
        ("plain", "expected list, found int (list_type)"),
    ]


def test_validators_of_a_model(problems):
    """A literal text of a model's validator is shown, one that was made is not."""

    class Model(pydantic.BaseModel):
        low: int
        high: int
        more: int = 0

        @pydantic.field_validator("low")
        @classmethod
        def _low(cls, value):
            raise ValueError("low must be 0")

        @pydantic.field_validator("high")
        @classmethod
        def _high(cls, value):
            raise ValueError(f"not {value}")

        @pydantic.field_validator("more")
        @classmethod
        def _more(cls, value):
            # A code of pydantic's own, without its context.
            from pydantic_core import PydanticCustomError

            raise PydanticCustomError("less_than", "no")

    found = dict(problems(Model, {"low": 1, "high": 2, "more": 3}))
    assert found["low"] == "is refused by its validator: low must be 0"
    assert found["high"].startswith("is refused by its validator: ValueError at test_constraints")
    assert found["more"] == "expected int (less_than)"


def test_pydantic_converts_unless_it_is_strict(scripted_store, open_config, problems):
    """A model converts in its own way; its own `strict=True` ends that."""

    class Lax(pydantic.BaseModel):
        port: int

    class Strict(Lax):
        model_config = pydantic.ConfigDict(strict=True)

    assert open_config(scripted_store({"db": {"port": "1"}}), schema={"db": Lax}).db.port == 1
    assert problems(Strict, {"port": "1"}) == [("port", "expected int, found text (int_type)")]


def test_clash_beside_other_problems(scripted_store, open_config):
    """Two keys for one field do not hide the other problems."""

    @attrs.frozen
    class Database:
        secret_key: str
        port: int

    store = scripted_store({"db": {"secret-key": "a", "secret_key": "b", "port": "x"}})
    settings = attrs.make_class("Settings", {"db": attrs.field(type=Database)})
    for schema in ({"db": Database}, settings):
        with pytest.raises(SchemaError) as caught:
            open_config(store, schema=schema)
        assert caught.value.problems == (
            SchemaProblem("db", ("secret_key",), "fits the same field as 'secret-key'"),
            SchemaProblem("db", ("port",), "expected int, found text"),
        )
