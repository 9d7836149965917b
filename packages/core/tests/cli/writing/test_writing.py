"""`confstore set`, `update` and `delete`, and what all writing commands take."""

from __future__ import annotations

import getpass
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from confstore import Commit, history
from confstore_file import FileStore

from ..conftest import Confstore

Options = Callable[[], Any]


def last_commit(path: Path) -> Commit:
    """The newest commit of a file's journal."""
    store = FileStore(path)
    commit = history(store)[-1]
    store.close()
    return commit


def test_write_that_changes_nothing_is_no_commit(confstore: Confstore, journaled: Path) -> None:
    """Equal values are not written; the number 1 is not the text 1."""
    said = "nothing to change: option 'db' of store 'dev' is so already\n"
    assert confstore("set", "db", "a=1").stderr.endswith(", version 2\n")
    for arguments in (
        ("set", "db", "a=1"),
        ("update", "db", "a=1"),
        ("update", "db", "--remove", "b"),
    ):
        ran = confstore(*arguments)
        assert (ran.stderr, ran.code) == (said, 0)
    assert confstore("set", "db", "a:=1").stderr.endswith(", version 3\n")
    assert confstore("set", "new", "a=1").stderr.endswith(", version 4\n")


def test_version_for_a_condition(confstore: Confstore, journaled: Path) -> None:
    """`get --show-version` gives the number that --if-version takes."""
    confstore("set", "db", "a=1")
    ran = confstore("get", "db", "a", "--show-version")
    assert (ran.stdout, ran.stderr, ran.code) == ("1\n", "version 2\n", 0)
    assert confstore("set", "db", "a=2", "--if-version", "2").code == 0
    assert confstore("set", "db", "a=3", "--if-version", "2").code == 5


def test_set_replaces_the_whole_option(confstore: Confstore, dev: Path, options: Options) -> None:
    """As in Python: keys that are not given are gone; what was done is said on standard error."""
    ran = confstore("set", "db", "host=new")
    assert (ran.stdout, ran.stderr, ran.code) == ("", "set option 'db' of store 'dev'\n", 0)
    assert options()["db"] == {"host": "new"}


def test_update_keeps_other_keys(confstore: Confstore, dev: Path, options: Options) -> None:
    """An update changes what it names."""
    ran = confstore("update", "db", "port:=1", "user=ada")
    assert (ran.stderr, ran.code) == ("updated option 'db' of store 'dev'\n", 0)
    assert options()["db"] == {"host": "db.example", "port": 1, "user": "ada"}


def test_update_removes_keys(confstore: Confstore, dev: Path, options: Options) -> None:
    """A key that is not there is no error: it is as was asked."""
    assert confstore("update", "db", "--remove", "port", "--remove", "zzz").code == 0
    assert options()["db"] == {"host": "db.example"}


def test_update_makes_an_absent_option(confstore: Confstore, dev: Path, options: Options) -> None:
    """As in Python."""
    assert confstore("update", "new", "a=b").code == 0
    assert options()["new"] == {"a": "b"}


@pytest.mark.parametrize(
    ("arguments", "text", "code"),
    [
        (("update", "db"), "nothing to update: give KEY=VALUE or --remove KEY", 2),
        (("update", "db", "a=1", "--remove", "a"), "at a: the key is both set and removed", 3),
        (("set", "", "a=1"), "invalid option name ''", 3),
        (("update", "", "a=1"), "invalid option name ''", 3),
        (("set", "db"), "missing argument 'KEY=VALUE...'", 2),
        (("set", "db", "a=1", "--if-version", "-1"), "--if-version", 2),
    ],
)
def test_nothing_that_can_be_written(
    confstore: Confstore, dev: Path, arguments: tuple[str, ...], text: str, code: int
) -> None:
    """The file stays as it is, byte for byte."""
    before = dev.read_bytes()
    ran = confstore(*arguments)
    assert (ran.code, ran.stderr.count("\n")) == (code, 1)
    assert text in ran.stderr
    assert dev.read_bytes() == before


