"""`confstore export`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ..conftest import Confstore, Terminal

OPTIONS = {"db": {"host": "db.example", "port": 27017}, "login": {"password": "hunter2"}}


def test_json_is_the_default(confstore: Confstore, dev: Path) -> None:
    """Byte by byte the file of a store; nothing is said where the data goes."""
    ran = confstore("export")
    assert (ran.raw, ran.stderr, ran.code) == (dev.read_bytes(), "", 0)
    assert confstore("export", "--file", "-").raw == ran.raw


@pytest.mark.parametrize(
    ("format", "text"),
    [
        ("json", json.dumps({"login": OPTIONS["login"]}, indent=2) + "\n"),
        ("yaml", "login:\n  password: hunter2\n"),
        ("toml", '[login]\npassword = "hunter2"\n'),
        ("dotenv", "LOGIN_PASSWORD=hunter2\n"),
        ("shell", "export LOGIN_PASSWORD='hunter2'\n"),
    ],
)
def test_every_format(
    confstore: Confstore, dev: Path, tmp_path: Path, format: str, text: str
) -> None:
    """To standard output, or to a file, whose suffix says less than --format."""
    assert confstore("export", "login", "--format", format).stdout == text
    ran = confstore("export", "login", "--format", format, "--file", "out.json")
    assert (ran.stdout, ran.code) == ("", 0)
    assert ran.stderr == "exported 1 option of store 'dev' to 'out.json'\n"
    assert (tmp_path / "out.json").read_text(encoding="utf-8") == text


@pytest.mark.parametrize("format", ["dotenv", "shell"])
def test_variables_of_programs_are_refused(
    confstore: Confstore, dev: Path, tmp_path: Path, format: str
) -> None:
    """What `exec` refuses, a shell that evaluates the export must not get either."""
    dev.write_text(json.dumps({"bash": {"env": "evil.sh"}, "aws": {"x": 1}}), encoding="utf-8")
    arguments = ("export", "--format", format)
    for ran in (confstore(*arguments), confstore(*arguments, "bash")):
        assert (ran.stdout, ran.code) == ("", 3)
        assert "option 'bash', key 'env' would be BASH_ENV" in ran.stderr
        assert "evil" not in ran.stderr
    assert confstore(*arguments, "--file", "out").code == 3
    assert not (tmp_path / "out").exists()
    ran = confstore(*arguments, "--allow", "BASH_ENV")
    assert (ran.stdout, ran.code) == ("", 3)
    assert "AWS_X" in ran.stderr
    assert "name the options as arguments" in ran.stderr
    assert "AWS_X=" in confstore(*arguments, "aws").stdout
    assert "BASH_ENV=" in confstore(*arguments, "bash", "--allow", "BASH_ENV").stdout
    named = confstore(*arguments, "--prefix", "APP_", "--separator", "__").stdout
    assert "APP_BASH__ENV=" in named
    assert "APP_AWS__X=" in named


def test_names_of_variables_are_for_variables(confstore: Confstore, dev: Path) -> None:
    """A flag that would do nothing is refused."""
    ran = confstore("export", "--prefix", "APP_")
    assert (ran.stdout, ran.code) == ("", 2)
    assert ran.stderr.startswith("confstore: json has no variables: ")


def test_suffix_says_the_format(confstore: Confstore, dev: Path, tmp_path: Path) -> None:
    """One that says none means JSON."""
    ran = confstore("export", "--file", "out.yml")
    assert ran.stderr == "exported 2 options of store 'dev' to 'out.yml'\n"
    assert yaml.safe_load((tmp_path / "out.yml").read_text(encoding="utf-8")) == OPTIONS
    assert confstore("export", "--file", "out").code == 0
    assert json.loads((tmp_path / "out").read_text(encoding="utf-8")) == OPTIONS
    assert confstore("export", "login", "--file", "prod.dotenv").code == 0
    assert (tmp_path / "prod.dotenv").read_text(encoding="utf-8") == "LOGIN_PASSWORD=hunter2\n"


def test_options_by_name(confstore: Confstore, dev: Path) -> None:
    """In the order of the arguments; one that is not there is the closest name's."""
    assert list(confstore("export", "login", "db", "login").json) == ["login", "db"]
    ran = confstore("export", "db", "logn")
    assert (ran.stdout, ran.code) == ("", 1)
    assert ran.stderr == "confstore: store 'dev' has no option 'logn'; did you mean 'login'?\n"


