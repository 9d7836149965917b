"""Nothing is converted silently, however a type is spelled and wherever it stands."""

from __future__ import annotations

import collections
import collections.abc
import dataclasses
import enum
import types
from collections import Counter, OrderedDict, UserList, UserString, defaultdict, deque
from decimal import Decimal
from typing import (  # noqa: UP035 (the old way to write it)
    Annotated,
    Any,
    Final,
    Generic,
    List,
    Literal,
    NamedTuple,
    NewType,
    NotRequired,
    Optional,
    Tuple,
    TypedDict,
    TypeVar,
)

import attrs
import pydantic
import pytest
from typing_extensions import (
    NamedTuple as ExtendedNamedTuple,
    TypeAliasType,
    TypedDict as ExtendedTypedDict,
)

from confstore import TimeBasedConfigStore
from confstore.errors import SchemaError
from confstore_memory import MemoryStore

T = TypeVar("T")
B = TypeVar("B", bound=list[str])
C = TypeVar("C", int, list[str])

Hosts = NewType("Hosts", list[str])
Alias = TypeAliasType("Alias", list[str])
ListOf = TypeAliasType("ListOf", list[T], type_params=(T,))


class One(enum.Enum):
    ONE = 1


class Ratio(float, enum.Enum):
    WHOLE = 1.0


class Price(Decimal, enum.Enum):
    WHOLE = Decimal(1)


class Rights(enum.Flag):
    READ = 1
    WRITE = 2


class Loud(enum.Enum):
    RED = "red"

    @classmethod
    def _missing_(cls, value):
        return cls.RED if value == "RED" else None


class Pair(NamedTuple):
    hosts: list[str]
    port: int = 1


class GenericPair(ExtendedNamedTuple, Generic[T]):
    hosts: list[T]
    one: T


Untyped = collections.namedtuple("Untyped", "one two")


class Entry(TypedDict):
    hosts: list[str]


# In text, as all annotations of this module are, nobody sees NotRequired.
ExtendedEntry = ExtendedTypedDict("ExtendedEntry", {"hosts": NotRequired[list[str]]})  # noqa: UP013


class HostList(list[str]):
    pass


class Port(int):
    pass


@attrs.frozen
class Box(Generic[T]):
    content: T


@dataclasses.dataclass(frozen=True)
class DataBox(Generic[T]):
    content: list[T]


@attrs.frozen
class HostsBox(Box[list[str]]):
    pass


@attrs.frozen
class Finished:
    hosts: Final[list[str]]


@dataclasses.dataclass
class DataFinished:
    hosts: Final[list[str]]


@attrs.frozen
class Cat:
    name: str = ""


@attrs.frozen
class Dog:
    name: str = ""
    bark: int = 0


@attrs.frozen
class Circle:
    kind: Literal["circle"]


@attrs.frozen
class Square:
    kind: Literal["square"]


class Names(pydantic.RootModel[list[str]]):
    pass


@pytest.fixture
def build(scripted_store, open_config):
    """Makes a value of a type, as a field of a class."""

    def build_(type_, value):
        cls = attrs.make_class("Made", {"field": attrs.field(type=type_)})
        config = open_config(scripted_store({"db": {"field": value}}), schema={"db": cls})
        return config.db.field

    return build_


LISTS_OF_TEXT = [
    List[str],  # noqa: UP006 (the old way to write it)
    list[str] | None,
    list[str] | int,
    list[str] | dict[str, int] | None,
    Optional[List[str]],  # noqa: UP006, UP045
    Hosts,
    Hosts | None,
    Alias,
    ListOf[str],
    Annotated[list[str], "a note"],
    Annotated[list[str] | None, "a note"],
    Final[list[str]],
    B,
    C,
    HostList,
    UserList[str],
    deque,
    deque[str],
    deque[str] | None,
    tuple,
    Tuple[str, ...],  # noqa: UP006
    tuple[str, str, str],
    set,
    set[str] | None,
    frozenset[str] | int,
    collections.abc.Set[str],
    collections.abc.MutableSet[str],
    collections.abc.Sequence[str],
    collections.abc.MutableSequence[str],
    collections.abc.Collection[str],
    collections.abc.Iterable[str],
    collections.abc.Iterable,
    Pair,
    Untyped,
    GenericPair[str],
    Names,
]

