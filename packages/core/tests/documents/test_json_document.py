"""A whole JSON document of options: its fast path and its full decoder agree."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, strategies as st

from confstore.adapter import (
    ReadOnlyDict,
    ReadOnlyList,
    canonical_values,
    is_same,
    option_from_json,
    options_from_json,
    values_to_json,
)
from confstore.errors import InvalidDocumentError
from confstore.testing import any_option, any_values

LONG = "x" * 50_000


def loaded(options: dict[str, Any], *, is_ascii: bool = False) -> dict[str, ReadOnlyDict]:
    """Options out of a document that holds what `json.loads` would give for it."""
    return options_from_json(json.dumps(options, ensure_ascii=is_ascii).encode(), "prod.json")


def is_read_only(value: object) -> bool:
    """True if nothing in a value can be changed."""
    if isinstance(value, dict):
        return type(value) is ReadOnlyDict and all(map(is_read_only, value.values()))
    if isinstance(value, list):
        return type(value) is ReadOnlyList and all(map(is_read_only, value))
    return True


@given(options=st.dictionaries(any_option, any_values, max_size=3), is_ascii=st.booleans())
@example(options={"a": {"url": "x:y:z", ':"': '":'}}, is_ascii=False)
@example(options={}, is_ascii=False)
def test_any_options(options: dict[str, Any], is_ascii: bool) -> None:
    """What is written is read back equal, in type too, and read-only."""
    forms = {option: canonical_values(option, values) for option, values in options.items()}
    tree = {option: values_to_json(values) for option, values in forms.items()}
    found = loaded(tree, is_ascii=is_ascii)
    assert is_same(found, forms)
    assert list(found) == list(forms)
    assert all(map(is_read_only, found.values()))


@pytest.mark.parametrize(
    "values",
    [
        {"inside": {"_store": 1}},
        {"list": [[1, [True, None]], {"a": ["b"]}]},
        {"list": [{"$bytes": "QUJD"}], "after": [1]},
        {"before": [1], "tag": {"$dict": {"$x": 1}}},
        {"k" * 20_000: 1},
        {"ä": "ö", "\U0001f600": "\U0001f600"},
        {"int": 10**38 - 1, "negative": 1 - 10**38},
        {"large": [LONG] * 7},
        {str(number): "x" * 1_000 for number in range(300)},
    ],
)
def test_unusual_option(values: dict[str, Any]) -> None:
    """An option beyond the fast path is read as if it were alone; so are those beside it."""
    usual = {"host": "db.example", "ports": [1, 2]}
    found = loaded({"before": usual, "db": values, "after": usual})
    assert is_same(found, {"before": usual, "db": option_from_json("db", values), "after": usual})
    assert all(map(is_read_only, found.values()))


def nested(depth: int) -> Any:
    """So many arrays inside one another."""
    return [nested(depth - 1)] if depth else 1


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('{"a": {"k": 1}, "b": 5}', "1:17: an option is an object of key to value, not a number"),
        ('{"a": {"_store": 1}}', "1:8: the key is reserved"),
        ('{"a": {"": 1}}', "1:8: a key is empty"),
        ('{"a": {"k": {"": [1]}}}', "1:14: a key is empty"),
        ('{"": {}}', "1:2: an option cannot have this name"),
        ('{"ä": {}, "": {}}', "1:11: an option cannot have this name"),
        (f'{{"{"a" * 1025}": {{}}}}', "1:2: an option cannot have this name"),
        ('{"a": {"k": "\\ud800"}}', "1:8: the text holds a lone surrogate"),
        ('{"a": {"\\ud800": 1}}', "1:8: a key holds a lone surrogate"),
        ('{"\\ud800": {}}', "1:2: an option cannot have this name"),
        (f'{{"a": {{"k": {10**38}}}}}', "1:13: an int has at most 38 digits"),
        (f'{{"a": {{"k": [-{10**38}]}}}}', "1:14: an int has at most 38 digits"),
        ('{"a": {"k": 1e400}}', "1:13: a number other than 0 is at least"),
        ('{"a": {"k": NaN}}', "1:13: NaN and infinities are not JSON"),
        ('{"a": {"k": 1,\n"k": 1}}', "2:1: this key is in its object twice"),
        ('{"a": {"x": ":", "k": {"k": 1, "k": 1}}}', "1:32: this key is in its object twice"),
        ('{"a": {}, "a": {}}', "1:11: this key is in its object twice"),
        (json.dumps({"a": {"k": nested(32)}}), "1:44: arrays and objects are nested more than 31"),
        (json.dumps({"a": {str(one): LONG for one in range(8)}}), "1:2: the option has 400,"),
        ("[]", "1:1: the file holds one object"),
        ("", "1:1: the text ends too early"),
    ],
)
def test_fault(text: str, fault: str) -> None:
    """It is located, in an option beside sound ones too."""
    with pytest.raises(InvalidDocumentError) as caught:
        options_from_json(text.encode(), "prod.json")
    assert str(caught.value).startswith(f"prod.json:{fault}")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0.1", 0.1),
        ("0.30000000000000004", 0.30000000000000004),
        ("1.0", 1),
        ("1e5", 100_000),
        ("-0.0", 0),
        ("5e-131", None),
        ("1e-120", 1e-120),
        ("1e20", 10**20),
        ("9007199254740993.0", 9007199254740993),
    ],
)
def test_number(text: str, number: float | None) -> None:
    """A number with a point or an exponent is canonical."""
    content = f'{{"a": {{"k": {text}}}}}'.encode()
    if number is None:
        with pytest.raises(InvalidDocumentError):
            options_from_json(content, "prod.json")
    else:
        assert is_same(options_from_json(content, "prod.json"), {"a": {"k": number}})
