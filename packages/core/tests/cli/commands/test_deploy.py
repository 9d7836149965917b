"""`confstore deploy`: a commit that is checked for a while, and rolled back if it is bad."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from confstore import Change, LocalKeys, history
from confstore._cli.exec.deploy_check import Check, Stopped, Stopping
from confstore.testing import CANARY
from confstore_file import FileStore

from ..conftest import SCRIPT, Confstore, Ran, program
from ..in_terminal import INTERRUPT

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX"),
    pytest.mark.slow("runs checks, which are programs"),
]

PATIENCE_S = 60
OLD = {"db": {"host": "db.example", "port": 27017}, "login": {"password": "hunter2"}}
NEW = {"db": {"host": "new.example", "port": 1}, "cache": {"size": 3}}
BOTH = {**OLD, **NEW}
QUICK = ("--every", "10ms", "--bake", "30ms")

Options = Callable[[], Any]


@pytest.fixture
def new(tmp_path: Path) -> Path:
    """The file to deploy."""
    path = tmp_path / "new.json"
    path.write_text(json.dumps(NEW), encoding="utf-8")
    return path


@pytest.fixture
def foreign(tmp_path: Path, environment: dict[str, str]) -> Callable[[str], str]:
    """A check in which somebody else changes the store: the source of a call of it."""

    def command(*calls: str) -> str:
        source = "import os; from confstore import open_store; "
        source += "store = open_store(os.environ['CONFSTORE_URL']); "
        source += "; ".join(f"store.{call}" for call in calls)
        return f"{shlex.quote(sys.executable)} -c {shlex.quote(source)}"

    return command


def comments(path: Path) -> list[str]:
    """The comments of the journal after the fixture's first commit, oldest first."""
    return [commit.comment for commit in history(FileStore(path)) if commit.version > 1]


def finding(confstore: Confstore) -> dict[str, Any]:
    """What `doctor` says of the last deploy."""
    found = [one for one in confstore("doctor").json if one["check"] == "deploy"]
    return dict(found[-1]) if found else {}


def test_good(confstore: Confstore, journaled: Path, new: Path, options: Options) -> None:
    """Options of the file replace those of the store, others stay; a commit confirms the other."""
    check = 'echo "$CONFSTORE_VERSION $CONFSTORE_URL" >> checks'
    ran = confstore("deploy", "new.json", "--check", check, *QUICK)
    assert (ran.code, ran.stdout) == (0, "")
    assert ran.stderr == (
        "deployed 2 options of 'new.json' to store 'dev', version 2; to be confirmed after 0.03 s\n"
        "confirmed version 2, version 3\n"
    )
    assert options() == BOTH
    checks = (new.parent / "checks").read_text().splitlines()
    assert set(checks) == {"2 file:dev.json"}
    assert len(checks) >= 2
    assert comments(journaled) == [
        "deploy of 'new.json', to be confirmed within 122 s",
        "confirmed version 2",
    ]
    assert finding(confstore) == {
        "check": "deploy",
        "is_ok": True,
        "text": "version 2, deployed by ada@example, was confirmed by version 3",
        "advice": "",
        "address": "https://confstore.readthedocs.io/en/stable/errors.html#deploy",
    }
    assert confstore("doctor").code == 0


BAD = {
    "failing": ("exit 7", (), "the check failed with exit code 7"),
    "killed": ("kill -9 $$", (), "the check failed with exit code -9"),
    "hanging": ("sleep 1000", ("--check-timeout", "50ms"), "the check did not end within 0.05 s"),
    "absent": ("no-such-command", (), "the check failed with exit code 127"),
    "later": ("test ! -e seen; r=$?; touch seen; exit $r", (), "the check failed with exit code 1"),
}


