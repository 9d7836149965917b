"""YAML that people wrote: what is read, what is refused, and where."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from confstore._cli.formats.files import dumps, loads
from confstore.adapter import is_same
from confstore.errors import InvalidDocumentError
from confstore.testing import CANARY, assert_keeps_values


@pytest.fixture(params=["libyaml", "Python"], autouse=True)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both parsers of PyYAML, for not every platform has the one in C."""
    if request.param == "Python":
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)


def value_of(scalar: str) -> Any:
    return loads(f"db:\n  key: {scalar}\n", "yaml", source="x")["db"]["key"]


def refusal(text: str) -> InvalidDocumentError:
    with pytest.raises(InvalidDocumentError, match=r"^prod\.yaml:\d+:\d+: ") as caught:
        loads(text, "yaml", source="prod.yaml")
    assert_keeps_values(caught.value)
    assert caught.value.__context__ is None
    return caught.value


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("NULL", None),
        ("true", True),
        ("False", False),
        ("0", 0),
        ("-17", -17),
        ("+17", 17),
        ("1.50", 1.5),
        ("1.", 1),
        ("-0.0", 0),
        ("1.0e+3", 1000),
        ("1.0e-7", 1e-7),
        ("1.0e+40", 1e40),
        ("text", "text"),
        ("10.0.0.1", "10.0.0.1"),
        ("80:80", "80:80"),
        ("6379:6379", "6379:6379"),
        ("1.2.3", "1.2.3"),
        ("-a", "-a"),
        ("n", "n"),
        ("none", "none"),
        ("Online", "Online"),
        ("2024-01", "2024-01"),
        ("'yes'", "yes"),
        ('"2024-01-01"', "2024-01-01"),
        ("!!str 17", "17"),
        ("! 17", "17"),
        ("!!map {}", {}),
        ("!!seq []", []),
        ("{$bytes: dGV4dA==}", b"text"),
        ("{$set: [a, b]}", {"a", "b"}),
        ("[1, {a: b}]", [1, {"a": "b"}]),
        ('"a\\x00\\u00fc"', "a\0\u00fc"),
        ("|-\n    a\n    b", "a\nb"),
        (">-\n    a\n    b", "a b"),
    ],
)
def test_scalar_is_what_both_versions_say(scalar: str, value: Any) -> None:
    """Where YAML 1.1, 1.2 and JSON agree, a value needs no quotes."""
    assert is_same({"v": value_of(scalar)}, {"v": value})


@pytest.mark.parametrize("digits", ["12345678901234567890.123456789", "1" * 38, f"0.{'1' * 38}"])
def test_numbers_keep_every_digit(digits: str) -> None:
    """What a float would round is a Decimal; an int is exact."""
    assert str(value_of(digits)) == digits


@pytest.mark.parametrize(
    "scalar",
    [
        *("yes", "No", "ON", "off", "1e3", "1.5e3", "0o7", "0b1", "0x1F", "010", "08", "1_000"),
        *("12:30:00", "22:22", "1:30.5", ".5", "-.5", "=", "<<", "1234e56"),
    ],
)
def test_scalar_of_two_meanings_is_refused(scalar: str) -> None:
    """A configuration must not depend on which YAML its reader knows."""
    error = refusal(f"db:\n  key: {scalar}\n")
    assert str(error).startswith("prod.yaml:2:8: YAML 1.1 and YAML 1.2 do not read this alike")
    assert "quotes" in error.reason
    assert value_of(f"'{scalar}'") == scalar


@pytest.mark.parametrize(
    "scalar", ["2024-01-01", "2024-1-1", "2024-01-01T12:30:00Z", "2024-01-01 12:30:00 +01:00"]
)
def test_date_is_refused(scalar: str) -> None:
    """No store holds dates, and text has to say that it is text."""
    error = refusal(f"db:\n  key: [1, {scalar}]\n")
    assert str(error).startswith("prod.yaml:2:12: this is a date, which no store can hold")


