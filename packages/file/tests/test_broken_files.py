"""What is wrong with a file is said with its line and column, and is never overwritten."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from confstore.errors import CorruptStoreError, InvalidValueError
from confstore.testing import CANARY, assert_keeps_values
from confstore_file import FileStore

DEEP = 100_000
LONG = '"' + "x" * 900 + '"'


def option(text: str) -> str:
    """A store whose option has a text for the value of its key, at 3:12; sound values around it."""
    return f'{{\n  "db": {{\n    "port": {text},\n    "password": "{CANARY}"\n  }}\n}}\n'


def lines(begin: str, entries: list[str], end: str) -> str:
    """Entries of an object or an array, one on each line."""
    return begin + "\n" + ",\n".join(entries) + "\n" + end


def nested(text: str, depth: int) -> str:
    return "[" * depth + text + "]" * depth


SYNTAX = {
    # the end comes too early
    "brace only": ("{", "1:2", "ends too early"),
    "blank after brace": ('{\n  "db": {}\n', "3:1", "ends too early"),
    "no value": ('{"db":', "1:7", "ends too early"),
    "no colon": ('{"db"', "1:6", "ends too early"),
    "in a string": ('{"db": {"a": "' + CANARY, "1:14", "not closed on its line"),
    "in a word": ('{"db": {"a": tru', "1:14", "a value is expected"),
    "in an array": ('{"db": {"a": [1', "1:16", "ends too early"),
    # commas and colons
    "no comma": ('{\n  "a": {}\n  "b": {}\n}', "3:3", "a comma or } is expected"),
    "no comma in an array": (option("[1 2]"), "3:16", "a comma or ] is expected"),
    "comma before brace": ('{\n  "a": {},\n}', "2:10", "trailing comma before"),
    "comma before bracket": (option("[1,\n]"), "3:15", "trailing comma before"),
    "two commas": (option("[1,,2]"), "3:16", "a value is expected"),
    "comma first": ('{,"a": {}}', "1:2", "a key in double quotes"),
    "equals sign": ('{"a" = {}}', "1:6", "a colon is expected"),
    # what is no JSON
    "single quotes": ("{'a': {}}", "1:2", "a key in double quotes"),
    "bare key": ("{a: {}}", "1:2", "a key in double quotes"),
    "comment": ('{\n  // why\n  "a": {}\n}', "2:3", "JSON has no comments"),
    "bare text": (option(CANARY), "3:13", "a value is expected"),
    "Python": (option("True"), "3:13", "a value is expected"),
    "leading zero": (option("01"), "3:14", "a comma or } is expected"),
    "leading plus": (option("+1"), "3:13", "a value is expected"),
    "leading point": (option(".5"), "3:13", "a value is expected"),
    "trailing point": (option("5."), "3:14", "a comma or } is expected"),
    "minus only": (option("-"), "3:13", "a value is expected"),
    "NaN": (option("NaN"), "3:13", "NaN and infinities"),
    "Infinity": (option("Infinity"), "3:13", "NaN and infinities"),
    "-Infinity": (option("-Infinity"), "3:13", "NaN and infinities"),
    "two stores": ('{"a": {}}\n{"b": {}}', "2:1", "nothing can follow"),
    "text behind": ('{"a": {}} x', "1:11", "nothing can follow"),
    "UTF-16 without a mark": ("{\0}\0", "1:2", "a key in double quotes"),
    # strings
    "line break": (option('"a\nb"'), "3:13", "not closed on its line"),
    "carriage return": (option('"a\rb"'), "3:13", "not closed on its line"),
    "tab": (option('"a\tb"'), "3:15", "a control character"),
    "unknown escape": (option(r'"a\x41"'), "3:15", "not an escape"),
    "short escape": (option(r'"a\u12"'), "3:15", "not an escape"),
    # keys
    "option twice": ('{\n  "a": {},\n  "b": {},\n  "a": {}\n}', "4:3", "twice, first on line 2"),
    "key twice": (option('1,\n    "port": 2'), "4:5", "twice, first on line 3"),
    "key twice, deep": (option('[{"x": {"y": 1, "y": 1}}]'), "3:29", "twice, first on line 3"),
    "key twice by escape": (option(r'{"é": 1, "\u00e9": 2}'), "3:22", "twice, first on line 3"),
    "key twice, blanks": (option('{"x" : 1, "x"\n : ":"}'), "3:23", "twice, first on line 3"),
    # numbers
    "39 digits": (option("1" * 39), "3:13", "at most 38 digits"),
    "39 digits below zero": (option("-" + "1" * 39), "3:13", "at most 38 digits"),
    "39 digits behind the point": (option("0." + "1" * 39), "3:13", "at most 38 significant"),
    "5,000 digits": (option("1" * 5_000), "3:13", "at most 38 digits"),
    "too large": (option("1e999"), "3:13", "below 1e126"),
    "too small": (option("1e-200"), "3:13", "at least 1e-130"),
    "beyond every limit": (option("1e" + "9" * 30), "3:13", "exponent"),
    # nesting
    "32 arrays": (option(nested("1", 32)), "3:44", "nested more than 31 deep"),
    "32 objects": (option('{"x":' * 32 + "1" + "}" * 32), "3:164", "nested more than 31 deep"),
    "100,000 arrays": (option("[" * DEEP), "3:76", "nested too deep"),
    "100,000 arrays, closed": (option(nested("1", DEEP)), "3:76", "nested too deep"),
    "sets in sets": (option('{"$set":[' * 500 + "1" + "]}" * 500), "3:300", "nested too deep"),
}

SHAPE = {
    "array of options": ("[]", "1:1", "one object of option to values"),
    "string": (f'"{CANARY}"', "1:1", "one object of option to values"),
    "number": ("12", "1:1", "one object of option to values"),
    "null": ("null", "1:1", "one object of option to values"),
    "option is text": ('{\n  "a": {},\n  "db": "' + CANARY + '"\n}', "3:3", "is a string"),
    "option is null": ('{"db": null}', "1:2", "is null"),
    "option is an array": ('{"a": {"x": [1]}, "db": []}', "1:19", "is an array"),
    "no option name": ('{"a": {}, "": {}}', "1:11", "cannot have this name"),
    "long option name": (f'{{"{"é" * 513}": {{}}}}', "1:2", "cannot have this name"),
    "no key": (option('1, "": 2'), "3:16", "a key is empty"),
    "no key, deep": (option('{"": 2}'), "3:14", "a key is empty"),
    "reserved key": (option('1, "_option": 2'), "3:16", "the key is reserved"),
    "reserved key by escape": (option(r'1, "\u005foption": 2'), "3:16", "the key is reserved"),
    "lone surrogate": (option(r'"\ud800"'), "3:5", "lone surrogate"),
    "lone surrogate, capitals": (option(r'"\uDFFF"'), "3:5", "lone surrogate"),
    "lone surrogate in a key": (option(r'{"\ud800": 1}'), "3:14", "lone surrogate"),
    "lone surrogate in a name": (r'{"\ud800": {}}', "1:2", "lone surrogate"),
    "lone surrogate in an array": (option(r'[1, "\ud800"]'), "3:17", "lone surrogate"),
    "unknown tag": (option('{"$date": "2026-01-01"}'), "3:14", "is a tag"),
    "tag of another type": (option('{"$bytes": 1}'), "3:14", "is a tag"),
    "not base64": (option(f'{{"$bytes": "{CANARY}"}}'), "3:14", "not base64"),
    "not a number": (option(f'{{"$decimal": "{CANARY}"}}'), "3:14", "not a number"),
    "empty set": (option('{"$set": []}'), "3:14", "a set is empty"),
    "mixed set": (option(f'{{"$set": [1, "{CANARY}"]}}'), "3:14", "only text, only bytes"),
    "Boolean in a set": (option('{"$set": [1, true]}'), "3:26", "a set holds text"),
    "too large, one line": (option(f'"{"x" * 390_000}"'), "2:3", "390,000"),
    "too large, many lines": (
        lines('{"db": {', [f'"{key}": {LONG}' for key in range(450)], "}}"),
        "1:2",
        "390,000",
    ),
    "too large, one array": (
        lines('{"db": {"a": [', [LONG] * 450, "]}}"),
        "1:2",
        "390,000",
    ),
}

BYTES = {
    "UTF-16": ('{"db": {}}'.encode("utf-16"), "1:1", "not UTF-8"),
    "Latin-1": ('{\n  "é": {}}'.encode("latin-1"), "2:4", "not UTF-8"),
    "Latin-1 behind UTF-8": ('{"äöü'.encode() + b'\xe9": {}}', "1:6", "not UTF-8"),
    "a mark, then a fault": (b'\xef\xbb\xbf{"db"\r\n: x}', "2:3", "a value is expected"),
    "CRLF": (b'{\r\n  "db": {\r\n    x\r\n', "3:5", "a key in double quotes"),
}

FAULTS = {
    **{why: (text.encode(), *rest) for why, (text, *rest) in {**SYNTAX, **SHAPE}.items()},
    **BYTES,
}


@pytest.mark.parametrize(("content", "place", "reason"), FAULTS.values(), ids=FAULTS)
def test_fault(
    content: bytes, place: str, reason: str, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The error says where and what, shows no value, and stands in the way of every write."""
    file.write_bytes(content)
    store = FileStore(file)
    for call in (
        lambda: store.get("db"),
        store.items,
        store.poll,
        lambda: store.set("db", {"port": 1}),
        lambda: store.update("db", {"port": 1}),
        lambda: store.delete("db"),
    ):
        with pytest.raises(CorruptStoreError) as caught:
            call()
        assert str(caught.value).startswith(f"prod.json:{place}: ")
        assert caught.value.place == f"prod.json:{place}"
        assert reason in caught.value.reason
        assert_keeps_values(caught.value)
    assert file.read_bytes() == content
    assert CANARY not in caplog.text