@pytest.mark.parametrize(("check", "flags", "reason"), BAD.values(), ids=BAD)
def test_bad(
    confstore: Confstore,
    journaled: Path,
    new: Path,
    options: Options,
    check: str,
    flags: tuple[str, ...],
    reason: str,
) -> None:
    """The options become what they were, by a further commit; also those that were not there."""
    ran = confstore("deploy", "new.json", "--check", check, *flags, *QUICK)
    assert ran.code == 6
    assert ran.stderr.endswith(
        "rolled back 2 options of store 'dev', version 3\n"
        f"confstore: version 2 of store 'dev' was rolled back: {reason}\n"
    )
    assert options() == OLD
    assert comments(journaled)[1] == f"rollback of version 2: {reason}"
    assert finding(confstore)["text"].endswith("was rolled back by version 3")


def test_without_check(confstore: Confstore, journaled: Path, new: Path, options: Options) -> None:
    """It is a commit, which nothing has to confirm; with --bake it bakes."""
    assert confstore("deploy", "new.json").code == 0
    assert comments(journaled) == ["deploy of 'new.json'"]
    assert finding(confstore) == {}
    new.write_text(json.dumps({"db": {}}))
    ran = confstore("deploy", "new.json", "--bake", "0.01")
    assert ran.stderr.endswith("to be confirmed after 0.01 s\nconfirmed version 3, version 4\n")


def test_comment_and_author(confstore: Confstore, journaled: Path, new: Path) -> None:
    """The user's own reason stands before ours; it may not look like one of ours."""
    flags = ("--comment", "confirmed version 1", "--author", "bob")
    assert confstore("deploy", "new.json", *flags, "--check", "true", "--bake", "0").code == 0
    assert comments(journaled)[0].startswith("confirmed version 1; deploy of 'new.json', to be")
    assert {commit.author for commit in history(FileStore(journaled))[1:]} == {"bob"}
    assert "deployed by bob, was confirmed" in finding(confstore)["text"]
    new.write_text(json.dumps({"db": {}}))
    assert confstore("deploy", "new.json", "--comment", "only this").code == 0
    assert comments(journaled)[-1] == "only this"


def test_file_with_a_long_name(confstore: Confstore, journaled: Path, new: Path) -> None:
    """A comment has a limit."""
    path = "./" * 1500 + "new.json"
    ran = confstore("deploy", path, "--check", "true", "--bake", "0")
    assert ran.code == 0, ran.stderr
    assert len(comments(journaled)[0]) < 300


def test_standard_input(confstore: Confstore, journaled: Path, options: Options) -> None:
    """It needs a format."""
    assert confstore("deploy", "-", input="a: {}").code == 2
    assert confstore("deploy", "-", "--format", "yaml", input="a: {b: 1}").code == 0
    assert options()["a"] == {"b": 1}


WRONG = {
    "every without a check": (("--every", "1s"), 2, "--every is for --check: give both"),
    "no unit": (("--bake", "1d"), 2, "--bake is a number with ms, s, m or h, such as 30s"),
    "too long": (("--bake", "169h"), 2, "and at most 168h"),
    "negative": (("--check-timeout", "-1s"), 2, "--check-timeout is a number"),
    "schema": (("--schema", "nowhere:Settings"), 2, "there is no module 'nowhere'"),
}


@pytest.mark.parametrize(("flags", "code", "says"), WRONG.values(), ids=WRONG)
def test_wrong(
    confstore: Confstore, journaled: Path, new: Path, flags: tuple[str, ...], code: int, says: str
) -> None:
    """Nothing is written."""
    before = journaled.read_bytes()
    ran = confstore("deploy", "new.json", *flags)
    assert (ran.code, says in ran.stderr) == (code, True), ran.stderr
    assert journaled.read_bytes() == before


def test_needs_a_journal(confstore: Confstore, dev: Path, new: Path) -> None:
    """Without one, nothing could be rolled back."""
    ran = confstore("deploy", "new.json", "--check", "true")
    assert ran.code == 4
    assert "has no journal: turn it on with confstore init --journal" in ran.stderr


def test_is_one_commit(confstore: Confstore, journaled: Path, new: Path) -> None:
    """More options than a commit holds are refused; no flag of another command is offered."""
    new.write_text(json.dumps({f"o{number}": {} for number in range(100)}))
    ran = confstore("deploy", "new.json", "--check", "true")
    assert ran.code == 3
    assert "--split" not in ran.stderr
    assert comments(journaled) == []


