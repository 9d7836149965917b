"""JSON and TOML that people wrote: what is read, what is refused, and where."""

from __future__ import annotations

from typing import Any

import pytest

from confstore._cli.formats.files import loads
from confstore.adapter import is_same
from confstore.errors import InvalidDocumentError
from confstore.testing import CANARY, assert_keeps_values


def refusal(text: str, format: str) -> InvalidDocumentError:
    with pytest.raises(InvalidDocumentError, match=r"^prod") as caught:
        loads(text, format, source="prod")
    assert_keeps_values(caught.value)
    assert caught.value.__context__ is None
    return caught.value


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("", "1:1", "the text ends too early"),
        ("[]", "1:1", "it begins with {"),
        ('{"db": 1}', "1:2", "an option is an object"),
        ('{\n  "db": {"a": 1, "a": 2}\n}', "2:18", "twice, first on line 2"),
        ('{"db": {}, "db": {}}', "1:12", "twice, first on line 1"),
        ('{"": {}}', "1:2", "an option cannot have this name"),
        ('{"db": {"": 1}}', "1:9", "a key is empty"),
        ('{"db": {"_option": 1}}', "1:9", "reserved"),
        ('{"db": {"a": NaN}}', "1:14", "not JSON"),
        ('{"db": {"a": [1, {"$set": []}]}}', "1:19", "a set is empty"),
        (f'{{"db": {{"a": 1{"0" * 5000}}}}}', "1:14", "at most 38 digits"),
        ('// a\n{"db": {}}', "1:1", "JSON has no comments"),
        ('{\n  # a\n "db": {}}', "2:3", "JSON has no comments"),
        ('{"db": {"a": /* a */ 1}}', "1:14", "JSON has no comments"),
        ('{"db": {}} // a', "1:12", "JSON has no comments"),
        ('{"db": {"a": {{ a }}}}', "1:15", "this is a template"),
        ('{"db": {"a": ${A}}}', "1:14", "this is a template"),
        ("{% if a %}", "1:2", "this is a template"),
        ('{"db": {"a": 1e200}}', "1:14", "below 1e126"),
        ('{"db": {"a": "\\ud800"}}', "1:9", "lone surrogate"),
        ('{"db": {"a": 1}\n"b": {}}', "2:1", "a comma or }"),
        (f'{{"db": {{"a": {"[" * 100_000}', "1:77", "nested too deep"),
        (f'{{"db": {{"a": "{CANARY}}}', "1:14", "not closed"),
        (f'{{"db": {{"a": {CANARY}}}}}', "1:14", "a value is expected"),
        (f'{{"db": {{"a": {{"$bytes": "{CANARY}"}}}}}}', "1:15", "not base64"),
        (f'{{"a": {{}}, "db": {{"a": "{"b" * 400_000}"}}}}', "1:11", "split it"),
    ],
)
def test_faulty_json_is_refused_where_it_is_at_fault(text: str, place: str, reason: str) -> None:
    """As the file of a store is."""
    error = refusal(text, "json")
    assert error.place == f"prod:{place}"
    assert reason in error.reason


def test_a_caller_at_the_limit_is_not_the_documents_fault() -> None:
    """A sound document read from deep inside a program is not called a broken one."""
    text = f'{{"db": {{"a": {"[" * 30}{"]" * 30}}}}}'

    def descend() -> Any:
        try:
            return loads(text, "json", source="x")
        except RecursionError:
            return None

    def dive() -> Any:
        try:
            deeper = dive()
        except RecursionError:
            deeper = None
        return deeper or descend()

    assert dive() == loads(text, "json", source="x")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("+1_000", 1000),
        ("0x1F", 31),
        ("0o17", 15),
        ("0b11", 3),
        ("1.50", 1.5),
        ("1e3", 1000),
        ("1_0.5e-1", 1.05),
        ("-0.0", 0),
        ("1e40", 1e40),
        ("true", True),
        ("'a\\'", "a\\"),
        ('"\\u00fc"', "\u00fc"),
        ("'''\na\nb'''", "a\nb"),
        ("[1, 'a', [true], {a = 1}]", [1, "a", [True], {"a": 1}]),
        ("{'$bytes' = 'dGV4dA=='}", b"text"),
        ("{'$set' = ['a', 'b']}", {"a", "b"}),
        ("{'$decimal' = '12345678901234567890'}", 12345678901234567890),
    ],
)
def test_value_of_toml_is_read(text: str, value: Any) -> None:
    """Every form in which TOML writes what a store can hold."""
    assert is_same(loads(f"[db]\nkey = {text}\n", "toml", source="x")["db"], {"key": value})


