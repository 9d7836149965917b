"""`confstore edit`, with an editor that is a program."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from confstore import history
from confstore.testing import CANARY
from confstore_file import FileStore

from ..conftest import Confstore, Ran, program

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="the editor is run by a shell"),
    pytest.mark.slow("each editor is a process of its own"),
]

PATIENCE_S = 60

# Runs the next of some pieces of Python, which may change `text`, and keeps what it was shown.
EDITOR = """\
import json, os, pathlib, signal, stat, sys
here, path = map(pathlib.Path, sys.argv[1:])
edits, seen = (json.loads((here / name).read_text()) for name in ("edits.json", "seen.json"))
text = path.read_bytes().decode(errors="replace")
(here / "seen.json").write_text(json.dumps([*seen, text]))
(here / "edits.json").write_text(json.dumps(edits[1:]))
exec(edits[0])
path.write_bytes(text if isinstance(text, bytes) else text.encode())
"""

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
"""


@attrs.frozen
class Edits:
    """Runs of `confstore edit` with an editor, and what it was shown."""

    folder: Path
    run: Callable[..., Ran]
    environment: dict[str, str]

    @property
    def seen(self) -> list[str]:
        """The texts that the editor was shown."""
        shown: list[str] = json.loads((self.folder / "seen.json").read_text())
        return shown

    @property
    def runtime(self) -> Path:
        """The place in memory, in which nothing may be left."""
        return self.folder / "runtime"

    def prepare(self, *edits: str) -> None:
        """Have the editor make these edits, one a time."""
        (self.folder / "edits.json").write_text(json.dumps(edits))
        (self.folder / "seen.json").write_text("[]")

    def __call__(self, *arguments: str, edits: tuple[str, ...], **more: Any) -> Ran:
        """Run `confstore edit`; every edit must be made, and nothing may be left."""
        self.prepare(*edits)
        ran = self.run("edit", *arguments, **more)
        assert json.loads((self.folder / "edits.json").read_text()) == []
        assert list(self.runtime.iterdir()) == []
        return ran


@pytest.fixture
def edits(tmp_path: Path, environment: dict[str, str], confstore: Confstore) -> Edits:
    """`edits(*arguments, edits=[...])` edits by Python."""
    (tmp_path / "editor.py").write_text(EDITOR)
    (tmp_path / "settings.py").write_text(SETTINGS)
    (tmp_path / "runtime").mkdir(mode=0o700)
    environment["XDG_RUNTIME_DIR"] = str(tmp_path / "runtime")
    # Coverage of the editor is of no interest, and slow.
    fast = "env -u COVERAGE_PROCESS_CONFIG -u COVERAGE_PROCESS_START"
    environment["VISUAL"] = f"{fast} '{sys.executable}' '{tmp_path}/editor.py' '{tmp_path}'"
    environment["EDITOR"] = "false"
    return Edits(tmp_path, confstore, environment)


Options = Callable[[], Any]
COMMIT = "from confstore_file import FileStore; FileStore('dev.json').{}"


def test_edit_writes(edits: Edits, journaled: Path, options: Options) -> None:
    """The text is YAML; what changed is shown, without values, and is one commit."""
    ran = edits(edits=("text = text.replace('27017', '27018')",))
    assert ran.code == 0, ran.stderr
    assert ran.json == [
        {
            "option": "db",
            "key": "port",
            "change": "changed",
            "old_type": "number",
            "new_type": "number",
        }
    ]
    assert ran.stderr == "wrote 1 option of store 'dev', version 2\n"
    assert options()["db"] == {"host": "db.example", "port": 27018}
    assert "db:\n  host: db.example\n  port: 27017\nlogin:\n  password: hunter2\n" in edits.seen[0]
    assert edits.seen[0].startswith("#: Options of store 'dev' at version 1.\n#: Save and quit")
    commit = history(FileStore(journaled))[-1]
    assert (commit.author, commit.comment) == ("ada@example", "edit")


@pytest.mark.parametrize("format", ["json", "toml", "yaml"])
@pytest.mark.parametrize("is_journaled", [False, True])
def test_formats(
    edits: Edits, confstore: Confstore, dev: Path, options: Options, format: str, is_journaled: bool
) -> None:
    """Named options in every format, with or without a journal; the others stay."""
    if is_journaled:
        assert confstore("init", "--journal").code == 0
    ran = edits("db", "--format", format, edits=("text = text.replace('27017', '27018')",))
    assert ran.code == 0, ran.stderr
    assert options() == {
        "db": {"host": "db.example", "port": 27018},
        "login": {"password": "hunter2"},
    }
    assert "login" not in edits.seen[0]