SOUND = {
    "no options": ("{}", {}),
    "blanks": (' {\n\t"a"\r\n:\n{ } } \n', {"a": {}}),
    "colons": ('{"a": {"b": ":8080", "c:": "x : y", "d": "\\":"}}', None),
    "dollars": ('{"$set": {"$bytes": "x"}}', {"$set": {"$bytes": "x"}}),
    "31 arrays": (option(nested("1", 31)), None),
    "escaped": (option('{"$dict": {"$set": {"$dict": {"$x": 1}}}}'), None),
    "surrogate pair": (r'{"a": {"b": "\ud83d\ude00"}}', {"a": {"b": "😀"}}),
    "whole numbers": (
        '{"a": {"b": [1.0, -0.0, 1e3, 0.5e1, -0]}}',
        {"a": {"b": [1, 0, 1000, 5, 0]}},
    ),
    "longest number": (option("-" + "9" * 38), None),
    "largest number": ('{"a": {"b": 9.9e125}}', {"a": {"b": 9.9e125}}),
    "no plain names": (f'{{"{"n" * 1_024}": {{}}}}', {"n" * 1_024: {}}),
    "an array of many": (lines('{"a": {"b": [', ["1"] * 2_000, "]}}"), {"a": {"b": [1] * 2_000}}),
    "long text": (f'{{"a": {{"b": "{"x" * 380_000}"}}}}', {"a": {"b": "x" * 380_000}}),
    "objects in arrays": (
        '{"a": {"b": [1, {"c": [[], {}]}, "d"]}}',
        {"a": {"b": [1, {"c": [[], {}]}, "d"]}},
    ),
}


