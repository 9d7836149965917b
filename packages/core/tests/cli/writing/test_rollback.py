"""`confstore rollback` and `confstore reconcile`."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from confstore import Change
from confstore.testing import CANARY
from confstore_dynamodb import DynamoDBStore
from confstore_file import FileStore

from ..conftest import Confstore, Terminal, program

FIRST = {"db": {"host": "db.example", "port": 27017}, "login": {"password": "hunter2"}}
PATIENCE_S = 60


@pytest.fixture
def store(journaled: Path) -> FileStore:
    """Version 1 is what there was; since then one option is changed, one gone and one new."""
    store = FileStore(journaled)
    store.update("db", {"port": 27018})
    store.delete("login")
    store.set("cache", {"ttl": 60})
    return store


@pytest.mark.usefixtures("store")
def test_rollback_is_a_new_commit(confstore: Confstore, options: Callable[[], Any]) -> None:
    """Everything is as it was, in one commit that says so; nothing is erased."""
    ran = confstore("rollback", "1", "--yes")
    assert (ran.stdout, ran.code) == ("", 0)
    what = "options 'cache', 'db', 'login' (1 deleted)"
    assert ran.stderr == f"rolled back {what} of store 'dev', version 5\n"
    assert options() == FIRST
    last = confstore("history", "--limit", "1").json[0]
    assert (last["author"], last["comment"]) == ("ada@example", "rollback to version 1")
    assert confstore("rollback", "4", "--yes").code == 0
    assert options() == {"db": {"host": "db.example", "port": 27018}, "cache": {"ttl": 60}}


@pytest.mark.usefixtures("store")
def test_rollback_of_some_options(confstore: Confstore, options: Callable[[], Any]) -> None:
    """Only those that are named change; author and comment are the caller's."""
    remarks = ["--author", "bob", "--comment", "oops"]
    ran = confstore("rollback", "1", "login", "--yes", *remarks)
    assert ran.stderr == "rolled back option 'login' of store 'dev', version 5\n"
    assert options() == {
        "db": {"host": "db.example", "port": 27018},
        "cache": {"ttl": 60},
        "login": {"password": "hunter2"},
    }
    last = confstore("history", "--limit", "1").json[0]
    assert (last["author"], last["comment"]) == ("bob", "oops")


@pytest.mark.parametrize("dry", [["--dry-run"], ["--yes"]])
@pytest.mark.parametrize("version", ["1", "99"])
@pytest.mark.usefixtures("store")
def test_rollback_of_what_was_changed_since(
    confstore: Confstore, options: Callable[[], Any], version: str, dry: list[str]
) -> None:
    """A dry run says no less than the command itself."""
    before = options()
    ran = confstore("rollback", "1", "db", "--if-version", version, *dry)
    assert (ran.stdout, ran.code) == ("", 5)
    assert "is at version 4" in ran.stderr
    assert options() == before


@pytest.mark.parametrize("dry", [["--dry-run"], []])
@pytest.mark.usefixtures("store")
def test_reconcile_of_what_was_changed_since(
    confstore: Confstore, journaled: Path, dry: list[str]
) -> None:
    """What somebody committed is not passed over because somebody else edited it later."""
    journaled.write_text(journaled.read_text().replace("27018", "27019"))
    ran = confstore("reconcile", "--if-version", "1", *dry)
    assert (ran.stdout, ran.code) == ("", 5)
    assert "'db' changed after version 1" in ran.stderr


@pytest.mark.usefixtures("store")
def test_dry_run_of_a_rollback(confstore: Confstore, options: Callable[[], Any]) -> None:
    """It shows what is now and what would be, values on request, and writes nothing."""
    before = options()
    ran = confstore("rollback", "1", "--dry-run")
    assert (ran.stderr, ran.code) == ("", 0)
    keys = [(one["option"], one["key"], one["change"]) for one in ran.json]
    assert keys == [
        ("cache", "ttl", "removed"),
        ("db", "port", "changed"),
        ("login", "password", "added"),
    ]
    assert not any("old" in one or "new" in one for one in ran.json)
    shown = confstore("rollback", "1", "db", "--dry-run", "--values").json
    assert [(one["old"], one["new"]) for one in shown] == [(27018, 27017)]
    assert options() == before
    assert confstore("history", "--limit", "1").json[0]["version"] == 4


