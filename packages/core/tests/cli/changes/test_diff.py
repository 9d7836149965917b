"""`confstore diff`: stores, files and versions, in any pair."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from confstore.testing import CANARY
from confstore_dynamodb import DynamoDBStore
from confstore_file import FileStore

from ..conftest import Confstore

DEV_YAML = "db:\n  host: db.example\n  port: 27017\nlogin:\n  password: hunter2\n"
DEV_TOML = '[db]\nhost = "db.example"\nport = 27017\n[login]\npassword = "hunter2"\n'


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A second store: a key of another type, one gone, one new, an option gone, an empty one."""
    path = tmp_path / "other.json"
    content = {"db": {"port": "27017", "user": CANARY}, "empty": {}}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@pytest.mark.usefixtures("dev", "other")
def test_two_stores(confstore: Confstore) -> None:
    """A record for each key, with types and no values; exit code 1."""
    ran = confstore("diff", "file:dev.json", "file:other.json", env={"CONFSTORE_URL": None})
    assert (ran.stderr, ran.code) == ("", 1)
    assert ran.json == [
        {"option": "db", "key": "host", "change": "removed", "old_type": "string"},
        {
            "option": "db",
            "key": "port",
            "change": "changed",
            "old_type": "number",
            "new_type": "string",
        },
        {"option": "db", "key": "user", "change": "added", "new_type": "string"},
        {"option": "empty", "key": None, "change": "added", "new_type": "object"},
        {"option": "login", "key": "password", "change": "removed", "old_type": "string"},
    ]


@pytest.mark.usefixtures("dev", "other")
def test_values_of_differences(confstore: Confstore) -> None:
    """They are shown on request, with their types: 27017 is not "27017"."""
    ran = confstore("diff", "other.json", "file:dev.json", "--values", "-o", "table")
    rows = [line.split() for line in ran.stdout.splitlines()]
    assert rows[0] == ["OPTION", "KEY", "CHANGE", "OLD", "NEW"]
    assert rows[2] == ["db", "port", "changed", '"27017"', "27017"]
    assert rows[3] == ["db", "user", "removed", f'"{CANARY}"', "-"]
    changed = confstore("diff", "other.json", "file:dev.json", "--values").json[1]
    assert (changed["old"], changed["new"]) == ("27017", 27017)


@pytest.mark.usefixtures("dev", "other")
@pytest.mark.parametrize("format", ["json", "yaml", "table"])
def test_no_value_of_a_difference_is_shown_unasked(confstore: Confstore, format: str) -> None:
    """Nor on standard error."""
    ran = confstore("diff", "other.json", "-o", format)
    assert ran.code == 1
    assert CANARY not in ran.stdout + ran.stderr


@pytest.mark.usefixtures("dev")
def test_equal(confstore: Confstore) -> None:
    """Exit code 0, an empty list, and for people a word."""
    ran = confstore("diff", "file:dev.json", "dev.json")
    assert (ran.json, ran.stderr, ran.code) == ([], "", 0)
    ran = confstore("diff", "dev.json", "-o", "table")
    assert (ran.stdout, ran.stderr, ran.code) == ("", "there is no difference\n", 0)


@pytest.mark.usefixtures("dev")
@pytest.mark.parametrize(
    ("name", "text"),
    [("a.yaml", DEV_YAML), ("a.yml", DEV_YAML), ("a.toml", DEV_TOML), ("42.json", None)],
)
def test_file_and_store(confstore: Confstore, tmp_path: Path, name: str, text: str | None) -> None:
    """A file in each format; without B it is compared to the store."""
    content = (tmp_path / "dev.json").read_text(encoding="utf-8") if text is None else text
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert confstore("diff", name).code == 0
    changed = content.replace("27017", "27018")
    (tmp_path / name).write_text(changed, encoding="utf-8")
    ran = confstore("diff", name, "file:dev.json", "--values", env={"CONFSTORE_URL": None})
    assert [(one["old"], one["new"]) for one in ran.json] == [(27018, 27017)]


@pytest.mark.usefixtures("dev")
def test_file_whose_name_tells_nothing(confstore: Confstore, tmp_path: Path) -> None:
    """--format says what it is; a name that looks like a version has a path."""
    (tmp_path / "42").write_text(DEV_YAML, encoding="utf-8")
    assert confstore("diff", "./42", "--format", "yaml").code == 0
    ran = confstore("diff", "./42")
    assert (ran.stdout, ran.code) == ("", 2)
    assert "give --format, one of json, yaml, toml" in ran.stderr


