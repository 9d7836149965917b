"""`confstore import`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from confstore import history
from confstore_file import FileStore

from ..conftest import Confstore, Terminal
from ..in_terminal import INTERRUPT

Options = Callable[[], Any]

DB = {"host": "db.example", "port": 27017}
LOGIN = {"password": "hunter2"}


def as_json(options: Any) -> str:
    return json.dumps(options)


def test_options_are_replaced_and_added(
    confstore: Confstore, dev: Path, options: Options, tmp_path: Path
) -> None:
    """Each as a whole; others stay; what was done is told in numbers."""
    (tmp_path / "new.yaml").write_text("db:\n  host: new\nfresh: {a: 1}\n", encoding="utf-8")
    ran = confstore("import", "new.yaml")
    assert (ran.stdout, ran.code) == ("", 0)
    said = "imported 'new.yaml' into store 'dev': 2 written, 0 equal, 0 deleted, 0 skipped\n"
    assert ran.stderr == said
    assert options() == {"db": {"host": "new"}, "login": LOGIN, "fresh": {"a": 1}}


def test_what_is_equal_is_not_written(confstore: Confstore, dev: Path) -> None:
    """The second time changes nothing, in time stamps either; types count."""
    before = dev.stat().st_mtime_ns
    content = as_json({"db": DB, "login": LOGIN})
    ran = confstore("import", "-", "--format", "json", input=content)
    assert "standard input into store 'dev': 0 written, 2 equal, 0 deleted" in ran.stderr
    assert dev.stat().st_mtime_ns == before
    content = as_json({"db": {"host": "db.example", "port": "27017"}})
    assert (
        "1 written, 0 equal" in confstore("import", "-", "--format", "json", input=content).stderr
    )


def test_skip_existing(confstore: Confstore, dev: Path, options: Options) -> None:
    """What is there stays, and is counted as what it is."""
    content = as_json({"db": {"host": "new"}, "login": LOGIN, "fresh": {}})
    ran = confstore("import", "-", "--format", "json", "--skip-existing", input=content)
    assert "1 written, 1 equal, 0 deleted, 1 skipped" in ran.stderr
    assert options() == {"db": DB, "login": LOGIN, "fresh": {}}


def test_prune(confstore: Confstore, dev: Path, options: Options) -> None:
    """It deletes what the file does not have, once it was confirmed."""
    arguments = ("import", "-", "--format", "json", "--prune")
    content = as_json({"fresh": {"a": 1}})
    before = dev.read_bytes()
    ran = confstore(*arguments, input=content)
    assert ran.code == 2
    assert ran.stderr == (
        "confstore: to delete 2 options of store 'dev' that standard input does not have "
        "without a terminal to ask in, give --yes\n"
    )
    assert dev.read_bytes() == before
    ran = confstore(*arguments, "--yes", input=content)
    assert "1 written, 0 equal, 2 deleted, 0 skipped" in ran.stderr
    assert options() == {"fresh": {"a": 1}}
    # Nothing to delete is nothing to ask about.
    assert confstore(*arguments, input=content).code == 0


@pytest.mark.slow("an interrupt that the program missed is repeated after 2 s")
def test_prune_asks(terminal: Terminal, dev: Path, options: Options, tmp_path: Path) -> None:
    """In a terminal, with the number; no and Ctrl-C change nothing."""
    (tmp_path / "new.json").write_text(as_json({"db": {"host": "new"}}), encoding="utf-8")
    asked = "delete 1 option of store 'dev' that 'new.json' does not have? [y/N]: "
    before = dev.read_bytes()
    assert terminal("import", "new.json", "--prune", answers=[(asked, "n\n")])[1] == 1
    assert terminal("import", "new.json", "--prune", answers=[(asked, INTERRUPT)])[1] == 130
    assert dev.read_bytes() == before
    assert terminal("import", "new.json", "--prune", answers=[(asked, "y\n")])[1] == 0
    assert options() == {"db": {"host": "new"}}


@pytest.mark.parametrize(("format", "content"), [("json", "{}"), ("toml", ""), ("yaml", "{}")])
def test_prune_with_nothing(
    confstore: Confstore, dev: Path, options: Options, format: str, content: str
) -> None:
    """A file that came out empty by mistake would delete all: --yes alone does not do that."""
    arguments = ("import", "-", "--format", format, "--prune", "--yes")
    before = dev.read_bytes()
    ran = confstore(*arguments, input=content)
    assert ran.code == 2
    assert ran.stderr == (
        "confstore: standard input has no options, so --prune would delete all (2 options) of "
        "store 'dev'; if that is intended, give --allow-empty, too\n"
    )
    assert dev.read_bytes() == before
    assert confstore(*arguments, "--allow-empty", input=content).code == 0
    assert options() == {}
    assert confstore(*arguments, input=content).code == 0


def test_dry_run(confstore: Confstore, dev: Path) -> None:
    """The difference on standard output, the numbers beside it; nothing is asked or changed."""
    before = dev.read_bytes()
    content = as_json({"db": {"host": "new", "port": 27017}, "fresh": {"a": "s3cret"}})
    arguments = ("import", "-", "--format", "json", "--prune", "--dry-run")
    ran = confstore(*arguments, input=content)
    assert [(one["option"], one["key"], one["change"]) for one in ran.json] == [
        ("db", "host", "changed"),
        ("fresh", "a", "added"),
        ("login", "password", "removed"),
    ]
    assert ran.stderr == (
        "would import standard input into store 'dev': "
        "2 to write, 0 equal, 1 to delete, 0 to skip\n"
    )
    assert "s3cret" not in ran.stdout
    assert "hunter2" not in ran.stdout
    assert "s3cret" in confstore(*arguments, "--values", input=content).stdout
    assert dev.read_bytes() == before


def test_dotenv(confstore: Confstore, dev: Path, options: Options, tmp_path: Path) -> None:
    """Its variables are the keys of one option, as they are written, and text."""
    (tmp_path / ".env").write_text("# mine\nLEVEL=info\nPORT=1\n", encoding="utf-8")
    ran = confstore("import", ".env", "--option", "app")
    assert "1 written" in ran.stderr
    assert options()["app"] == {"LEVEL": "info", "PORT": "1"}


def test_value_at_the_top_level(confstore: Confstore, dev: Path, options: Options) -> None:
    """The advice of the error works."""
    content = as_json({"AllowedHosts": "*", "Logging": {"Level": "Information"}})
    arguments = ("import", "-", "--format", "json")
    ran = confstore(*arguments, input=content)
    assert ran.code == 3
    assert ran.stderr == (
        "confstore: standard input:1:2: 'AllowedHosts' is a string, and stands where options do: "
        "put the whole file under one option with --option NAME\n"
    )
    assert confstore(*arguments, "--option", "app", input=content).code == 0
    assert options()["app"] == {"AllowedHosts": "*", "Logging": {"Level": "Information"}}


@pytest.mark.parametrize(
    "arguments",
    [
        ("import", "-", "--format", "json"),
        ("import", "-", "--format", "json", "--dry-run"),
        ("set", "db", "a=b"),
        ("update", "db", "a=b"),
    ],
)
def test_new_file_is_no_warning(confstore: Confstore, arguments: tuple[str, ...]) -> None:
    """What is about to be written need not be there."""
    ran = confstore(*arguments, input=as_json({"db": DB}))
    assert (ran.code, "warning" in ran.stderr) == (0, False)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("-",), "standard input has no suffix: give --format, such as --format json"),
        (("new.ini",), "'new.ini' has no known suffix: give --format, one of json, yaml, toml, "),
        (("run.sh",), "'run.sh' is a shell script, which can only be exported: import one of "),
        (("run.sh",), "with --format dotenv --option NAME"),
        ((".env",), "a dotenv file is one option: give its name with --option NAME"),
        (("a.json", "--option", "x", "--prune"), "--prune would delete all others"),
        ((".env", "--option", "x", "--prune"), "--prune would delete all others"),
        (("no.json",), "the file 'no.json' cannot be read: No such file or directory"),
        ((".", "--format", "json"), "the file '.' cannot be read: Is a directory"),
        (("a.json", "--format", "shell"), "'shell' is not one of"),
    ],
)
def test_wrong_usage(
    confstore: Confstore, dev: Path, arguments: tuple[str, ...], text: str
) -> None:
    """One line that says what to do, and nothing is written."""
    before = dev.read_bytes()
    ran = confstore("import", *arguments)
    assert (ran.code, ran.stderr.count("\n")) == (2, 1)
    assert text in ran.stderr
    assert dev.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "content", "place"),
    [
        ("new.json", '{"fine": {"a": 1},\n "db": {"a": 1e400}}', "new.json:2:"),
        ("new.yaml", "fine: {a: 1}\ndb: {a: 2024-01-01}\n", "new.yaml:2:"),
        ("new.toml", "[fine]\na = 1\n[db]\na = [\n", "new.toml:"),
        ("-", '{"fine": {"a": 1}, "db": "hunter3"}', "standard input:1:"),
        ("-", b'{"fine": {"a": 1}, "db": {"a": "\xff"}}', "standard input:1:"),
    ],
)
def test_fault_anywhere_changes_nothing(
    confstore: Confstore, dev: Path, tmp_path: Path, name: str, content: str | bytes, place: str
) -> None:
    """Not even the options before it; the line says where, and shows no value."""
    before = dev.read_bytes()
    if name == "-":
        ran = confstore("import", "-", "--format", "json", input=content)
    else:
        assert isinstance(content, str)
        (tmp_path / name).write_text(content, encoding="utf-8")
        ran = confstore("import", name)
    assert (ran.code, ran.stderr.count("\n")) == (3, 1)
    assert ran.stderr.startswith(f"confstore: {place}")
    assert "hunter3" not in ran.stderr
    assert dev.read_bytes() == before


def test_file_of_the_store_is_made(confstore: Confstore, options: Options, tmp_path: Path) -> None:
    """As by set: in a folder that is there."""
    assert confstore("import", "-", "--format", "json", input='{"a": {}}').code == 0
    assert options() == {"a": {}}
    ran = confstore("import", "-", "--format", "json", "-s", "file:no/a.json", input='{"a": {}}')
    assert ran.code == 4


def test_one_commit(confstore: Confstore, journaled: Path) -> None:
    """Where one holds it, with author and comment."""
    content = as_json({"db": {"host": "new"}, "fresh": {}})
    remarks = ("--author", "bob", "--comment", "new cluster")
    ran = confstore("import", "-", "--format", "json", "--prune", "-y", *remarks, input=content)
    assert ran.stderr.endswith("2 written, 0 equal, 1 deleted, 0 skipped, version 2\n")
    store = FileStore(journaled)
    commit = history(store)[-1]
    store.close()
    assert (commit.version, commit.author, commit.comment) == (2, "bob", "new cluster")
    assert [one.option for one in commit.changes] == ["db", "fresh", "login"]
    # Nothing to change is no commit.
    ran = confstore("import", "-", "--format", "json", "--prune", input=content)
    assert ran.stderr.endswith("0 written, 2 equal, 0 deleted, 0 skipped\n")


def test_several_commits(confstore: Confstore, journaled: Path) -> None:
    """As few as hold it, and the versions are told."""
    many = {f"option-{number}": {"a": number} for number in range(200)}
    ran = confstore("import", "-", "--format", "json", input=as_json(many))
    assert ran.stderr.endswith("200 written, 0 equal, 0 deleted, 0 skipped, versions 2 to 4\n")
    store = FileStore(journaled)
    assert [len(commit.changes) for commit in history(store)[1:]] == [99, 99, 2]
    assert [commit.author for commit in history(store)[1:]] == ["ada@example"] * 3
    store.close()


def test_large_options_are_commits_of_their_own(confstore: Confstore, journaled: Path) -> None:
    """The limit of a commit's size counts, too."""
    large = {f"option-{number}": {"a": "x" * 300_000} for number in range(3)}
    ran = confstore("import", "-", "--format", "json", input=as_json(large))
    assert ran.stderr.endswith("3 written, 0 equal, 0 deleted, 0 skipped, versions 2 to 4\n")


