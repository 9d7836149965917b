"""`confstore watch`, in processes that go on until they are ended."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from confstore.testing import CANARY
from confstore_dynamodb import DynamoDBStore
from confstore_file import FileStore

from ..conftest import SCRIPT, Confstore, program

PATIENCE_S = 60
# Far beyond any patience: what ends a program that waits this long did not wait for it.
FOREVER = "80000"
OFTEN = "0.02"


@attrs.frozen
class Watch:
    """A `confstore watch` that has seen the store once."""

    process: subprocess.Popen[str]

    def line(self) -> str:
        """The next line of its standard output."""
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def change(self) -> Any:
        """The next line as JSON, without its time."""
        change = json.loads(self.line())
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", change.pop("at"))
        return change

    def said(self) -> str:
        """The next line of its standard error."""
        assert self.process.stderr is not None
        return self.process.stderr.readline()

    def ends(self, how: signal.Signals) -> tuple[str, int]:
        """What it says when it is sent a signal, and its exit code."""
        self.process.send_signal(how)
        _, said = self.process.communicate(timeout=PATIENCE_S)
        return said, self.process.returncode


Watching = Callable[..., Watch]


@pytest.fixture
def watching(tmp_path: Path, environment: dict[str, str]) -> Iterator[Watching]:
    """Start to watch, and wait until the store was seen: `watching("db", "--values")`."""
    started: list[tuple[subprocess.Popen[str], threading.Timer]] = []

    def start(*arguments: str, interval: str = OFTEN, notes: int = 0) -> Watch:
        process = subprocess.Popen(
            **program("watch", "--interval", interval, *arguments, environment=environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            cwd=tmp_path,
        )
        # A program that says nothing must not keep the tests waiting for ever.
        killer = threading.Timer(PATIENCE_S, process.kill)
        killer.start()
        started.append((process, killer))
        watch = Watch(process)
        for _ in range(notes):
            watch.said()
        said = watch.said()
        assert said.startswith("watching store "), said
        return watch

    yield start
    for process, killer in started:
        killer.cancel()
        # So that what it ran is measured; one that does not listen is killed.
        process.terminate()
        try:
            process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def test_changes_as_they_come(watching: Watching, dev: Path) -> None:
    """One JSON object a line for each key, at once, with types and no values."""
    watch, store = watching(), FileStore(dev)
    store.update("db", {"port": True, "user": CANARY}, remove=["host"])
    assert [watch.change() for _ in range(3)] == [
        {"option": "db", "key": "host", "change": "removed", "old_type": "string"},
        {
            "option": "db",
            "key": "port",
            "change": "changed",
            "old_type": "number",
            "new_type": "boolean",
        },
        {"option": "db", "key": "user", "change": "added", "new_type": "string"},
    ]
    store.delete("login")
    assert watch.change()["key"] == "password"
    store.set("empty", {})
    assert watch.change() == {
        "option": "empty",
        "key": None,
        "change": "added",
        "new_type": "object",
    }


def test_values_of_changes(watching: Watching, dev: Path) -> None:
    """They are shown on request."""
    watch = watching("--values", "--output", "json")
    FileStore(dev).update("db", {"port": [1]})
    change = watch.change()
    assert (change["old"], change["new"]) == (27017, [1])


def test_type_is_a_change(watching: Watching, dev: Path) -> None:
    """1 is not true."""
    store = FileStore(dev)
    store.set("flag", {"on": 1})
    watch = watching("flag", "--values")
    store.set("flag", {"on": True})
    change = watch.change()
    assert (change["old"], change["new"]) == (1, True)


def test_one_option(watching: Watching, dev: Path) -> None:
    """Others may change unseen."""
    watch, store = watching("db"), FileStore(dev)
    store.update("login", {"password": "other"})
    store.update("db", {"port": 1})
    assert watch.change()["option"] == "db"


def test_option_that_is_not_there_yet(
    watching: Watching, dev: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    """It may come; that it is not there is said, with the name that may be meant."""
    watch = watching("dbs", notes=1)
    FileStore(dev).set("dbs", {"a": 1})
    assert watch.change()["option"] == "dbs"
    process = subprocess.Popen(
        **program("watch", "logn", environment=environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    said = Watch(process).said()
    assert said == "store 'dev' has no option 'logn' yet; did you mean 'login'?\n"
    Watch(process).ends(signal.SIGTERM)


def test_first_state(watching: Watching, dev: Path) -> None:
    """It is printed with --initial only, as added."""
    watch = watching("--initial", "--values", "-o", "table")
    lines = [watch.line() for _ in range(3)]
    assert [line.split("  ", 1)[1] for line in lines] == [
        'db  host  added  - -> "db.example"\n',
        "db  port  added  - -> 27017\n",
        'login  password  added  - -> "hunter2"\n',
    ]


def test_line_for_people(watching: Watching, dev: Path) -> None:
    """A table has no end here, so it is a line; a terminal obeys nothing in it."""
    watch, store = watching("-o", "table"), FileStore(dev)
    store.set("a\x1b[31m", {"k\n": CANARY})
    time, rest = watch.line().split("  ", 1)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", time)
    assert rest == "a\\x1b[31m  k\\n  added  - -> string\n"


def test_yaml_documents(watching: Watching, dev: Path) -> None:
    """A stream of YAML has a document for each change."""
    watch = watching("-o", "yaml")
    FileStore(dev).update("login", {}, remove=["password"])
    lines = [watch.line() for _ in range(6)]
    assert lines[0] == "---\n"
    assert lines[1].startswith("at: '")
    assert lines[2:] == [
        "option: login\n",
        "key: password\n",
        "change: removed\n",
        "old_type: string\n",
    ]


def test_outage(watching: Watching, dev: Path) -> None:
    """It is said when the file goes, breaks, and is back; what changed meanwhile comes then."""
    watch = watching("--values")
    content = dev.read_text(encoding="utf-8")
    away = dev.with_name("away.json")
    dev.rename(away)
    assert watch.said().startswith("store 'dev' is unavailable: ")
    dev.write_text("{ broken", encoding="utf-8")
    said = watch.said()
    assert said.startswith("dev.json:1:")
    assert said.endswith("; watching on\n")
    away.write_text(content.replace("27017", "1"), encoding="utf-8")
    away.replace(dev)
    assert watch.said() == "store 'dev' is back\n"
    change = watch.change()
    assert (change["key"], change["old"], change["new"]) == ("port", 27017, 1)


ADAPTER = """
from confstore.errors import StoreUnavailableError