@pytest.mark.usefixtures("dev")
def test_standard_input(confstore: Confstore) -> None:
    """- is what comes in, in the format that is given."""
    assert confstore("diff", "-", "--format", "toml", input=DEV_TOML).code == 0
    ran = confstore("diff", "file:dev.json", "-", "--format", "yaml", input="db: {}\n")
    assert [one["change"] for one in ran.json] == ["removed", "removed", "removed"]
    ran = confstore("diff", "-", "-", "--format", "yaml", input=DEV_YAML)
    assert (ran.stderr, ran.code) == ("confstore: standard input cannot be both sides\n", 2)
    ran = confstore("diff", "-", input=DEV_YAML)
    assert ran.code == 2
    assert "standard input is given by --format: json, yaml, toml" in ran.stderr


def test_versions(confstore: Confstore, journaled: Path) -> None:
    """Two versions, or one and what is now, edits by hand included."""
    store = FileStore(journaled)
    store.update("db", {"port": 2})
    store.update("db", {"port": 3})
    assert [(one["old"], one["new"]) for one in confstore("diff", "1", "2", "--values").json] == [
        (27017, 2)
    ]
    assert [(one["old"], one["new"]) for one in confstore("diff", "3", "1", "--values").json] == [
        (3, 27017)
    ]
    text = journaled.read_text(encoding="utf-8").replace("3", "4")
    journaled.write_text(text, encoding="utf-8")
    assert [(one["old"], one["new"]) for one in confstore("diff", "2", "--values").json] == [(2, 4)]
    assert confstore("diff", "3", "3").code == 0
    assert confstore("diff", "dev.json", "1").code == 1


@pytest.mark.usefixtures("journaled")
@pytest.mark.parametrize("arguments", [["9"], ["1", "9"]])
def test_version_that_does_not_exist(confstore: Confstore, arguments: list[str]) -> None:
    """Nothing on standard output, and a line that says where to look."""
    ran = confstore("diff", *arguments)
    assert (ran.stdout, ran.code) == ("", 1)
    expected = "store 'dev': the journal does not hold version 9"
    assert ran.stderr == f"confstore: {expected} (confstore history shows what there is)\n"


@pytest.mark.usefixtures("dev")
@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nothing"], 2, "'nothing' is not a version, a URL such as file:prod.json, or a file"),
        (["prod.env"], 2, "'prod.env': a dotenv file has no types to compare"),
        (["prod.sh", "--format", "json"], 4, "prod.sh: No such file"),
        (["nothing.yaml"], 4, "nothing.yaml: No such file or directory"),
        (["file:dav.json"], 4, "dav.json' is not there; did you mean 'dev.json'?"),
        (["fill:dev.json"], 2, "did you mean 'file'?"),
        (["c:dev.yaml"], 4, "c:dev.yaml: No such file"),
        ([], 2, "missing argument 'A'"),
        (["a.json", "b.json", "c.json"], 2, "there is 1 argument too many"),
    ],
)
def test_mistyped_sides(confstore: Confstore, arguments: list[str], code: int, said: str) -> None:
    """One line says what is wrong, and what would be right."""
    ran = confstore("diff", *arguments)
    assert (ran.stdout, ran.code) == ("", code)
    assert said in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_no_store(confstore: Confstore, other: Path) -> None:
    """One side alone needs a store to be compared to."""
    ran = confstore("diff", "other.json", env={"CONFSTORE_URL": None})
    assert (ran.stdout, ran.code) == ("", 2)
    assert "no store is given" in ran.stderr


@pytest.mark.usefixtures("dev")
def test_broken_file(confstore: Confstore, tmp_path: Path) -> None:
    """The line names the place, and shows no value."""
    (tmp_path / "broken.json").write_text(f'{{"db": {{"a": "{CANARY}" }}\n', encoding="utf-8")
    ran = confstore("diff", "broken.json")
    assert (ran.stdout, ran.code) == ("", 3)
    assert ran.stderr.startswith("confstore: broken.json:2:1:")
    assert CANARY not in ran.stderr


@pytest.mark.usefixtures("dev")
def test_table_and_file(
    confstore: Confstore, dynamodb_local: str, dynamodb_client: Any, tmp_path: Path
) -> None:
    """Two backends hold the same, and then they do not."""
    store = DynamoDBStore(dynamodb_client, "diff-table", "prod")
    for option, values in FileStore(tmp_path / "dev.json").items():
        store.set(option, values)
    url = f"dynamodb://diff-table/prod?endpoint_url={dynamodb_local}"
    assert confstore("diff", "file:dev.json", url).code == 0
    store.update("db", {"port": True})
    ran = confstore("diff", "file:dev.json", url)
    assert [(one["old_type"], one["new_type"]) for one in ran.json] == [("number", "boolean")]
    dynamodb_client.delete_table(TableName="diff-table")
