"""`confstore history`: the commits of a journal, for people and for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from confstore import Change
from confstore.testing import CANARY
from confstore_dynamodb import DynamoDBStore
from confstore_file import FileStore

from ..conftest import Confstore, Terminal


@pytest.fixture
def store(journaled: Path) -> FileStore:
    """A journal of five versions, of which the first is what there was."""
    store = FileStore(journaled)
    store.commit(
        [Change("db", {"host": "db.example", "port": 27018}), Change("cache", {"ttl": 60})],
        author="bob@example",
        comment="move the database",
    )
    store.update("cache", {"ttl": True})
    store.delete("login")
    store.set("cache", {"ttl": True})
    return store


@pytest.mark.usefixtures("store")
def test_commits_newest_first(confstore: Confstore) -> None:
    """A program gets version, time, author, comment and what was touched; no values."""
    ran = confstore("history")
    assert (ran.code, ran.stderr) == (0, "")
    assert [one["version"] for one in ran.json] == [5, 4, 3, 2, 1]
    second = ran.json[3]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", second.pop("at"))
    assert second == {
        "version": 2,
        "author": "bob@example",
        "comment": "move the database",
        "changes": [{"option": "db", "action": "set"}, {"option": "cache", "action": "set"}],
    }
    assert ran.json[1]["changes"] == [{"option": "login", "action": "delete"}]


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("arguments", "versions"),
    [
        (["--limit", "2"], [5, 4]),
        (["--since", "3"], [5, 4]),
        (["--reverse"], [1, 2, 3, 4, 5]),
        (["--reverse", "--limit", "2"], [4, 5]),
        (["--since", "1", "--limit", "1", "cache"], [5]),
        (["cache"], [5, 3, 2]),
        (["login"], [4, 1]),
        (["--since", "9"], []),
    ],
)
def test_which_commits(confstore: Confstore, arguments: list[str], versions: list[int]) -> None:
    """The newest N, those after a version, those of one option; the newest stay when reversed."""
    ran = confstore("history", *arguments)
    assert ([one["version"] for one in ran.json], ran.code) == (versions, 0)


@pytest.mark.usefixtures("store")
def test_history_of_an_option_is_of_that_alone(confstore: Confstore) -> None:
    """Of a commit to several options, the one that was asked for is shown."""
    assert confstore("history", "db", "--limit", "1").json[0]["changes"] == [
        {"option": "db", "action": "set"}
    ]


@pytest.mark.usefixtures("store")
def test_values_key_by_key(confstore: Confstore) -> None:
    """With --values each commit shows what it made of each key, and what that was before."""
    changes = {one["version"]: one["changes"] for one in confstore("history", "--values").json}
    port = {"key": "port", "change": "changed", "old_type": "number", "old": 27017}
    ttl = {"key": "ttl", "change": "added", "new_type": "number", "new": 60}
    assert changes[2] == [
        {
            "option": "db",
            "action": "set",
            "keys": [{**port, "new_type": "number", "new": 27018}],
        },
        {"option": "cache", "action": "set", "keys": [ttl]},
    ]
    assert changes[3][0]["keys"] == [
        {
            "key": "ttl",
            "change": "changed",
            "old_type": "number",
            "old": 60,
            "new_type": "boolean",
            "new": True,
        }
    ]
    assert changes[4][0]["keys"] == [
        {"key": "password", "change": "removed", "old_type": "string", "old": "hunter2"}
    ]
    assert changes[5] == [{"option": "cache", "action": "set", "keys": []}]


@pytest.mark.usefixtures("store")
def test_table(confstore: Confstore) -> None:
    """People get a line for each commit."""
    lines = confstore("history", "-o", "table").stdout.splitlines()
    assert lines[0].split() == ["VERSION", "TIME", "AUTHOR", "COMMENT", "CHANGES"]
    assert lines[2].split()[0::2] == ["4", "-", "login"]
    assert re.search(r"bob@example +move the database +set db, set cache$", lines[4])


def test_table_without_comments(confstore: Confstore, journaled: Path) -> None:
    """A column without text takes no room, and a time stays on one line."""
    confstore("set", "db", "a=1", "--author", "a" * 60)
    ran = confstore("history", "--limit", "1", "-o", "table")
    assert ran.stdout.split()[:4] == ["VERSION", "TIME", "AUTHOR", "CHANGES"]
    confstore("set", "db", "a=2", "--comment", "why")
    assert "COMMENT" in confstore("history", "-o", "table").stdout


def test_time_in_a_narrow_terminal(
    terminal: Terminal, confstore: Confstore, journaled: Path
) -> None:
    """A time that is broken into lines cannot be read."""
    confstore("set", "db", "a=1", "--author", "a" * 90, "--comment", "c" * 90)
    screen, code = terminal("history")
    assert code == 0
    assert re.search(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", screen)


@pytest.mark.usefixtures("store")
def test_table_with_values(confstore: Confstore) -> None:
    """With --values a commit is a line, and a table of its keys below it."""
    text = confstore("history", "-o", "table", "--values").stdout
    blocks = text.rstrip("\n").split("\n\n")
    assert [block.split("  ")[0] for block in blocks] == [
        f"version {version}" for version in (5, 4, 3, 2, 1)
    ]
    assert blocks[0].count("\n") == 0
    head, columns, *rows = blocks[3].splitlines()
    assert head.endswith("  bob@example  move the database")
    assert columns.split() == ["OPTION", "KEY", "CHANGE", "OLD", "NEW"]
    assert [row.split() for row in rows] == [
        ["db", "port", "changed", "27017", "27018"],
        ["cache", "ttl", "added", "-", "60"],
    ]


def test_yaml(confstore: Confstore, journaled: Path) -> None:
    """The same data as YAML."""
    text = confstore("history", "-o", "yaml").stdout
    assert text.startswith("- version: 1\n  at: '20")


def test_commit_of_many_options(confstore: Confstore, journaled: Path) -> None:
    """A table names the first five; data names all."""
    FileStore(journaled).commit([Change(f"o{number}", {}) for number in range(10, 40)])
    row = confstore("history", "-o", "table", "--limit", "1").stdout.splitlines()[1]
    assert row.rstrip().endswith("set o10, set o11, set o12, set o13, set o14 and 25 more")
    assert len(confstore("history", "--limit", "1").json[0]["changes"]) == 30


def test_no_value_is_shown_unasked(confstore: Confstore, journaled: Path) -> None:
    """In no format, without --values."""
    FileStore(journaled).set("canary", {"key": CANARY})
    for format in ("json", "yaml", "table"):
        ran = confstore("history", "-o", format)
        assert CANARY not in ran.stdout + ran.stderr
    assert CANARY in confstore("history", "--values").stdout


def test_terminal_obeys_no_comment(confstore: Confstore, journaled: Path) -> None:
    """Comments and names are somebody's: no escape sequence of theirs reaches a terminal."""
    change = Change("a\x1b[31m", {"k": 1})
    FileStore(journaled).commit([change], author="\x1b[2J", comment="one\ntwo [red]")
    for arguments in ([], ["-o", "table"], ["-o", "table", "--values"], ["-o", "yaml"]):
        ran = confstore("history", *arguments)
        assert ran.code == 0
        assert "\x1b" not in ran.stdout
    assert r"one\ntwo [red]" in confstore("history", "-o", "table").stdout