def test_if_version(confstore: Confstore, journaled: Path) -> None:
    """A conflict is found before the first commit, not half way."""
    assert confstore("set", "option-150", "a=theirs").code == 0
    before = journaled.read_bytes()
    many = as_json({f"option-{number}": {"a": number} for number in range(200)})
    arguments = ("import", "-", "--format", "json")
    ran = confstore(*arguments, "--if-version", "1", input=many)
    assert ran.code == 5
    assert "option-150" in ran.stderr
    assert journaled.read_bytes() == before
    assert confstore(*arguments, "--if-version", "1", "--dry-run", input=many).code == 5
    # Others than those that the file changes do not count.
    assert confstore(*arguments, "--if-version", "1", input='{"db": {"a": 1}}').code == 0
    assert confstore(*arguments, "--if-version", "3", input=many).code == 0


@pytest.mark.parametrize("remark", ["--author", "--comment", "--if-version"])
def test_remarks_need_a_journal(confstore: Confstore, dev: Path, remark: str) -> None:
    """What would be lost is refused, before anything is written."""
    before = dev.read_bytes()
    ran = confstore("import", "-", "--format", "json", remark, "1", input='{"a": {}}')
    assert (ran.code, f"which {remark} needs" in ran.stderr) == (4, True)
    assert dev.read_bytes() == before


