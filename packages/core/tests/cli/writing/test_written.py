"""`CONFSTORE_SCHEMA`: nothing is written that an application could not read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ..conftest import Confstore, Ran

CANARY = "hunter2"

SETTINGS = """\
import attrs
print("imported")
@attrs.frozen
class Database:
    host: str
    port: int = 5432
@attrs.frozen
class Login:
    password: str
@attrs.frozen
class Settings:
    db: Database
    login: Login
"""

Options = Callable[[], Any]


@pytest.fixture
def run(confstore: Confstore, tmp_path: Path) -> Callable[..., Ran]:
    """The command line with a schema in the environment."""
    (tmp_path / "settings.py").write_text(SETTINGS, encoding="utf-8")

    def run(*arguments: str, schema: str = "settings:Settings", **more: Any) -> Ran:
        return confstore(*arguments, env={"CONFSTORE_SCHEMA": schema}, **more)

    return run


WRITES = {
    "set": ("set", "db", f"host:=[{json.dumps(CANARY)}]"),
    "update": ("update", "db", f"port={CANARY}"),
    "delete": ("delete", "db", "--yes"),
    "delete a key": ("delete", "db", "host", "--yes"),
    "import": ("import", "bad.json"),
    "copy": ("copy", "file:bad.json", "file:dev.json", "--yes"),
}


@pytest.mark.parametrize("is_journaled", [False, True])
@pytest.mark.parametrize("arguments", WRITES.values(), ids=WRITES)
def test_command_that_writes(
    run: Callable[..., Ran],
    confstore: Confstore,
    dev: Path,
    arguments: tuple[str, ...],
    is_journaled: bool,
) -> None:
    """Each validates the result first; the problems have option and key, and no value."""
    if is_journaled:
        assert confstore("init", "--journal").code == 0
    dev.with_name("bad.json").write_text(json.dumps({"db": {"host": "a", "port": CANARY}}))
    before = dev.read_bytes()
    ran = run(*arguments)
    assert (ran.code, ran.stdout, dev.read_bytes()) == (3, "", before)
    assert "option 'db'" in ran.stderr
    assert ran.stderr.endswith(
        "confstore: store 'dev' would not fit settings:Settings: 1 problem; nothing was written "
        "(an empty CONFSTORE_SCHEMA lifts the check)\n"
    )
    assert CANARY not in ran.stderr
    assert run(*arguments, schema="").code == 0


def test_rollback(run: Callable[..., Ran], confstore: Confstore, journaled: Path) -> None:
    """A state of the past may not fit the schema of today."""
    assert confstore("set", "db", "host:=1").code == 0
    assert confstore("set", "db", "host=a").code == 0
    ran = run("rollback", "2", "--yes")
    assert ran.code == 3
    assert "option 'db', key host: expected str, found int\n" in ran.stderr
    assert run("rollback", "1", "--yes").code == 0


def test_result_that_fits(run: Callable[..., Ran], dev: Path, options: Options) -> None:
    """It is written; what the schema's module prints is no data."""
    ran = run("update", "db", "port:=1", "-o", "json")
    assert (ran.code, ran.stdout) == (0, "")
    assert options()["db"]["port"] == 1


def test_names_that_the_schema_does_not_know(run: Callable[..., Ran], dev: Path) -> None:
    """They are written, with a note of the closest name; those that were there are not noted."""
    dev.write_text(json.dumps({"db": {"host": "a"}, "login": {"password": "x"}}))
    assert run("update", "db", "prot:=1").stderr.endswith(
        "note: option 'db' has the unknown key 'prot': did you mean 'port'?\n"
        "updated option 'db' of store 'dev'\n"
    )
    assert "note: there is the unknown option 'dv'" in run("set", "dv", "host=a").stderr
    assert "note" not in run("update", "login", "password=y").stderr


def test_dry_run(run: Callable[..., Ran], dev: Path) -> None:
    """It shows the changes, and then that they could not be made."""
    ran = run("update", "db", "port=x", "--dry-run")
    assert ran.code == 3
    assert [change["key"] for change in ran.json] == ["port"]
    assert "option 'db', key port: expected int, found text" in ran.stderr


def test_store_is_filled_one_option_after_the_other(
    run: Callable[..., Ran], options: Options
) -> None:
    """That another option is missing is no fault of this write, nor of the one that mends it."""
    assert run("set", "db", "host=a").code == 0
    assert run("set", "login", "password=x").code == 0
    assert options() == {"db": {"host": "a"}, "login": {"password": "x"}}


def test_store_that_does_not_fit_is_mended(
    run: Callable[..., Ran], dev: Path, options: Options
) -> None:
    """Old problems of other options do not count; of the written option all count."""
    dev.write_text(json.dumps({"db": {"host": 1, "port": "x"}, "login": {}}))
    assert run("update", "db", "host=a").code == 3
    assert run("update", "db", "host=a", "port:=1").code == 0
    assert run("set", "login", "password=x").code == 0
    assert options() == {"db": {"host": "a", "port": 1}, "login": {"password": "x"}}


def test_write_that_changes_nothing(run: Callable[..., Ran], dev: Path) -> None:
    """There is nothing to validate."""
    dev.write_text(json.dumps({"db": {"host": 1}, "login": {}}))
    assert run("copy", "file:dev.json", "file:dev.json").code == 2
    dev.with_name("same.json").write_bytes(dev.read_bytes())
    assert run("import", "same.json").code == 0


def test_reconcile(run: Callable[..., Ran], journaled: Path) -> None:
    """It records what is there, and writes no option."""
    journaled.write_text(json.dumps({"db": {"host": 1}}))
    assert run("reconcile").code == 0


def test_store_as_a_whole(run: Callable[..., Ran], dev: Path, tmp_path: Path) -> None:
    """What a class says of all its fields together has no option."""
    (tmp_path / "whole.py").write_text(
        "import attrs\n@attrs.frozen\nclass All:\n    db: dict\n    login: dict\n"
        "    def __attrs_post_init__(self):\n"
        "        if self.db['port'] == 1: raise ValueError('x')\n"
    )
    ran = run("update", "db", "port:=1", schema="whole:All")
    assert ran.code == 3
    assert "\nthe store: is refused by All" in f"\n{ran.stderr}"
    assert run("update", "db", "port:=2", schema="whole:All").code == 0


def test_schema_that_is_not_there(run: Callable[..., Ran], dev: Path) -> None:
    """A wrong setting does not let everything pass."""
    before = dev.read_bytes()
    ran = run("set", "db", "host=a", schema="setting:Settings")
    assert (ran.code, dev.read_bytes()) == (2, before)
    assert "there is no module 'setting'" in ran.stderr


def test_conflict(
    run: Callable[..., Ran], journaled: Path, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where somebody else wrote first, the new plan is validated, too."""
    from confstore import Plan
    from confstore_file import FileStore

    commit = Plan.commit

    def late(self: Plan, *arguments: Any, **more: Any) -> Any:
        monkeypatch.setattr(Plan, "commit", commit)
        FileStore(journaled).set("db", {"port": 1})
        return commit(self, *arguments, **more)

    monkeypatch.setattr(Plan, "commit", late)
    ran = run("update", "db", "port:=2")
    assert ran.code == 3
    assert "option 'db', key host: is missing" in ran.stderr
    assert options()["db"] == {"port": 1}
