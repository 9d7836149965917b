"""The domain of values: what is accepted, in which form, and what is refused."""

from __future__ import annotations

import collections
import enum
from copy import deepcopy
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
from hypothesis import given

from confstore import ReadOnlyList
from confstore._values.canonical import check_size
from confstore._values.read_only import freeze
from confstore.adapter import canonical_update, canonical_values, is_same
from confstore.errors import InvalidValueError
from confstore.testing import any_values


def canonical(value: Any) -> Any:
    return canonical_values("option", {"key": value})["key"]


def refusal(value: Any) -> InvalidValueError:
    with pytest.raises(InvalidValueError) as caught:
        canonical(value)
    return caught.value


def lists(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def dicts(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": value}
    return value


class Colour(enum.StrEnum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 2


class Point(NamedTuple):
    x: int


class Blob(bytes):
    """Bytes with a name."""


@given(values=any_values)
def test_form_of_a_form_is_itself(values: Any) -> None:
    """What is canonical stays as it is."""
    once = canonical_values("option", values)
    assert is_same(canonical_values("option", once), once)


@given(values=any_values)
def test_values_are_copied(values: Any) -> None:
    """Neither side can change the other's data: the form is read-only, and a copy."""
    before = deepcopy(values)
    form = canonical_values("option", values)
    with pytest.raises(TypeError, match="read-only"):
        form.clear()
    values.clear()
    assert form == canonical_values("option", before)


@given(values=any_values)
def test_read_only_values_can_be_written(values: Any) -> None:
    """What a config gives is values."""
    form = canonical_values("option", values)
    assert is_same(canonical_values("option", freeze(form)), form)


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ((1, (2,)), [1, [2]]),
        (frozenset({"a"}), {"a"}),
        ({1.0, Decimal("2.0")}, {1, 2}),
        (Colour.RED, "red"),
        (Level.HIGH, 2),
        ({Colour.RED: Level.HIGH}, {"red": 2}),
        (Point(1), [1]),
        (collections.OrderedDict(a=1), {"a": 1}),
        (collections.defaultdict(list, a=[]), {"a": []}),
        (Blob(b"a"), b"a"),
        ({Blob(b"a")}, {b"a"}),
    ],
    ids=repr,
)
def test_value_has_one_form(value: Any, form: Any) -> None:
    """A subclass becomes what it extends, a tuple a list, a frozenset a set."""
    assert is_same(canonical(value), form)


@pytest.mark.parametrize("value", [frozenset({"a"}), Point(1), Colour.RED, Blob(b"a")], ids=repr)
def test_form_is_of_a_plain_type(value: Any) -> None:
    """The form is of the domain's own read-only types, and of no other subclass."""
    assert type(canonical(value)) in (frozenset, ReadOnlyList, str, bytes)


def test_any_mapping_holds_the_values_of_an_option() -> None:
    """An option's values come in any mapping."""
    assert canonical_values("option", MappingProxyType({"a": 1})) == {"a": 1}


@pytest.mark.parametrize(
    ("value", "path", "reason"),
    [
        (object(), "key", "object cannot be stored"),
        ([1, {"a b": (object(),)}], "key[1]['a b'][0]", "object cannot be stored"),
        ({"a": {1: 2}}, "key['a']", "keys are str, not int"),
        ([{"": 1}], "key[0]", "a key is empty"),
        ({"\ud800": 1}, "key", "a key holds a lone surrogate"),
        ({"a" * 65_536: 1}, "key", "65536 bytes is longer than 65535"),
        (["\ud800"], "key[0]", "the text holds a lone surrogate"),
        ([float("nan")], "key[0]", "NaN"),
        (set(), "key", "a set is empty"),
        ({"a", 1}, "key", "not int, str"),
        ({None}, "key", "not NoneType"),
        ({True}, "key", "not bool"),
        ({"a", b"a"}, "key", "not bytes, str"),
        ({Decimal("NaN")}, "key", "NaN"),
        ({"\ud800"}, "key", "the text holds a lone surrogate"),
    ],
)
def test_refusal_says_where_and_why(value: Any, path: str, reason: str) -> None:
    """An error leads to the value, and names what is wrong with it."""
    error = refusal(value)
    assert (error.option, error.path) == ("option", path)
    assert reason in error.reason


def test_numbers_that_become_one_are_refused() -> None:
    """A set never loses an entry in silence."""
    exact, short = Decimal("9.31322574615478515625E-10"), Decimal("9.313225746154785E-10")
    assert "the same" in refusal({exact, short}).reason


@pytest.mark.parametrize("build", [lists, dicts])
def test_deepest_value_is_accepted(build: Any) -> None:
    """Thirty-one levels fit below an item of DynamoDB."""
    assert canonical(build(31)) == build(31)


@pytest.mark.parametrize("build", [lists, dicts])
def test_deeper_value_is_refused(build: Any) -> None:
    """Thirty-two do not."""
    assert "more than 31 deep" in refusal(build(32)).reason


def test_set_is_no_level() -> None:
    """DynamoDB counts lists and maps."""
    value = lists(30)
    deepest = value
    while isinstance(deepest[0], list):
        deepest = deepest[0]
    deepest[0] = [{"a"}]
    assert canonical(value) == value


def test_longest_key_is_accepted() -> None:
    """A key has at most 65,535 bytes."""
    assert canonical_values("option", {"a" * 65_535: 1}) == {"a" * 65_535: 1}


@pytest.mark.parametrize("key", ["", 1, None, b"a", "\ud800", "\u00e9" * 32_768], ids=ascii)
def test_key_that_cannot_be_is_refused(key: Any) -> None:
    """An error of a key names the option, for there is no path to it."""
    with pytest.raises(InvalidValueError) as caught:
        canonical_values("option", {key: 1})
    assert (caught.value.option, caught.value.path) == ("option", "")


@pytest.mark.parametrize("key", ["_store", "_option", "_expires"])
def test_reserved_key_is_refused(key: str) -> None:
    """An item of DynamoDB needs some attributes for itself."""
    with pytest.raises(InvalidValueError, match="reserved"):
        canonical_values("option", {key: 1})


def test_backend_can_reserve_other_keys() -> None:
    """A table can have keys of other names, which are reserved then."""
    with pytest.raises(InvalidValueError, match="reserved"):
        canonical_values("option", {"pk": 1}, reserved={"pk"})


def test_reserved_key_inside_is_no_attribute() -> None:
    """Only an option's own keys are attributes."""
    assert canonical({"_store": 1}) == {"_store": 1}


@pytest.mark.parametrize("values", [None, [("a", 1)], "a", 1], ids=repr)
def test_what_is_no_mapping_is_refused(values: Any) -> None:
    """An option holds a dict of key to value."""
    with pytest.raises(InvalidValueError, match=f"not {type(values).__name__}"):
        canonical_values("option", values)


def test_update_gives_what_to_set_and_what_to_remove() -> None:
    """Both come in the form in which they are written."""
    assert canonical_update("option", {"a": (1,)}, ["b", "b"]) == ({"a": [1]}, {"b"})


def test_key_is_not_both_set_and_removed() -> None:
    """A contradiction is the caller's mistake."""
    with pytest.raises(InvalidValueError, match="both set and removed") as caught:
        canonical_update("option", {"a": 1}, ["a"])
    assert caught.value.path == "a"


@pytest.mark.parametrize("key", ["", "_store", "\ud800"], ids=ascii)
def test_key_that_cannot_be_is_not_removed(key: str) -> None:
    """Who removes `_store` would remove an item's key."""
    with pytest.raises(InvalidValueError):
        canonical_update("option", {}, [key])


def test_backend_can_reserve_keys_of_an_update() -> None:
    """A table's own key is not removed."""
    with pytest.raises(InvalidValueError, match="reserved"):
        canonical_update("option", {}, ["pk"], reserved={"pk"})


@pytest.mark.parametrize("remove", ["a", {"a": 1}, [1]], ids=repr)
def test_what_is_no_collection_of_keys_is_not_removed(remove: Any) -> None:
    """A string or a mapping is not meant as a collection."""
    with pytest.raises(TypeError, match="remove"):
        canonical_update("option", {}, remove)


def test_update_that_is_too_large_is_refused() -> None:
    """What an update sets alone can be too much."""
    with pytest.raises(InvalidValueError, match="size rule"):
        canonical_update("option", {"a": "a" * 390_000}, [])


LIMIT_B = 390_000
# The values of an option are counted as the map that they are in a commit.
MAP_B = 3
ENTRY_B = 1
NUMBER = Decimal("-0.12345678901234567890123456789012345678")

SIZES_B = {
    "text": ("\u00e9a", 3),
    "bytes": (b"abc", 3),
    "None": (None, 1),
    "bool": (True, 1),
    "zero": (0, 1),
    "two digits": (12, 2),
    "three digits": (123, 3),
    "zeros around": (12_000_000, 2),
    "negative": (-12, 3),
    "float": (0.0012, 2),
    "float with an exponent": (1.2e-100, 2),
    "Decimal of 38 digits": (NUMBER, 21),
    "empty list": ([], 3),
    "list": ([1, None], 3 + (1 + 2) + (1 + 1)),
    "empty dict": ({}, 3),
    "dict": ({"ab": 1}, 3 + 1 + 2 + 2),
    "set": ({"a", "bc"}, 3 + (1 + 1) + (1 + 2)),
}


@pytest.mark.parametrize(("value", "size_b"), SIZES_B.values(), ids=SIZES_B)
def test_size_is_exact(value: Any, size_b: int) -> None:
    """Names, keys and values are counted to the byte: one more is too many."""
    keys_b = len("room") + len("key") + 2 * ENTRY_B
    room = "a" * (LIMIT_B - len("option") - MAP_B - keys_b - size_b)
    check_size("option", {"room": room, "key": value})
    with pytest.raises(InvalidValueError, match="390,001 bytes"):
        check_size("option", {"room": room + "a", "key": value})


def test_name_of_the_option_counts() -> None:
    """A longer name leaves less room."""
    values = {"a": "a" * (LIMIT_B - MAP_B - ENTRY_B - 1 - len("name"))}
    check_size("name", values)
    with pytest.raises(InvalidValueError):
        check_size("name!", values)


def test_read_only_values_have_a_size() -> None:
    """A backend that holds read-only values checks them as they are."""
    with pytest.raises(InvalidValueError):
        check_size("option", freeze({"a": [{"b" * LIMIT_B}]}))