def test_nothing_to_roll_back(confstore: Confstore, journaled: Path) -> None:
    """To be where one wants to be is success."""
    ran = confstore("rollback", "1")
    assert (ran.stdout, ran.code) == ("", 0)
    assert ran.stderr == "nothing to change: store 'dev' is as it was at version 1\n"


@pytest.mark.usefixtures("store")
def test_rollback_without_a_terminal(confstore: Confstore, options: Callable[[], Any]) -> None:
    """Nobody can be asked, so --yes is needed."""
    before = options()
    ran = confstore("rollback", "1", input="y\n")
    assert (ran.stdout, ran.code) == ("", 2)
    assert ran.stderr.startswith("confstore: to roll back options 'cache', 'db', 'login'")
    assert ran.stderr.endswith("without a terminal to ask in, give --yes\n")
    assert options() == before


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["99"], "store 'dev': the journal does not hold version 99"),
        (["1", "cach"], "store 'dev' and its journal have no option 'cach'; did you mean 'cache'?"),
        (["4", "logon"], "store 'dev' and its journal have no option 'logon'; did you mean"),
    ],
)
def test_rollback_to_what_never_was(confstore: Confstore, arguments: list[str], said: str) -> None:
    """A version that does not exist, and a mistyped option: one line, and nothing is written."""
    ran = confstore("rollback", *arguments, "--yes")
    assert (ran.stdout, ran.code) == ("", 1)
    assert ran.stderr.startswith(f"confstore: {said}")
    assert ran.stderr.count("\n") == 1


@pytest.mark.parametrize("version", ["-1", "one"])
def test_version_that_is_no_number(confstore: Confstore, version: str) -> None:
    """It is an error of usage."""
    assert confstore("rollback", "--yes", "--", version).code == 2


def test_rollback_to_before_the_journal(confstore: Confstore, tmp_path: Path) -> None:
    """A journal that took two commits to begin has no state before the second."""
    content = {f"o{number}": {"k": number} for number in range(150)}
    (tmp_path / "dev.json").write_text(json.dumps(content), encoding="utf-8")
    assert confstore("init", "--journal").code == 0
    ran = confstore("rollback", "1", "--yes")
    assert (ran.stdout, ran.code) == ("", 1)
    expected = "store 'dev': the journal begins at version 2, too late for version 1"
    assert ran.stderr == f"confstore: {expected} (confstore history shows what there is)\n"


@pytest.mark.usefixtures("store")
def test_rollback_conflict(confstore: Confstore, options: Callable[[], Any]) -> None:
    """Whoever says what was last seen overwrites nothing newer."""
    before = options()
    ran = confstore("rollback", "1", "db", "--yes", "--if-version", "1")
    assert (ran.stdout, ran.code) == ("", 5)
    assert "'db' changed after version 1" in ran.stderr
    assert options() == before
    assert confstore("rollback", "1", "db", "--yes", "--if-version", "2").code == 0


