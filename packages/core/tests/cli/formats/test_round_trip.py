"""What is exported is imported again, equal in type, too; or it is refused, by name."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings, strategies as st

from confstore._cli.formats.files import FORMATS, dumps, format_of, loads
from confstore.adapter import canonical_values, is_same
from confstore.errors import InvalidDocumentError, InvalidValueError
from confstore.testing import EDGE_VALUES, HOSTILE_NAMES, any_option, any_values


def canonical(options: dict[str, Any]) -> dict[str, Any]:
    return {option: canonical_values(option, values) for option, values in options.items()}


any_options = st.dictionaries(any_option, any_values, max_size=4).map(canonical)

# Text that some reader takes for something else, and lines that some writer folds.
TRICKY_TEXTS = (
    *("yes", "No", "ON", "off", "y", "N", "true", "False", "null", "~", "", "None", "nan", ".inf"),
    *("1", "-1", "+1", "1.0", "1.", ".5", "1e3", "1.5e3", "1e+22", "0o7", "0b1", "0x1F", "010"),
    *("08", "1_000", "_1", "12:30:00", "22:22", "1:30.5", "2024-01-01", "2024-1-1T1:00:00Z"),
    *("2024-01-01 12:30:00", "=", "<<", "-", "?", ":", "- a", "? a", ": a", "a: b", "a:", "a #b"),
    *("#a", "!a", "!!str a", "&a", "*a", "|", ">", "%a", "@a", "`a", "{", "}", "[", "]", "[a]"),
    *(",", "'", '"', "''", '"""', "'''", "\\", "\\n", "\\\r\n", "${a}", "$a", "$$", "---", "..."),
    *("--- a", "... a", " a", "a ", "\ta", "a\t", "a\tb", "\n", "\n\n", "a\n", "a\n\n", "\na"),
    *("a\nb", "a\n\nb\n", "a\n b", " a\nb", "a \nb", "a\n \nb", "a\n\tb", "a\r\nb", "a\rb", "\r"),
    *("a\nb ", "a\n---\nb", "a\n...\n", "a\n# b\n", "a\x85b", "a\u2028b", "a\u2029b", "\xa0"),
    *("a\xa0", "\ufeff", "a\ufeffb\n", "\x7f", "\x00", "\x1b[0m", "\ud7ff", "\ufffe", "\uffff"),
    *("\U0001f600", "a\n\U0001f600\n", "\u0301", "\u202e", "a" * 1024, "a " * 512, "a\n" * 512),
    *("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", '{"a": [1]}', "a=b"),
    *("10.0.0.1", "1.2.3", "12e03", "1234e56", "deadbeef", "0e0", "1__0", "-.5", "+.5e-3"),
)
DOTTED_TEXTS = ("Loading...", "wait ...", "two\nlines...", "a...\n")
TRICKY = canonical(
    {
        "texts": {str(number): text for number, text in enumerate(TRICKY_TEXTS)},
        "list": {"texts": list(TRICKY_TEXTS), "nested": [[{"a": list(TRICKY_TEXTS)}]]},
        "set": {"texts": set(TRICKY_TEXTS)},
        "keys": {text: {text: text} for text in TRICKY_TEXTS if text},
        "empty": {},
        **{text: {"key": text} for text in TRICKY_TEXTS if text},
        **{name: {"key": {name: name}} for name in HOSTILE_NAMES},
    }
)


def has_none(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(has_none, value.values()))
    return any(map(has_none, value)) if isinstance(value, list) else value is None


EDGES = canonical({"edges": dict(EDGE_VALUES)})
EDGES_WITHOUT_NONE = canonical(
    {"edges": {name: value for name, value in EDGE_VALUES.items() if not has_none(value)}}
)


def assert_comes_back(options: Any, format: str) -> None:
    again = loads(dumps(options, format), format, source="file")
    assert is_same(again, options)
    assert list(again) == list(options)


