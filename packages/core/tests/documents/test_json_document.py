"""`options_from_json`: a whole document, and the place of a fault in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, strategies as st

from confstore import ReadOnlyDict, ReadOnlyList
from confstore.adapter import canonical_values, is_same
from confstore.documents import options_from_json, values_from_json, values_to_json
from confstore.errors import InvalidDocumentError
from confstore.testing import CANARY, any_option, any_values, assert_keeps_values

MANY = {f"option-{number}": {"host": f"host-{number}", "port": number} for number in range(200)}


def document(options: dict[str, Any], **how: Any) -> bytes:
    return json.dumps({name: values_to_json(one) for name, one in options.items()}, **how).encode()


@pytest.mark.slow("its examples are documents of all kinds of values")
@given(
    options=st.dictionaries(any_option, any_values, max_size=4),
    indent=st.sampled_from([None, 2]),
    is_ascii=st.booleans(),
)
@example(options={"a": {"url": "x:y:z", ':"': '":'}}, indent=None, is_ascii=False)
def test_what_is_written_is_read_back(options: Any, indent: int | None, is_ascii: bool) -> None:
    """A document gives the options that it was made from, however it is laid out."""
    canonical = {name: canonical_values(name, values) for name, values in options.items()}
    content = document(canonical, indent=indent, ensure_ascii=is_ascii)
    read = options_from_json(content, "a")
    assert is_same(read, canonical)
    assert list(read) == list(canonical)


@pytest.mark.parametrize("indent", [None, 2])
def test_options_are_read_only(indent: int | None) -> None:
    """Options are read-only all the way down, in a small document and in a large one."""
    options = {**MANY, "db": {"hosts": ["a", {"b": [1]}], "flags": {"c": {"d": None}}}}
    read: Any = options_from_json(document(options, indent=indent), "a")
    assert is_same(read, options)
    assert {type(values) for values in read.values()} == {ReadOnlyDict}
    inner = read["db"]["hosts"], read["db"]["hosts"][1]["b"], read["db"]["flags"]["c"]
    assert [type(one) for one in inner] == [ReadOnlyList, ReadOnlyList, ReadOnlyDict]


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
        {"large": ["x" * 50_000] * 7},
        {str(number): "x" * 1_000 for number in range(300)},
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_unusual_option(values: dict[str, Any], indent: int | None) -> None:
    """An unusual option is read as if it were alone; so are those beside it."""
    usual = {"host": "db.example", "ports": [1, 2]}
    tree = {"before": usual, "db": values, "after": usual}
    read = options_from_json(json.dumps(tree, indent=indent).encode(), "a")
    assert is_same(read, {"before": usual, "db": values_from_json(values), "after": usual})


def test_byte_order_mark_and_line_ends() -> None:
    """An editor's byte order mark and line ends are accepted."""
    content = b"\xef\xbb\xbf" + document(MANY, indent=1).replace(b"\n", b"\r\n")
    assert options_from_json(content, "a") == MANY


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0.1", 0.1),
        ("2.50", 2.5),
        ("3.0", 3),
        ("1e3", 1000),
        ("0.0", 0),
        ("123456789012345.6789", Decimal("123456789012345.6789")),
        ("0.1000000000000000055511151231257827", Decimal("0.1000000000000000055511151231257827")),
        ("1e-110", 1e-110),
        ("0.30000000000000004", 0.30000000000000004),
        ("-0.0", 0),
        ("1e20", 10**20),
        ("9007199254740993.0", 9007199254740993),
        ("1" * 38, int("1" * 38)),
    ],
)
def test_numbers_keep_their_digits(text: str, number: Any) -> None:
    """A number is read as every backend keeps it."""
    read = options_from_json(f'{{"a": {{"b": {text}}}}}'.encode(), "a")["a"]["b"]
    assert is_same(read, number)


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("", "1:1", "ends too early"),
        ("[]", "1:1", "begins with {"),
        ('{"a": 1}', "1:2", "an option is an object of key to value"),
        ('{"a": {}, "a": {}}', "1:11", "twice"),
        ('{\n"a": {"b": 1,\n "b" : 2}}', "3:2", "twice"),
        ('{"a": {"b" :1, "b" :2}, "c\\":": {}}', "1:16", "twice"),
        ('{"a": {"": 1}}', "1:8", "a key is empty"),
        ('{"a": {"_store": 1}}', "1:8", "reserved"),
        ('{"": {}}', "1:2", "an option cannot have this name"),
        ('{"ä": {}, "": {}}', "1:11", "an option cannot have this name"),
        (f'{{"{"a" * 1025}": {{}}}}', "1:2", "an option cannot have this name"),
        ('{"\\ud800": {}}', "1:2", "an option cannot have this name"),
        ('{"a": {"k": {"": [1]}}}', "1:14", "a key is empty"),
        ('{"a": {"\\ud800": 1}}', "1:8", "a key holds a lone surrogate"),
        ('{"a": {"k": 1}, "b": 5}', "1:17", "an option is an object of key to value"),
        ('{"a": {"x": ":", "k": {"k": 1, "k": 1}}}', "1:32", "twice"),
        (f'{{"a": {{"k": [-{10**38}]}}}}', "1:14", "at most 38 digits"),
        ('{"a": {"k": 5e-131}}', "1:13", "at least 1e-130"),
        ('{"a": {"b": "\\ud800"}}', "1:8", "lone surrogate"),
        ('{"a": {"b": ["", "\\udfff"]}}', "1:18", "lone surrogate"),
        (f'{{"a": {{"b": {"1" * 39}}}}}', "1:13", "at most 38 digits"),
        (f'{{"a": {{"b": {"1" * 5000}}}}}', "1:13", "at most 38 digits"),
        ('{"a": {"b": 1e126}}', "1:13", "below 1e126"),
        ('{"a": {"b": 1e999}}', "1:13", "below 1e126"),
        ('{"a": {"b": NaN}}', "1:13", "NaN"),
        ('{"a": {"b": {"$set": []}}}', "1:14", "a set is empty"),
        ('{"a": {"b": {"$new": 1}}}', "1:14", "is a tag"),
        (f'{{"a": {{"b": {"[" * 32}{"]" * 32}}}}}', "1:44", "more than 31 deep"),
        ("[" * 100_000, "1:1", "begins with {"),
        ('{"a": ' + "[" * 100_000, "1:71", "nested too deep"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else None,
)
def test_fault_has_a_place(text: str, place: str, reason: str) -> None:
    """A fault is told with the file, its line and its column."""
    with pytest.raises(InvalidDocumentError, match=reason) as caught:
        options_from_json(text.encode(), "prod.json")
    assert caught.value.place == f"prod.json:{place}"