AROUND = [
    (lambda type_: type_, lambda value: value),
    (lambda type_: list[type_], lambda value: [value]),
    (lambda type_: dict[str, type_], lambda value: {"key": value}),
    (lambda type_: tuple[int, type_], lambda value: [1, value]),
    (lambda type_: tuple[type_, ...], lambda value: [value]),
    (lambda type_: deque[type_], lambda value: [value]),
    (lambda type_: OrderedDict[str, type_], lambda value: {"key": value}),
    (lambda type_: Box[type_], lambda value: {"content": value}),
    (lambda type_: DataBox[type_], lambda value: {"content": [value]}),
    (lambda type_: Annotated[list[type_], "a note"], lambda value: [value]),
    (lambda type_: list[type_] | int, lambda value: [value]),
    (lambda type_: Box[list[type_]] | None, lambda value: {"content": [value]}),
]


@pytest.mark.parametrize(("around", "wrapped"), AROUND)
@pytest.mark.parametrize("type_", LISTS_OF_TEXT, ids=str)
def test_text_is_no_container(build, type_, around, wrapped):
    """Text is never made into a container of its letters."""
    with pytest.raises(SchemaError, match=r"expected|nothing builds"):
        build(around(type_), wrapped("abc"))


@pytest.mark.parametrize(("around", "wrapped"), AROUND)
@pytest.mark.parametrize(
    "type_",
    [
        int,
        Port,
        float,
        Decimal,
        One,
        Ratio,
        Price,
        Rights,
        Literal[1],
        Literal[One.ONE],
        int | str,
        One | None,
        One | str,
        Literal[1] | None,
        float | None,
        Final[int],
        NewType("Count", int),
        Annotated[One, "a note"],
    ],
    ids=str,
)
def test_true_is_no_number(build, type_, around, wrapped):
    """`True` is neither 1 nor the member of an enumeration whose value is 1."""
    with pytest.raises(SchemaError, match=r"expected|must be one of"):
        build(around(type_), wrapped(True))


@pytest.mark.parametrize(
    "type_",
    [
        dict,
        OrderedDict,
        OrderedDict[str, int],
        defaultdict[str, int],
        Counter[str],
        collections.abc.Mapping[str, int],
        dict[str, int] | list[int],
        Entry,
        ExtendedEntry,
        Box[int],
        HostsBox,
        Cat | Dog,
        Finished,
    ],
    ids=str,
)
@pytest.mark.parametrize("value", ["abc", "", 1, True])
def test_no_mapping(build, type_, value):
    """A value that is no mapping is never made into one, nor into an object."""
    with pytest.raises(SchemaError, match="key field: expected"):
        build(type_, value)


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        (Box[list[str]], {"content": "abc"}),
        (HostsBox, {"content": "abc"}),
        (DataBox[str], {"content": "abc"}),
        (DataBox[list[str]], {"content": ["abc"]}),
        (Finished, {"hosts": "abc"}),
        (DataFinished, {"hosts": "abc"}),
        (Entry, {"hosts": "abc"}),
        (Entry, {}),
        (ExtendedEntry, {"hosts": "abc"}),
        (Pair, ["abc", 1]),
        (Pair, []),
        (Pair, [["a"], 1, 2]),
        (GenericPair[int], [[1], "a"]),
        (GenericPair[int], [["a"], 1]),
        (Pair, {"hosts": ["a"], "port": 1}),
        (OrderedDict[str, list[str]], {"key": "abc"}),
        (defaultdict[str, list[str]], {"key": "abc"}),
        (Counter[str], {"key": "abc"}),
        (set[tuple[str, ...]], ["abc"]),
        (set[int], {"a"}),
        (One, 1.5),
        (Loud, "blue"),
        (int | str, None),
        (Square | Circle, {"kind": "other"}),
        (Box, {"content": "abc"}),
        (bytearray, [1, 2]),
        (bytearray, b"a"),
        (UserString, ["a"]),
        (range, [1]),
    ],
)
def test_wrong_parts(build, type_, value):
    """The parts of a container and of an object are looked at, too."""
    with pytest.raises(SchemaError, match=r"key field|nothing builds"):
        build(type_, value)