def test_file_is_for_its_owner_only(
    confstore: Confstore, dev: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    """Mode 0600, also where a file was there that others could read; nothing else is left."""
    path = tmp_path / "out.json"
    path.write_text("old", encoding="utf-8")
    path.chmod(0o644)
    before = set(os.listdir(tmp_path))
    assert confstore("export", "--file", "out.json", "--force").code == 0
    assert path.stat().st_mode & 0o777 == 0o600
    assert set(os.listdir(tmp_path)) == before


def test_file_that_is_there_stays(confstore: Confstore, dev: Path, tmp_path: Path) -> None:
    """Without --yes, or --force, and a terminal to ask in."""
    path = tmp_path / "out.json"
    path.write_text("old", encoding="utf-8")
    ran = confstore("export", "--file", "out.json")
    assert ran.code == 2
    assert "to replace the file 'out.json' without a terminal to ask in, give --yes" in ran.stderr
    assert path.read_text(encoding="utf-8") == "old"
    assert confstore("export", "--file", "out.json", "--yes").code == 0
    assert json.loads(path.read_text(encoding="utf-8")) == OPTIONS


def test_question_about_the_file(terminal: Terminal, dev: Path, tmp_path: Path) -> None:
    """In a terminal it asks."""
    path = tmp_path / "out.json"
    path.write_text("old", encoding="utf-8")
    asked = "replace the file 'out.json'? [y/N]: "
    assert terminal("export", "--file", "out.json", answers=[(asked, "n\n")])[1] == 1
    assert path.read_text(encoding="utf-8") == "old"
    assert terminal("export", "--file", "out.json", answers=[(asked, "y\n")])[1] == 0
    assert json.loads(path.read_text(encoding="utf-8")) == OPTIONS


def test_link_stays(confstore: Confstore, dev: Path, tmp_path: Path) -> None:
    """What it leads to is replaced."""
    (tmp_path / "real.json").write_text("old", encoding="utf-8")
    (tmp_path / "link.json").symlink_to("real.json")
    assert confstore("export", "--file", "link.json", "-y").code == 0
    assert (tmp_path / "link.json").is_symlink()
    assert json.loads((tmp_path / "real.json").read_text(encoding="utf-8")) == OPTIONS


def test_pipe_is_written_into(dev: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    """A shell's `>(gpg -e)` is no file to replace, and so there is no question."""
    ran = subprocess.run(
        ["bash", "-c", "set -e; confstore export --file >(cat > copied.json); wait $!"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads((tmp_path / "copied.json").read_text(encoding="utf-8")) == OPTIONS


def test_reader_of_the_pipe_goes_away(
    dev: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    """That is the code that shells know, and no line."""
    dev.write_text(json.dumps({"big": {"a": "x" * 300_000}}), encoding="utf-8")
    ran = subprocess.run(
        ["bash", "-c", "mkfifo pipe; head -c 1 < pipe > first & confstore export --file pipe"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (141, "")


@pytest.mark.parametrize(
    ("path", "text", "code"),
    [
        (".", "'.' is a folder: give the name of a file", 2),
        ("no/out.json", "the file 'no/out.json' cannot be written: No such file or directory", 4),
    ],
)
def test_file_that_cannot_be(
    confstore: Confstore, dev: Path, path: str, text: str, code: int
) -> None:
    """One line that names the file as it was typed."""
    ran = confstore("export", "--file", path)
    assert (ran.stdout, ran.stderr, ran.code) == ("", f"confstore: {text}\n", code)


@pytest.mark.parametrize(
    ("format", "options", "text"),
    [
        ("toml", {"fine": {}, "db": {"a": None}}, "option 'db', at a: TOML has no null"),
        ("dotenv", {"fine": {}, "db": {"a-b": 1, "a_b": 2}}, "option 'db'"),
        ("shell", {"fine": {}, "db": {"a": "x\0"}}, "option 'db', at a"),
    ],
)
def test_what_a_format_cannot_hold(
    confstore: Confstore, dev: Path, tmp_path: Path, format: str, options: Any, text: str
) -> None:
    """It names the option before anything is written; the old file is as it was."""
    dev.write_text(json.dumps(options), encoding="utf-8")
    ran = confstore("export", "--format", format)
    assert (ran.stdout, ran.code) == ("", 3)
    assert text in ran.stderr
    out = tmp_path / "out"
    assert confstore("export", "--format", format, "--file", "out").code == 3
    assert not out.exists()
    out.write_text("old", encoding="utf-8")
    assert confstore("export", "--format", format, "--file", "out", "--yes").code == 3
    assert out.read_text(encoding="utf-8") == "old"


def test_output_is_not_the_format(confstore: Confstore, dev: Path) -> None:
    """An option that would do nothing is refused."""
    ran = confstore("export", "-o", "yaml")
    assert (ran.stderr, ran.code) == ("confstore: export takes --format, not --output\n", 2)


def test_screen_does_not_obey(terminal: Terminal, dev: Path) -> None:
    """A program gets the text as it is; a terminal only shows it."""
    dev.write_text(json.dumps({"db": {"a": "one\ntwo\x1b[31m"}}), encoding="utf-8")
    assert terminal("export", "--format", "dotenv") == ("DB_A='one\ntwo\\x1b[31m'\n", 0)


def test_bar_for_many_options(terminal: Terminal, dev: Path, tmp_path: Path) -> None:
    """On a terminal only, and gone when the work has ended."""
    many = {f"option-{number}": {"a": number} for number in range(300)}
    dev.write_text(json.dumps(many), encoding="utf-8")
    for named in ((), tuple(many)):
        command = ("export", *named, "--file", "out.json", "-y")
        screen, code = terminal(*command, env={"TERM": "xterm"})
        assert code == 0
        assert "reading" in screen
        assert "300" in screen.rpartition("exported")[0]
        assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8")) == many


@pytest.mark.parametrize("count", [3, 300])
def test_rich_is_for_the_bar_alone(
    dev: Path, tmp_path: Path, environment: dict[str, str], count: int
) -> None:
    """Few options, or no terminal: neither it nor a parser is imported."""
    many = {f"option-{number}": {"a": number} for number in range(count)}
    dev.write_text(json.dumps(many), encoding="utf-8")
    program = (
        "import sys; from confstore._cli.shell.run import run; run(['export', '--file', 'out']); "
        "print(sorted({'rich', 'yaml', 'tomli_w'} & sys.modules.keys()))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "[]\n"


@pytest.mark.parametrize("own", ["dev.json", "dev.journal.jsonl", "link.json"])
def test_a_file_of_the_store_itself(
    confstore: Confstore, journaled: Path, tmp_path: Path, own: str
) -> None:
    """What the store lives in is never replaced by an export, whatever its name."""
    (tmp_path / "link.json").symlink_to("dev.json")
    before = (tmp_path / own).read_bytes()
    ran = confstore("export", "db", "--file", own, "--format", "json", "--yes")
    assert ran.code == 2
    assert "a file of the store itself" in ran.stderr
    assert (tmp_path / own).read_bytes() == before


@pytest.mark.usefixtures("dev")
def test_file_that_is_taken_for_an_option(confstore: Confstore, tmp_path: Path) -> None:
    """Arguments are options: the flag that names a file is said."""
    ran = confstore("export", "backup.yaml")
    said = "store 'dev' has no option 'backup.yaml'; a file is named by --file backup.yaml"
    assert (ran.code, ran.stderr) == (1, f"confstore: {said}\n")
    assert not (tmp_path / "backup.yaml").exists()
    assert "did you mean 'db'?" in confstore("export", "bd").stderr
