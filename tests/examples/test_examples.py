"""The programs of `examples/`, on each backend by `CONFSTORE_URL` alone, and with a wrong URL."""

from __future__ import annotations

import contextlib
import io
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from confstore import LocalKeys, Secret, open_config, open_store
from examples import service
from examples.fastapi_app import app
from examples.worker import worker
from preloaded import preloaded

EXAMPLES = Path(service.__file__).parent
PROGRAMS = ("service.py", "fastapi_app/app.py", "worker/worker.py")

UPLOADS = {
    "db": {"host": "db.test", "port": 1},
    "uploads": {"limit": 1},
    "secret-key": {"secret-key": "CANARY"},
}
SHOP = {"shop": {"is_open": True}, "shipping": {"price": 7, "free_from": 50}}
MAIL = {"mail": {"sender": "shop@test"}}


def run(program: str, **env: str) -> subprocess.CompletedProcess[str]:
    """A whole run of a program, with nothing to read."""
    inherited = {name: value for name, value in os.environ.items() if name != "CONFSTORE_URL"}
    path = str(EXAMPLES / program)

    def main() -> None:
        # As for any program.
        sys.path.insert(0, str(Path(path).parent))
        runpy.run_path(path, run_name="__main__")

    return subprocess.run(
        **preloaded(main, [path], inherited | env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


# -- the same program on each backend ----------------------------------------------------------


def test_service(use_store: Callable[..., str], capsys: pytest.CaptureFixture[str]) -> None:
    """The URL alone moves the service."""
    use_store(UPLOADS)
    service.main()
    first, second, third, _ = capsys.readouterr().out.splitlines()
    assert first == "database at db.test:1"
    assert second.startswith("upload 1 accepted, receipt ")
    assert third == "upload 2 refused: ada has reached the limit of 1 uploads"


def test_service_on_layers(
    dynamodb_url: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The URL alone puts the environment over a file over a table."""
    url = dynamodb_url(f"examples-{uuid.uuid4().hex}")
    with closing(open_store(url, purpose="create")) as store:
        for option, values in UPLOADS.items():
            store.set(option, values)
    layers = f"env:APP_ file:{tmp_path}/dev.json?optional {url}"
    monkeypatch.setenv("APP_UPLOADS__LIMIT", "2")
    lines = run("service.py", CONFSTORE_URL=layers).stdout.splitlines()
    assert lines[0] == "database at db.test:1"
    assert lines[2].startswith("upload 2 accepted")
    assert lines[3] == "upload 3 refused: ada has reached the limit of 2 uploads"
    (tmp_path / "dev.json").write_text('{"db": {"host": "localhost"}}')
    assert run("service.py", CONFSTORE_URL=layers).stdout.startswith("database at localhost:1\n")
    monkeypatch.setenv("APP_UPLOADS__LIMIT", "CANARY")
    answer = run("service.py", CONFSTORE_URL=layers)
    assert answer.returncode == 1
    assert "the text of the variable APP_UPLOADS__LIMIT is not what is expected" in answer.stderr
    assert "CANARY" not in answer.stderr


def test_service_on_a_sealed_file(tmp_path: Path) -> None:
    """The URL names the key of the database's password; the file has no plaintext."""
    (tmp_path / "key").write_text(LocalKeys.generate().text)
    (tmp_path / "key").chmod(0o600)
    url = f"file:{tmp_path}/prod.json?secrets=local:{tmp_path}/key"
    with closing(open_store(url)) as store:
        for option, values in UPLOADS.items():
            store.set(option, values)
        store.update("db", {"password": Secret("CANARY")})
        store.update("secret-key", {"secret-key": "key"})
    assert "CANARY" not in (tmp_path / "prod.json").read_text()
    with open_config(url, schema=service.Settings) as config:
        assert service.UploadService(config).dsn() == "mongodb://uploads:CANARY@db.test:1"
        assert "CANARY" not in repr(config.current)
    ran = run("service.py", CONFSTORE_URL=url)
    assert (ran.stderr, ran.returncode) == ("", 0)


def test_fastapi_app(use_store: Callable[..., str]) -> None:
    """The URL alone moves the application; after a reload it shows what was written."""
    url = use_store(SHOP)
    with open_config(schema=app.Settings) as config, closing(open_store(url)) as store:
        client = TestClient(app.create_app(config))
        assert client.get("/shipping/10").json() == {"price": 7}
        store.update("shop", {"is_open": False})
        config.reload()
        assert client.get("/shipping/10").status_code == 503


def test_worker(
    use_store: Callable[..., str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The URL alone moves the worker."""
    use_store(MAIL)
    monkeypatch.setattr(sys, "stdin", io.StringIO("one\ntwo\n"))
    worker.main()
    assert capsys.readouterr().out.splitlines() == ["shop@test > one", "shop@test > two"]


# -- as processes ------------------------------------------------------------------------------


@pytest.mark.slow("starts a program")
def test_service_by_default() -> None:
    """Without a word of configuration it reads the JSON file beside it."""
    env = {name: value for name, value in os.environ.items() if name != "CONFSTORE_URL"}
    command = [sys.executable, EXAMPLES / "service.py"]
    answer = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout.splitlines()[0] == "database at localhost:27017"
    assert "upload 3 refused: ada has reached the limit of 2 uploads" in answer.stdout


@contextlib.contextmanager
def serving(port: int, **env: str) -> Iterator[subprocess.Popen[bytes]]:
    """The FastAPI application on uvicorn, until the end of the block."""
    process = subprocess.Popen(
        [sys.executable, EXAMPLES / "fastapi_app/app.py"],
        env={**os.environ, "PORT": str(port), **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def get(port: int, path: str) -> Any:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as reply:
        return json.load(reply)


@pytest.mark.slow("starts uvicorn, and edits a file that it looks at every second")
def test_uvicorn_follows_its_file(tmp_path: Path) -> None:
    """A server on a file shows an edit, and ends at SIGTERM without a traceback."""
    file = tmp_path / "prod.json"
    file.write_text(json.dumps(SHOP), encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with serving(port, CONFSTORE_URL=f"file:{file}") as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, b"")
        assert any(b"Uvicorn running" in line for line in lines)
        assert get(port, "/shipping/10") == {"price": 7}
        version = get(port, "/health")["version"]
        changed = {**SHOP, "shipping": {"price": 9, "free_from": 50}}
        # As an editor does: nobody reads half of it.
        (tmp_path / "new").write_text(json.dumps(changed), encoding="utf-8")
        (tmp_path / "new").replace(file)
        while get(port, "/health")["version"] == version:
            assert process.poll() is None
        assert get(port, "/shipping/10") == {"price": 9}
        process.send_signal(signal.SIGTERM)
        rest = b"".join(lines)
        assert b"Traceback" not in rest
        process.wait(30)


@pytest.mark.slow("starts a program on a file that it looks at every second")
def test_worker_follows_its_file(tmp_path: Path) -> None:
    """A running worker takes the new sender for its next job, and says that it changed."""
    file = tmp_path / "prod.json"
    file.write_text(json.dumps(MAIL), encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, EXAMPLES / "worker/worker.py"],
        env={**os.environ, "CONFSTORE_URL": f"file:{file}"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None

        def sent(job: str) -> str:
            process.stdin.write(f"{job}\n")  # type: ignore[union-attr]  # just seen
            process.stdin.flush()  # type: ignore[union-attr]
            return process.stdout.readline()  # type: ignore[union-attr]

        assert sent("one") == "shop@test > one\n"
        (tmp_path / "new").write_text('{"mail": {"sender": "orders@test"}}', encoding="utf-8")
        (tmp_path / "new").replace(file)
        # The worker says so once the new snapshot is shown.
        assert process.stderr.readline() == "worker: option 'mail' changed\n"
        assert sent("two") == "orders@test > two\n"
        process.stdin.close()
        assert process.wait(30) == 0


# -- a wrong URL -------------------------------------------------------------------------------


def one_line(program: str, url: str) -> str:
    """The only line that a program prints to say that it cannot start."""
    answer = run(program, CONFSTORE_URL=url)
    assert answer.returncode == 1
    assert answer.stdout == ""
    name = "fastapi_app" if program.startswith("fastapi") else Path(program).stem
    assert answer.stderr.startswith(f"{name}: ")
    assert answer.stderr.count("\n") == 1, answer.stderr
    return answer.stderr


@pytest.mark.slow("starts a program, which imports boto3")
@pytest.mark.parametrize("program", PROGRAMS)
def test_typo_in_the_table(
    program: str, dynamodb_url: Callable[[str], str], dynamodb_client: Any
) -> None:
    """One line names the table that was meant, and no table is made."""
    table = f"config-{uuid.uuid4().hex}"
    open_store(dynamodb_url(table), purpose="create").close()
    typo = table.replace("config", "confgi")
    said = one_line(program, dynamodb_url(typo))
    assert f"the table {typo!r} does not exist at http://" in said
    assert f"did you mean {table!r}?" in said
    assert typo not in dynamodb_client.list_tables()["TableNames"]


@pytest.mark.slow("starts a program")
@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("file:{folder}/prd.json", "did you mean 'prod.json'?"),
        ("file:{folder}/shop.json", "correct its path, or make the file"),
        ("file:{folder}/no/prod.json", "correct its path, or make the folder"),
        ("dynamo://config/prod", "did you mean 'dynamodb'?"),
        ("{folder}/prod.json", "it starts with a scheme, as in file:/"),
        ("file:{folder}/prod.json", "is missing"),
    ],
)
def test_wrong_url(program: str, url: str, advice: str, tmp_path: Path) -> None:
    """One line says what to do: for an absent file, an unknown scheme, options that do not fit."""
    (tmp_path / "prod.json").write_text("{}", encoding="utf-8")
    assert advice in one_line(program, url.format(folder=tmp_path))


@pytest.mark.slow("starts a program")
def test_broken_file(tmp_path: Path) -> None:
    """One line with the place."""
    (tmp_path / "prod.json").write_text('{\n  "db": {"host": }\n}\n', encoding="utf-8")
    assert "prod.json:2:18:" in one_line("service.py", f"file:{tmp_path}/prod.json")