def test_somebody_writes_meanwhile(confstore: Confstore, mischief: None) -> None:
    """It looks again, and what nobody confirmed is not deleted."""
    arguments = ("import", "-", "--format", "json", "-s")
    content = '{"db": {"host": "new"}, "a": {}}'
    ran = confstore(*arguments, "mischief:Racing", input=content)
    assert ran.stderr.endswith("2 written, 0 equal, 0 deleted, 0 skipped, version 3\n")
    ran = confstore(*arguments, "mischief:Racing", "--if-version", "1", input=content)
    assert ran.code == 5
    ran = confstore(*arguments, "mischief:AlwaysRacing", input=content)
    assert ran.code == 5
    ran = confstore(*arguments, "mischief:Racing", "--skip-existing", input=content)
    assert ran.stderr.endswith("1 written, 0 equal, 0 deleted, 1 skipped, version 3\n")


def test_somebody_writes_other_options_meanwhile(confstore: Confstore, mischief: None) -> None:
    """That is no conflict, in any of the commits."""
    many = as_json({f"option-{number}": {"a": number} for number in range(200)})
    ran = confstore("import", "-", "--format", "json", "-s", "mischief:Interleaved", input=many)
    assert ran.stderr.endswith("200 written, 0 equal, 0 deleted, 0 skipped, versions 3 to 7\n")


