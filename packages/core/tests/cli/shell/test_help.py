"""Help, the reference page made from the same commands, their examples, and the version."""

from __future__ import annotations

import shlex
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import click
import pytest

from confstore._cli.commands.command import Example, StoreCommand
from confstore._cli.shell.app import COMMANDS, app
from docs.command_line import MARK, page

from ..conftest import Confstore

PAGE = Path(__file__).parents[5] / "docs" / "reference" / "command-line.md"


def command(name: str) -> StoreCommand:
    """A command by its name."""
    found = app.get_command(click.Context(app), name)
    assert isinstance(found, StoreCommand)
    return found


EXAMPLES = [
    pytest.param(example, id=example.line)
    for name in COMMANDS
    for example in command(name).examples
    if example.is_run
]


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_two_examples(confstore: Confstore, name: str) -> None:
    """Every command's help says what it does, and shows it."""
    ran = confstore(name, "--help")
    assert (ran.code, ran.stderr) == (0, "")
    assert len(command(name).examples) >= 2
    for example in command(name).examples:
        assert f"{example.line}\n" in ran.stdout
        assert "confstore" in example.line
    for parameter in command(name).params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name
            assert all(option in ran.stdout for option in parameter.opts)


@pytest.mark.parametrize("example", EXAMPLES)
def test_example_runs(
    example: Example,
    tmp_path: Path,
    journaled: Path,
    environment: dict[str, str],
    process: Confstore,
) -> None:
    """What the help shows can be typed, in a store with an option `db`, beside some files."""
    (tmp_path / "new.yaml").write_text("db:\n  host: db2.example\n", encoding="utf-8")
    (tmp_path / ".env").write_text("LEVEL=info\n", encoding="utf-8")
    (tmp_path / "test.json").write_text("{}\n", encoding="utf-8")
    if not example.line.startswith("confstore ") or set(example.line) & set("|&;<>$`*?#~"):
        ended = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", example.line],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        ran = (ended.returncode, ended.stderr)
    else:
        # A shell would make the same words of it.
        _, *words = shlex.split(example.line)
        done = process(*words)
        ran = (done.code, done.stderr)
    assert ran[0] == 0, ran[1]


def test_reference_page_is_made_from_the_commands() -> None:
    """If this fails: python docs/command_line.py."""
    text = PAGE.read_text(encoding="utf-8")
    assert text.count(MARK) == 1
    assert page(text) == text


def test_reference_page_is_made_below_its_mark() -> None:
    """The text above it stays, and the text below it is replaced."""
    made = page(f"# Mine\n\n{MARK}\n\nobsolete")
    assert made.startswith(f"# Mine\n\n{MARK}\n\n## Flags of every command")
    assert "obsolete" not in made


def test_help_of_the_program(confstore: Confstore) -> None:
    """Without arguments it is the same; it lists every command and the exit codes."""
    ran = confstore("--help")
    assert ran.code == 0
    assert all(f"  {name} " in ran.stdout for name in COMMANDS)
    assert "  5  somebody wrote the option" in ran.stdout
    assert confstore("-h").stdout == confstore().stdout == ran.stdout


def test_summaries_are_whole(confstore: Confstore) -> None:
    """The list of the commands cuts no sentence."""
    assert "..." not in confstore("--help", env={"COLUMNS": "80"}).stdout.partition("Commands:")[2]


def test_version(confstore: Confstore, script: Confstore) -> None:
    """By itself, and among other options."""
    said = f"confstore {version('confstore')}\n"
    assert script("--version").stdout == said
    assert confstore("-o", "json", "--version").stdout == said


def test_module_is_the_program(environment: dict[str, str]) -> None:
    """`python -m confstore` works where the script is not on the path."""
    ran = subprocess.run(
        [sys.executable, "-m", "confstore", "nothing"],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 2
    assert ran.stderr == "confstore: there is no command 'nothing' (see confstore --help)\n"


def test_version_imports_nothing_that_is_slow(environment: dict[str, str]) -> None:
    """A command imports only what it needs: --version neither click nor a store."""
    program = (
        "import sys; sys.argv = ['confstore', '--version']; from confstore._cli import main; "
        "main(); print(sorted(sys.modules))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    for module in ("click", "rich", "yaml", "boto3", "botocore"):
        assert f"'{module}'" not in ran.stdout