def test_delete_of_an_option(confstore: Confstore, dev: Path, options: Options) -> None:
    """With --yes it does not ask."""
    ran = confstore("delete", "db", "--yes")
    assert (ran.stderr, ran.code) == ("deleted option 'db' of store 'dev'\n", 0)
    assert list(options()) == ["login"]


def test_delete_of_keys(confstore: Confstore, dev: Path, options: Options) -> None:
    """Without its last key an option is there, and empty."""
    ran = confstore("delete", "db", "host", "port", "-y")
    assert ran.stderr == "deleted 'host', 'port' of option 'db' of store 'dev'\n"
    assert options()["db"] == {}


def test_delete_of_keys_is_all_or_nothing(
    confstore: Confstore, dev: Path, options: Options
) -> None:
    """One absent key, and none is deleted."""
    ran = confstore("delete", "db", "host", "prot", "-y")
    assert ran.code == 1
    assert "no key 'prot'; did you mean 'port'?" in ran.stderr
    assert len(options()["db"]) == 2


def test_delete_refuses_without_a_terminal(
    confstore: Confstore, dev: Path, options: Options
) -> None:
    """Nobody can be asked, so somebody has to say yes before."""
    ran = confstore("delete", "db")
    text = "to delete option 'db' of store 'dev' without a terminal to ask in, give --yes"
    assert (ran.stderr, ran.code) == (f"confstore: {text}\n", 2)
    assert "db" in options()


@pytest.mark.parametrize(
    ("arguments", "differences"),
    [
        (
            ("set", "db", "host=new", "a=1"),
            [("db", "a", "added"), ("db", "host", "changed"), ("db", "port", "removed")],
        ),
        (("set", "new", "a=hunter2"), [("new", "a", "added")]),
        (
            ("update", "db", "host=hunter2", "--remove", "port"),
            [("db", "host", "changed"), ("db", "port", "removed")],
        ),
        (("update", "db", "port:=27017"), []),
        (("delete", "login"), [("login", "password", "removed")]),
        (("delete", "db", "port"), [("db", "port", "removed")]),
    ],
)
def test_dry_run(
    confstore: Confstore,
    dev: Path,
    arguments: tuple[str, ...],
    differences: list[tuple[str, str | None, str]],
) -> None:
    """It shows which keys would change, asks nothing, writes nothing, and hides the values."""
    before = dev.read_bytes()
    ran = confstore(*arguments, "--dry-run")
    assert (ran.stderr, ran.code) == ("", 0)
    assert [(one["option"], one["key"], one["change"]) for one in ran.json] == differences
    assert "hunter2" not in ran.stdout
    assert dev.read_bytes() == before


def test_dry_run_with_values(confstore: Confstore, dev: Path) -> None:
    """Values are there when they are asked for, of their own types."""
    arguments = ("update", "db", "port=27017", 'raw:={"$bytes": "AA=="}', "--dry-run", "--values")
    assert confstore(*arguments).json == [
        {
            "option": "db",
            "key": "port",
            "change": "changed",
            "old_type": "number",
            "old": 27017,
            "new_type": "string",
            "new": "27017",
        },
        {
            "option": "db",
            "key": "raw",
            "change": "added",
            "new_type": "bytes",
            "new": {"$bytes": "AA=="},
        },
    ]
    table = confstore(*arguments, "-o", "table").stdout.splitlines()
    assert table[1].split() == ["db", "port", "changed", "27017", '"27017"']


def test_dry_run_as_table(confstore: Confstore, dev: Path) -> None:
    """Types stand where the values would; without a difference it says so."""
    table = confstore("set", "db", "host:=1", "-o", "table", "--dry-run").stdout.splitlines()
    assert [line.split() for line in table] == [
        ["OPTION", "KEY", "CHANGE", "OLD", "NEW"],
        ["db", "host", "changed", "string", "number"],
        ["db", "port", "removed", "number", "-"],
    ]
    same = confstore("update", "db", "port:=27017", "-o", "table", "--dry-run")
    assert (same.stdout, same.stderr) == ("", "there is no difference\n")


