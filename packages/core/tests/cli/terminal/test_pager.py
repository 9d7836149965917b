"""Long output in a terminal goes through a pager."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

MARKED = "sed s/^/paged:/"

Run = Callable[..., tuple[str, int]]


@pytest.fixture
def many(dev: Path) -> Path:
    """A store of 500 options."""
    content = {f"option{number:04}": {"key": number} for number in range(500)}
    dev.write_text(json.dumps(content), encoding="utf-8")
    return dev


@pytest.fixture
def run(terminal: Run) -> Run:
    """Run a command in a terminal of 24 lines, with these variables."""
    return lambda *arguments, **variables: terminal(*arguments, env=variables)


@pytest.mark.parametrize(
    "command",
    [
        ("list",),
        ("list", "-o", "json"),
        ("list", "-o", "yaml", "--values"),
        ("export", "--format", "toml"),
        ("diff", "{}.json", "--values"),
    ],
)
def test_long_output_is_paged(run: Run, many: Path, command: tuple[str, ...]) -> None:
    """All of it, in every format, by every command that reads."""
    many.with_name("{}.json").write_text("{}", encoding="utf-8")
    screen, code = run(*command, PAGER=MARKED)
    assert code == (1 if command[0] == "diff" else 0)
    assert screen.count("\npaged:") >= 500
    assert "option0000" in screen
    assert "option0499" in screen


def test_long_value_is_paged(run: Run, dev: Path) -> None:
    """One value of many lines is paged, and so is one long line."""
    for text in ("line\n" * 40, "x" * 3_000):
        dev.write_text(json.dumps({"db": {"text": text}}), encoding="utf-8")
        assert run("get", "db", "text", PAGER=MARKED)[0].startswith("paged:")


def test_long_history_is_paged(run: Run, journaled: Path, confstore: Callable[..., object]) -> None:
    """The commits with their values go through one pager."""
    for number in range(8):
        confstore("set", "db", f"port:={number}")
    screen, code = run("history", "db", "--values", PAGER="grep -c version")
    assert (screen.split(), code) == (["9"], 0)


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [
        (("list",), {"PAGER": ""}),
        (("list",), {"PAGER": " cat "}),
        (("list", "--no-pager"), {"PAGER": MARKED}),
        (("--no-pager", "list"), {"PAGER": MARKED}),
        # A terminal that can only print, without a wish for a pager.
        (("list",), {"TERM": "dumb"}),
        (("list",), {"TERM": "xterm", "PATH": "/nowhere"}),
        # What cannot be run shows nothing.
        (("list",), {"PAGER": "no-such-pager"}),
        (("list",), {"PAGER": "/"}),
    ],
)
def test_not_paged(
    run: Run, many: Path, arguments: tuple[str, ...], variables: Mapping[str, str]
) -> None:
    """Nothing is lost where no pager is wanted, or none can be run."""
    screen, code = run(*arguments, **variables)
    assert code == 0
    assert "paged:" not in screen
    assert "option0499" in screen


def test_short_output_is_not_paged(run: Run, dev: Path) -> None:
    """What fits the screen is printed; so is a long output that no terminal shows."""
    screen, code = run("list", PAGER=MARKED)
    assert (code, "paged:" in screen) == (0, False)


def test_piped_output_is_not_paged(process: Callable[..., object], many: Path) -> None:
    """A program that reads the output gets it as it is."""
    ran = process("list", env={"PAGER": MARKED})
    assert len(json.loads(ran.stdout)) == 500  # type: ignore[attr-defined]


def test_default_is_less(run: Run, many: Path, tmp_path: Path) -> None:
    """Without a PAGER, `less` is run with git's settings, or the user's own."""
    less = tmp_path / "bin" / "less"
    less.parent.mkdir()
    less.write_text('#!/bin/sh\necho "less $LESS"\n/bin/cat >/dev/null\n', encoding="utf-8")
    less.chmod(0o755)
    path = f"{less.parent}:/usr/bin:/bin"
    assert run("list", TERM="xterm", PATH=path)[0] == "less FRX\n"
    assert run("list", TERM="xterm", PATH=path, LESS="S")[0] == "less S\n"


def test_pager_that_is_left_early(run: Run, many: Path) -> None:
    """A pager need not read to the end; that is no failure."""
    screen, code = run("list", PAGER="head -n 3")
    assert (len(screen.splitlines()), code) == (3, 0)


def test_interrupt_is_for_the_pager(run: Run, many: Path) -> None:
    """Ctrl-C in the pager does not end the command before the pager."""
    screen, code = run("list", PAGER="kill -INT $PPID; cat >/dev/null; echo done")
    assert (screen, code) == ("done\n", 0)