@pytest.mark.parametrize("format", ["json", "yaml", "toml"])
@pytest.mark.parametrize("text", [*TRICKY_TEXTS, *DOTTED_TEXTS])
def test_text_at_the_end_of_a_document(text: str, format: str) -> None:
    """The last text of a document is whole, also where it looks like the document's end."""
    assert_comes_back(canonical({"app": {"key": text}}), format)


@pytest.mark.parametrize("dumper", ["C", "Python"])
@pytest.mark.parametrize("control", [*"\u061c\u200e\u200f\u202a\u202d\u202e\u2066\u2069"])
def test_yaml_shows_no_reversed_text(
    control: str, dumper: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A character that reverses the direction of text is an escape, in keys and values alike."""
    if dumper == "Python":
        monkeypatch.delattr(yaml, "CSafeDumper", raising=False)
    text = f"a{control}b"
    options = canonical({text: {text: text, "lines": f"{text}\n{text}\n", "set": {text}}})
    assert control not in dumps(options, "yaml")
    assert_comes_back(options, "yaml")


@settings(deadline=None)
@given(options=any_options)
@example(options=TRICKY)
@example(options=EDGES)
@example(options={})
def test_json_holds_everything(options: Any) -> None:
    """JSON with tags holds every accepted value, and any name."""
    assert_comes_back(options, "json")


@pytest.mark.parametrize("dumper", ["C", "Python"])
@pytest.mark.parametrize("loader", ["C", "Python"])
@settings(deadline=None)
@given(options=any_options)
@example(options=TRICKY)
@example(options=EDGES)
@example(options={})
def test_yaml_holds_everything(dumper: str, loader: str, options: Any) -> None:
    """YAML with tags does, too, with or without libyaml on either side."""
    with pytest.MonkeyPatch.context() as patch:
        if dumper == "Python":
            patch.delattr(yaml, "CSafeDumper", raising=False)
        if loader == "Python":
            patch.delattr(yaml, "CSafeLoader", raising=False)
        assert_comes_back(options, "yaml")


@settings(deadline=None)
@given(options=any_options)
@example(options=TRICKY)
@example(options=EDGES)
@example(options=EDGES_WITHOUT_NONE)
@example(options={})
def test_toml_holds_everything_but_none(options: Any) -> None:
    """TOML has no null: there, and only there, an option is refused, by name."""
    if any(map(has_none, options.values())):
        with pytest.raises(InvalidValueError, match="TOML has no null") as caught:
            dumps(options, "toml")
        assert has_none(options[caught.value.option])
    else:
        assert_comes_back(options, "toml")


@pytest.mark.parametrize("loader", [yaml.SafeLoader, getattr(yaml, "CSafeLoader", None)])
@settings(deadline=None)
@given(options=any_options)
@example(options=TRICKY)
def test_yaml_is_the_same_to_others(loader: Any, options: Any) -> None:
    """A program that reads the export with PyYAML finds what it would find in the JSON."""
    found = yaml.load(dumps(options, "yaml"), Loader=loader or yaml.SafeLoader)
    assert is_same(found, json.loads(dumps(options, "json")))


@settings(deadline=None)
@given(options=any_options.filter(lambda options: not has_none(list(options.values()))))
@example(options=TRICKY)
def test_toml_is_sound_to_others(options: Any) -> None:
    """No integer of the document has more than the 64 bits of TOML."""
    tomllib.loads(dumps(options, "toml"), parse_float=str)

    def assert_small(tree: Any) -> None:
        for entry in tree.values() if isinstance(tree, dict) else tree:
            if isinstance(entry, dict | list):
                assert_small(entry)
            elif isinstance(entry, int):
                assert -(2**63) <= entry < 2**63

    assert_small(tomllib.loads(dumps(options, "toml")))


def test_toml_refuses_none_wherever_it_is() -> None:
    """The error names option and key, and what to do."""
    for values, path in (
        ({"a": 1, "b": None}, "b"),
        ({"a": [1, [None]]}, "a[1][0]"),
        ({"a": {"b c": {"d": None}}}, "a['b c']['d']"),
    ):
        with pytest.raises(InvalidValueError, match="export json or yaml") as caught:
            dumps({"fine": {}, "db": values}, "toml")
        assert (caught.value.option, caught.value.path) == ("db", path)


@pytest.mark.parametrize(
    ("number", "line"),
    [
        (2**63 - 1, "n = 9223372036854775807"),
        (2**63, '"$decimal" = "9223372036854775808"'),
        (-(2**63), "n = -9223372036854775808"),
        (-(2**63) - 1, '"$decimal" = "-9223372036854775809"'),
        (True, "n = true"),
    ],
    ids=str,
)
def test_toml_tags_what_has_more_than_64_bits(number: int, line: str) -> None:
    """Other readers of TOML would refuse or round it."""
    assert line in dumps({"db": {"n": number}}, "toml").splitlines()


TEXT_OF_LINES = {"tls": {"key": "-----BEGIN\nab'\"c\n\n  -----END\n", "on": True}}


@pytest.mark.parametrize(
    ("format", "text"),
    [
        (
            "json",
            "\n".join(
                (
                    "{",
                    '  "tls": {',
                    '    "key": "-----BEGIN\\nab\'\\"c\\n\\n  -----END\\n",',
                    '    "on": true',
                    "  }",
                    "}",
                    "",
                )
            ),
        ),
        (
            "yaml",
            "tls:\n  key: |\n    -----BEGIN\n    ab'\"c\n\n      -----END\n  'on': true\n",
        ),
        ("toml", '[tls]\nkey = """\n-----BEGIN\nab\'\\"c\n\n  -----END\n"""\non = true\n'),
    ],
)
def test_text_of_lines_is_readable(format: str, text: str) -> None:
    """A certificate in an export looks like one, if the format can."""
    assert dumps(TEXT_OF_LINES, format) == text
    assert loads(text, format, source="file") == TEXT_OF_LINES


