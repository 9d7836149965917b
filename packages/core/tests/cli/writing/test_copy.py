"""`confstore copy`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from confstore import history
from confstore._cli.terminal.text import shown_url
from confstore.adapter import is_same
from confstore.testing import EDGE_VALUES, HOSTILE_NAMES
from confstore_file import FileStore

from ..conftest import Confstore
from ..terminal.test_terminal import Terminal

COPY = ("copy", "file:dev.json", "file:test.json")


@pytest.fixture
def other(tmp_path: Path) -> Callable[[], Any]:
    """The store `test.json`, which is there and empty; gives what it holds now."""
    path = tmp_path / "test.json"
    path.write_text("{}\n", encoding="utf-8")
    return lambda: json.loads(path.read_text(encoding="utf-8"))


def test_whole_store(confstore: Confstore, dev: Path, other: Callable[[], Any]) -> None:
    """Every option; a second time there is nothing to do."""
    ran = confstore(*COPY)
    assert (ran.stdout, ran.code) == ("", 0)
    assert ran.stderr == (
        "copied file:dev.json into file:test.json: 2 written, 0 equal, 0 deleted, 0 skipped\n"
    )
    assert other() == json.loads(dev.read_text(encoding="utf-8"))
    assert "0 written, 2 equal" in confstore(*COPY).stderr


def test_every_type_and_name(confstore: Confstore, dev: Path, other: Callable[[], Any]) -> None:
    """What a store can hold arrives as it was."""
    source, target = FileStore(dev), FileStore(dev.with_name("test.json"))
    source.set("edges", dict(EDGE_VALUES))
    for name in HOSTILE_NAMES:
        source.set(name, {"a": name})
    assert confstore(*COPY).code == 0
    assert is_same(dict(target.items()), dict(source.items()))
    source.close()
    target.close()


def test_options_by_name(confstore: Confstore, dev: Path, other: Callable[[], Any]) -> None:
    """Only those; one that is not there is the closest name's, and nothing is copied."""
    ran = confstore(*COPY, "db", "logn")
    assert ran.code == 1
    assert ran.stderr == "confstore: store 'dev' has no option 'logn'; did you mean 'login'?\n"
    assert other() == {}
    assert confstore(*COPY, "login").code == 0
    assert other() == {"login": {"password": "hunter2"}}


def test_skip_existing_and_prune(
    confstore: Confstore, dev: Path, other: Callable[[], Any], tmp_path: Path
) -> None:
    """As for import."""
    (tmp_path / "test.json").write_text('{"db": {"a": 1}, "old": {}}', encoding="utf-8")
    ran = confstore(*COPY, "--prune")
    assert ran.code == 2
    assert "delete 1 option of file:test.json that file:dev.json does not have" in ran.stderr
    ran = confstore(*COPY, "--prune", "--skip-existing", "--yes")
    assert ran.stderr.endswith("1 written, 0 equal, 1 deleted, 1 skipped\n")
    assert other() == {"db": {"a": 1}, "login": {"password": "hunter2"}}


def test_options_that_differ_are_asked_for(
    terminal: Terminal, confstore: Confstore, dev: Path, other: Callable[[], Any], tmp_path: Path
) -> None:
    """FROM and TO the wrong way round would destroy the newer one: the question names both."""
    test = tmp_path / "test.json"
    test.write_text('{"db": {"a": 1}, "old": {}}', encoding="utf-8")
    asked = "overwrite 1 option of file:test.json by those of file:dev.json? [y/N]: "
    assert terminal(*COPY, answers=[(asked, "n\n")])[1] == 1
    assert other() == {"db": {"a": 1}, "old": {}}
    ran = confstore(*COPY)
    assert ran.code == 2
    assert ran.stderr == (
        "confstore: to overwrite 1 option of file:test.json by those of file:dev.json "
        "without a terminal to ask in, give --yes\n"
    )
    ran = confstore(*COPY, "--prune")
    assert "by those of file:dev.json, and delete 1 option of file:test.json that" in ran.stderr
    assert confstore(*COPY, "--yes").code == 0
    assert other()["db"] == {"host": "db.example", "port": 27017}