def test_dry_run(confstore: Confstore, journaled: Path, new: Path) -> None:
    """It shows the changes; nothing is written or checked."""
    ran = confstore("deploy", "new.json", "--check", "touch checked", "--dry-run")
    assert ran.code == 0
    assert [one["key"] for one in ran.json] == ["size", "host", "port"]
    assert comments(journaled) == []
    assert not (new.parent / "checked").exists()


@pytest.mark.parametrize("is_good", [True, False])
def test_prune(
    confstore: Confstore, journaled: Path, new: Path, options: Options, is_good: bool
) -> None:
    """It deletes other options, which asks first; a deploy that only deletes is confirmed, too."""
    new.write_text(json.dumps({"db": OLD["db"]}))
    flags = ("--prune", "--check", str(is_good).lower(), "--bake", "0")
    ran = confstore("deploy", "new.json", *flags)
    assert ran.code == 2
    assert "to delete 1 option of store 'dev' that 'new.json' does not have without a terminal" in (
        ran.stderr
    )
    ran = confstore("deploy", "new.json", *flags, "--yes")
    assert ran.code == (0 if is_good else 6), ran.stderr
    assert options() == ({"db": OLD["db"]} if is_good else OLD)
    outcome = "confirmed" if is_good else "rolled back"
    assert f"was {outcome} by version 3" in finding(confstore)["text"]


def test_interrupted_at_the_question(
    journaled: Path, new: Path, options: Options, terminal: Callable[..., tuple[str, int]]
) -> None:
    """Nothing is committed yet: Ctrl-C ends the command."""
    flags = ("--prune", "--check", "true")
    _, code = terminal("deploy", "new.json", *flags, answers=[("not have?", INTERRUPT)])
    assert code == 130
    assert options() == OLD
    assert comments(journaled) == []


SETTINGS = """\
import attrs
@attrs.frozen
class Database:
    host: str
    port: int
@attrs.frozen
class Settings:
    db: Database
    login: dict[str, str] = {}
    cache: dict[str, int] = {}
"""


def test_schema(confstore: Confstore, journaled: Path, new: Path, options: Options) -> None:
    """The result is validated before the commit; the way back is not."""
    (new.parent / "settings.py").write_text(SETTINGS)
    FileStore(journaled).set("db", {"wrong": "as it is"})
    flags = ("--schema", "settings:Settings", "--check", "false", "--bake", "0")
    assert confstore("deploy", "new.json", *flags).code == 6
    assert options()["db"] == {"wrong": "as it is"}
    new.write_text(json.dumps({"db": {"host": 1}}))
    ran = confstore("deploy", "new.json", *flags)
    assert ran.code == 3
    assert "option 'db', key host: " in ran.stderr
    assert ran.stderr.endswith("would not fit settings:Settings: 2 problems; nothing was written\n")


# -- somebody else --------------------------------------------------------------------------------


def test_conflict(
    confstore: Confstore, journaled: Path, new: Path, options: Options, foreign: Any
) -> None:
    """What somebody else commits meanwhile is left alone, as a whole; the way back is told."""
    check = foreign("update('db', {'port': 2})") + "; false"
    ran = confstore("deploy", "new.json", "--check", check, *QUICK)
    assert ran.code == 5
    assert "version 2 was not rolled back: somebody else changed 'db' after it" in ran.stderr
    assert options() == {**BOTH, "db": {"host": "new.example", "port": 2}}
    assert len(comments(journaled)) == 2
    found = finding(confstore)
    assert found["is_ok"] is None
    assert "confstore rollback --if-version 2 1 cache;" in found["advice"]
    command = ran.stderr.rpartition("run: ")[2].split()
    assert command == ["confstore", "rollback", "1", "cache", "db"]
    assert confstore(*command[1:], "--yes").code == 0
    assert options() == OLD
    assert "was rolled back by version 4" in finding(confstore)["text"]


def test_conflict_by_hand(
    confstore: Confstore, journaled: Path, new: Path, options: Options
) -> None:
    """An edit that bypassed the journal is left alone, too."""
    check = "sed -i s/new.example/hand.example/ dev.json; false"
    ran = confstore("deploy", "new.json", "--check", check, "--bake", "0")
    assert ran.code == 5, ran.stderr
    assert options()["db"]["host"] == "hand.example"