@pytest.mark.parametrize("scalar", [".nan", ".NaN", ".inf", "-.inf", "+.Inf"])
def test_what_is_no_number_is_refused(scalar: str) -> None:
    """As everywhere else."""
    assert str(refusal(f"db:\n  key: {scalar}\n")).startswith("prod.yaml:2:8: NaN and infinities")


@pytest.mark.parametrize("key", ["1", "1.5", "true", "null", "~", "2024-01-01", "yes", "[a]", "{}"])
@pytest.mark.parametrize("at", ["option", "key", "nested"])
def test_key_is_text(key: str, at: str) -> None:
    """A key that YAML takes for something else is refused, and quotes make it text."""
    before = {"option": "", "key": "db:\n  ", "nested": "db:\n  key:\n    "}[at]
    value = {"option": "{}", "key": "1", "nested": "1"}[at]
    error = refusal(f"{before}{key}: {value}\n")
    line = before.count("\n") + 1
    assert error.place == f"prod.yaml:{line}:{2 * line - 1}"
    assert "quotes" in error.reason
    assert loads(f"{before}'{key}': {value}\n", "yaml", source="x")


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("", "1:1", "there is nothing here: a document without options is {}"),
        ("# nothing\n\n", "3:1", "there is nothing here"),
        ("db:\n  a: 1\n  b: 2\n  a: 3\n", "4:3", "in its mapping twice, first on line 2"),
        ("db: {}\ncache: {}\ndb: {}\n", "3:1", "in its mapping twice, first on line 1"),
        ("db: {a: 1, a: 2}\n", "1:12", "in its mapping twice, first on line 1"),
        ("db: {}\n---\ncache: {}\n", "2:1", "a second document begins here"),
        ("[1]\n", "1:1", "a document holds option to values"),
        ("text\n", "1:1", "a document holds option to values"),
        ("db: 1\n", "1:1", "an option is an object"),
        ("db:\n", "1:1", "an option is an object"),
        ("'': {}\n", "1:1", "an option cannot have this name"),
        ("db:\n  '': 1\n", "2:3", "a key is empty"),
        ("db:\n  _store: 1\n", "2:3", "reserved"),
        (f"db:\n  a: {'1' * 39}\n", "2:6", "at most 38"),
        ("db:\n  a:\n  - 1\n  - {$set: []}\n", "4:6", "a set is empty"),
        ("db:\n  a: {$new: 1}\n", "2:7", "is a tag"),
        ("db:\n  a: {$bytes: '%'}\n", "2:7", "not base64"),
        ("db:\n  a: !!binary dGV4dA==\n", "2:6", "no tag is read here but !, !!str"),
        ("db:\n  a: !!set {a, b}\n", "2:6", "no tag is read here but !, !!str"),
        ("db:\n  a: !!omap [a: 1]\n", "2:6", "no tag is read here but !, !!str"),
        ("db:\n  a: !!float 1\n", "2:6", "no tag is read here but !, !!str"),
        ("db:\n  a: !!python/object/apply:os.getcwd []\n", "2:6", "no tag is read here"),
        ("db:\n  a: 'b\n", "3:1", "quotes that begin before are not closed"),
        ("db:\n  a: @b\n", "2:6", "text cannot begin with this character"),
        ("db:\n  a: b: c\n", "2:7", "no colon can stand here"),
        ("db:\n  a: 1\n b: 2\n", "3:2", "mend the indentation"),
        ("db:\n  a: [1, 2\n", "3:1", "a comma or the closing bracket is missing"),
        ("db:\n\ta: 1\n", "2:1", "a tab cannot indent YAML"),
        ("db:\n  a: 1\n \tb: 1\n", "3:2", "a tab cannot indent YAML"),
        ("db:\n  a: - b\n", "2:6", "no list can begin here"),
        ("db:\n  a: ? b\n", "2:6", "no ? can stand here"),
        ("db:\n  a: |b\n", "2:7", "nothing more can stand behind a | or >"),
        ("db:\n  a: ]\n", "2:6", "a value is missing here"),
        ("db:\n  a: !e!b c\n", "2:6", "this tag has no meaning here"),
        (f"db:\n  a: {{{{ {CANARY} }}}}\n", "2:7", "this is a template"),
        ("{% if a %}\ndb: {}\n", "1:2", "this is a template"),
        (f"export A={CANARY}\nexport B=1\n", "1:1", "--format dotenv --option NAME"),
        ("db:\n  a: \x07\n", "2:6", "this character cannot stand in YAML"),
        ("db:\n  a: b\ufeff\n", "2:7", "this character cannot stand in YAML"),
        ("db:\n  a: \ud800\n", "2:6", "this character cannot stand in YAML"),
        (f"db:\n  a: {'[' * 500}\n", "2:69", "nested too deep"),
        (f"db:\n  a: {'{a: ' * 100_000}\n", "2:258", "nested too deep"),
        (f"db:\n  a: {'[' * 40}{']' * 40}\n", "2:37", "nested more than 31 deep"),
        ("db:\n  a: *b\n", "2:6", "no anchor that ends before it"),
        ("db:\n  a: &a [*a]\n", "2:10", "no anchor that ends before it"),
        ("db:\n  <<: 1\n", "2:3", "<< takes a mapping or a list of mappings"),
        ("db:\n  <<: [{}, a]\n", "2:3", "<< takes a mapping or a list of mappings"),
        ("db:\n  <<: {a: 1}\n  <<: {b: 1}\n", "3:3", "twice, first on line 2"),
        ("? *a\n: {}\n", "1:3", "no anchor that ends before it"),
        ("a: &b [c]\n? *b\n: {}\n", "1:4", "a key is text"),
        (f"db:\n  a: {'b' * 400_000}\n", "1:1", "split it into several options"),
    ],
)
def test_faulty_document_is_refused_where_it_is_at_fault(
    text: str, place: str, reason: str
) -> None:
    """Line, column and what to do; and nothing of the document."""
    error = refusal(text)
    assert error.place == f"prod.yaml:{place}"
    assert reason in error.reason