@pytest.mark.parametrize("format", ["json", "yaml", "toml"])
def test_tags_are_the_same_in_all_formats(format: str) -> None:
    """One rule to learn, and a converter between the formats keeps the types."""
    options = canonical({"db": {"a": b"text", "b": {"x"}, "c": {"$a": 1}, "d": [{"e": b""}]}})
    readers = {"json": json.loads, "yaml": yaml.safe_load, "toml": tomllib.loads}
    assert readers[format](dumps(options, format)) == {
        "db": {
            "a": {"$bytes": "dGV4dA=="},
            "b": {"$set": ["x"]},
            "c": {"$dict": {"$a": 1}},
            "d": [{"e": {"$bytes": ""}}],
        }
    }


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("prod.json", "json"),
        ("a.b/prod.YAML", "yaml"),
        ("prod.yml", "yaml"),
        ("prod.toml", "toml"),
        (".env", "dotenv"),
        ("a/.env.prod", "dotenv"),
        ("prod.env", "dotenv"),
        ("env.sh", "shell"),
    ],
)
def test_suffix_names_a_format(path: str, name: str) -> None:
    """So that nobody has to."""
    assert format_of(path) == FORMATS[name]


@pytest.mark.parametrize(
    "ending", ["example", "sample", "dist", "default", "local", "template", "dist.example"]
)
def test_endings_of_samples_are_looked_through(ending: str) -> None:
    """A sample is of the format that its name has before."""
    assert format_of(f"a/prod.YAML.{ending}") == FORMATS["yaml"]
    assert format_of(f".env.{ending}") == FORMATS["dotenv"]
    assert format_of(f"prod.{ending}") is None


@pytest.mark.parametrize("path", ["prod", "prod.ini", "json", "-", "env", "a.json/prod"])
def test_other_names_stand_for_no_format(path: str) -> None:
    """It is for the caller to ask which one is meant."""
    assert format_of(path) is None