def test_others_beside_it(
    confstore: Confstore, journaled: Path, new: Path, options: Options, foreign: Any
) -> None:
    """Other options are nobody's conflict."""
    check = foreign("set('theirs', {'a': 1})") + "; false"
    assert confstore("deploy", "new.json", "--check", check, "--bake", "0").code == 6
    assert options() == {**OLD, "theirs": {"a": 1}}


def test_confirmed_beside_others(
    confstore: Confstore, journaled: Path, new: Path, options: Options, foreign: Any
) -> None:
    """A good deploy of which somebody has changed a part is confirmed, and nothing is undone."""
    check = foreign("delete('cache')")
    ran = confstore("deploy", "new.json", "--check", check, "--bake", "0")
    assert (ran.code, options()) == (0, {**OLD, "db": NEW["db"]})
    assert "was confirmed by version 4" in finding(confstore)["text"]


def test_overwritten(confstore: Confstore, journaled: Path, new: Path, foreign: Any) -> None:
    """Nothing is left to confirm if somebody has changed all of it."""
    check = foreign("delete('cache')", "set('db', {'a': 1})")
    ran = confstore("deploy", "new.json", "--check", check, "--bake", "0")
    assert ran.code == 0
    assert ran.stderr.endswith(
        "no check failed; somebody else has changed all options of version 2 since\n"
    )
    assert "was overwritten by version 4" in finding(confstore)["text"]


def test_rolled_back_by_somebody(
    confstore: Confstore, journaled: Path, new: Path, options: Options
) -> None:
    """An operator was faster: nothing is left to undo, and that is told."""
    check = f"{SCRIPT} rollback 1 --yes; false"
    ran = confstore("deploy", "new.json", "--check", check, "--bake", "0")
    assert (ran.code, options()) == (5, OLD)
    assert "was rolled back by version 3" in finding(confstore)["text"]


@pytest.mark.usefixtures("mischief")
class TestMischief:
    def deploy(self, confstore: Confstore, store: str, check: str = "true") -> Ran:
        """Deploy to a store of `mischief.py`."""
        flags = ("-s", f"mischief:{store}", "--bake", "0", "--check", check)
        return confstore("deploy", "new.json", *flags)

    def test_somebody_first(self, confstore: Confstore, new: Path) -> None:
        """A file replaces: what others write before the commit is no conflict."""
        ran = self.deploy(confstore, "Racing")
        assert ran.code == 0
        assert "confirmed version 3, version 4" in ran.stderr

    def test_somebody_at_the_confirmation(self, confstore: Confstore, new: Path) -> None:
        """Another option confirms; that of the other writer stays his."""
        new.write_text(json.dumps({"db": {"a": 1}, "web": {"a": 1}}))
        ran = self.deploy(confstore, "RacingAtTheSecondCommit")
        assert ran.code == 0, ran.stderr
        assert "confirmed version 2, version 4" in ran.stderr

    def test_somebody_at_the_rollback(self, confstore: Confstore, new: Path) -> None:
        """The commit of the rollback compares and sets."""
        ran = self.deploy(confstore, "RacingAtTheSecondCommit", "false")
        assert ran.code == 5
        assert "version 2 was not rolled back: somebody else changed 'db'" in ran.stderr

    def test_rollback_fails(self, confstore: Confstore, new: Path) -> None:
        """The command to run later is told."""
        ran = self.deploy(confstore, "BurnsAfterTheFirstCommit", "false")
        assert ran.code == 4
        assert "rolling version 2 back has failed, too: run confstore rollback" in ran.stderr

    def test_in_doubt(self, confstore: Confstore, new: Path) -> None:
        """Whether a commit was made that nobody has heard of is told by the journal."""
        ran = self.deploy(confstore, "BurnsInACommit")
        assert ran.code == 4
        assert "if it was committed all the same, confstore doctor tells of it" in ran.stderr
        ran = confstore("deploy", "new.json", "-s", "mischief:BurnsInACommit")
        assert (ran.code, "doctor" in ran.stderr) == (4, False)

    def test_interrupted_in_the_commit(self, confstore: Confstore, new: Path) -> None:
        """Ctrl-C waits until the version is known, and rolls it back."""
        ran = self.deploy(confstore, "InterruptedInACommit", "touch checked")
        assert ran.code == 130
        assert "rolled back 2 options" in ran.stderr

    def test_interrupted_without_a_check(self, confstore: Confstore, new: Path) -> None:
        """Of a commit that is not checked nothing is undone."""
        ran = confstore("deploy", "new.json", "-s", "mischief:InterruptedInACommit")
        assert ran.code == 0