def test_private(edits: Edits, dev: Path) -> None:
    """The file and its folder are the user's alone, in memory where there is such a place."""
    look = "text = repr([(str(p), oct(p.stat().st_mode & 0o777)) for p in (path, path.parent)])"
    note = "(here / 'modes').write_text(text); text = ''"
    assert edits(edits=(f"os.umask(0); {look}; {note}",)).code == 1
    (path, file_mode), (folder, folder_mode) = eval((edits.folder / "modes").read_text())
    assert (file_mode, folder_mode) == ("0o600", "0o700")
    assert Path(folder).parent == edits.runtime
    assert Path(path).name == "dev.yaml"


@pytest.mark.parametrize("runtime", [None, "relative", "/nowhere"])
def test_another_place(edits: Edits, dev: Path, runtime: str | None) -> None:
    """Without a folder of the session, another one is used, and nothing is left there."""
    edits.prepare("(here / 'place').write_text(str(path.parent)); text = ''")
    ran = edits.run("edit", env={"XDG_RUNTIME_DIR": runtime})
    assert ran.code == 1
    folder = Path((edits.folder / "place").read_text())
    assert folder.name.startswith("confstore-edit.")
    assert not folder.exists()


def test_files_that_the_editor_made(edits: Edits, dev: Path) -> None:
    """A swap file or a backup goes with the folder."""
    edit = "(path.parent / 'swap').write_text(text); text = ''"
    assert edits(edits=(edit,)).code == 1


FAULTS = {
    "yaml": (
        ("text.replace('27017', '[1')", "text.replace('[1', '1')"),
        "a comma or the closing bracket is missing before this",
        "login:",
    ),
    "yaml value": (
        ("text.replace('27017', '2001-01-01')", "text.replace('2001-01-01', '1')"),
        "this is a date, which no store can hold: write it as text, in quotes",
        "  port: 2001-01-01",
    ),
    "json": (
        ("text.replace('27017', '27017,')", "text.replace('27017,', '1')"),
        "trailing comma",
        "27017,",
    ),
    "toml": (
        ("text.replace('27017', '2001-01-01')", "text.replace('2001-01-01', '1')"),
        "this is a date or time, which no store can hold: write it as text, in quotes",
        "port = 2001-01-01",
    ),
    "toml syntax": (
        ("text.replace('27017', '[1')", "text.replace('[1', '1')"),
        "",
        "",
    ),
}


@pytest.mark.parametrize(("kind", "fault"), FAULTS.items(), ids=FAULTS)
def test_fault_reopens(
    edits: Edits, dev: Path, options: Options, kind: str, fault: tuple[tuple[str, str], str, str]
) -> None:
    """The editor opens again, with the reason above the line; the reason is not part of it."""
    changes, reason, line = fault
    ran = edits("--format", kind.split()[0], edits=tuple(f"text = {one}" for one in changes))
    assert ran.code == 0, ran.stderr
    assert options()["db"]["port"] == 1
    shown = edits.seen[1].split("\n")
    mark = "//" if kind == "json" else "#:"
    (told,) = [place for place, one in enumerate(shown[3:], 3) if one.startswith(mark)]
    assert reason in shown[told]
    assert line in shown[told + 1]


@pytest.mark.parametrize("format", ["json", "toml", "yaml"])
@pytest.mark.parametrize("by", ["flag", "environment"])
def test_schema_reopens(edits: Edits, dev: Path, options: Options, format: str, by: str) -> None:
    """Options that do not fit a schema are not written; the reason is above the key."""
    flags = ["--schema", "settings:Settings"] if by == "flag" else []
    env = {"CONFSTORE_SCHEMA": "settings:Settings"} if by == "environment" else {}
    wrong = f"text = text.replace('27017', '\"{CANARY}\"')"
    ran = edits(
        *flags,
        "--format",
        format,
        edits=(wrong, f"text = text.replace('\"{CANARY}\"', '5')"),
        env=env,
    )
    assert ran.code == 0, ran.stderr
    assert options()["db"]["port"] == 5
    shown = edits.seen[1].split("\n")
    (told,) = [place for place, line in enumerate(shown[3:], 3) if line[:2] in {"#:", "//"}]
    assert "int" in shown[told]
    assert "port" in shown[told + 1]
    assert CANARY not in ran.stderr
    assert CANARY not in ran.stdout


