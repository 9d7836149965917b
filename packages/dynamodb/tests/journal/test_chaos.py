"""
Commits over a network that loses, delays, doubles and cancels at random.

A proxy stands before DynamoDB Local. What it does is drawn from a seed; CHAOS_SEED tries another.
"""

from __future__ import annotations

import json
import os
import queue
import random
import socket
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config

from confstore import Change
from confstore.errors import (
    OptionNotFoundError,
    StoreUnavailableError,
    VersionConflictError,
)
from confstore_dynamodb import DynamoDBStore
from effort import at_length

SEED = int(os.environ.get("CHAOS_SEED", "4"))
WRITERS = 3
COMMITS = at_length(2_000, short=200)
OPTIONS = [f"option-{number}" for number in range(12)]

JSON = "application/x-amz-json-1.0"
CANCELLATIONS = (
    "ConditionalCheckFailed",
    "ProvisionedThroughputExceeded",
    "ThrottlingError",
    "TransactionConflict",
)
REFUSALS = ("InternalServerError", "ThrottlingException", "TransactionInProgressException")


class Chaos:
    """
    The proxy, as a context manager.

    Attributes:
        done: What was done, and how often.
    """

    def __init__(self, backend: str, seed: int) -> None:
        self.done: Counter[str] = Counter()
        self.is_calm = False
        self._address = urlsplit(backend).netloc
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._late: list[tuple[int, bytes, dict[str, str]]] = []
        self._requests = 0
        self._free: queue.SimpleQueue[HTTPConnection] = queue.SimpleQueue()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer._serve(self, body)

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Chaos:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        while not self._free.empty():
            self._free.get().close()

    def calm(self) -> None:
        """Let what is late arrive, and from now on everything."""
        self.is_calm = True
        with self._lock:
            late, self._late = self._late, []
        for _, body, headers in late:
            self._send(body, headers)

    def _serve(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        names = ("Authorization", "Content-Type", "X-Amz-Date", "X-Amz-Target")
        headers = {name: handler.headers[name] for name in names}
        is_write = headers["X-Amz-Target"].endswith("TransactWriteItems")
        self._deliver_late()
        action = self._drawn(is_write)
        self.done[f"{'write' if is_write else 'read'} {action}"] += 1
        if action == "drop request":
            return self._hang_up(handler)
        if action == "delay":
            with self._lock:
                due = self._requests + self._random.randint(1, 30)
                self._late.append((due, _with_new_token(body), headers))
            return self._hang_up(handler)
        if action == "cancel":
            return self._answer(handler, 400, self._cancellation(body))
        if action == "refuse":
            code = self._choice(REFUSALS)
            return self._answer(
                handler, 500 if code == "InternalServerError" else 400, _error(code)
            )
        status, reply = self._send(body, headers)
        if action == "drop reply":
            return self._hang_up(handler)
        if action == "cancel after":
            return self._answer(handler, 400, self._cancellation(body))
        if action == "double":
            with self._lock:
                due = self._requests + self._random.randint(0, 30)
                self._late.append((due, _with_new_token(body), headers))
        return self._answer(handler, status, reply)

    def _drawn(self, is_write: bool) -> str:
        with self._lock:
            self._requests += 1
            if self.is_calm:
                return "pass"
            if is_write:
                weights = {
                    "drop request": 5, "drop reply": 5, "delay": 5, "cancel": 5, "refuse": 4,
                    "cancel after": 3, "double": 8, "pass": 65,
                }  # fmt: skip
            else:
                weights = {"drop request": 2, "drop reply": 2, "pass": 96}
            (action,) = self._random.choices(list(weights), list(weights.values()))
            return action

    def _choice(self, codes: tuple[str, ...]) -> str:
        with self._lock:
            return self._random.choice(codes)

    def _cancellation(self, body: bytes) -> bytes:
        parts = len(json.loads(body)["TransactItems"])
        reasons = [{"Code": "None"} for _ in range(parts)]
        reasons[-1] = {"Code": self._choice(CANCELLATIONS), "Message": "no"}
        return _error("TransactionCanceledException", CancellationReasons=reasons)

    def _deliver_late(self) -> None:
        with self._lock:
            due = [entry for entry in self._late if entry[0] <= self._requests]
            self._late = [entry for entry in self._late if entry[0] > self._requests]
        for _, body, headers in due:
            status, _ = self._send(body, headers)
            self.done["late applied" if status == 200 else "late refused"] += 1

    def _send(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        """Pass a request on, over a connection that is free."""
        try:
            connection = self._free.get_nowait()
        except queue.Empty:
            connection = HTTPConnection(self._address)
            connection.connect()
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.request("POST", "/", body, headers)
        answer = connection.getresponse()
        reply = answer.read()
        self._free.put(connection)
        return answer.status, reply

    def _answer(self, handler: BaseHTTPRequestHandler, status: int, reply: bytes) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", JSON)
        handler.send_header("Content-Length", str(len(reply)))
        handler.end_headers()
        handler.wfile.write(reply)
        handler.wfile.flush()

    def _hang_up(self, handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.connection.shutdown(socket.SHUT_RDWR)


def _error(code: str, **members: Any) -> bytes:
    kind = f"com.amazonaws.dynamodb.v20120810#{code}"
    return json.dumps({"__type": kind, "message": "no", **members}).encode()


def _with_new_token(body: bytes) -> bytes:
    """The request as DynamoDB takes it after ten minutes, when it has forgotten its token."""
    request = json.loads(body)
    if "ClientRequestToken" in request:
        request["ClientRequestToken"] = uuid.uuid4().hex
    return json.dumps(request).encode()


class Writer:
    """
    One of the programs that write at once.

    Attributes:
        acknowledged: The marks of the commits that were said to have been made, and the version.
        refused: Those that were said not to have been made.
        unknown: Those of which nobody knew.
    """

    def __init__(self, number: int, url: str, table: str) -> None:
        self.number = number
        self._count = 0
        self.acknowledged: dict[str, int | None] = {}
        self.refused: set[str] = set()
        self.unknown: set[str] = set()
        self._random = random.Random(SEED * 100 + number)
        retries = {"mode": "standard", "total_max_attempts": 2 if number % 2 else 1}
        config = Config(connect_timeout=5, read_timeout=10, retries=retries)  # type: ignore[arg-type]
        self.client = boto3.client("dynamodb", endpoint_url=url, config=config)
        self.store = DynamoDBStore(self.client, table, "prod", sleep=lambda _: None)

    def run(self, commits: int) -> None:
        """Write so many times more."""
        for _ in range(commits):
            self._count += 1
            mark = f"{self.number}-{self._count}"
            kind = self._random.choices(
                ["set", "update", "delete", "commit", "if"], [4, 3, 1, 2, 2]
            )[0]
            if kind == "delete":
                mark += " delete"
            try:
                self.acknowledged[mark] = self._write(kind, mark)
            except (OptionNotFoundError, VersionConflictError):
                self.refused.add(mark)
            except StoreUnavailableError as error:
                (self.unknown if "not known" in str(error) else self.refused).add(mark)

    def _write(self, kind: str, mark: str) -> int | None:
        *options, option = self._random.sample(OPTIONS, 3)
        if kind == "set":
            self.store.set(option, {"mark": mark})
        elif kind == "update":
            self.store.update(option, {f"key-{self.number}": mark, "mark": mark})
        elif kind == "delete":
            self.store.delete(option)
        else:
            version = self.store.version() if kind == "if" else None
            changes = [Change(name, {"mark": mark}) for name in options]
            commit = self.store.commit(
                [*changes, Change(option, None)],
                if_version=version,
                author=mark,
                comment="" if version is None else str(version),
            )
            return commit.version
        return None


def check(seen: DynamoDBStore, writers: list[Writer], checkpoint: object) -> None:
    """Compare what the writers were told with what the journal says and what the options are."""
    commits = seen.commits()
    assert [commit.version for commit in commits] == list(range(1, len(commits) + 1))
    assert len({commit.id for commit in commits}) == len(commits)
    options: dict[str, Any] = {}
    touched: dict[str, int] = {}
    made: dict[str, int] = {}
    deletes = 0
    for commit in commits:
        if commit.comment:
            # What it was conditional on has not been touched since.
            versions = [touched.get(change.option, 0) for change in commit.changes]
            assert max(versions) <= int(commit.comment)
        mark = commit.author or (commit.changes[0].values or {}).get("mark")
        if mark is None:
            deletes += 1
            # A delete applied twice would find nothing the second time.
            assert commit.changes[0].option in options
        else:
            assert mark not in made
            made[str(mark)] = commit.version
        for change in commit.changes:
            touched[change.option] = commit.version
            options.pop(change.option, None)
            if change.values is not None:
                options[change.option] = change.values
    assert options == dict(seen.items())
    poll = seen.poll(checkpoint)
    assert not poll.is_full
    assert poll.changed == options

    told = {mark: version for writer in writers for mark, version in writer.acknowledged.items()}
    refused = set().union(*(writer.refused for writer in writers))
    unknown = set().union(*(writer.unknown for writer in writers))
    assert not refused & made.keys()
    assert made.keys() <= told.keys() | unknown
    for mark, version in told.items():
        if not mark.endswith("delete"):
            assert version in {None, made[mark]}
    deleted = sum(mark.endswith("delete") for mark in told)
    assert deleted <= deletes <= deleted + sum(mark.endswith("delete") for mark in unknown)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Botocore does not wait between its own tries."""
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))


@pytest.fixture
def chaos(dynamodb_local: str) -> Iterator[Chaos]:
    """The network."""
    with Chaos(dynamodb_local, SEED) as chaos:
        yield chaos


@pytest.mark.slow("up to 2,000 commits")
def test_every_commit_is_applied_once(chaos: Chaos, dynamodb_client: Any, table: str) -> None:
    """No commit is applied twice, and none that was acknowledged is lost."""
    # No full load becomes due: the last poll reads the commits.
    seen = DynamoDBStore(dynamodb_client, table, "prod", full_reload_interval=1e9)
    with closing(seen):
        seen.enable_journal()
        checkpoint = seen.poll().checkpoint
        writers = [Writer(number, chaos.url, table) for number in range(WRITERS)]
        rounds = 0
        with ThreadPoolExecutor(WRITERS) as threads:
            while seen.version() < COMMITS:
                list(threads.map(lambda writer: writer.run(50), writers))
                rounds += 1
                assert rounds < 40, chaos.done
        chaos.calm()
        check(seen, writers, checkpoint)
    for writer in writers:
        writer.client.close()