def test_somebody_deletes_meanwhile(confstore: Confstore, mischief: None) -> None:
    """It is as was asked."""
    arguments = ("import", "-", "--format", "json", "--prune", "--yes", "-s")
    ran = confstore(*arguments, "mischief:DeletedMeanwhile", input='{"a": {}}')
    assert ran.stderr.endswith("1 written, 0 equal, 1 deleted, 0 skipped\n")


@pytest.mark.parametrize(
    ("kind", "code", "text"),
    [
        ("StopsAtTheThird", 4, "confstore: store 'mischief' is unavailable: it is on fire\n"),
        ("InterruptedAtTheThird", 130, "confstore: interrupted\n"),
    ],
)
def test_stopped_half_way(
    confstore: Confstore, mischief: None, kind: str, code: int, text: str
) -> None:
    """It says how far it came, and what to do."""
    content = as_json({f"option-{number}": {} for number in range(5)})
    ran = confstore("import", "-", "--format", "json", "-s", f"mischief:{kind}", input=content)
    assert ran.code == code
    assert ran.stderr == (
        "stopped after 2 of 5 changes; every option is whole, and running it again makes the "
        f"rest\n{text}"
    )


def test_failure_of_the_first_write(confstore: Confstore, dev: Path, tmp_path: Path) -> None:
    """Where nothing was written, there is nothing to tell of."""
    (tmp_path / "other.json").write_text('{"a": {}}', encoding="utf-8")
    dev.write_text('{"db": {"a": "\\ud800"}}', encoding="utf-8")
    ran = confstore("import", "other.json")
    assert (ran.code, ran.stderr.count("\n")) == (4, 1)


def test_bar_for_many_options(terminal: Terminal, dev: Path, tmp_path: Path) -> None:
    """In a terminal; where each option is a write of its own."""
    many = {f"option-{number}": {"a": number} for number in range(300)}
    (tmp_path / "new.json").write_text(as_json(many), encoding="utf-8")
    command = ("import", "new.json", "-s", "memory:test")
    screen, code = terminal(*command, env={"TERM": "xterm"})
    assert code == 0
    assert "writing" in screen
    assert "/300" in screen.rpartition("imported")[0]