def test_dry_run_refuses_what_the_write_would(confstore: Confstore, dev: Path) -> None:
    """A size that only the merged option has, for example."""
    half = '"' + "x" * 200_000 + '"'
    assert confstore("update", "db", "a:=-", input=half).code == 0
    for arguments in (("--dry-run",), ()):
        ran = confstore("update", "db", "b:=-", *arguments, input=half)
        assert (ran.code, "option 'db'" in ran.stderr) == (3, True)


@pytest.mark.parametrize("option", [("--if-version", "1"), ("--comment", "a"), ("--author", "a")])
@pytest.mark.parametrize(
    "command", [("set", "db", "a=1"), ("update", "db", "a=1"), ("delete", "db")]
)
def test_remarks_need_a_journal(
    confstore: Confstore, dev: Path, command: tuple[str, ...], option: tuple[str, str]
) -> None:
    """What cannot be kept is refused, with the command that changes that."""
    before = dev.read_bytes()
    ran = confstore(*command, *option, env={"CONFSTORE_AUTHOR": None})
    advice = "turn it on with confstore init --journal"
    text = f"store 'dev' has no journal, which {option[0]} needs: {advice}"
    assert (ran.stderr, ran.code) == (f"confstore: {text}\n", 4)
    assert dev.read_bytes() == before


def test_author_of_the_environment_needs_no_journal(confstore: Confstore, dev: Path) -> None:
    """It says who one is, and asks nothing of the store."""
    assert confstore("set", "db", "a=1", env={"CONFSTORE_AUTHOR": "ada"}).code == 0


def test_commit_of_each_command(confstore: Confstore, journaled: Path, options: Options) -> None:
    """Each write is one commit with its author and comment, and says its version."""
    ran = confstore("set", "db", "a=1", "--comment", "why", "--author", "eve")
    assert ran.stderr == "set option 'db' of store 'dev', version 2\n"
    commit = last_commit(journaled)
    assert (commit.version, commit.author, commit.comment) == (2, "eve", "why")
    ran = confstore("update", "db", "b=2", "--remove", "a", "--comment", "again")
    assert ran.stderr == "updated option 'db' of store 'dev', version 3\n"
    commit = last_commit(journaled)
    assert (commit.version, commit.author, commit.comment) == (3, "ada@example", "again")
    assert options()["db"] == {"b": "2"}
    ran = confstore("delete", "db", "b", "-y")
    assert ran.stderr == "deleted 'b' of option 'db' of store 'dev', version 4\n"
    assert options()["db"] == {}
    ran = confstore("delete", "db", "-y", "--comment", "gone")
    assert ran.stderr == "deleted option 'db' of store 'dev', version 5\n"
    assert last_commit(journaled).comment == "gone"
    assert "db" not in options()


def test_author_is_the_user_of_the_machine(confstore: Confstore, journaled: Path) -> None:
    """Unless somebody says otherwise."""
    confstore("set", "db", "a=1", env={"CONFSTORE_AUTHOR": None})
    assert last_commit(journaled).author == f"{getpass.getuser()}@{socket.gethostname()}"


def test_author_without_a_name(script: Confstore, journaled: Path, tmp_path: Path) -> None:
    """A user of a container may have a number and no name."""
    (tmp_path / "sitecustomize.py").write_text(
        "import getpass\ndef getuser():\n    raise KeyError('uid not found')\n"
        "getpass.getuser = getuser\n"
    )
    environment = {"CONFSTORE_AUTHOR": None, "PYTHONPATH": str(tmp_path)}
    assert script("set", "db", "a=1", env=environment).code == 0
    assert last_commit(journaled).author == f"unknown@{socket.gethostname()}"