@pytest.mark.parametrize(("text", "options"), SOUND.values(), ids=SOUND)
def test_sound(text: str, options: object, file: Path) -> None:
    """What only looks odd is read, and read the same after it was written again."""
    file.write_text(text)
    store = FileStore(file)
    before = dict(store.items())
    if options is not None:
        assert before == options
        assert repr(before) == repr(options)
    store.set("another", {})
    assert dict(FileStore(file).items()) == {**before, "another": {}}


def test_mended(file: Path) -> None:
    """A file that is mended is read again, and so is one that was broken in between."""
    store = FileStore(file)
    store.set("db", {"port": 1})
    file.write_text('{"db": {"port": 2}')
    with pytest.raises(CorruptStoreError):
        store.get("db")
    file.write_text('{"db": {"port": 2}}')
    assert store.get("db") == {"port": 2}


def test_merged_option_too_large(file: Path) -> None:
    """An update that makes an option too large changes nothing."""
    store = FileStore(file)
    store.set("db", {"a": "x" * 300_000})
    before = file.read_bytes()
    with pytest.raises(InvalidValueError):
        store.update("db", {"b": "x" * 300_000})
    assert file.read_bytes() == before


def test_caller_at_the_limit_of_recursion(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A caller who himself stands too deep gets Python's own error: the file is sound."""
    file.write_text('{"db": {"port": 1}}')
    loads = json.loads

    def too_deep(text: str, **options: Any) -> Any:
        if text.startswith("{"):
            raise RecursionError
        return loads(text, **options)

    monkeypatch.setattr(json, "loads", too_deep)
    store = FileStore(file)
    with pytest.raises(RecursionError):
        store.get("db")
    monkeypatch.undo()
    assert store.get("db") == {"port": 1}