@pytest.mark.parametrize("format", ["json", "toml", "yaml"])
def test_missing_key_reopens(edits: Edits, dev: Path, format: str) -> None:
    """A key that is not there is told of above its option; given up, it is the schema's error."""
    cut = "text = '\\n'.join(line for line in text.split('\\n') if '27017' not in line)"
    cut += ".replace('le\",', 'le\"')"
    ran = edits("--schema", "settings:Settings", "--format", format, edits=(cut, ""))
    assert ran.code == 3
    assert ran.stderr.endswith("would not fit settings:Settings: 1 problem; nothing was written\n")
    shown = edits.seen[1].split("\n")
    (told,) = [place for place, line in enumerate(shown[3:], 3) if line[:2] in {"#:", "//"}]
    assert "db" in shown[told + 1]


def test_wrong_schema(edits: Edits, dev: Path) -> None:
    """A mistyped schema is an error before the editor opens."""
    ran = edits("--schema", "settings:Setings", edits=())
    assert ran.code == 2
    assert "did you mean 'Settings'?" in ran.stderr


GIVEN_UP = {
    "unchanged": (
        ("",),
        0,
        "nothing was changed (an editor that returns at once needs a flag such as --wait)",
    ),
    "saved again": (("text = text + ':'", ""), 3, "confstore: dev.yaml:"),
    "empty": (("text = ' '",), 1, "confstore: the text is empty; nothing was written"),
    "empty after a fault": (("text = 'a'", "text = ''"), 1, "confstore: the text is empty"),
    "failing": (("sys.exit(3)",), 1, "confstore: the editor ended with exit code 3; nothing was"),
    "killed": (
        ("os.kill(os.getpid(), signal.SIGKILL)",),
        1,
        "confstore: the editor ended with exit code 137;",
    ),
    "removed": (
        ("path.unlink(); path = here / 'elsewhere'",),
        1,
        "confstore: the editor left no file",
    ),
    "options": (("text = 'a: 1'", ""), 3, "confstore: dev.yaml:1:1: "),
    "not UTF-8": (("text = b'db: {a: \\xff}'", "text = ''"), 1, "confstore: the text is empty"),
    "only order": (
        ("text = 'login: {password: hunter2}\\ndb: {port: 27017, host: db.example}'",),
        0,
        "nothing to change: store 'dev' is so already",
    ),
}


@pytest.mark.parametrize(("made", "code", "says"), GIVEN_UP.values(), ids=GIVEN_UP)
def test_given_up(
    edits: Edits, journaled: Path, made: tuple[str, ...], code: int, says: str
) -> None:
    """Nothing is written, and the editor's file is removed."""
    before = journaled.read_bytes()
    ran = edits(edits=made)
    assert (ran.code, ran.stdout) == (code, "")
    assert ran.stderr.startswith(says)
    assert journaled.read_bytes() == before


@pytest.mark.parametrize("editor", ["no-such-editor --flag", "/dev/null"])
def test_absent_editor(edits: Edits, dev: Path, editor: str) -> None:
    """The error names it, and the variables."""
    ran = edits(edits=(), env={"VISUAL": None, "EDITOR": editor})
    assert ran.code == 2
    name = editor.split()[0]
    assert ran.stderr == (
        f"confstore: the editor {name} cannot be run: set VISUAL or EDITOR to another one\n"
    )


def test_editor_of_the_system(edits: Edits, dev: Path) -> None:
    """Without a variable it is vi."""
    folder = edits.folder / "bin"
    folder.mkdir()
    (folder / "vi").write_text("#!/bin/sh\nexit 9\n")
    (folder / "vi").chmod(0o755)
    path = f"{folder}:{edits.environment['PATH']}"
    ran = edits(edits=(), env={"VISUAL": None, "EDITOR": None, "PATH": path})
    assert "the editor ended with exit code 9" in ran.stderr


