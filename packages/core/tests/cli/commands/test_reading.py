"""`confstore list` and `confstore get`, as programs read them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ..conftest import Confstore

VALUES = {
    "text": "db.example",
    "number": 27017,
    "exact": {"$decimal": "0.12345678901234567890123456789"},
    "yes": True,
    "nothing": None,
    "bytes": {"$bytes": "AP9h"},
    "hosts": ["a", "b"],
    "limits": {"a": {"$bytes": "YQ=="}},
    "set": {"$set": [1, 2]},
    "unicode": "höst €",
    "lines": "one\ntwo\n",
}
TYPES = {
    "text": "string",
    "number": "number",
    "exact": "number",
    "yes": "boolean",
    "nothing": "null",
    "bytes": "bytes",
    "hosts": "array",
    "limits": "object",
    "set": "set",
    "unicode": "string",
    "lines": "string",
}


@pytest.fixture
def every(tmp_path: Path) -> None:
    """A store with a value of every kind, an empty option, and hostile names."""
    content = {"every": VALUES, "empty": {}, "a\x1b[31m[red]": {"k\nl": "v\x1b[0m[bold]"}}
    (tmp_path / "dev.json").write_text(json.dumps(content), encoding="utf-8")


@pytest.mark.usefixtures("every")
def test_option_is_json_with_the_tags_of_a_file(confstore: Confstore) -> None:
    """What a program reads is what the file of a store would hold."""
    ran = confstore("get", "every")
    assert (ran.json, ran.stderr, ran.code) == (VALUES, "", 0)


@pytest.mark.usefixtures("every")
@pytest.mark.parametrize(
    ("key", "printed"),
    [
        ("text", b"db.example\n"),
        ("number", b"27017\n"),
        ("yes", b"true\n"),
        ("nothing", b"null\n"),
        ("bytes", b"\x00\xffa"),
        ("hosts", b'[\n  "a",\n  "b"\n]\n'),
        ("set", b'{"$set": [1, 2]}\n'),
        ("exact", b'{"$decimal": "0.12345678901234567890123456789"}\n'),
        ("unicode", "höst €\n".encode()),
        ("lines", b"one\ntwo\n\n"),
    ],
)
def test_one_value_is_printed_as_it_is(confstore: Confstore, key: str, printed: bytes) -> None:
    """A shell takes it as it comes: text without quotes, bytes without anything."""
    ran = confstore("get", "every", key)
    assert (ran.raw, ran.stderr, ran.code) == (printed, "", 0)


@pytest.mark.usefixtures("every")
def test_one_value_in_a_format_that_was_asked_for(confstore: Confstore) -> None:
    """With --output, one value is data like any other."""
    assert confstore("get", "every", "text", "-o", "json").stdout == '"db.example"\n'
    assert confstore("get", "every", "bytes", "-o", "json").json == {"$bytes": "AP9h"}
    assert confstore("get", "every", "hosts", "--output", "yaml").stdout == "- a\n- b\n"


@pytest.mark.usefixtures("every")
def test_encoding_is_not_the_locales(script: Confstore) -> None:
    """Data is UTF-8, whatever the terminal speaks."""
    environment = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    assert script("get", "every", "unicode", env=environment).raw == "höst €\n".encode()


def test_names_in_a_forced_ascii_locale(script: Confstore, tmp_path: Path) -> None:
    """Options, keys, values and files are UTF-8, also where the locale cannot be changed."""
    forced = {
        "LC_ALL": "C",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONUTF8": "0",
        "CONFSTORE_URL": "file:h\u00f6st.json",
    }
    assert script("set", "\u00e4", "\u00f6=\u00fc", env=forced).code == 0
    stored = (tmp_path / "h\u00f6st.json").read_text(encoding="utf-8")
    assert json.loads(stored) == {"\u00e4": {"\u00f6": "\u00fc"}}
    assert script("get", "\u00e4", "\u00f6", env=forced).raw == "\u00fc\n".encode()


def test_stores_that_may_not_be_looked_for(
    confstore: Confstore, installed: Callable[[str, str], None]
) -> None:
    """A denied look at the other stores is no failure of an empty store."""
    installed(
        "lonely",
        "from confstore.errors import AccessDeniedError\n"
        "from confstore_memory import MemoryStore\n"
        "class Lonely(MemoryStore):\n"
        "    def stores(self): raise AccessDeniedError(self.name, 'no')\n"
        "def open_url(url): return Lonely('prd')\n",
    )
    ran = confstore("list", "-s", "lonely:prd")
    assert (ran.code, ran.stderr) == (0, "store 'prd' has no options\n")


def test_option_as_yaml(confstore: Confstore, dev: Path) -> None:
    """YAML keeps the order of the keys."""
    ran = confstore("get", "db", "-o", "yaml")
    assert ran.stdout == "host: db.example\nport: 27017\n"


def test_option_as_table(confstore: Confstore, dev: Path) -> None:
    """A table that does not go to a terminal has plain columns."""
    ran = confstore("get", "db", "-o", "table")
    lines = [line.split() for line in ran.stdout.splitlines()]
    assert lines == [
        ["KEY", "TYPE", "VALUE"],
        ["host", "string", "db.example"],
        ["port", "number", "27017"],
    ]


@pytest.mark.usefixtures("every")
def test_list_tells_types_and_no_values(confstore: Confstore) -> None:
    """Values are secrets until they are asked for."""
    ran = confstore("list")
    assert ran.json["every"] == TYPES
    assert ran.json["empty"] == {}
    assert list(ran.json) == sorted(ran.json)
    assert "db.example" not in ran.stdout


@pytest.mark.usefixtures("every")
def test_list_with_values(confstore: Confstore) -> None:
    """--values shows them as get does."""
    assert confstore("list", "--values").json["every"] == VALUES
    assert confstore("list", "every", "--values").json == VALUES


@pytest.mark.usefixtures("every")
def test_list_of_one_option(confstore: Confstore) -> None:
    """The keys of one option with their types."""
    assert confstore("list", "every").json == TYPES


def test_list_as_table(confstore: Confstore, dev: Path) -> None:
    """Option, key and type, and the value if it was asked for."""
    plain = confstore("list", "-o", "table").stdout.splitlines()
    assert [line.split() for line in plain] == [
        ["OPTION", "KEY", "TYPE"],
        ["db", "host", "string"],
        ["db", "port", "number"],
        ["login", "password", "string"],
    ]
    full = confstore("list", "login", "-o", "table", "--values").stdout.splitlines()
    assert full[1].split() == ["login", "password", "string", "hunter2"]


@pytest.mark.usefixtures("every")
def test_table_obeys_nothing_in_names_and_values(confstore: Confstore) -> None:
    """Neither escape sequences nor rich's markup: both are shown."""
    ran = confstore("list", "-o", "table", "--values")
    assert "\x1b" not in ran.stdout
    for shown in (r"a\x1b[31m[red]", r"k\nl", r"v\x1b[0m[bold]"):
        assert shown in ran.stdout
    assert len(ran.stdout.splitlines()) == 1 + len(VALUES) + 1 + 1


