"""Starting while the network swallows everything, with real clients of DynamoDB."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest

from confstore import TimeBasedConfigStore, open_store
from confstore.errors import StoreUnavailableError
from confstore_dynamodb import DynamoDBStore
from confstore_memory import MemoryStore

STARTUP_TIMEOUT_S = 1.5
SLACK_S = 3.0
"""What a busy machine may need besides."""

KEYS = [
    {"AttributeName": "_store", "KeyType": "HASH"},
    {"AttributeName": "_option", "KeyType": "RANGE"},
]
TABLE = {
    "TableName": "config",
    "TableStatus": "ACTIVE",
    "KeySchema": KEYS,
    "AttributeDefinitions": [
        {"AttributeName": key["AttributeName"], "AttributeType": "S"} for key in KEYS
    ],
}


@pytest.fixture(autouse=True)
def aws_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test meets the settings of whoever runs it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def black_hole() -> Iterator[str]:
    """A server that takes every connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def half_black_hole() -> Iterator[str]:
    """A server that describes its table, and answers nothing else."""
    is_over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            if not self.headers["X-Amz-Target"].endswith(".DescribeTable"):
                is_over.wait(60)
                return
            body = json.dumps({"Table": TABLE}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    is_over.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def fallback(tmp_path: Path) -> Path:
    """The last good snapshot of another day."""
    path = tmp_path / "last.json"
    store = MemoryStore("prod", {"db": {"host": "db.example"}})
    TimeBasedConfigStore(store, fallback=path).close()
    return path


@pytest.fixture
def patient_store(half_black_hole: str) -> Iterator[DynamoDBStore]:
    """A store whose client is boto3's own, which waits for minutes."""
    client = boto3.client("dynamodb", endpoint_url=half_black_hole)
    with contextlib.closing(DynamoDBStore(client, "config", "prod")) as store:
        yield store
    client.close()


def test_with_a_fallback(patient_store: DynamoDBStore, fallback: Path) -> None:
    """With a fallback the program runs within `startup_timeout`, on the last good snapshot."""
    started_s = time.monotonic()
    with TimeBasedConfigStore(
        patient_store, fallback=fallback, startup_timeout=STARTUP_TIMEOUT_S
    ) as config:
        assert time.monotonic() - started_s < STARTUP_TIMEOUT_S + SLACK_S
        assert config.db == {"host": "db.example"}
        assert config.status.is_fallback


def test_without_a_fallback(patient_store: DynamoDBStore) -> None:
    """Without one there is an error within `startup_timeout`."""
    started_s = time.monotonic()
    with pytest.raises(StoreUnavailableError, match=r"no answer within 1\.5 s"):
        TimeBasedConfigStore(patient_store, startup_timeout=STARTUP_TIMEOUT_S)
    assert STARTUP_TIMEOUT_S <= time.monotonic() - started_s < STARTUP_TIMEOUT_S + SLACK_S


@pytest.mark.slow("waits until the connection times out, twice")
def test_client_of_ours(black_hole: str, fallback: Path, report: Any) -> None:
    """A client of ours gives up in seconds, so that opening the store is bounded, too."""
    started_s = time.monotonic()
    store = open_store(f"dynamodb://config/prod?endpoint_url={black_hole}")
    opened_s = time.monotonic() - started_s
    report(f"opening a store behind a black hole was given up after {opened_s:.1f} s")
    assert opened_s < 20
    started_s = time.monotonic()
    with TimeBasedConfigStore(
        store, fallback=fallback, startup_timeout=STARTUP_TIMEOUT_S
    ) as config:
        assert time.monotonic() - started_s < STARTUP_TIMEOUT_S + SLACK_S
        assert config.db == {"host": "db.example"}
    store.close()