@pytest.mark.parametrize("format", FORMATS)
def test_bytes_are_utf_8(format: str) -> None:
    """With a byte order mark or without; what is not, is pointed at."""
    option = "app" if FORMATS[format].needs_option else None
    options = {"app": {"a": "\u00fc", "b": "\U0001f600"}}
    if not FORMATS[format].is_importable:
        with pytest.raises(InvalidDocumentError, match=r"^x: shell can only be exported"):
            loads(b"", format, source="x", option=option)
        return
    text = dumps(options, format)
    expected = loads(text, format, source="x", option=option)
    for content in (text.encode(), b"\xef\xbb\xbf" + text.encode(), "\ufeff" + text):
        assert loads(content, format, source="x", option=option) == expected
    broken = text.encode().replace("\u00fc".encode(), b"\xfc")
    line = broken[: broken.index(b"\xfc")].count(b"\n") + 1
    with pytest.raises(InvalidDocumentError, match=rf"^x:{line}:\d+: this is not UTF-8") as caught:
        loads(broken, format, source="x", option=option)
    assert caught.value.__context__ is None


def test_dotenv_needs_an_option() -> None:
    """A file of variables is one option, and does not name it."""
    with pytest.raises(InvalidDocumentError, match=r"^x: a dotenv file holds the keys of one"):
        loads("", "dotenv", source="x")


@pytest.mark.parametrize(
    ("format", "text"),
    [
        ("json", '{"a": 1, "b": {"c": ["d"]}}'),
        ("yaml", "a: 1\nb:\n  c: [d]\n"),
        ("toml", 'a = 1\n[b]\nc = ["d"]\n'),
    ],
)
def test_whole_file_as_one_option(format: str, text: str) -> None:
    """Its top level is the option's keys."""
    found = loads(text, format, source="x", option="app")
    assert is_same(found, {"app": {"a": 1, "b": {"c": ["d"]}}})


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ('{"a": 1, "b": {"$set": []}}', "x:1:16", "a set is empty"),
        ('{"a": 1, "a": 2}', "x:1:10", "twice"),
        (" [1]", "x:1:2", "begins with {"),
        ('{"_store": 1}', "x:1:2", "reserved"),
        (f'{{"a": "{"b" * 400_000}"}}', "x:1:1", "split it"),
    ],
)
def test_fault_in_a_file_of_one_option(text: str, place: str, reason: str) -> None:
    """The place is that in the file, in JSON and in YAML, which is a superset of it."""
    with pytest.raises(InvalidDocumentError) as caught:
        loads(text, "json", source="x", option="app")
    assert caught.value.place == place
    assert reason in caught.value.reason


@pytest.mark.parametrize(("format", "text"), [("yaml", "- 1"), ("toml", "a = 2024-01-01")])
def test_fault_of_a_value_in_a_file_of_one_option(format: str, text: str) -> None:
    """A list is no option, nor is a date a value."""
    with pytest.raises(InvalidDocumentError, match=r"^x"):
        loads(text, format, source="x", option="app")


@pytest.mark.parametrize(
    ("format", "text", "named"),
    [
        ("json", '{"AllowedHosts": "*"}', "'AllowedHosts' is a string"),
        ("json", '{"Logging": {}, "Hosts": ["a"]}', "'Hosts' is an array"),
        ("yaml", "version: 1\n", "'version' is a number"),
        ("toml", "debug = true\n[app]\n", "'debug' is a Boolean"),
    ],
)
def test_value_where_options_stand(format: str, text: str, named: str) -> None:
    """The commonest refusal names the key and what to do, and not the value."""
    with pytest.raises(InvalidDocumentError) as caught:
        loads(text, format, source="x", remedy="do that")
    assert caught.value.reason.endswith(f"{named}, and stands where options do: do that")


def test_parsers_are_imported_when_they_are_used() -> None:
    """A command that needs no format does not wait for their parsers."""
    program = (
        "import sys; from confstore._cli.formats.files import dumps, format_of; "
        "format_of('a.yaml'); dumps({'db': {'a': 1}}, 'json'); "
        "print({'yaml', 'tomli_w'} & sys.modules.keys())"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert answer.stdout == "set()\n"