def test_json_has_no_command_to_a_terminal(confstore: Confstore, tmp_path: Path) -> None:
    """What JSON itself would leave as it is, such as the C1 controls, is an escape, and equal."""
    value = "\x9b31m\u202ereversed\x7f €"
    content = json.dumps({"db": {"host": value}})
    (tmp_path / "dev.json").write_text(content, encoding="utf-8")
    ran = confstore("get", "db")
    assert ran.json == {"host": value}
    assert r"\u009b31m\u202ereversed\u007f €" in ran.stdout


def test_empty_store_and_option_say_so(confstore: Confstore, tmp_path: Path) -> None:
    """A table without rows is a sentence for people; data stays data."""
    (tmp_path / "dev.json").write_text("{}", encoding="utf-8")
    ran = confstore("list", "-o", "table")
    assert (ran.stdout, ran.stderr) == ("", "store 'dev' has no options\n")
    assert confstore("list").json == {}
    (tmp_path / "dev.json").write_text('{"a": {}}', encoding="utf-8")
    assert confstore("get", "a", "-o", "table").stderr == "option 'a' has no keys\n"


def test_shared_options_stand_before_or_after_the_command(
    confstore: Confstore, dev: Path, tmp_path: Path
) -> None:
    """People type them where they come to mind; the last one counts, and beats the environment."""
    (tmp_path / "other.json").write_text('{"db": {"host": "other"}}', encoding="utf-8")
    assert confstore("-s", "file:other.json", "get", "db", "host").stdout == "other\n"
    assert confstore("get", "db", "host", "--store", "file:other.json").stdout == "other\n"
    both = confstore("-s", "file:dev.json", "get", "-s", "file:other.json", "db", "host")
    assert both.stdout == "other\n"
    assert confstore("-o", "yaml", "get", "db").stdout.startswith("host: ")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("get", "bd"), "store 'dev' has no option 'bd'; did you mean 'db'?"),
        (("get", "DB"), "store 'dev' has no option 'DB'; did you mean 'db'?"),
        (("list", "logni"), "store 'dev' has no option 'logni'; did you mean 'login'?"),
        (("get", "zzz"), "store 'dev' has no option 'zzz'; confstore list shows what it has"),
        (("get", "db", "hots"), "option 'db' has no key 'hots'; did you mean 'host'?"),
        (("get", "db", "zzz"), "option 'db' has no key 'zzz'; confstore list db shows what it has"),
        (("delete", "bd"), "store 'dev' has no option 'bd'; did you mean 'db'?"),
        (("delete", "db", "hots"), "option 'db' has no key 'hots'; did you mean 'host'?"),
    ],
)
def test_mistyped_name(
    confstore: Confstore, dev: Path, arguments: tuple[str, ...], text: str
) -> None:
    """One line that names the closest one that exists; the code for what is not found."""
    ran = confstore(*arguments)
    assert (ran.stdout, ran.stderr, ran.code) == ("", f"confstore: {text}\n", 1)


def test_store_that_is_named_twice(confstore: Confstore, dev: Path) -> None:
    """It is opened once, and is equal to itself."""
    ran = confstore("diff", "file:dev.json", "file:dev.json")
    assert (ran.json, ran.stderr, ran.code) == ([], "", 0)