def test_editor_that_never_gives_up(edits: Edits, dev: Path) -> None:
    """A program that makes a new fault each time is stopped."""
    ran = edits(edits=("text = 'a' + text.replace('a', 'aa')",) * 20)
    assert ran.code == 3


def test_new_option(edits: Edits, journaled: Path, options: Options) -> None:
    """An option that does not exist begins without keys, and is not made unless it gets some."""
    ran = edits("cache", "db", edits=("text = text.replace('27017', '1')",))
    assert ran.code == 0, ran.stderr
    assert "cache: {}" in edits.seen[0]
    assert options().keys() == {"db", "login"}
    assert edits("cache", edits=("text = 'cache: {size: 3}'",)).code == 0
    assert options()["cache"] == {"size": 3}


def test_wrong_name(edits: Edits, dev: Path) -> None:
    """It is refused before the editor opens."""
    assert edits("", edits=()).code == 3


@pytest.mark.parametrize("is_journaled", [False, True])
def test_deletes(
    edits: Edits, confstore: Confstore, dev: Path, options: Options, is_journaled: bool
) -> None:
    """Removing an option or a key from the text deletes it; an option only with --yes."""
    if is_journaled:
        assert confstore("init", "--journal").code == 0
    remove = "text = 'db: {host: db.example}\\nnew: {}\\n'"
    ran = edits(edits=(remove,))
    assert ran.code == 2
    assert "delete option 'login' of store 'dev' without a terminal" in ran.stderr
    assert "login" in options()
    assert edits("--yes", edits=(remove,)).code == 0
    assert options() == {"db": {"host": "db.example"}, "new": {}}


def test_dry_run(edits: Edits, dev: Path) -> None:
    """It shows the changes, with values if asked, and writes nothing."""
    before = dev.read_bytes()
    edit = "text = text.replace('27017', '27018')"
    ran = edits("--dry-run", "--values", edits=(edit,))
    assert (ran.code, ran.json[0]["old"], ran.json[0]["new"]) == (0, 27017, 27018)
    assert dev.read_bytes() == before


@pytest.mark.parametrize(
    ("format", "many"),
    [
        ("yaml", "json.dumps({f'o{n}': {} for n in range(100)})"),
        ("json", "json.dumps({f'o{n}': {} for n in range(100)})"),
        ("toml", "''.join(f'[o{n}]\\n' for n in range(100))"),
    ],
)
def test_too_many_for_one_commit(edits: Edits, journaled: Path, format: str, many: str) -> None:
    """More options than a commit holds are told of in the editor, without other commands' flags."""
    ran = edits("--yes", "--format", format, edits=(f"text = {many}", ""))
    assert ran.code == 3
    assert "99" in ran.stderr
    assert "--split" not in ran.stderr
    assert "99" in edits.seen[1].split("\n")[3]


CONFLICTS = {
    # Another key of the same option: both count.
    "other key": (
        "update('db', {'host': 'new.example'})",
        {"host": "new.example", "port": 27018},
        "set key 'host': taken over",
        "  host: new.example",
    ),
    "added key": (
        "update('db', {'tls': True})",
        {"host": "db.example", "port": 27018, "tls": True},
        "set key 'tls': taken over",
        "  tls: true",
    ),
    "removed key": (
        "update('db', {}, remove=['host'])",
        {"port": 27018},
        "removed key 'host': taken over",
        "db:",
    ),
    "same key": (
        "update('db', {'port': 9})",
        {"host": "db.example", "port": 27018},
        "set to 9, too, key 'port': yours is kept",
        "  port: 27018",
    ),
    "same key removed": (
        "update('db', {}, remove=['port'])",
        {"host": "db.example", "port": 27018},
        "removed, too, key 'port': yours is kept",
        "  port: 27018",
    ),
    "deleted": (
        "delete('db')",
        {"host": "db.example", "port": 27018},
        "deleted this option: this is yours",
        "db:",
    ),
    "same change": ("update('db', {'port': 27018})", {"host": "db.example", "port": 27018}, "", ""),
}