def test_number_of_toml_keeps_every_digit() -> None:
    """What a float would round is a Decimal."""
    digits = "0.12345678901234567890123456789012345678"
    assert str(loads(f"db.a = {digits}", "toml", source="x")["db"]["a"]) == digits


def test_tables_of_toml_are_read() -> None:
    """In each of the ways in which a table can be written."""
    text = """
        cache.ttl = 5
        [db]
        host = "localhost"
        [db.pool]
        size = 1
        [[db.replicas]]
        host = "a"
        [[db.replicas]]
        host = "b"
        [empty]
    """
    assert loads(text, "toml", source="x") == {
        "cache": {"ttl": 5},
        "db": {
            "host": "localhost",
            "pool": {"size": 1},
            "replicas": [{"host": "a"}, {"host": "b"}],
        },
        "empty": {},
    }


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("[db]\na = \n", "2:5", "this is no value"),
        (f"[db]\na = {CANARY}\n", "2:5", "this is no value"),
        ("[db]\na = null\n", "2:5", "this is no value"),
        (f"[db]\na = '{CANARY}\n", "3:1", "not closed"),
        (f'[db]\na = "\\{CANARY}"\n', "2:", "no escape of TOML"),
        (f'[db]\na = "{CANARY}\n"\n', "2:", "is written as an escape"),
        (f"[db]\na = [1 {CANARY}]\n", "2:8", "a comma or the closing bracket is missing"),
        (f"[db]\na = 1 {CANARY}\n", "2:7", "nothing more can stand on this line"),
        (f"[db]\na {CANARY}\n", "2:", "an = is missing"),
        (f"[db]\n{CANARY}", "2:", ""),
        ("[db]\na = 1\na = 2\n", "3:", "twice"),
        ("[db]\na = {b = 1, b = 2}\n", "2:", "twice"),
        ("[db]\n[db]\n", "2:", "twice"),
        ("[db]\na = 2024-02-30\n", "2:", "no date"),
        (f"[db]\na = '''{CANARY}", "2:", "not closed"),
        ("[db]\na = \x00\n", "2:", ""),
    ],
)
def test_what_is_no_toml_is_refused(text: str, place: str, reason: str) -> None:
    """With line and column, and nothing of the document."""
    error = refusal(text, "toml")
    assert error.place.startswith(f"prod:{place}")
    assert reason in error.reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("db = 1", "option 'db': 'db' is a number, and stands where"),
        ("'' = {}", "option '': an option cannot have this name"),
        ("db.'' = 1", "option 'db', at : a key is empty"),
        ("db._store = 1", "option 'db', at _store: the key is reserved"),
        ("db.a = 2024-01-01", "option 'db', at a: this is a date or time"),
        ("db.a = [12:30:00]", "option 'db', at a[0]: this is a date or time"),
        ("db.a.b = {c = [1, 2024-01-01T12:30:00Z]}", "at a['b']['c'][1]: this is a date or time"),
        ("db.a = nan", "option 'db', at a: NaN and infinities"),
        ("db.a = -inf", "option 'db', at a: NaN and infinities"),
        ("db.a = 1e999999999999999999999", "option 'db', at a: a number other than 0"),
        (f"db.a = {'1' * 39}", "option 'db', at a: an int has at most 38 digits"),
        (f"db.a = {'1' * 5000}", "an int has at most 38 digits, one here thousands"),
        (f"db.a = 0.{'1' * 39}", "option 'db', at a: a number has at most 38 significant digits"),
        ("db.a = {'$new' = 1}", "option 'db', at a['$new']: "),
        (f"db.a = {{'$bytes' = '{CANARY}'}}", "option 'db', at a['$bytes']: this is not base64"),
        (f"db.a = {'[' * 40}{']' * 40}", "nested more than 31 deep"),
        (f"db.a = {'[' * 40}2024-01-01{']' * 40}", "this is a date or time"),
        (f"db{'.a' * 100} = 2024-01-01", "nested more than 31 deep"),
        (f"db.a = '{'b' * 400_000}'", "option 'db': the option has"),
    ],
)
def test_what_no_store_holds_is_refused_in_toml(text: str, reason: str) -> None:
    """With option and key: TOML's reader does not say where a value was."""
    error = refusal(text, "toml")
    assert error.place == "prod"
    assert reason in error.reason


def test_arrays_without_end_are_refused() -> None:
    """No document overflows the stack."""
    assert "nested too deep" in str(refusal(f"db.a = {'[' * 100_000}", "toml"))


def test_empty_toml_has_no_options() -> None:
    """An export of an empty store is an empty file."""
    assert loads("# nothing\n", "toml", source="x") == {}
