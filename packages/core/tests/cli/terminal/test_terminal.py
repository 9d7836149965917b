"""Somebody sits in front of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from ..conftest import Confstore, Terminal
from ..in_terminal import INTERRUPT

# A dumb terminal is 80 columns wide, whatever COLUMNS says.
AS_WIDE_AS = {"TERM": "xterm", "NO_COLOR": "1", "PAGER": ""}


def test_table_is_the_default(terminal: Terminal, dev: Path) -> None:
    """People read a table; --output json gives them JSON."""
    screen, code = terminal("get", "db")
    assert code == 0
    rows = [line.split() for line in screen.splitlines()]
    assert ["KEY", "TYPE", "VALUE"] in rows
    assert ["port", "number", "27017"] in rows
    assert json.loads(terminal("get", "db", "-o", "json")[0]) == {
        "host": "db.example",
        "port": 27017,
    }


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
@pytest.mark.parametrize(
    "arguments",
    [
        ("explain", "--values", "--history"),
        ("list", "--values"),
        ("diff", "file:other.json", "--values"),
        ("history",),
    ],
    ids=lambda arguments: arguments[0],
)
def test_narrow_terminal(
    confstore: Confstore,
    terminal: Terminal,
    dev: Path,
    width: int,
    arguments: tuple[str, ...],
) -> None:
    """No line is longer than the terminal, and no word is broken that a line can hold."""
    assert confstore("init", "--journal").code == 0
    comment = "so that a table has a text of several words"
    assert confstore("set", "web", "workers:=400", "motd=two words", "--comment", comment).code == 0
    dev.with_name("other.json").write_text('{"web": {"motd": "nothing"}, "日本語": {"a": 1}}')
    layers = {"CONFSTORE_URL": "env:APP_ file:dev.json", "APP_WEB__WORKERS": "4"}
    env = layers if arguments[0] == "explain" else {}
    plain = confstore(*arguments, "-o", "table", env=env)
    screen, code = terminal(*arguments, env={**AS_WIDE_AS, "COLUMNS": str(width), **env})
    assert code == plain.code
    lines = screen.splitlines()
    assert max(map(cell_len, lines)) <= width, screen
    words = {word for word in plain.stdout.split() if len(word) <= 24}
    assert words - set(screen.split()) == set(), screen
    # The same cells, as a table or as blocks.
    assert ("─" in screen) == (lines[1].split() == plain.stdout.splitlines()[0].split())


def test_block_of_a_narrow_terminal(terminal: Terminal, dev: Path) -> None:
    """Where words would be broken, a row is a block: a line for each cell that is not empty."""
    dev.write_text('{"database": {"host": "db.example", "password": "a b"}}')
    screen, code = terminal("list", "--values", env={**AS_WIDE_AS, "COLUMNS": "30"})
    assert (code, [line.rstrip() for line in screen.splitlines()]) == (
        0,
        [
            "OPTION  database",
            "KEY     host",
            "TYPE    string",
            "VALUE   db.example",
            "",
            "OPTION  database",
            "KEY     password",
            "TYPE    string",
            "VALUE   a b",
        ],
    )


def test_values_are_shown_and_not_obeyed(terminal: Terminal, dev: Path) -> None:
    """A text keeps its lines; an escape sequence in it is only shown; bytes are JSON."""
    values = {"text": "one\ntwo\x1b[31m", "raw": {"$bytes": "AP8="}}
    dev.write_text(json.dumps({"db": values}), encoding="utf-8")
    assert terminal("get", "db", "text") == ("one\ntwo\\x1b[31m\n", 0)
    assert terminal("get", "db", "raw") == ('{"$bytes": "AP8="}\n', 0)


def test_reversed_text_is_an_escape(terminal: Terminal, dev: Path) -> None:
    """No format of the output gives a terminal a character that turns text around."""
    controls = "\u061c\u200f\u202e\u2066"
    dev.write_text(json.dumps({"db": {"text": f"a{controls}b"}}), encoding="utf-8")
    for output in ("json", "yaml", "table"):
        screen, code = terminal("get", "db", "-o", output)
        assert code == 0
        assert not set(controls) & set(screen)


def test_no_color_means_no_bold_either(terminal: Terminal, dev: Path) -> None:
    """NO_COLOR leaves plain text."""
    screen, code = terminal("get", "db", env={"NO_COLOR": "1", "TERM": "xterm"})
    assert (code, "\x1b" in screen) == (0, False)


def test_secret_is_typed_unseen(terminal: Terminal, dev: Path, options: Callable[[], Any]) -> None:
    """`KEY=-` asks, and the screen does not show the answer."""
    screen, code = terminal(
        "set", "login", "user=-", "pass=-", answers=[("user: ", "ada\n"), ("pass: ", "s3cret\n")]
    )
    assert code == 0
    assert options()["login"] == {"user": "ada", "pass": "s3cret"}
    assert "s3cret" not in screen


def test_question_is_answered(terminal: Terminal, dev: Path, options: Callable[[], Any]) -> None:
    """Yes deletes; no, and Enter alone, change nothing."""
    asked = "delete option 'db' of store 'dev'? [y/N]: "
    screen, code = terminal("delete", "db", answers=[(asked, "n\n")])
    assert (code, "nothing was changed" in screen) == (1, True)
    assert terminal("delete", "db", answers=[(asked, "\n")])[1] == 1
    assert "db" in options()
    assert terminal("delete", "db", answers=[(asked, "y\n")])[1] == 0
    assert "db" not in options()


@pytest.mark.slow("an interrupt that the program missed is repeated after 2 s")
def test_interrupted_at_a_question(terminal: Terminal, dev: Path) -> None:
    """Ctrl-C is one line and the shells' code for it; nothing is written."""
    before = dev.read_bytes()
    screen, code = terminal("delete", "db", answers=[("[y/N]: ", INTERRUPT)])
    assert (code, screen.splitlines()[-1]) == (130, "confstore: interrupted")
    screen, code = terminal("set", "db", "password=-", answers=[("password: ", INTERRUPT)])
    assert (code, screen.splitlines()[-1]) == (130, "confstore: interrupted")
    assert dev.read_bytes() == before