@pytest.mark.parametrize("is_journaled", [False, True])
@pytest.mark.parametrize(("theirs", "expected", "told", "line"), CONFLICTS.values(), ids=CONFLICTS)
def test_conflict(
    edits: Edits,
    confstore: Confstore,
    dev: Path,
    options: Options,
    theirs: str,
    expected: Any,
    told: str,
    line: str,
    is_journaled: bool,
) -> None:
    """Somebody else writes first: the editor opens again with both changes, and nothing is lost."""
    if is_journaled:
        assert confstore("init", "--journal").code == 0
    edit = f"{COMMIT.format(theirs)}; text = text.replace('27017', '27018')"
    ran = edits(edits=(edit, ""))
    assert ran.code == 0, ran.stderr
    assert options() == {"db": expected, "login": {"password": "hunter2"}}
    shown = edits.seen[1].split("\n")
    marked = [place for place, one in enumerate(shown[3:], 3) if one.startswith("#:")]
    assert len(marked) == bool(told)
    for place in marked:
        who = "somebody (version 2)" if is_journaled else "somebody else"
        assert shown[place] == f"#: {who} {told}"
        assert shown[place + 1] == line


def test_conflict_of_whole_options(edits: Edits, journaled: Path, options: Options) -> None:
    """An option that was removed here and changed there stays, until it is removed again."""
    foreign = COMMIT.format("set('login', {'password': 'other', 'user': 'ada'})")
    ran = edits("--yes", edits=(f"{foreign}; text = 'db: {{}}'", "text = 'db: {}'"))
    assert ran.code == 0, ran.stderr
    assert "changed this option, which you removed: remove it again\nlogin:" in edits.seen[1]
    assert options() == {"db": {}}


def test_conflict_beside_ours(edits: Edits, journaled: Path, options: Options) -> None:
    """Options that only the other writer changed are taken over, or gone."""
    foreign = "from confstore_file import FileStore; s = FileStore('dev.json')"
    foreign += "; s.set('login', {'user': 'bob'}); s.delete('gone'); s.update('db', {'a': 1})"
    FileStore(journaled).set("gone", {"a": 1})
    ran = edits(edits=(f"{foreign}; text = text.replace('27017', '27018')", ""))
    assert ran.code == 0, ran.stderr
    assert options() == {
        "db": {"host": "db.example", "port": 27018, "a": 1},
        "login": {"user": "bob"},
    }
    assert "changed option 'login': taken over\nlogin:" in edits.seen[1]
    assert "#: somebody (version 4) changed option 'gone': taken over" in edits.seen[1]


def test_option_that_was_not_opened(edits: Edits, journaled: Path, options: Options) -> None:
    """Writing to an option that exists, and was not shown, is a conflict, too."""
    ran = edits("db", edits=("text = text + 'login: {user: ada}'", ""))
    assert ran.code == 0, ran.stderr
    assert options()["login"] == {"user": "ada", "password": "hunter2"}


def test_conflict_given_up(edits: Edits, journaled: Path) -> None:
    """A version that was asked for is not asked about again; nor is an empty text."""
    foreign = COMMIT.format("update('db', {'port': 9})")
    edit = f"{foreign}; text = text.replace('27017', '27018')"
    assert edits("--if-version", "0", edits=(edit,)).code == 5
    FileStore(journaled).update("db", {"port": 27017})
    assert edits(edits=(edit, "text = ''")).code == 1


def test_conflict_each_time(edits: Edits, journaled: Path) -> None:
    """Somebody who writes each time wins at last."""
    edit = "from confstore_file import FileStore; s = FileStore('dev.json')"
    edit += "; s.update('db', {'n': s.version()}); text += ' '"
    edit += "; text = text.replace('27017', '1')"
    ran = edits(edits=(edit,) * 20)
    assert ran.code == 5
    assert "somebody else changed 'db'; nothing was written" in ran.stderr


def test_conflict_with_a_commit_in_between(edits: Edits, journaled: Path, options: Options) -> None:
    """A commit after the last look is found by the journal, when the changes are committed."""
    (edits.folder / "late.py").write_text(
        SETTINGS + "from confstore_file import FileStore\nimport os\n"
        "if not os.path.exists('done'):\n"
        "    open('done', 'w').close()\n    FileStore('dev.json').update('db', {'host': 'late'})\n"
    )
    edit = "text = text.replace('27017', '27018')"
    ran = edits(edits=(edit, ""), env={"CONFSTORE_SCHEMA": "late:Settings"})
    assert ran.code == 0, ran.stderr
    assert options()["db"] == {"host": "late", "port": 27018}