def test_text_that_is_not_utf8() -> None:
    """A file in another encoding is said to be one."""
    with pytest.raises(InvalidDocumentError, match="not UTF-8") as caught:
        options_from_json(b'{"a":\n {"b": "\xff"}}', "a")
    assert caught.value.place == "a:2:9"


@pytest.mark.parametrize("layout", [{}, {"indent": 2}], ids=["compact", "indented"])
@pytest.mark.parametrize(
    "make",
    [
        lambda text_b: {"text": "x" * text_b},
        lambda text_b: {f"key-{number:04}": "x" * 900 for number in range(text_b // 910)},
        lambda text_b: {"list": ["x" * 998] * (text_b // 1_000)},
        lambda text_b: {
            "nested": {f"{number:04}": ["x" * 993] for number in range(text_b // 1004)}
        },
    ],
    ids=["one text", "keys", "list", "nested"],
)
def test_option_that_is_too_large(
    make: Callable[[int], dict[str, Any]], layout: dict[str, Any]
) -> None:
    """The limit of an option's size holds, in every layout of the text."""
    assert len(options_from_json(document({**MANY, "a": make(380_000)}, **layout), "a")) == 201
    with pytest.raises(InvalidDocumentError, match="at most 390,000 fit"):
        options_from_json(document({**MANY, "a": make(400_000)}, **layout), "a")


@pytest.mark.parametrize(
    "text",
    [
        f'{{"a": {{"b": "{CANARY}"}}, "a": {{}}}}',
        f'{{"a": {{"b": "{CANARY}", "c": "\\ud800"}}}}',
        f'{{"a": {{"b": "{CANARY}"',
        f'{{"a": {{"b": {{"$decimal": "{CANARY}"}}}}}}',
    ],
)
def test_error_quotes_no_value(text: str) -> None:
    """No error, nor what is chained to it, quotes the document."""
    with pytest.raises(InvalidDocumentError) as caught:
        options_from_json(text.encode(), "a")
    assert_keeps_values(caught.value)


def test_caller_at_the_recursion_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sound document is not called faulty where its reader has no stack left."""
    loads = json.loads

    def loads_at_the_limit(text: str, **how: Any) -> Any:
        if "object_hook" in how:
            raise RecursionError
        return loads(text, **how)

    monkeypatch.setattr(json, "loads", loads_at_the_limit)
    with pytest.raises(RecursionError):
        options_from_json(document(MANY), "a")
