"""`confstore init`, and what the other commands do where it was not run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..conftest import Confstore


def test_init_makes_folder_and_file(confstore: Confstore, tmp_path: Path) -> None:
    """What is there afterwards is an empty store; run again, it changes nothing."""
    ran = confstore("init", "-s", "file:config/a/prod.json")
    assert (ran.stdout, ran.stderr, ran.code) == ("", "created store 'prod'\n", 0)
    path = tmp_path / "config" / "a" / "prod.json"
    assert path.read_text() == "{}\n"
    again = confstore("init", "-s", "file:config/a/prod.json")
    assert (again.stderr, again.code) == ("store 'prod' exists already\n", 0)
    assert path.read_text() == "{}\n"


def test_init_turns_the_journal_on(
    confstore: Confstore, dev: Path, options: Callable[[], Any]
) -> None:
    """What there is becomes the first versions; run again, it changes nothing."""
    before = options()
    ran = confstore("init", "--journal")
    said = "store 'dev' exists already\nits journal is on, at version 1\n"
    assert (ran.stderr, ran.code) == (said, 0)
    again = confstore("init", "--journal")
    assert again.stderr.endswith("its journal is on already, at version 1\n")
    assert options() == before


def test_init_makes_a_journaled_store_at_once(confstore: Confstore, tmp_path: Path) -> None:
    """One command for a new one."""
    ran = confstore("init", "--journal")
    assert ran.stderr == "created store 'dev'\nits journal is on, at version 0\n"
    assert (tmp_path / "dev.journal.jsonl").exists()


def test_init_says_what_it_would_do(confstore: Confstore, tmp_path: Path) -> None:
    """With --dry-run nothing is made."""
    assert confstore("init", "--dry-run").stderr == "store 'dev' would be created\n"
    ran = confstore("init", "--dry-run", "--journal")
    assert ran.stderr == "store 'dev' would be created, with its journal\n"
    assert not list(tmp_path.glob("dev*"))
    confstore("init")
    ran = confstore("init", "--dry-run", "--journal")
    assert ran.stderr == "store 'dev' exists already\nits journal would be turned on\n"
    assert not (tmp_path / "dev.journal.jsonl").exists()


def test_reading_an_absent_file_is_an_error(confstore: Confstore, dev: Path) -> None:
    """A mistyped name is no empty store; the closest file is named."""
    for command in (("list",), ("get", "db"), ("delete", "db", "-y")):
        ran = confstore(*command, "-s", "file:dve.json")
        path = str(dev.parent / "dve.json")
        reason = f"the file {path!r} is not there; did you mean 'dev.json'?"
        text = f"store 'dve' does not exist: {reason} (confstore init creates it)"
        assert (ran.stdout, ran.stderr, ran.code) == ("", f"confstore: {text}\n", 4)


def test_writing_makes_a_file_and_no_folder(confstore: Confstore, tmp_path: Path) -> None:
    """A folder that is not there is a mistyped one."""
    assert confstore("set", "db", "a=1").code == 0
    assert confstore("update", "db", "a=1", "-s", "file:new.json").code == 0
    ran = confstore("set", "db", "a=1", "-s", "file:cnofig/dev.json")
    assert ran.code == 4
    path = str(tmp_path / "cnofig" / "dev.json")
    assert f"the folder of the file {path!r} is not there" in ran.stderr
    assert not (tmp_path / "cnofig").exists()


def test_init_does_not_hide_that_a_file_was_lost(confstore: Confstore, journaled: Path) -> None:
    """Where there is a journal and no file, nobody makes an empty one."""
    journaled.unlink()
    ran = confstore("init")
    assert (ran.code, "its journal is not" in ran.stderr) == (4, True)
    assert not journaled.exists()
