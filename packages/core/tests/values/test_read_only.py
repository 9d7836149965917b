"""Read-only values: a dict to whoever reads, a refusal to whoever writes."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from confstore import FillableDict, ReadOnlyDict, ReadOnlyList
from confstore._values.read_only import freeze, freeze_value, thaw
from confstore.adapter import canonical_values, is_same
from confstore.testing import any_values

VALUES = {"dict": {"list": [1, {"a": 2}]}, "set": {"a"}, "text": "b"}


def frozen() -> Any:
    return freeze(VALUES)


def in_place_union(values: Any) -> None:
    values |= {"a": 1}


def in_place_sum(entries: Any) -> None:
    entries += [1]


def in_place_product(entries: Any) -> None:
    entries *= 2


def item_of_dict(values: Any) -> None:
    values["text"] = 1


def no_item_of_dict(values: Any) -> None:
    del values["text"]


def item_of_list(entries: Any) -> None:
    entries[0] = 2


def no_item_of_list(entries: Any) -> None:
    del entries[0]


DICT_MUTATORS: dict[str, Callable[[Any], Any]] = {
    "[key] =": item_of_dict,
    "del [key]": no_item_of_dict,
    "|=": in_place_union,
    "clear": lambda values: values.clear(),
    "pop": lambda values: values.pop("text"),
    "popitem": lambda values: values.popitem(),
    "setdefault": lambda values: values.setdefault("new", 1),
    "update": lambda values: values.update(new=1),
    "attribute": lambda values: setattr(values, "new", 1),
}
LIST_MUTATORS: dict[str, Callable[[Any], Any]] = {
    "[index] =": item_of_list,
    "del [index]": no_item_of_list,
    "+=": in_place_sum,
    "*=": in_place_product,
    "append": lambda entries: entries.append(1),
    "clear": lambda entries: entries.clear(),
    "extend": lambda entries: entries.extend([1]),
    "insert": lambda entries: entries.insert(0, 1),
    "pop": lambda entries: entries.pop(),
    "remove": lambda entries: entries.remove(1),
    "reverse": lambda entries: entries.reverse(),
    "sort": lambda entries: entries.sort(),
    "attribute": lambda entries: setattr(entries, "new", 1),
}


@pytest.mark.parametrize("change", DICT_MUTATORS.values(), ids=DICT_MUTATORS)
def test_dict_cannot_be_changed(change: Callable[[Any], Any]) -> None:
    """Every way to change a dict is refused, and changes nothing."""
    values = frozen()
    with pytest.raises((TypeError, AttributeError)):
        change(values)
    assert values == VALUES


@pytest.mark.parametrize("change", LIST_MUTATORS.values(), ids=LIST_MUTATORS)
def test_list_cannot_be_changed(change: Callable[[Any], Any]) -> None:
    """Every way to change a list is refused, and changes nothing."""
    entries = frozen()["dict"]["list"]
    with pytest.raises((TypeError, AttributeError)):
        change(entries)
    assert entries == [1, {"a": 2}]


def test_initialising_again_changes_nothing() -> None:
    """`__init__` may be called on what exists."""
    values, entries = ReadOnlyDict({"a": 1}), ReadOnlyList([1])
    values.__init__({"b": 2})  # type: ignore[misc]  # what is tried here
    entries.__init__([2])  # type: ignore[misc]  # what is tried here
    assert (values, entries) == ({"a": 1}, [1])


def test_refusal_says_what_to_do() -> None:
    """The error tells how a change is made."""
    with pytest.raises(TypeError, match=r"change a \.copy\(\) of it, or write to its store"):
        frozen()["new"] = 1


def test_everything_inside_is_read_only() -> None:
    """No dict, list or set inside can be changed either."""
    values = frozen()
    assert type(values["dict"]) is type(values["dict"]["list"][1]) is ReadOnlyDict
    assert type(values["dict"]["list"]) is ReadOnlyList
    assert type(values["set"]) is frozenset


def test_read_only_values_are_what_they_are() -> None:
    """They are dicts and lists, equal to plain ones, and JSON knows them."""
    values = freeze({"dict": {"list": [1]}})
    assert isinstance(values, dict)
    assert isinstance(values["dict"]["list"], list)
    assert values == {"dict": {"list": [1]}}
    assert json.dumps(values) == '{"dict": {"list": [1]}}'
    assert repr(values) == "{'dict': {'list': [1]}}"


def test_empty_ones_are_empty() -> None:
    """Without entries, there are none."""
    assert (ReadOnlyDict(), ReadOnlyList()) == ({}, [])


COPIES: dict[str, Callable[[Any], Any]] = {
    ".copy()": lambda value: value.copy(),
    "copy.copy": copy.copy,
    "copy.deepcopy": copy.deepcopy,
    **{
        f"pickle {protocol}": lambda value, protocol=protocol: pickle.loads(
            pickle.dumps(value, protocol)
        )
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
    },
}


def assert_plain(value: Any) -> None:
    assert type(value) in (dict, list, set, str, int)
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for entry in value:
            assert_plain(entry)


@pytest.mark.parametrize("duplicate", COPIES.values(), ids=COPIES)
@pytest.mark.parametrize("part", [frozen(), frozen()["dict"]["list"]], ids=["dict", "list"])
def test_copy_is_plain(duplicate: Callable[[Any], Any], part: Any) -> None:
    """Every kind of copy can be changed, all the way down."""
    twin = duplicate(part)
    assert twin == part
    assert_plain(twin)


@given(values=any_values)
def test_thawing_undoes_freezing(values: Any) -> None:
    """Nothing is lost on the way."""
    form = canonical_values("option", values)
    assert thaw(freeze(form)) == form
    assert is_same(freeze(form), form)


def test_thawed_values_are_a_copy() -> None:
    """Who changes them changes nothing else."""
    plain = {"a": [1], "b": {"c"}}
    thawed: Any = thaw(plain)
    thawed["a"].append(2)
    thawed["b"].clear()
    assert plain == {"a": [1], "b": {"c"}}


@pytest.mark.parametrize("value", [None, True, 1, 0.5, Decimal("0.1"), "a", b"a"], ids=repr)
def test_what_cannot_change_stays(value: Any) -> None:
    """A scalar is its own read-only form."""
    assert freeze_value(value) is value


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (0, False),
        (1, 1.0),
        (0.5, Decimal("0.5")),
        ("a", b"a"),
        ([1], [True]),
        ([1], [1, 2]),
        ([1], {1}),
        ({"a": 1}, {"a": True}),
        ({"a": 1}, {"b": 1}),
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": 1}, [("a", 1)]),
        ({1}, {1.0}),
        ({1}, [1]),
        (None, {}),
        ("", None),
        (2.0**-30, Decimal("9.31322574615478515625E-10")),
        ({2.0**-30}, {Decimal("9.31322574615478515625E-10")}),
    ],
    ids=repr,
)
def test_other_values_are_not_same(one: Any, other: Any) -> None:
    """What Python finds equal may still be another value, to both sides."""
    assert not is_same(one, other)
    assert not is_same(other, one)


@pytest.mark.parametrize(
    "value",
    [None, True, 1, 0.5, Decimal("0.1"), "a", b"a", [[1], {"a": {1}}], {"a": {"b": []}}, {"a"}],
    ids=repr,
)
def test_value_and_its_read_only_form_are_same(value: Any) -> None:
    """Whether a value can be changed is no part of it."""
    twin = copy.deepcopy(value)
    assert is_same(value, twin)
    assert is_same(freeze_value(value), value)
    assert is_same(value, freeze_value(twin))


def test_keys_are_interned() -> None:
    """Equal keys of many options are one object, and so quick to find."""
    one, other = freeze({"".join(["ho", "st"]): 1}), freeze({"".join(["hos", "t"]): 2})
    assert next(iter(one)) is next(iter(other))


def test_draft_becomes_read_only() -> None:
    """A draft is not copied: whoever still holds it cannot change it any more either."""
    draft = FillableDict()
    draft["port"] = 1
    values = draft.as_read_only()
    assert values is draft
    assert type(values) is ReadOnlyDict
    assert values == {"port": 1}
    with pytest.raises(TypeError, match="read-only"):
        draft["port"] = 2