def test_values_that_look_like_marks(edits: Edits, dev: Path) -> None:
    """A line of a text that begins like a mark is kept."""
    FileStore(dev).set("text", {"a": "one\n#: two\nthree"})
    ran = edits("text", "--format", "toml", edits=("text = text.replace('three', 'four')",))
    assert ran.code == 0, ran.stderr
    assert FileStore(dev).get("text") == {"a": "one\n#: two\nfour"}
    assert edits.seen[0].startswith("#:: Options")


def test_value_that_the_format_lacks(edits: Edits, dev: Path) -> None:
    """TOML has no null: it is said before the editor opens."""
    FileStore(dev).set("a", {"b": None})
    ran = edits("--format", "toml", edits=())
    assert ran.code == 3


def test_delete_is_asked_in_a_terminal(
    edits: Edits, dev: Path, options: Options, terminal: Callable[..., tuple[str, int]]
) -> None:
    """After the changes; a yes deletes."""
    edits.prepare("text = 'db: {}'")
    screen, code = terminal("edit", answers=[("delete option 'login' of store 'dev'?", "y\n")])
    assert code == 0, screen
    assert options() == {"db": {}}
    assert list(edits.runtime.iterdir()) == []


def test_ctrl_c_is_the_editors(edits: Edits, dev: Path, options: Options) -> None:
    """It reaches all that run in a terminal, and does not end the command."""
    pressed = "signal.signal(signal.SIGINT, signal.SIG_IGN); os.killpg(0, signal.SIGINT)"
    edits.prepare(f"{pressed}; text = text.replace('27017', '1')")
    ran = subprocess.run(
        **program("edit", environment=edits.environment),
        cwd=edits.folder,
        start_new_session=True,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert options()["db"]["port"] == 1


HOLDING = (
    "(here / 'place').write_text(str(path.parent)); print('held', flush=True); sys.stdin.read()"
)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_command_is_killed(edits: Edits, dev: Path, number: int) -> None:
    """Nothing is left, even if this process is killed while the editor runs on."""
    edits.prepare(HOLDING)
    with subprocess.Popen(
        **program("edit", environment=edits.environment),
        cwd=edits.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        assert len(list(edits.runtime.iterdir())) == 1
        process.send_signal(number)
        process.wait(PATIENCE_S)
        end_s = time.monotonic() + PATIENCE_S
        while list(edits.runtime.iterdir()):
            assert time.monotonic() < end_s
            os.sched_yield()


def test_abandoned_folders_are_swept(edits: Edits, dev: Path) -> None:
    """The next run removes what killed runs left; what is in use, or is no folder, stays."""
    abandoned, used, link, file = (
        edits.runtime / f"confstore-edit.{name}" for name in ("abandoned", "used", "link", "file")
    )
    abandoned.mkdir(0o700)
    (abandoned / "dev.yaml").write_text("password: hunter2")
    used.mkdir(0o700)
    link.symlink_to(edits.folder)
    file.write_text("")
    lock = os.open(used, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    edits.prepare("text = ''")
    assert edits.run("edit").code == 1
    os.close(lock)
    assert {path.name for path in edits.runtime.iterdir()} == {used.name, link.name, file.name}
    assert stat.S_ISLNK(link.lstat().st_mode)


def test_folder_that_another_run_swept_before_its_lock(
    edits: Edits, dev: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that another run removed before it was locked is made anew."""
    flock, removed = fcntl.flock, []

    def remove_the_first(handle: int, operation: int) -> None:
        for folder in edits.runtime.glob("confstore-edit.*"):
            if not removed and not (operation & fcntl.LOCK_NB):
                removed.append(folder)
                folder.rmdir()
        flock(handle, operation)

    monkeypatch.setattr(fcntl, "flock", remove_the_first)
    assert edits(edits=("text = ''",)).code == 1
    assert len(removed) == 1


def test_folder_that_another_run_swept_at_once(
    edits: Edits, dev: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So is one that it removed before it could be opened, to be locked."""
    mkdtemp, removed = tempfile.mkdtemp, []

    def made_and_removed(*arguments: Any, **named: Any) -> str:
        folder: str = mkdtemp(*arguments, **named)
        if not removed:
            removed.append(folder)
            os.rmdir(folder)
        return folder

    monkeypatch.setattr(tempfile, "mkdtemp", made_and_removed)
    assert edits(edits=("text = ''",)).code == 1
    assert len(removed) == 1