def test_file_is_made(confstore: Confstore, dev: Path, tmp_path: Path) -> None:
    """A target that is not there is created, as by import, and without a warning."""
    ran = confstore("copy", "file:dev.json", "file:new.json")
    assert ran.stderr == (
        "copied file:dev.json into file:new.json: 2 written, 0 equal, 0 deleted, 0 skipped\n"
    )
    made = json.loads((tmp_path / "new.json").read_text(encoding="utf-8"))
    assert made == json.loads(dev.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("file:dev.json", "file:dev.json"),
        (
            "a://t/s?region=r&endpoint_url=http://u:p@h:1&key=x",
            "a://t/s?region=r&endpoint_url=http://h:1",
        ),
        ("a://u:p@t/s?secret=x", "a://t/s"),
    ],
)
def test_url_in_a_message_has_no_credentials(url: str, shown: str) -> None:
    """What tells two stores apart is shown; nothing else of the query is."""
    assert shown_url(url) == shown


def test_dry_run(confstore: Confstore, dev: Path, other: Callable[[], Any]) -> None:
    """The difference, and nothing is written."""
    ran = confstore(*COPY, "db", "--dry-run")
    assert [(one["option"], one["key"]) for one in ran.json] == [("db", "host"), ("db", "port")]
    assert "27017" not in ran.stdout
    assert other() == {}
    assert "27017" in confstore(*COPY, "--dry-run", "--values").stdout


def test_empty_store_prunes_nothing(
    confstore: Confstore, dev: Path, other: Callable[[], Any]
) -> None:
    """FROM and TO the wrong way round."""
    wrong = ("copy", "file:test.json", "file:dev.json", "--prune", "--yes")
    before = dev.read_bytes()
    ran = confstore(*wrong)
    assert (ran.code, "file:test.json has no options" in ran.stderr) == (2, True)
    assert dev.read_bytes() == before
    assert confstore(*wrong, "--allow-empty").code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (("file:dev.json", "file:dev.json"), 2, "FROM and TO are the same store"),
        (("file:dev.json", "file:no/none.json"), 4, "/no/none.json' is not there"),
        (("file:none.json", "file:dev.json"), 4, "none.json' is not there"),
        (("file:dev.json", "fil:test.json"), 2, "did you mean 'file'?"),
        (("file:dev.json",), 2, "missing argument 'TO'"),
        ((*COPY[1:], "db", "--prune"), 2, "--prune is for whole stores: name no options"),
        ((*COPY[1:], "--comment", "a"), 4, "which --comment needs"),
    ],
)
def test_wrong_usage(
    confstore: Confstore,
    dev: Path,
    other: Callable[[], Any],
    arguments: tuple[str, ...],
    code: int,
    text: str,
) -> None:
    """One line that says what to do."""
    ran = confstore("copy", *arguments)
    assert (ran.code, ran.stderr.count("\n")) == (code, 1)
    assert text in ran.stderr
    assert other() == {}


def test_journal_of_the_target(
    confstore: Confstore, dev: Path, other: Callable[[], Any], tmp_path: Path
) -> None:
    """It is told who and why."""
    assert confstore("init", "--journal", "-s", "file:test.json").code == 0
    ran = confstore(*COPY, "--comment", "new")
    assert ran.stderr.endswith("2 written, 0 equal, 0 deleted, 0 skipped, version 1\n")
    store = FileStore(tmp_path / "test.json")
    assert [(commit.author, commit.comment) for commit in history(store)] == [
        ("ada@example", "new")
    ]
    store.close()


@pytest.mark.parametrize("url", ["file:test.json", None])
def test_completion_of_options(
    confstore: Confstore, dev: Path, other: Callable[[], Any], url: str | None
) -> None:
    """They are those of FROM, whatever CONFSTORE_URL says."""
    typed = "confstore copy file:dev.json file:test.json l"
    words = {"_CONFSTORE_COMPLETE": "zsh_complete", "COMP_WORDS": typed, "COMP_CWORD": "4"}
    ran = confstore(env={**words, "CONFSTORE_URL": url})
    assert ran.stdout.split() == ["plain", "login", "_"]