def test_question_is_about_what_is_committed(
    store: FileStore, tmp_path: Path, environment: dict[str, str]
) -> None:
    """A commit between question and answer is a conflict, and not overwritten unseen."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        **program("rollback", "1", "db", environment=environment),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=tmp_path,
        start_new_session=True,
    )
    os.close(theirs)
    screen = b""
    try:
        while b"?" not in screen:
            assert select.select([ours], [], [], PATIENCE_S)[0], screen
            screen += os.read(ours, 65536)
        assert b"roll back option 'db' of store 'dev' to version 1?" in screen
        store.update("db", {"port": 9})
        os.write(ours, b"y\n")
        assert process.wait(PATIENCE_S) == 5
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    assert store.get("db")["port"] == 9


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(("answer", "code", "version"), [("y\n", 0, 5), ("n\n", 1, 4)])
def test_rollback_asks(
    terminal: Callable[..., tuple[str, int]],
    confstore: Confstore,
    answer: str,
    code: int,
    version: int,
) -> None:
    """Yes does it; no changes nothing, and is exit code 1."""
    screen, ended = terminal("rollback", "1", answers=[("?", answer)])
    assert ended == code
    assert ("nothing was changed" in screen) == (code == 1)
    assert confstore("history", "--limit", "1").json[0]["version"] == version


@pytest.fixture
def many(tmp_path: Path, confstore: Confstore) -> FileStore:
    """Version 2 has 150 options, and they all changed since."""
    content = {f"o{number}": {"k": number} for number in range(150)}
    path = tmp_path / "dev.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    assert confstore("init", "--journal").code == 0
    changes = [Change(f"o{number}", {"k": "new"}) for number in range(150)]
    store = FileStore(path)
    store.commit(changes[:99])
    store.commit(changes[99:])
    return store


@pytest.mark.usefixtures("many")
def test_rollback_of_more_than_a_commit_holds(
    confstore: Confstore, options: Callable[[], Any]
) -> None:
    """All or nothing, unless several commits are asked for."""
    ran = confstore("rollback", "2", "--yes")
    assert (ran.stdout, ran.code) == ("", 3)
    assert ran.stderr.endswith("; --split makes 2 commits of it\n")
    assert options()["o0"] == {"k": "new"}
    ran = confstore("rollback", "2", "--yes", "--split")
    assert ran.stderr == "rolled back 150 options of store 'dev', versions 5 to 6\n"
    assert options() == {f"o{number}": {"k": number} for number in range(150)}


@pytest.mark.usefixtures("many")
def test_progress_of_a_split_rollback(terminal: Terminal) -> None:
    """A person sees how far it is."""
    screen, code = terminal("rollback", "2", "--yes", "--split", env={"TERM": "xterm"})
    assert code == 0
    assert "committing" in screen
    assert "/150" in screen


def test_split_rollback_of_what_was_changed_since(confstore: Confstore, many: FileStore) -> None:
    """A conflict is found before the first commit, not half way."""
    many.set("o99", {"k": "newer"})
    ran = confstore("rollback", "2", "--yes", "--split", "--if-version", "4")
    assert (ran.stdout, ran.code, ran.stderr.count("\n")) == ("", 5, 1)
    assert "'o99' changed after version 4" in ran.stderr
    assert many.version() == 5


def test_split_rollback_that_fails_halfway(confstore: Confstore, mischief: None) -> None:
    """It says how far it came, and that it can go on."""
    ran = confstore("rollback", "2", "--yes", "--split", "-s", "mischief:StopsAtTheSecondCommit")
    assert (ran.stdout, ran.code) == ("", 5)
    said = "stopped after 99 of 150 changes, version 5; every option is whole, and running it again"
    assert ran.stderr.splitlines()[0] == f"{said} makes the rest"
    assert "'o99' changed after version 5" in ran.stderr


def test_split_rollback_that_fails_at_once(confstore: Confstore, mischief: None) -> None:
    """Where nothing is committed, the failure is all there is to say."""
    ran = confstore("rollback", "2", "--yes", "--split", "-s", "mischief:StopsAtTheFirstCommit")
    assert (ran.stdout, ran.code, ran.stderr.count("\n")) == ("", 5, 1)


@pytest.mark.usefixtures("store")
def test_remarks_that_are_too_long(confstore: Confstore) -> None:
    """No number of commits makes room for them, so none is advised."""
    ran = confstore("rollback", "1", "--yes", "--comment", "x" * 2001)
    assert (ran.stdout, ran.code) == ("", 3)
    assert "author and comment have" in ran.stderr
    assert "--split" not in ran.stderr


# -- reconcile -----------------------------------------------------------------------------------


@pytest.fixture
def edited(journaled: Path) -> Path:
    """A file that was edited by hand: an option changed, one gone, one new."""
    content = {"db": {"host": "db.example", "port": 1}, "cache": {"key": CANARY}}
    journaled.write_text(json.dumps(content), encoding="utf-8")
    return journaled


@pytest.mark.usefixtures("edited")
def test_reconcile_commits_edits(confstore: Confstore, options: Callable[[], Any]) -> None:
    """The journal learns of them; the options stay as they are."""
    before = options()
    ran = confstore("reconcile", "--comment", "hotfix")
    assert (ran.stdout, ran.code) == ("", 0)
    assert ran.stderr == "reconciled 3 options of store 'dev', version 2\n"
    assert options() == before
    last = confstore("history", "--limit", "1").json[0]
    assert (last["author"], last["comment"]) == ("ada@example", "hotfix")
    assert last["changes"] == [
        {"option": "cache", "action": "set"},
        {"option": "db", "action": "set"},
        {"option": "login", "action": "delete"},
    ]
    ran = confstore("reconcile")
    assert (ran.stdout, ran.code) == ("", 0)
    assert ran.stderr == "nothing to reconcile: store 'dev' agrees with its journal\n"


@pytest.mark.usefixtures("edited")
@pytest.mark.parametrize("flag", ["--dry-run", "--yes"])
def test_rollback_over_edits(confstore: Confstore, flag: str) -> None:
    """What the rollback overwrites and no commit has is named before it writes; no value is."""
    ran = confstore("rollback", "1", flag)
    assert ran.stderr.splitlines()[0] == (
        "confstore: warning: store 'dev': the rollback overwrites what was written without the "
        "journal, in 'cache', 'db', 'login': `confstore reconcile` records it first"
    )
    assert CANARY not in ran.stderr


@pytest.mark.usefixtures("edited")
def test_dry_run_of_reconcile_is_the_drift(confstore: Confstore) -> None:
    """What the journal says, and what there is; values on request."""
    ran = confstore("reconcile", "--dry-run")
    assert ran.code == 0
    assert [(one["option"], one["key"], one["change"]) for one in ran.json] == [
        ("cache", "key", "added"),
        ("db", "port", "changed"),
        ("login", "password", "removed"),
    ]
    assert CANARY not in ran.stdout + ran.stderr
    assert CANARY in confstore("reconcile", "--dry-run", "--values", "-o", "table").stdout
    assert confstore("history", "--limit", "1").json[0]["version"] == 1


def test_reconcile_one_option(confstore: Confstore, journaled: Path) -> None:
    """Without a comment it says what it is; the author can be given."""
    journaled.write_text(json.dumps({**FIRST, "new": {}}), encoding="utf-8")
    ran = confstore("reconcile", "--author", "bob")
    assert ran.stderr == "reconciled 1 option of store 'dev', version 2\n"
    last = confstore("history", "--limit", "1").json[0]
    assert (last["author"], last["comment"]) == ("bob", "reconcile")


@pytest.mark.usefixtures("many")
def test_reconcile_many_options(confstore: Confstore, tmp_path: Path) -> None:
    """More than a commit holds take several: each is true by itself."""
    (tmp_path / "dev.json").write_text("{}", encoding="utf-8")
    ran = confstore("reconcile")
    assert ran.stderr == "reconciled 150 options of store 'dev', versions 5 to 6\n"


# -- the same on DynamoDB ------------------------------------------------------------------------


def test_on_dynamodb(confstore: Confstore, dynamodb_local: str, dynamodb_client: Any) -> None:
    """History, differences, rollback and reconcile of a table."""
    url = f"dynamodb://rollback-table/prod?endpoint_url={dynamodb_local}"
    environment = {"CONFSTORE_URL": url}
    store = DynamoDBStore(dynamodb_client, "rollback-table", "prod")
    store.enable_journal()
    store.set("db", {"port": 1})
    store.set("db", {"port": 2})
    store.set("new", {})
    assert confstore("diff", "1", "2", "--values", env=environment).json[0]["new"] == 2
    ran = confstore("rollback", "1", "--yes", env=environment)
    assert ran.stderr == "rolled back options 'db', 'new' (1 deleted) of store 'prod', version 4\n"
    assert dict(store.items()) == {"db": {"port": 1}}
    item = {"_store": {"S": "prod"}, "_option": {"S": "db"}, "port": {"N": "7"}}
    dynamodb_client.put_item(TableName="rollback-table", Item=item)
    ran = confstore("reconcile", env=environment)
    assert ran.stderr == "reconciled 1 option of store 'prod', version 5\n"
    versions = [one["version"] for one in confstore("history", "db", env=environment).json]
    assert versions == [5, 4, 2, 1]
    dynamodb_client.delete_table(TableName="rollback-table")
