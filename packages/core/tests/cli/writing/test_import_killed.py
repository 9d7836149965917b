"""An import that ends in the middle: no option is half written, and running it again finishes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from confstore import state_at
from confstore.adapter import is_same
from confstore_dynamodb import DynamoDBStore
from confstore_file import FileStore

from ..conftest import Confstore, program
from .holding_proxy import PATIENCE_S, holding_proxy

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="kills with SIGKILL"),
    pytest.mark.slow("imports hundreds of options, in processes that are killed"),
]

# More than two commits hold.
MANY = {
    f"option-{number:03}": {"a": number, "b": [str(number)] * 5, "c": {"d": "x" * 50}}
    for number in range(200)
}
CODES = {signal.SIGKILL: -signal.SIGKILL, signal.SIGINT: 130}


def kill_at_replacement(number: int, signal_: signal.Signals) -> None:
    """Have this process killed right before a file is put into the place of another."""
    left = number

    def look(event: str, arguments: object) -> None:
        nonlocal left
        if event == "os.rename":
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal_)

    sys.addaudithook(look)


def assert_whole(options: Any) -> None:
    """Every option is as it is to be, however many there are."""
    assert all(is_same(values, MANY[option]) for option, values in options.items())


@pytest.fixture
def killed(
    tmp_path: Path, environment: dict[str, str]
) -> Callable[[signal.Signals, int], subprocess.CompletedProcess[str]]:
    """Import all options into `dev.json`, until a signal comes at a certain replacement."""
    (tmp_path / "many.json").write_text(json.dumps(MANY), encoding="utf-8")

    def run(signal_: signal.Signals, number: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            **program(
                *("import", "many.json"),
                environment=environment,
                first=lambda: kill_at_replacement(number, signal_),
            ),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    return run


@pytest.mark.parametrize("signal_", CODES)
def test_file(
    confstore: Confstore,
    tmp_path: Path,
    killed: Callable[[signal.Signals, int], subprocess.CompletedProcess[str]],
    signal_: signal.Signals,
) -> None:
    """It is one write: all or nothing."""
    assert confstore("init").code == 0
    ran = killed(signal_, 1)
    assert ran.returncode == CODES[signal_], ran.stderr
    with closing(FileStore(tmp_path / "dev.json")) as store:
        assert dict(store.items()) == {}
        assert "200 written" in confstore("import", "many.json").stderr
        assert is_same(dict(store.items()), MANY)


@pytest.mark.parametrize("signal_", CODES)
def test_file_with_a_journal(
    confstore: Confstore,
    tmp_path: Path,
    killed: Callable[[signal.Signals, int], subprocess.CompletedProcess[str]],
    signal_: signal.Signals,
) -> None:
    """It is one write, too: its commits are made by their lines, before the file is replaced."""
    assert confstore("init", "--journal").code == 0
    ran = killed(signal_, 1)
    assert ran.returncode == CODES[signal_], ran.stderr
    with closing(FileStore(tmp_path / "dev.json")) as store:
        assert is_same(dict(store.items()), MANY)
        assert "0 written, 200 equal" in confstore("import", "many.json").stderr
        assert is_same(state_at(store, store.version()), MANY)
        assert store.version() == 3


@pytest.fixture
def table(dynamodb_client: Any) -> Iterator[str]:
    """The name of a table that no other test has."""
    name = f"Test-{uuid.uuid4().hex}"
    yield name
    dynamodb_client.delete_table(TableName=name)


@pytest.mark.parametrize("is_applied", [False, True], ids=["request lost", "answer lost"])
@pytest.mark.parametrize("signal_", CODES)
@pytest.mark.parametrize(("is_journaled", "held", "options"), [(False, 120, 119), (True, 2, 99)])
def test_dynamodb(
    confstore: Confstore,
    tmp_path: Path,
    environment: dict[str, str],
    dynamodb_local: str,
    dynamodb_client: Any,
    table: str,
    is_journaled: bool,
    held: int,
    options: int,
    signal_: signal.Signals,
    is_applied: bool,
) -> None:
    """While a write is under way, whether DynamoDB has heard of it or not."""
    url = f"dynamodb://{table}/prod?endpoint_url={dynamodb_local}"
    assert confstore("init", *["--journal"] * is_journaled, "-s", url).code == 0
    (tmp_path / "many.json").write_text(json.dumps(MANY), encoding="utf-8")
    with holding_proxy(dynamodb_local, held, is_applied=is_applied) as proxy:
        held_url = f"dynamodb://{table}/prod?endpoint_url={proxy.url}"
        process = subprocess.Popen(
            **program("import", "many.json", "-s", held_url, environment=environment),
            cwd=tmp_path,
            stderr=subprocess.PIPE,
            text=True,
        )
        with process:
            assert proxy.held.wait(PATIENCE_S)
            process.send_signal(signal_)
            said = process.communicate(timeout=PATIENCE_S)[1]
    assert process.returncode == CODES[signal_], said
    if signal_ is signal.SIGINT:
        assert said.startswith(f"stopped after {options} of 200 changes")
        assert said.endswith("running it again makes the rest\nconfstore: interrupted\n")
    with closing(DynamoDBStore(dynamodb_client, table, "prod")) as store:
        there = dict(store.items())
        in_doubt = (99 if is_journaled else 1) if is_applied else 0
        assert len(there) == options + in_doubt
        assert_whole(there)
        ran = confstore("import", "many.json", "-s", url)
        assert f"{200 - len(there)} written, {len(there)} equal" in ran.stderr
        assert is_same(dict(store.items()), MANY)