@pytest.mark.usefixtures("store")
def test_mistyped_option(confstore: Confstore) -> None:
    """The closest name is looked for in the journal, too, where deleted options are."""
    ran = confstore("history", "logn")
    assert (ran.stdout, ran.code) == ("", 1)
    expected = "store 'dev' and its journal have no option 'logn'; did you mean 'login'?"
    assert ran.stderr == f"confstore: {expected}\n"
    assert confstore("history", "xyz").stderr.endswith("; confstore list shows what it has\n")


def test_option_without_a_commit(confstore: Confstore, journaled: Path) -> None:
    """What was written by hand is there, and has no history: that is no error."""
    journaled.write_text(json.dumps({"db": {}, "manual": {"a": 1}}), encoding="utf-8")
    assert (confstore("history", "manual").json, confstore("history", "manual").code) == ([], 0)
    ran = confstore("history", "manual", "-o", "table")
    assert (ran.stdout, ran.stderr, ran.code) == ("", "option 'manual' has no commit\n", 0)


def test_empty_journal(confstore: Confstore, tmp_path: Path) -> None:
    """A journal without a commit is one."""
    assert confstore("init", "--journal").code == 0
    ran = confstore("history", "-o", "table", "--since", "3", "--values")
    assert (ran.stdout, ran.code) == ("", 0)
    assert ran.stderr == "store 'dev' has no commit after version 3\n"


