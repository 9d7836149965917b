"""Every failure is one line on standard error and an exit code."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from confstore.errors import ERRORS_PAGE

from ..conftest import SCRIPT, Confstore

CANARY = "hunter2"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("lst",), "there is no command 'lst'; did you mean 'list'? (see confstore --help)"),
        ((f"db={CANARY}",), "there is no command 'db' (see confstore --help)"),
        (("get", "db", "host", CANARY), "there is 1 argument too many"),
        (("get", "db", "host", CANARY, CANARY), "there are 2 arguments too many"),
        (("get", f"--stroe={CANARY}", "db"), "--store"),
        (("get",), "missing argument 'OPTION' (see confstore get --help)"),
        (("-o", "xml", "list"), "--output"),
        (("list", "-s", "prod.json"), "it starts with a scheme, as in file:prod.json"),
        (("list", "-s", f"memory:a?password={CANARY}"), "it takes no parameters"),
        (("list", "-s", "fil:dev.json"), "serves 'fil': did you mean 'file'?"),
        (("rollback", "x"), "invalid value for 'VERSION': 'x' is not a whole number (see"),
        (("set", "db", "a=1", "--if-version", "x"), "'--if-version': 'x' is not a whole number ("),
        (("list", "-s", "redis:a"), "serves 'redis': known are dynamodb, file, memory"),
        (("--nothing",), "--nothing"),
        (("get", "-dash"), "a name that begins with - stands behind --"),
    ],
)
def test_usage(confstore: Confstore, dev: Path, arguments: tuple[str, ...], text: str) -> None:
    """Code 2 and one line that says what to do; an argument can be a value, and is not shown."""
    ran = confstore(*arguments)
    assert (ran.stdout, ran.code) == ("", 2)
    assert ran.stderr.startswith("confstore: ")
    assert ran.stderr.count("\n") == 1
    assert text in ran.stderr
    assert CANARY not in ran.stderr


def test_no_store_is_given(confstore: Confstore) -> None:
    """The line names both ways to give one."""
    ran = confstore("list", env={"CONFSTORE_URL": None})
    assert ran.code == 2
    assert "use --store URL, or set CONFSTORE_URL" in ran.stderr


def test_missing_adapter_names_its_command(script: Confstore, tmp_path: Path) -> None:
    """As where confstore-dynamodb is not installed."""
    # Python finds no metadata of any distribution in an environment of this module alone.
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.metadata, sys\n"
        "importlib.metadata.entry_points = lambda **_: ()\n"
        "sys.modules['confstore_dynamodb'] = None\n"
    )
    ran = script("list", "-s", "dynamodb://config/prod", env={"PYTHONPATH": str(tmp_path)})
    assert (ran.code, ran.stderr.count("\n")) == (2, 1)
    assert "python -m pip install confstore-dynamodb" in ran.stderr


def test_missing_click_names_the_extra(script: Confstore, tmp_path: Path) -> None:
    """The script is installed with the core, which does not need click."""
    (tmp_path / "click.py").write_text("raise ModuleNotFoundError(name='click')\n")
    ran = script("list", env={"PYTHONPATH": str(tmp_path)})
    advice = "the command line needs the extra: python -m pip install 'confstore[cli]'"
    assert (ran.stderr, ran.code) == (f"confstore: {advice}\n", 2)


@pytest.mark.parametrize(
    ("module", "arguments"), [("yaml", ("-o", "yaml")), ("rich", ("-o", "table"))]
)
def test_missing_part_of_the_extra(
    script: Confstore, dev: Path, tmp_path: Path, module: str, arguments: tuple[str, ...]
) -> None:
    """Said by the first command that needs it."""
    (tmp_path / f"{module}.py").write_text(f"raise ModuleNotFoundError(name='{module}')\n")
    ran = script("get", "db", *arguments, env={"PYTHONPATH": str(tmp_path)})
    text = f"the command line needs {module}, which is not installed"
    advice = "python -m pip install 'confstore[cli]'"
    assert (ran.stderr, ran.code) == (f"confstore: {text}: {advice}\n", 2)


def test_interrupted_while_it_starts(script: Confstore, tmp_path: Path) -> None:
    """Ctrl-C is no traceback, however early."""
    (tmp_path / "click.py").write_text("raise KeyboardInterrupt\n")
    ran = script("list", env={"PYTHONPATH": str(tmp_path)})
    assert (ran.stderr, ran.code) == ("", 130)


@pytest.mark.usefixtures("mischief")
@pytest.mark.parametrize(
    ("store", "code", "text"),
    [
        ("Bug", 70, "RuntimeError: this is a bug of confstore; --debug shows where it happened"),
        ("BugOnClose", 70, "RuntimeError: this is a bug of confstore; --debug shows where"),
        ("Interrupted", 130, "interrupted"),
        ("MissingModule", 2, "the adapter needs module_that_is_not_there, which is not installed"),
        ("BrokenDisk", 4, "OSError"),
        ("NotJournaled", 4, "store 'mischief' has no journal: turn it on with confstore init"),
        ("ElsewhereNamed", 1, "store 'another' has no option 'db'"),
    ],
)
def test_what_an_adapter_can_do(confstore: Confstore, store: str, code: int, text: str) -> None:
    """Whatever it raises, it is one line; of an error that is not ours only the type."""
    ran = confstore("get", "db", "-s", f"mischief:{store}")
    assert ran.code == code
    assert ran.stderr.startswith(f"confstore: {text}")
    assert ran.stderr.count("\n") == 1
    assert CANARY not in ran.stderr


@pytest.mark.usefixtures("mischief")
@pytest.mark.parametrize("arguments", [("--debug", "get", "db"), ("get", "db", "--debug")])
def test_debug_shows_the_traceback(confstore: Confstore, arguments: tuple[str, ...]) -> None:
    """Before the same line."""
    ran = confstore(*arguments, "-s", "mischief:Bug")
    assert ran.code == 70
    assert "Traceback (most recent call last)" in ran.stderr
    assert CANARY in ran.stderr
    assert ran.stderr.splitlines()[-1].startswith("confstore: RuntimeError: this is a bug")


@pytest.mark.usefixtures("mischief")
def test_closest_option_where_not_all_can_be_read(confstore: Confstore) -> None:
    """The advice is left out, and the error is the first one."""
    ran = confstore("get", "bd", "-s", "mischief:OneOptionOnly")
    assert (ran.stderr, ran.code) == ("confstore: store 'mischief' has no option 'bd'\n", 1)


@pytest.mark.usefixtures("mischief")
def test_logs_and_warnings_are_lines(script: Confstore) -> None:
    """One each, without a traceback, and nothing in them is obeyed."""
    ran = script("get", "db", "-s", "mischief:Talkative", env={"PYTHONWARNINGS": "default"})
    assert ran.json == {"host": "db.example"}
    assert ran.stderr.splitlines() == [
        r"confstore: error: line one\nline two",
        r"confstore: warning: DeprecationWarning: old\nthing",
        r"confstore: warning: UserWarning: beware\x1b[31m",
    ]
    debug = script("get", "db", "-s", "mischief:Talkative", "--debug")
    assert "confstore: debug: our own details" in debug.stderr
    assert "nobody asked" not in debug.stderr


@pytest.mark.parametrize("count", [1, 5_000], ids=["less than a buffer", "more than a buffer"])
def test_reader_that_went_away(
    environment: dict[str, str], dev: Path, tmp_path: Path, count: int
) -> None:
    """`confstore list | head` ends quietly, as any other program there."""
    content = ",".join(f'"option-{number}": {{"key": "value"}}' for number in range(count))
    dev.write_text("{" + content + "}", encoding="utf-8")
    reader, writer = os.pipe()
    os.close(reader)
    ended = subprocess.run(
        [SCRIPT, "list"], cwd=tmp_path, env=environment, stdout=writer, stderr=subprocess.PIPE
    )
    os.close(writer)
    assert (ended.stderr, ended.returncode) == (b"", 141)


def in_bash(
    line: str, environment: dict[str, str], folder: Path
) -> subprocess.CompletedProcess[str]:
    """A line of bash with the store of the test."""
    return subprocess.run(
        ["bash", "-c", line], cwd=folder, env=environment, capture_output=True, text=True
    )


@pytest.mark.parametrize("command", ["list", "--version"])
def test_disk_that_is_full(
    environment: dict[str, str], dev: Path, tmp_path: Path, command: str
) -> None:
    """What was not written is not passed over."""
    ended = in_bash(f"confstore {command} > /dev/full", environment, tmp_path)
    assert (ended.stderr, ended.returncode) == ("confstore: No space left on device\n", 4)


@pytest.mark.parametrize("command", ["list", "get db", "--version", "list --help", "export"])
def test_output_that_is_closed(
    environment: dict[str, str], dev: Path, tmp_path: Path, command: str
) -> None:
    """What nobody can read was not delivered."""
    ended = in_bash(f"confstore {command} >&-", environment, tmp_path)
    assert (ended.stderr, ended.returncode) == ("confstore: Bad file descriptor\n", 4)


def test_command_that_prints_nothing_needs_no_output(
    environment: dict[str, str], dev: Path, tmp_path: Path
) -> None:
    """A write has nothing to say there."""
    ended = in_bash("confstore set db k=v >&-", environment, tmp_path)
    assert ended.returncode == 0


def test_messages_that_are_closed(environment: dict[str, str], dev: Path, tmp_path: Path) -> None:
    """Nobody wants to know; the exit code says it all the same."""
    ended = in_bash("confstore list 2>&- && confstore get absent 2>&-", environment, tmp_path)
    assert "db" in ended.stdout
    assert ended.returncode == 1


def test_messages_that_nobody_reads(environment: dict[str, str], dev: Path, tmp_path: Path) -> None:
    """A pipe without a reader leaves the exit code as it is."""
    reader, writer = os.pipe()
    os.close(reader)
    command = [SCRIPT, "get", "absent"]
    with os.fdopen(writer, "wb") as pipe:
        ended = subprocess.run(
            command, env=environment, cwd=tmp_path, stderr=pipe, timeout=60, check=False
        )
    assert ended.returncode == 1


def test_input_that_is_closed(environment: dict[str, str], dev: Path, tmp_path: Path) -> None:
    """A question finds nobody."""
    ended = in_bash("confstore delete db <&-", environment, tmp_path)
    assert (ended.stdout, ended.returncode) == ("", 2)
    assert ended.stderr.count("\n") == 1


def test_broken_file_is_named_with_line_and_column(confstore: Confstore, dev: Path) -> None:
    """The error of the adapter is the line."""
    dev.write_text('{"db": {"host": hunter2}}', encoding="utf-8")
    ran = confstore("get", "db")
    assert (ran.code, ran.stderr.count("\n")) == (4, 1)
    assert "dev.json:1:17:" in ran.stderr
    assert CANARY not in ran.stderr


def test_name_with_a_line_feed_stays_one_line(confstore: Confstore, dev: Path) -> None:
    """And an escape sequence in it is shown, not obeyed."""
    ran = confstore("set", "a\nb\x1b[31m", "k=v")
    assert (ran.stderr, ran.code) == ("set option 'a\\nb\\x1b[31m' of store 'dev'\n", 0)


def test_a_terminal_shows_where_the_remedy_is(
    terminal: Callable[..., tuple[str, int]], tmp_path: Path
) -> None:
    """On a second line, for a person; elsewhere a failure stays one line."""
    (tmp_path / "broken.json").write_text('{"db": 1}')
    screen, code = terminal("list", "-s", "file:broken.json")
    line, address = screen.splitlines()
    assert (code, address.strip()) == (4, f"{ERRORS_PAGE}#corruptstoreerror")
    assert line.startswith("confstore: ")


def test_a_terminal_shows_no_address_where_the_line_says_enough(
    terminal: Callable[..., tuple[str, int]], dev: Path
) -> None:
    """A mistyped name has the closest one as its remedy."""
    screen, code = terminal("get", "bd")
    assert (code, screen.count("\n"), "http" in screen) == (1, 1, False)


def test_the_traceback_of_debug_has_the_address_once(
    terminal: Callable[..., tuple[str, int]], confstore: Confstore, tmp_path: Path
) -> None:
    """In a terminal and in a log."""
    (tmp_path / "broken.json").write_text('{"db": 1}')
    arguments = ("--debug", "list", "-s", "file:broken.json")
    for text in (terminal(*arguments)[0], confstore(*arguments).stderr):
        assert text.count(f"Cause and remedy: {ERRORS_PAGE}#corruptstoreerror") == 1
        assert text.count(ERRORS_PAGE) == 1
        assert text.splitlines()[-1].startswith("confstore: ")