@pytest.mark.parametrize("levels", ["[" * 100_000, "{a: " * 100_000, "\n  " + "- " * 100_000])
def test_bottomless_document_is_refused(levels: str) -> None:
    """Some parsers give up before they tell of the first level, at a place of their own."""
    assert "nested too deep" in refusal(f"db:\n  a: {levels}\n").reason


def test_unknown_escape_is_refused() -> None:
    """The parsers differ in the column alone."""
    error = refusal('db:\n  a: "\\q"\n')
    assert error.place in ("prod.yaml:2:7", "prod.yaml:2:8")
    assert "no escape of YAML" in error.reason


@pytest.mark.parametrize(
    "text",
    [
        f"db:\n  a: {CANARY}: b\n",
        f"db:\n  a: @{CANARY}\n",
        f"db:\n  a: '{CANARY}\n",
        f'db:\n  a: "\\{CANARY}"\n',
        f"db:\n  a: *{CANARY}\n",
        f"db:\n  a: !{CANARY} b\n",
        f"db:\n  a: !{CANARY}!b c\n",
        f"db:\n  a: {CANARY}\n b: {CANARY}\n",
        f"db:\n  a: {{$bytes: {CANARY}}}\n",
        f"db:\n  a: {{$decimal: {CANARY}}}\n",
        f"db:\n  a: {CANARY}\x00\n",
        f"%{CANARY}\n{CANARY}",
        CANARY,
        f"db: {CANARY}",
    ],
)
def test_error_shows_nothing_of_the_document(text: str) -> None:
    """Parsers quote what they read; what they read is secret."""
    refusal(text)