def test_version_conflict(confstore: Confstore, journaled: Path, options: Options) -> None:
    """An option that was committed after the version is not overwritten; others are no conflict."""
    assert confstore("set", "db", "a=1").code == 0
    for command in (("set", "db", "a=2"), ("update", "db", "a=2"), ("delete", "db", "-y")):
        ran = confstore(*command, "--if-version", "1")
        assert ran.code == 5
        assert "'db' changed after version 1: read it again" in ran.stderr
    assert options()["db"] == {"a": "1"}
    assert confstore("set", "login", "a=1", "--if-version", "1").code == 0
    assert confstore("update", "db", "a=3", "--if-version", "2").code == 0


@pytest.mark.usefixtures("mischief")
def test_update_that_is_overtaken_is_made_again(confstore: Confstore) -> None:
    """Somebody commits between our read and our commit: both keys are there afterwards."""
    ran = confstore("update", "db", "a=1", "-s", "mischief:Racing")
    assert (ran.stderr, ran.code) == ("updated option 'db' of store 'mischief', version 3\n", 0)


@pytest.mark.usefixtures("mischief")
def test_update_that_is_always_overtaken_ends(confstore: Confstore) -> None:
    """After twenty tries it says so."""
    ran = confstore("update", "db", "a=1", "-s", "mischief:AlwaysRacing")
    assert (ran.code, "is at version 21" in ran.stderr) == (5, True)


@pytest.mark.usefixtures("mischief")
def test_store_that_knows_no_journal(confstore: Confstore) -> None:
    """An adapter need not have heard of journals."""
    assert confstore("set", "db", "a=1", "-s", "mischief:Wrapped").code == 0
    ran = confstore("init", "--journal", "-s", "mischief:Wrapped")
    assert ran.code == 4
    assert ran.stderr.endswith("cannot keep a journal: this backend does not support it\n")


@pytest.mark.parametrize(
    "command", [("set", "db", "a=1"), ("update", "db", "a=1"), ("delete", "db", "--yes")]
)
@pytest.mark.parametrize("mode", [(), ("--dry-run",)])
def test_version_of_another_store(
    confstore: Confstore, journaled: Path, command: tuple[str, ...], mode: tuple[str, ...]
) -> None:
    """A version that the store has not reached is a mistake, and protects from nothing."""
    before = journaled.read_bytes()
    ran = confstore(*command, "--if-version", "9999", *mode)
    assert ran.code == 5
    assert "is at version 1" in ran.stderr
    assert journaled.read_bytes() == before


def test_dry_run_meets_the_conflict(confstore: Confstore, journaled: Path) -> None:
    """A dry run fails where the write would."""
    assert confstore("set", "db", "a=1").code == 0
    for command in (("set", "db", "a=2"), ("update", "db", "a=2"), ("delete", "db")):
        assert confstore(*command, "--if-version", "1", "--dry-run").code == 5
    assert confstore("set", "login", "a=2", "--if-version", "1", "--dry-run").code == 0


def test_only_an_assignment_makes_an_option(confstore: Confstore, dev: Path) -> None:
    """A mistyped option of which keys are to be removed is not made."""
    before = dev.read_bytes()
    ran = confstore("update", "dbb", "--remove", "host")
    assert ran.code == 1
    assert "did you mean 'db'?" in ran.stderr
    assert dev.read_bytes() == before


def test_remarks_that_no_commit_holds(confstore: Confstore, journaled: Path) -> None:
    """They are refused for one option as for many, and splitting is not advised."""
    before = journaled.read_bytes()
    ran = confstore("set", "db", "a=1", "--comment", "x" * 2001)
    assert (ran.stdout, ran.code, ran.stderr.count("\n")) == ("", 3, 1)
    assert "author and comment have" in ran.stderr
    assert "--split" not in ran.stderr
    assert journaled.read_bytes() == before
