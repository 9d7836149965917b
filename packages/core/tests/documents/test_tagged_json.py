"""Values as JSON: what is written is read back, and what cannot be read is pointed at."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given

from confstore import ReadOnlyDict
from confstore.adapter import canonical_values, is_same
from confstore.documents import JSONPathError, values_from_json, values_to_json
from confstore.testing import EDGE_VALUES, any_values


@given(values=any_values)
@example(values=dict(EDGE_VALUES))
def test_what_is_written_is_read_back(values: Any) -> None:
    """Everything in the domain survives, in type, too."""
    form = canonical_values("option", values)
    text = json.dumps(values_to_json(form), allow_nan=False)
    assert is_same(values_from_json(json.loads(text)), form)


@pytest.mark.parametrize(
    ("value", "raw"),
    [
        (b"text", {"$bytes": "dGV4dA=="}),
        # A set's repr depends on the hash seed, and so would the test's name.
        pytest.param({"b", "a"}, {"$set": ["a", "b"]}, id="set of text"),
        pytest.param(
            {b"b", b"a"}, {"$set": [{"$bytes": "YQ=="}, {"$bytes": "Yg=="}]}, id="set of bytes"
        ),
        (Decimal("0.12345678901234567890123"), {"$decimal": "0.12345678901234567890123"}),
        ({"$bytes": 1}, {"$dict": {"$bytes": 1}}),
        ({"$new": 1}, {"$dict": {"$new": 1}}),
        ({"$dict": {"$dict": 1}}, {"$dict": {"$dict": {"$dict": {"$dict": 1}}}}),
        ({"$a": 1, "$b": 2}, {"$a": 1, "$b": 2}),
        ({"a": 1}, {"a": 1}),
        ([{"$a": [b""]}], [{"$dict": {"$a": [{"$bytes": ""}]}}]),
    ],
)
def test_what_json_lacks_is_tagged(value: Any, raw: Any) -> None:
    """A tag is an object with one key that begins with a dollar; a user's own is escaped."""
    assert values_to_json({"key": value}) == {"key": raw}


def test_keys_of_an_option_are_no_tags() -> None:
    """An option itself is always an object of keys."""
    assert values_to_json({"$set": [1]}) == {"$set": [1]}
    assert values_from_json({"$set": [1]}) == {"$set": [1]}


def test_values_are_read_only() -> None:
    """What is decoded is built read-only at once."""
    values = values_from_json({"a": {"b": [{}, {"$dict": {"$x": {}}}]}})
    assert type(values) is ReadOnlyDict
    with pytest.raises(TypeError):
        values["a"]["b"].append(1)
    with pytest.raises(TypeError):
        values["a"]["b"][1]["$x"]["c"] = 1


def test_numbers_are_canonical() -> None:
    """Who edits a file by hand writes numbers as he likes."""
    assert is_same(values_from_json({"a": 1.0, "b": [1e3]}), {"a": 1, "b": [1000]})


def nested(depth: int, innermost: Any) -> Any:
    for _ in range(depth):
        innermost = [innermost]
    return innermost


@pytest.mark.parametrize(
    "innermost", [1, {"$bytes": ""}, {"$set": ["a"]}, {"$decimal": "1"}], ids=repr
)
def test_deepest_value_is_read(innermost: Any) -> None:
    """A tag that stands for no list and no dict is no level."""
    assert values_from_json({"key": nested(31, innermost)})


@pytest.mark.parametrize("innermost", [[], {}, {"$dict": {}}], ids=repr)
def test_deeper_value_is_refused(innermost: Any) -> None:
    """What DynamoDB could not hold is not read."""
    with pytest.raises(JSONPathError, match="more than 31 deep") as caught:
        values_from_json({"key": nested(31, innermost)})
    assert caught.value.path == ("key", *(0,) * 31)


@pytest.mark.parametrize(
    ("raw", "path", "reason"),
    [
        (None, (), "not null"),
        (True, (), "not a Boolean"),
        (1.5, (), "not a number"),
        ("a", (), "not a string"),
        ([], (), "not an array"),
        ({"_store": 1}, ("_store",), "reserved"),
        ({"": 1}, ("",), "a key is empty"),
        ({"a": {"": 1}}, ("a", ""), "a key is empty"),
        ({"a": {"$dict": {"": 1}}}, ("a", "$dict", ""), "a key is empty"),
        ({"a": ["\ud800"]}, ("a", 0), "surrogate"),
        ({"a": float("nan")}, ("a",), "NaN"),
        ({"a": 10**38}, ("a",), "38 digits"),
        ({"a": {"$new": 1}}, ("a", "$new"), "is a tag"),
        ({"a": {"$dict": 1}}, ("a", "$dict"), "is a tag"),
        ({"a": {"$set": 1}}, ("a", "$set"), "is a tag"),
        ({"a": {"$bytes": 1}}, ("a", "$bytes"), "is a tag"),
        ({"a": {"$decimal": 1}}, ("a", "$decimal"), "is a tag"),
        ({"a": {"$bytes": "a"}}, ("a", "$bytes"), "not base64"),
        ({"a": {"$bytes": "\u00fc"}}, ("a", "$bytes"), "not base64"),
        ({"a": {"$decimal": "a"}}, ("a", "$decimal"), "not a number"),
        ({"a": {"$decimal": "1E200"}}, ("a", "$decimal"), "below 1e126"),
        ({"a": {"$set": []}}, ("a", "$set"), "a set is empty"),
        ({"a": {"$set": ["a", 1]}}, ("a", "$set"), "only text"),
        ({"a": {"$set": [None]}}, ("a", "$set", 0), "not null"),
        ({"a": {"$set": [1, True]}}, ("a", "$set", 1), "not a Boolean"),
        ({"a": {"$set": [[1]]}}, ("a", "$set", 0), "not an array"),
        ({"a": {"$set": [{}]}}, ("a", "$set", 0), "not an object"),
        ({"a": {"$set": [{"$set": [1]}]}}, ("a", "$set", 0), "not an object"),
        ({"a": {"$set": [{"$bytes": 1}]}}, ("a", "$set", 0, "$bytes"), "is a tag"),
    ],
)
def test_what_is_no_value_is_pointed_at(raw: Any, path: tuple[Any, ...], reason: str) -> None:
    """An error leads to the place in the file."""
    with pytest.raises(JSONPathError, match=reason) as caught:
        values_from_json(raw)
    assert caught.value.path == path


def test_sets_without_end_are_refused() -> None:
    """No file, however strange, overflows the stack."""
    raw: Any = 1
    for _ in range(100_000):
        raw = {"$set": [raw]}
    with pytest.raises(JSONPathError, match="not an object"):
        values_from_json({"a": raw})


def test_mixed_numbers_are_one_kind() -> None:
    """An int, a float and a Decimal may stand in one set."""
    raw = {"a": {"$set": [1, 0.5, {"$decimal": "0.12345678901234567890123"}]}}
    assert len(values_from_json(raw)["a"]) == 3