@pytest.mark.parametrize(
    ("type_", "value", "built"),
    [
        (Hosts, ["a"], ["a"]),
        (Alias, ["a"], ["a"]),
        (ListOf[str] | None, ["a"], ["a"]),
        (Final[list[str]], ["a"], ["a"]),
        (B, ["a"], ["a"]),
        (C, 5, 5),
        (T, "abc", "abc"),
        (object, "abc", "abc"),
        (HostList, ["a"], HostList(["a"])),
        (UserList[str], ["a"], UserList(["a"])),
        (deque[int], [1], deque([1])),
        (list[str] | dict[str, int], {"a": 1}, {"a": 1}),
        (set[str] | list[str], ["a", "a"], ["a", "a"]),
        (set[str] | int, ["a"], {"a"}),
        (collections.abc.MutableSequence[str], ["a"], ["a"]),
        (collections.abc.Iterable[str], ["a"], ("a",)),
        (collections.abc.Set[str], {"a"}, frozenset({"a"})),
        (collections.abc.MutableSet[str], {"a"}, {"a"}),
        (set[int], [1], {1}),
        (OrderedDict[str, int], {"a": 1}, OrderedDict(a=1)),
        (defaultdict[str, int], {"a": 1}, defaultdict(int, a=1)),
        (defaultdict, {"a": 1}, defaultdict(None, a=1)),
        (Counter[str], {"a": 1}, Counter(a=1)),
        (dict[Loud, int], {"red": 1}, {Loud.RED: 1}),
        (types.MappingProxyType[str, int], {"a": 1}, types.MappingProxyType({"a": 1})),
        (Pair, [["a"]], Pair(["a"])),
        (GenericPair[int], [[1], 2], GenericPair([1], 2)),
        (Untyped, [1, "a"], Untyped(1, "a")),
        (Entry, {"hosts": ["a"]}, {"hosts": ["a"]}),
        (ExtendedEntry, {}, {}),
        (Box[list[str]], {"content": ["a"]}, Box(["a"])),
        (Box[int] | None, {"content": 1}, Box(1)),
        (DataBox[str], {"content": ["a"]}, DataBox(["a"])),
        (HostsBox, {"content": ["a"]}, HostsBox(["a"])),
        (Finished, {"hosts": ["a"]}, Finished(["a"])),
        (DataFinished, {"hosts": ["a"]}, DataFinished(["a"])),
        (Port, 5, Port(5)),
        (Ratio, 1, Ratio.WHOLE),
        (Price, 1, Price.WHOLE),
        (Rights, 3, Rights.READ | Rights.WRITE),
        (Loud, "RED", Loud.RED),
        (Literal["red", 5] | bool, True, True),
        (Literal[Loud.RED], "red", Loud.RED),
        (Loud | int, "red", Loud.RED),
        (Circle | Square, {"kind": "square"}, Square("square")),
        (Cat | Dog, {"name": "a", "bark": 1}, Dog("a", 1)),
        (Cat | Dog, {"name": "a"}, Cat("a")),
        (Names, ["a"], Names(["a"])),
    ],
)
def test_fits(build, type_, value, built):
    """A value of its type is taken, however the type is spelled."""
    made = build(type_, value)
    assert made == built
    assert isinstance(made, type(built))


def test_generic_class_of_an_option(scripted_store, open_config):
    """A generic class with its argument is a type of an option."""
    config = open_config(scripted_store({"db": {"content": ["a"]}}), schema={"db": Box[list[str]]})
    assert config.db == Box(["a"])


@pytest.mark.parametrize(
    ("type_", "value", "problem"),
    [
        (Hosts, "abc", "key field: expected Hosts"),
        (list[str] | int, [1], "key field.0: expected str"),
        (deque[list[int]], [[1, "a"]], "key field.0.1: expected int"),
        (Pair, [["a"], "b"], "key field.1: expected int"),
        (Entry, {}, "key field.hosts: is missing"),
        (Box[list[int]] | str, {"content": ["a"]}, "key field.content.0: expected int"),
        (Names, ["a", 1], "key field.1: expected Names"),
    ],
)
def test_path(build, type_, value, problem):
    """A wrong part is named by its place, in a union as well."""
    with pytest.raises(SchemaError) as caught:
        build(type_, value)
    assert problem in str(caught.value)


def test_any(build):
    """A field of any type takes the value as it is."""
    assert build(Any, True) is True


class Everything(pydantic.RootModel[dict[str, dict[str, int]]]):
    """Of a whole store: it has no field for an option."""


@pytest.mark.parametrize("strict", [False, True])
def test_root_model_of_the_whole_store_is_refused(strict: bool) -> None:
    """It would take no option at all; of one option it is fine."""
    store = MemoryStore("prod", {"db": {"ports": {"a": 1}}})
    with pytest.raises(TypeError, match=r"Everything'? is a RootModel.*some options by name"):
        TimeBasedConfigStore(store, schema=Everything, strict=strict)
    config = TimeBasedConfigStore(store, schema={"db": Everything}, strict=strict)
    assert config.db.root == {"ports": {"a": 1}}