@pytest.mark.parametrize(
    "arguments", [["history"], ["rollback", "1"], ["reconcile"], ["diff", "1"]]
)
def test_store_without_a_journal(confstore: Confstore, dev: Path, arguments: list[str]) -> None:
    """One line says what to do."""
    ran = confstore(*arguments)
    assert (ran.stdout, ran.code) == ("", 4)
    expected = "store 'dev' has no journal: turn it on with confstore init --journal"
    assert ran.stderr == f"confstore: {expected}\n"


@pytest.mark.parametrize("arguments", [["--limit", "0"], ["--since", "-1"], ["--limit", "x"]])
def test_numbers_that_make_no_sense(confstore: Confstore, arguments: list[str]) -> None:
    """They are errors of usage."""
    assert confstore("history", *arguments).code == 2


@pytest.fixture
def expired(dynamodb_client: Any, request: pytest.FixtureRequest) -> Iterator[str]:
    """The name of a table with a journal of the versions 3 to 6; 1 and 2 have expired."""
    table = re.sub(r"\W", "-", request.node.name)
    store = DynamoDBStore(dynamodb_client, table, "prod")
    store.enable_journal(retention=timedelta(days=30))
    store.set("old", {"a": 1, "b": 2})
    store.set("db", {"port": 2})
    store.set("db", {"port": 3})
    store.set("db", {"port": 4})
    store.delete("old")
    store.set("old", {"a": 3})
    for version in (1, 2):
        key = {"_store": {"S": "_journal:prod"}, "_option": {"S": f"{version:012d}"}}
        dynamodb_client.delete_item(TableName=table, Key=key)
    yield table
    dynamodb_client.delete_table(TableName=table)


def test_expired_commits(confstore: Confstore, dynamodb_local: str, expired: str) -> None:
    """What an option was before the journal begins is shown as unknown, not as absent."""
    url = f"dynamodb://{expired}/prod?endpoint_url={dynamodb_local}"
    ran = confstore("history", "-s", url, "--values")
    assert [one["version"] for one in ran.json] == [6, 5, 4, 3]
    third = {"key": "port", "change": "set", "new_type": "number", "new": 3}
    assert ran.json[3]["changes"] == [{"option": "db", "action": "set", "keys": [third]}]
    assert ran.json[2]["changes"][0]["keys"][0]["old"] == 3
    gone = [{"key": None, "change": "delete"}]
    assert ran.json[1]["changes"] == [{"option": "old", "action": "delete", "keys": gone}]
    assert ran.json[0]["changes"][0]["keys"][0]["change"] == "added"
    text = confstore("history", "db", "-s", url, "--values", "-o", "table").stdout
    assert re.search(r"^db +port +set +\? +3 *$", text, re.MULTILINE)
    ran = confstore("rollback", "2", "-s", url, "--yes")
    assert (ran.stdout, ran.code) == ("", 1)
    assert ran.stderr.startswith(
        "confstore: store 'prod': the journal does not hold 'db', 'old' of version 2 any more"
    )