# -- stopped and killed ---------------------------------------------------------------------------


def started(folder: Path, environment: Mapping[str, str], *flags: str) -> subprocess.Popen[str]:
    """A deploy that is checking."""
    check = "echo $$; exec sleep 1000"
    return subprocess.Popen(
        **program("deploy", "new.json", "--check", check, *flags, environment=environment),
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def checking(process: subprocess.Popen[str]) -> int:
    """The process id of the check, once it runs."""
    assert process.stderr is not None
    assert "deployed 2 options" in process.stderr.readline()
    return int(process.stderr.readline())


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)],
)
def test_stopped(
    confstore: Confstore,
    journaled: Path,
    new: Path,
    options: Options,
    environment: dict[str, str],
    number: signal.Signals,
    code: int,
) -> None:
    """A signal rolls back, and ends the check with all that it runs."""
    with started(new.parent, environment) as process:
        check = checking(process)
        process.send_signal(number)
        _, stderr = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == code
    assert "rolled back 2 options of store 'dev', version 3" in stderr
    assert options() == OLD
    assert comments(journaled)[1] == f"rollback of version 2: stopped by {number.name}"
    with pytest.raises(ProcessLookupError):
        os.kill(check, 0)


def test_signal_is_not_raised_within_a_wait_of_subprocess() -> None:
    """It could leave Popen's lock locked, and the end of the check would wait for it for ever."""
    check = Check("kill -TERM $PPID; exec sleep 1000", 60, {})
    with Stopping() as stopping:
        stopping.defer()
        with pytest.raises(Stopped) as caught:
            check.run(stopping)
    assert caught.value.number == signal.SIGTERM
    assert subprocess.__file__ not in [str(entry.path) for entry in caught.traceback]


@pytest.mark.parametrize("flags", [("--check", "true"), ()])
def test_nobody_listens(
    journaled: Path,
    new: Path,
    options: Options,
    environment: dict[str, str],
    flags: tuple[str, ...],
) -> None:
    """A closed standard error ends the command, and what was to be checked is rolled back."""
    reading, writing = os.pipe()
    os.close(reading)
    command = program("deploy", "new.json", *flags, environment=environment)
    ran = subprocess.run(**command, cwd=new.parent, stderr=writing, check=False)
    os.close(writing)
    assert (ran.returncode, options()) == (141, OLD if flags else BOTH)
    if flags:
        assert comments(journaled)[1] == "rollback of version 2: stopped by BrokenPipeError"


def test_signal_that_is_ignored(
    journaled: Path, new: Path, options: Options, environment: dict[str, str]
) -> None:
    """`nohup` stays in force."""
    command = program(
        *("deploy", "new.json", "--check", "kill -HUP $PPID", "--bake", "0"),
        environment=environment,
        first=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    )
    ran = subprocess.run(**command, cwd=new.parent, check=False)
    assert (ran.returncode, options()) == (0, BOTH)


