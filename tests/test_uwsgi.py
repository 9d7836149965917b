"""Under uWSGI the workers are forks of which Python does not know."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from confstore import open_store
from effort import at_length

UWSGI = Path(sysconfig.get_path("scripts")) / "uwsgi"

pytestmark = pytest.mark.skipif(not UWSGI.exists(), reason="there is no uWSGI here")

WORKERS = at_length(4, short=2)
OPTIONS = 20
TIMEOUT_S = 60

APPLICATION = """
import json, os
from confstore import TimeBasedConfigStore, open_store

# At import: without --lazy-apps this is the parent of all workers.
loaded_by = os.getpid()
store = open_store()
config = TimeBasedConfigStore(store, update_interval=0.2)

def application(environ, start_response):
    number = environ["PATH_INFO"].strip("/")
    answer = {
        "pid": os.getpid(),
        "loaded_by": loaded_by,
        # An attribute, which by itself notices nothing.
        "limit": config.uploads["limit"],
        "number": store.get(f"option-{number}")["number"],
    }
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(answer).encode()]
"""


@contextlib.contextmanager
def running(folder: Path, env: dict[str, str], flags: list[str]) -> Iterator[str]:
    """UWSGI on a free loopback port, from its start to its end; a failing test prints its log."""
    (folder / "app.py").write_text(APPLICATION)
    log = folder / "log"
    # The socket is ours, so nobody else can take its port.
    with socket.create_server(("127.0.0.1", 0)) as listener, log.open("wb") as output:
        command = [str(UWSGI), "--http-socket", f"fd://{listener.fileno()}", "--need-app"]
        command += ["--master", "--processes", str(WORKERS), "--wsgi-file", "app.py"]
        process = subprocess.Popen(
            [*command, "--home", sys.prefix, *flags],
            cwd=folder,
            env=env,
            pass_fds=[listener.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        except BaseException:
            print(log.read_text(errors="replace"))  # noqa: T201 (what the server said of it)
            raise
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def ask_until(url: str, is_enough: Callable[[dict[int, Any]], bool]) -> dict[int, Any]:
    """Ask with several threads; the last answer of each worker, once they are enough."""
    answers: dict[int, Any] = {}
    wrong: list[Any] = []
    give_up_s = time.monotonic() + TIMEOUT_S

    def ask(thread: int) -> None:
        number = thread
        while not is_enough(dict(answers)) and time.monotonic() < give_up_s:
            with urllib.request.urlopen(f"{url}{number}", timeout=TIMEOUT_S) as reply:
                answer = json.load(reply)
            if answer["number"] != number:
                wrong.append((number, answer))
            answers[answer["pid"]] = answer
            number = (number + WORKERS) % OPTIONS

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(WORKERS)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert wrong == []
    assert is_enough(answers), answers
    return answers


@pytest.fixture(params=["file", "dynamodb"])
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a store that is not there yet."""
    if request.param == "file":
        return f"file:{tmp_path / 'options.json'}"
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    endpoint = request.getfixturevalue("dynamodb_local")
    return f"dynamodb://Test-{uuid.uuid4().hex}/prod?endpoint_url={endpoint}"


@pytest.mark.slow("starts uWSGI with up to 4 workers")
@pytest.mark.parametrize(
    "flags",
    [[], ["--enable-threads"], ["--lazy-apps"], ["--lazy-apps", "--enable-threads"]],
    ids=" ".join,
)
def test_every_worker_refreshes_and_reads_its_own_answers(
    url: str, flags: list[str], tmp_path: Path
) -> None:
    """Each worker sees a later write by an attribute, and no worker another's reply."""
    with open_store(url, purpose="create") as store:
        store.set("uploads", {"limit": 100})
        for number in range(OPTIONS):
            store.set(f"option-{number}", {"number": number})
        with running(tmp_path, {**os.environ, "CONFSTORE_URL": url}, flags) as server:
            answers = ask_until(server, lambda answers: len(answers) == WORKERS)
            assert {answer["limit"] for answer in answers.values()} == {100}
            is_lazy = all(answer["loaded_by"] == pid for pid, answer in answers.items())
            assert is_lazy == ("--lazy-apps" in flags)
            store.set("uploads", {"limit": 200})
            ask_until(
                server,
                lambda answers: [each["limit"] for each in answers.values()] == [200] * WORKERS,
            )