class Store:
    name = "tides"
    reads = 0

    def items(self, *, consistent=True):
        self.reads += 1
        if self.reads in (2, 3, 4, 6):
            raise StoreUnavailableError(self.name, f"low tide {self.reads}")
        yield "db", {"port": self.reads if self.reads < 6 else 0}

    def close(self):
        pass

def open_url(url):
    return Store()
"""


@pytest.fixture
def tides(installed: Callable[[str, str], None], environment: dict[str, str]) -> None:
    """An installed adapter whose store cannot poll; reads 2 to 4 and 6 of it fail."""
    installed("tides", ADAPTER)
    environment["CONFSTORE_URL"] = "tides:any"


@pytest.mark.usefixtures("tides")
def test_outage_is_said_once(watching: Watching) -> None:
    """However often it is met, and with whatever words; the next outage is another one."""
    watch = watching("--values")
    assert watch.said() == "store 'tides' is unavailable: low tide 2; watching on\n"
    assert watch.said() == "store 'tides' is back\n"
    assert watch.said() == "store 'tides' is unavailable: low tide 6; watching on\n"
    assert watch.said() == "store 'tides' is back\n"
    assert [(one["old"], one["new"]) for one in (watch.change(), watch.change())] == [
        (1, 5),
        (5, 0),
    ]


def test_interval(
    confstore: Confstore, dev: Path, tmp_path: Path, environment: dict[str, str], tides: None
) -> None:
    """A file is looked at each second, anything else every five, or as often as is asked."""
    for arguments, interval in (
        (["-s", "file:dev.json"], "1"),
        (["-s", "tides:any"], "5"),
        (["--interval", "2.5"], "2.5"),
    ):
        process = subprocess.Popen(
            **program("watch", *arguments, environment=environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
        )
        watch = Watch(process)
        assert watch.said().endswith(f", every {interval} s\n")
        watch.ends(signal.SIGTERM)


@pytest.mark.usefixtures("dev")
@pytest.mark.parametrize("interval", ["0", "-1", "nan", "inf", "86401", "soon"])
def test_interval_that_makes_no_sense(confstore: Confstore, interval: str) -> None:
    """It is an error of usage."""
    ran = confstore("watch", "--interval", interval)
    assert (ran.stdout, ran.code) == ("", 2)
    assert "interval" in ran.stderr


def test_what_cannot_be_watched(confstore: Confstore, dev: Path) -> None:
    """What is not there at the start is an error, and not waited for."""
    ran = confstore("watch", "-s", "file:dav.json")
    assert (ran.stdout, ran.code) == ("", 4)
    assert "did you mean 'dev.json'?" in ran.stderr
    assert confstore("watch", "x" * 1025).code == 3
    dev.write_text("{ broken", encoding="utf-8")
    ran = confstore("watch")
    assert (ran.stdout, ran.code) == ("", 4)
    assert ran.stderr.startswith("confstore: dev.json:1:")


@pytest.mark.usefixtures("dev")
def test_interrupt_ends_it(watching: Watching) -> None:
    """At once, and as shells expect; without a traceback."""
    assert watching(interval=FOREVER).ends(signal.SIGINT) == ("confstore: interrupted\n", 130)


@pytest.mark.usefixtures("dev")
def test_termination_ends_it(watching: Watching) -> None:
    """At once, and silently: whoever sent it knows."""
    assert watching(interval=FOREVER).ends(signal.SIGTERM) == ("", 143)


@pytest.mark.usefixtures("dev")
def test_reader_that_goes_away_ends_it(watching: Watching) -> None:
    """At once, though there is nothing to print: the next change may be hours away."""
    process = watching(interval=FOREVER).process
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(PATIENCE_S) == 141
    assert process.stderr is not None
    assert process.stderr.read() == ""


@pytest.mark.usefixtures("dev")
def test_reader_of_one_line(tmp_path: Path, environment: dict[str, str]) -> None:
    """As in `confstore watch | head -1`."""
    line = f"'{SCRIPT}' watch --initial --interval {FOREVER} | head -1; echo ${{PIPESTATUS[0]}}"
    ran = subprocess.run(
        ["bash", "-c", line],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=True,
    )
    first, code = ran.stdout.splitlines()
    assert json.loads(first)["option"] == "db"
    assert code == "141"
    assert "Traceback" not in ran.stderr


@pytest.mark.usefixtures("dev")
def test_interrupt_in_a_terminal(terminal: Callable[..., tuple[str, int]]) -> None:
    """Lines are for people there, and Ctrl-C ends it."""
    screen, code = terminal(
        "watch", "--initial", "--interval", FOREVER, answers=[("password", "\x03")]
    )
    assert code == 130
    assert "db  port  added  - -> number" in screen


def test_changes_of_a_table(
    watching: Watching, environment: dict[str, str], dynamodb_local: str, dynamodb_client: Any
) -> None:
    """The journal of a DynamoDB store says what is new."""
    store = DynamoDBStore(dynamodb_client, "watch-table", "prod")
    store.enable_journal()
    store.set("db", {"port": 1})
    environment["CONFSTORE_URL"] = f"dynamodb://watch-table/prod?endpoint_url={dynamodb_local}"
    watch = watching("--values")
    store.set("db", {"port": 2})
    change = watch.change()
    assert (change["option"], change["old"], change["new"]) == ("db", 1, 2)
    store.delete("db")
    assert watch.change()["change"] == "removed"
    assert watch.ends(signal.SIGTERM) == ("", 143)
    dynamodb_client.delete_table(TableName="watch-table")