@pytest.mark.parametrize("is_good", [True, False])
def test_killed_and_deployed_again(
    confstore: Confstore,
    journaled: Path,
    new: Path,
    options: Options,
    environment: dict[str, str],
    is_good: bool,
) -> None:
    """The checks are taken up: the version is confirmed, or rolled back."""
    with started(new.parent, environment) as process:
        check = checking(process)
        process.kill()
        process.wait(PATIENCE_S)
        os.kill(check, signal.SIGKILL)
    found = finding(confstore)
    assert found["is_ok"] is None
    assert found["text"].startswith("version 2, deployed by ada@example, is to be confirmed until ")
    assert "confstore rollback --if-version 2 1 cache db;" in found["advice"]
    assert options() == BOTH
    assert "nothing to change" in confstore("deploy", "new.json").stderr
    ran = confstore("deploy", "new.json", "--check", str(is_good).lower(), "--bake", "0")
    assert "and version 2 is to be confirmed: checking it" in ran.stderr
    assert ran.code == (0 if is_good else 6)
    assert options() == (BOTH if is_good else OLD)
    assert finding(confstore)["is_ok"] is True
    new.write_text(json.dumps(options()))
    ran = confstore("deploy", "new.json", "--check", "false", "--bake", "0")
    assert (ran.code, "nothing to change" in ran.stderr) == (0, True)


@pytest.mark.parametrize("is_good", [True, False])
def test_killed_with_secrets_and_deployed_again(
    confstore: Confstore,
    dev: Path,
    new: Path,
    options: Options,
    environment: dict[str, str],
    is_good: bool,
) -> None:
    """A file in clear is known again as the sealed options that it has become."""
    (new.parent / "keys").write_text(LocalKeys.generate().text)
    (new.parent / "keys").chmod(0o600)
    environment["CONFSTORE_URL"] = "file:dev.json?secrets=local:keys"
    assert confstore("init", "--journal").code == 0
    assert confstore("secrets", "seal", "login", "password").code == 0
    before = options()
    new.write_text(json.dumps({"login": {"password": CANARY}, "cache": {"size": 3}}))
    with started(new.parent, environment) as process:
        check = checking(process)
        process.kill()
        process.wait(PATIENCE_S)
        os.kill(check, signal.SIGKILL)
    assert finding(confstore)["is_ok"] is None
    deployed = options()
    assert deployed["login"]["password"].startswith("secret+local:")
    other = new.with_name("other.json")
    other.write_text(json.dumps({"cache": {"size": 3}}))
    again = ("--check", str(is_good).lower(), "--bake", "0")
    # Another file that is there already is not what was deployed.
    assert "nothing to change" in confstore("deploy", "other.json", *again).stderr
    ran = confstore("deploy", "new.json", *again)
    assert "is to be confirmed: checking it" in ran.stderr
    assert CANARY not in ran.stderr
    assert ran.code == (0 if is_good else 6)
    assert options() == (deployed if is_good else before)
    assert finding(confstore)["is_ok"] is True
    assert "nothing to change" in confstore("deploy", "new.json", *again).stderr or not is_good


def unconfirmed(journaled: Path, *options: str) -> None:
    """A deploy whose time is over."""
    changes = [Change(option, {"a": 1}) for option in options]
    FileStore(journaled).commit(changes, comment="deploy of 'x', to be confirmed within 0 s")


def test_doctor_after_the_time(confstore: Confstore, journaled: Path, options: Options) -> None:
    """It is a problem then; the command in the advice solves it, whatever the options' names."""
    unconfirmed(journaled, "--db", "it's")
    found = finding(confstore)
    assert found["is_ok"] is False
    assert re.match(
        r"version 2, deployed by somebody, was not confirmed until 20.*Z: its command was killed",
        found["text"],
    )
    assert confstore("doctor").code == 4
    command = re.search(r"roll it back: confstore rollback (.*); or deploy", found["advice"])
    assert command is not None
    assert confstore("rollback", "--yes", *shlex.split(command[1])).code == 0
    assert options() == OLD
    assert finding(confstore)["text"].endswith("was rolled back by version 3")


def test_doctor_of_several(confstore: Confstore, journaled: Path) -> None:
    """All that are not confirmed are shown, and the last one in any case."""
    unconfirmed(journaled, "a", "b")
    unconfirmed(journaled, "c")
    store = FileStore(journaled)
    store.commit([Change("c", {"a": 1})], comment="confirmed version 3", journal_only=True)
    found = [one for one in confstore("doctor").json if one["check"] == "deploy"]
    assert [one["is_ok"] for one in found] == [False, True]
    store.set("a", {})
    found = [one for one in confstore("doctor").json if one["check"] == "deploy"]
    assert "confstore rollback --if-version 2 1 b;" in found[0]["advice"]


