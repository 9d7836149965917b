"""Under gunicorn with --preload the workers are forks of a process that has read already."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from confstore import open_store

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="gunicorn needs fork")

WORKERS = 4
TIMEOUT_S = 60

APPLICATION = """
import json, os
from confstore import TimeBasedConfigStore, open_store

# At import: with --preload this is the parent of all workers.
loaded_by = os.getpid()
config = TimeBasedConfigStore(open_store(), update_interval=0.2)

def application(environ, start_response):
    status = config.status
    answer = {
        "pid": os.getpid(),
        "loaded_by": loaded_by,
        "limit": config.uploads["limit"],
        "failures": status.consecutive_failures,
        "last_error": status.last_error,
    }
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(answer).encode()]
"""


@contextlib.contextmanager
def running(folder: Path, env: dict[str, str]) -> Iterator[tuple[str, Path]]:
    """Gunicorn on a free loopback port, from its start to its end, and its log."""
    (folder / "app.py").write_text(APPLICATION)
    log = folder / "log"
    # The socket is ours, so nobody else can take its port.
    with socket.create_server(("127.0.0.1", 0)) as listener, log.open("wb") as output:
        command = [sys.executable, "-m", "gunicorn", "--preload", "--workers", str(WORKERS)]
        command += ["--bind", f"fd://{listener.fileno()}", "--graceful-timeout", "5"]
        # gunicorn's control socket would lie in the home folder.
        command += ["--no-control-socket"] if has_control_socket() else []
        process = subprocess.Popen(
            [*command, "app:application"],
            cwd=folder,
            env=env,
            pass_fds=[listener.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/", log
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        assert process.returncode == 0


def has_control_socket() -> bool:
    """Whether this gunicorn opens a control socket unless it is told not to."""
    answer = subprocess.run(
        [sys.executable, "-m", "gunicorn", "--help"],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=True,
    )
    return "--no-control-socket" in answer.stdout


def ask(url: str) -> Any:
    """One worker's answer, from a connection of its own."""
    with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:
        return json.load(answer)


def ask_until(url: str, is_enough: Callable[[dict[int, Any]], bool]) -> dict[int, Any]:
    """The last answer of each worker, once they are enough."""
    answers: dict[int, Any] = {}
    give_up_s = time.monotonic() + TIMEOUT_S
    while not is_enough(answers):
        assert time.monotonic() < give_up_s, answers
        answer = ask(url)
        answers[answer["pid"]] = answer
    return answers


@pytest.mark.slow("starts gunicorn with 4 workers")
def test_every_worker_refreshes(dynamodb_local: str, tmp_path: Path, monkeypatch: Any) -> None:
    """All four workers serve what was loaded before the fork, and each sees a later write."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    url = f"dynamodb://Test-{uuid.uuid4().hex}/prod?endpoint_url={dynamodb_local}"
    store = open_store(url, purpose="create")
    store.set("uploads", {"limit": 100})
    with running(tmp_path, {**os.environ, "CONFSTORE_URL": url}) as (server, log):
        try:
            answers = ask_until(server, lambda answers: len(answers) == WORKERS)
            assert {answer["limit"] for answer in answers.values()} == {100}
            (parent,) = {answer["loaded_by"] for answer in answers.values()}
            assert parent not in answers
            store.set("uploads", {"limit": 200})
            answers = ask_until(
                server,
                lambda answers: [answer["limit"] for answer in answers.values()] == [200] * WORKERS,
            )
            assert {answer["failures"] for answer in answers.values()} == {0}
            assert {answer["last_error"] for answer in answers.values()} == {None}
        except BaseException:
            print(log.read_text(errors="replace"))  # noqa: T201 (what the server said of it)
            raise
    store.close()