def test_anchors_repeat() -> None:
    """Defaults are written once; a merge gives way to the mapping that it is in."""
    text = """
        base: &base {host: localhost, port: 1, tags: &tags [a, b]}
        one: *base
        two: {<<: *base, port: 2}
        three:
          port: 3
          <<: [{host: first}, *base]
          tags: [*tags, *tags]
    """
    base = {"host": "localhost", "port": 1, "tags": ["a", "b"]}
    assert loads(text, "yaml", source="x") == {
        "base": base,
        "one": base,
        "two": {**base, "port": 2},
        "three": {"host": "first", "port": 3, "tags": [["a", "b"], ["a", "b"]]},
    }


def test_anchor_is_used_again() -> None:
    """An alias repeats the last anchor of its name."""
    text = "a: {x: &x 1, y: *x}\nb: {x: &x 2, y: *x}\n"
    expected = {"a": {"x": 1, "y": 1}, "b": {"x": 2, "y": 2}}
    assert loads(text, "yaml", source="x") == expected


def test_what_anchors_repeat_can_be_shared() -> None:
    """Options that were read cannot be changed, and a copy of one is not the other."""
    options = loads("a: &a {list: []}\nb: *a\n", "yaml", source="x")
    with pytest.raises(TypeError, match="read-only"):
        options["a"]["list"].append(1)
    copy: Any = dict(options["a"])["list"].copy()
    copy.append(1)
    assert options["b"] == {"list": []}


def test_fault_in_what_is_repeated_is_at_the_alias_or_the_anchor() -> None:
    """The place is where the path of keys leads in the text."""
    assert refusal("a: &a {b: {$new: 1}}\nc: *a\n").place == "prod.yaml:1:12"
    assert refusal("a: {b: &b {x: [[]]}}\nc: {<<: {d: {$new: 1}}}\n").place == "prod.yaml:2:1"


@pytest.mark.parametrize("kind", ["lists", "mappings", "merges"])
def test_bomb_is_refused(kind: str) -> None:
    """A few lines cannot stand for more values than memory holds."""
    lines = {
        "lists": "o{0}: &a{0} {{k: [*a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}]}}",
        "mappings": "o{0}: &a{0} {{a: *a{1}, b: *a{1}, c: *a{1}, d: *a{1}, e: *a{1}, f: *a{1}}}",
        "merges": "o{0}: &a{0} {{<<: [*a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}]}}",
    }
    bomb = "o0: &a0 {k: [lol, lol, lol, lol]}\n" + "".join(
        lines[kind].format(number, number - 1) + "\n" for number in range(1, 30)
    )
    assert "aliases repeat more than 100,000 values" in str(refusal(bomb))


def test_own_key_of_the_name_of_a_merge() -> None:
    """In quotes it is a key like any other, also beside a merge."""
    text = "a: {<<: {b: 1}, '<<': {c: 2}}"
    assert loads(text, "yaml", source="x") == {"a": {"b": 1, "<<": {"c": 2}}}


def test_version_of_the_document_may_be_said() -> None:
    """Both versions are read, and alike."""
    for version in ("1.1", "1.2"):
        text = f"%YAML {version}\n---\ndb: {{a: 1}}\n...\n"
        assert loads(text, "yaml", source="x") == {"db": {"a": 1}}


def test_every_line_end_is_read() -> None:
    """Editors differ."""
    for end in ("\n", "\r\n", "\r"):
        text = end.join(("db:", "  a: |", "    b", "    c", ""))
        assert loads(text, "yaml", source="x") == {"db": {"a": "b\nc\n"}}


@pytest.mark.parametrize("text", ["yes", "1e3", "0o7", "12:30:00", "null", "2024-01-01", "~", "<<"])
def test_text_that_looks_otherwise_is_quoted(text: str) -> None:
    """Everywhere: as option, key, value and entry."""
    options = {text: {text: [text]}}
    assert dumps(options, "yaml") == f"'{text}':\n  '{text}':\n  - '{text}'\n"
    assert loads(dumps(options, "yaml"), "yaml", source="x") == options