def test_doctor_of_a_journal_that_has_expired(
    confstore: Confstore, installed: Callable[[str, str], None]
) -> None:
    """What the journal does not hold any more is no deploy to care for."""
    installed("expired", EXPIRED)
    found = confstore("doctor", "-s", "expired:x").json
    assert [one["text"][:9] for one in found if one["check"] == "deploy"] == ["version 2"]
    found = confstore("doctor", "-s", "expired:broken").json
    (deploy,) = [one for one in found if one["check"] == "deploy"]
    assert deploy["is_ok"] is None
    found = confstore("doctor", "-s", "expired:none").json
    assert "deploy" not in [one["check"] for one in found]


def test_doctor_of_a_store_that_opens_once(
    confstore: Confstore, installed: Callable[[str, str], None]
) -> None:
    """A store that was lost in the middle of a diagnosis is a finding, and no crash."""
    installed("once", EXPIRED + ONCE)
    ran = confstore("doctor", "-s", "once:x")
    assert ran.code == 4
    found = {one["check"]: one["is_ok"] for one in ran.json}
    assert (found["journal"], found["deploy"], found["store"]) == (True, None, False)


# Opens for the diagnosis, and not for the commands.
ONCE = """\


opened = []


def open_url(url):
    opened.append(url)
    if len(opened) > 1:
        raise StoreUnavailableError("once", "it is gone")
    return Expired("healthy")
"""


# A journal whose first version has expired; one that fails after the diagnosis; one that is gone.
EXPIRED = """\
from confstore import Change, Finding
from confstore.errors import JournalGapError, StoreUnavailableError
from confstore_memory import MemoryStore


class Expired:
    name = "expired"

    def __init__(self, kind):
        self.kind = kind
        self.inner = MemoryStore("expired", {})
        self.inner.enable_journal()
        for _ in range(2):
            said = "deploy of 'x', to be confirmed within 0 s"
            self.inner.commit([Change("a", {"b": 1})], comment=said)

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def is_journaled(self):
        return self.kind != "none"

    def commits(self, since=0):
        if self.kind == "broken":
            raise StoreUnavailableError("expired", "it is on fire")
        if since < 1:
            raise JournalGapError("expired", since, 2, ())
        return self.inner.commits(since)

    def diagnose(self):
        yield Finding("journal", True, "as far as anybody knows")


def open_url(url):
    return Expired(url.partition(":")[2])
"""


# -- DynamoDB -------------------------------------------------------------------------------------


@pytest.fixture
def prod(dynamodb_local: str, dynamodb_client: Any, environment: dict[str, str]) -> Iterator[str]:
    """A journaled store of DynamoDB, which the commands use."""
    table = f"Deploy-{uuid.uuid4().hex}"
    url = f"dynamodb://{table}/prod?endpoint_url={dynamodb_local}&region=eu-west-1"
    environment["CONFSTORE_URL"] = url
    yield url
    for made in dynamodb_client.list_tables()["TableNames"]:
        if made.startswith(table):
            dynamodb_client.delete_table(TableName=made)


def test_dynamodb(confstore: Confstore, prod: str, new: Path, foreign: Any) -> None:
    """Good, bad, in conflict, and killed: as on the journal of a file."""
    (new.parent / "old.json").write_text(json.dumps(OLD))
    assert confstore("init", "--journal").code == 0
    assert confstore("import", "old.json").code == 0
    flags = ("deploy", "new.json", "--bake", "0", "--check")
    assert confstore(*flags, "false").code == 6
    assert confstore("export").json == OLD
    assert "was rolled back by version 3" in finding(confstore)["text"]
    assert confstore(*flags, "true").code == 0
    assert "was confirmed by version 5" in finding(confstore)["text"]
    assert confstore("export").json == BOTH
    new.write_text(json.dumps(OLD))
    ran = confstore(*flags, foreign("update('db', {'port': 2})") + "; false")
    assert ran.code == 5, ran.stderr
    assert confstore("get", "db").json == {"host": "db.example", "port": 2}
