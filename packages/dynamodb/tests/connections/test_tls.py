"""TLS: who cannot say who he is is asked nothing, and is not asked again."""

from __future__ import annotations

import json
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import certifi
import pytest
import trustme

from confstore.errors import StoreUnavailableError
from confstore_dynamodb.errors import AWSSettingsError

from ..raw_server import RawServer, Say, reply_of, say
from .ways import OURS, connections_before, opened

ITEM = {"_store": {"S": "prod"}, "_option": {"S": "db"}, "port": {"N": "1"}}
GOOD = reply_of(json.dumps({"Item": ITEM}).encode())


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """An authority that the environment names."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "authority.pem"))
    return authority


@pytest.fixture
def serve() -> Iterator[Callable[[trustme.LeafCert], RawServer]]:
    """Start a server that has a certificate."""
    servers: list[RawServer] = []

    def start(certificate: trustme.LeafCert) -> RawServer:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(tls)
        server = RawServer(tls).__enter__()
        servers.append(server)
        server.answer("GetItem", say(GOOD))
        return server

    yield start
    for server in servers:
        server.__exit__()


Serve = Callable[[trustme.LeafCert], RawServer]


def assert_refused(server: RawServer, way: str) -> None:
    """Nothing is sent, and one connection is made by each call."""
    with opened(way, server.url) as store:
        made = server.connections
        with pytest.raises(StoreUnavailableError, match="SSLError"):
            store.get("db")
        assert server.connections == made + 1
    assert server.requests == []


@pytest.mark.parametrize("way", OURS)
def test_trusted_server(authority: trustme.CA, serve: Serve, way: str) -> None:
    """A server that the environment's bundle knows is asked, over one connection."""
    server = serve(authority.issue_cert("127.0.0.1"))
    with opened(way, server.url) as store:
        assert [store.get("db") for _ in range(5)] == [{"port": 1}] * 5
    assert server.connections == 1 + connections_before(way)


@pytest.mark.parametrize("way", OURS)
def test_long_request_and_reply(authority: trustme.CA, serve: Serve, way: str) -> None:
    """Many records of TLS make one request, and one reply."""
    server = serve(authority.issue_cert("127.0.0.1"))
    text = "x" * 300_000
    item = {**ITEM, "text": {"S": text}}
    server.answer(
        "GetItem", say(reply_of(b"{}")), say(reply_of(json.dumps({"Item": item}).encode()))
    )
    server.answer("PutItem", say(reply_of(b"{}")))
    with opened(way, server.url) as store:
        store.set("db", {"text": text})
        assert store.get("db") == {"port": 1, "text": text}
    assert server.connections == 1 + connections_before(way)


@pytest.mark.parametrize("way", OURS)
def test_few_bytes_at_a_time(
    authority: trustme.CA, serve: Serve, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """A handshake and a reply may come in any pieces."""
    monkeypatch.setattr("confstore_dynamodb._connections.on_loop.tls._RECORD_B", 7)
    server = serve(authority.issue_cert("127.0.0.1"))
    with opened(way, server.url) as store:
        assert [store.get("db") for _ in range(2)] == [{"port": 1}] * 2
    assert server.connections == 1 + connections_before(way)


@pytest.mark.parametrize("way", OURS)
def test_unknown_authority(authority: trustme.CA, serve: Serve, way: str) -> None:
    """A certificate of another authority is none."""
    assert_refused(serve(trustme.CA().issue_cert("127.0.0.1")), way)


@pytest.mark.parametrize("way", OURS)
def test_other_host(authority: trustme.CA, serve: Serve, way: str) -> None:
    """A certificate for another host is none."""
    assert_refused(serve(authority.issue_cert("dynamodb.test")), way)


@pytest.mark.parametrize("way", OURS)
def test_expired_certificate(authority: trustme.CA, serve: Serve, way: str) -> None:
    """A certificate that has expired is none."""
    yesterday = datetime.now(UTC) - timedelta(days=1)
    assert_refused(serve(authority.issue_cert("127.0.0.1", not_after=yesterday)), way)


@pytest.mark.parametrize("way", OURS)
def test_default_trust(
    authority: trustme.CA, serve: Serve, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a bundle in the environment the usual authorities are trusted, and no other."""
    monkeypatch.delenv("AWS_CA_BUNDLE")
    assert_refused(serve(authority.issue_cert("127.0.0.1")), way)


@pytest.mark.parametrize("way", OURS)
def test_bundle_of_botocore(
    authority: trustme.CA, serve: Serve, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where certifi is not installed, botocore's own bundle is trusted."""
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.delenv("AWS_CA_BUNDLE")
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "certifi" else find(name)
    )
    assert_refused(serve(authority.issue_cert("127.0.0.1")), way)


@pytest.mark.parametrize("way", OURS)
def test_no_bundle(serve: Serve, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no bundle at all, nobody is trusted."""
    import importlib.util

    server = serve(trustme.CA().issue_cert("127.0.0.1"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(AWSSettingsError, match="AWS_CA_BUNDLE"), opened(way, server.url):
        pass


@pytest.mark.parametrize("way", OURS)
def test_bundle_for_python(
    authority: trustme.CA, serve: Serve, way: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As for botocore, the variable of Python's HTTP clients counts where AWS's is not set."""
    monkeypatch.delenv("AWS_CA_BUNDLE")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "authority.pem"))
    with opened(way, serve(authority.issue_cert("127.0.0.1")).url) as store:
        assert store.get("db") == {"port": 1}


@pytest.mark.parametrize("way", OURS)
def test_missing_bundle(
    serve: Serve, way: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A bundle that is not there is a setting to correct."""
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "absent.pem"))
    server = serve(trustme.CA().issue_cert("127.0.0.1"))
    with pytest.raises(AWSSettingsError, match="AWS_CA_BUNDLE"), opened(way, server.url):
        pass
    assert server.requests == []


@contextmanager
def plain_server(answer: bytes, port: int = 0) -> Iterator[str]:
    """A server that answers the first bytes of TLS without TLS, or not at all."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        is_over = threading.Event()

        def serve() -> None:
            while True:
                connection, _ = listener.accept()
                with connection:
                    if is_over.is_set():
                        return
                    connection.recv(1)
                    connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        port = listener.getsockname()[1]
        yield f"https://127.0.0.1:{port}"
        is_over.set()
        socket.create_connection(("127.0.0.1", port)).close()
        thread.join()


PLAIN = {"plain": b"HTTP/1.1 400 Bad Request\r\n\r\n", "closed": b""}


@pytest.mark.parametrize("way", OURS)
@pytest.mark.parametrize("answer", PLAIN.values(), ids=PLAIN)
def test_server_without_tls(answer: bytes, way: str) -> None:
    """A server that does not speak TLS has no usable reply."""
    with (
        plain_server(answer) as url,
        opened(way, url) as store,
        pytest.raises(StoreUnavailableError),
    ):
        store.get("db")


# ---------------------------------------------------------------- once it was trusted


def forged(_: RawServer, connection: socket.socket) -> None:
    """Send a reply without the keys of the connection, as somebody on the way could."""
    os.write(connection.fileno(), GOOD)


def ended(_: RawServer, connection: socket.socket) -> None:
    """Say that nothing more is sent, and leave the connection open."""
    connection.setblocking(False)
    assert isinstance(connection, ssl.SSLSocket)
    with suppress(ssl.SSLWantReadError):
        connection.unwrap()
    connection.setblocking(True)


def last(server: RawServer, connection: socket.socket) -> None:
    """Reply, and end."""
    say(GOOD)(server, connection)
    ended(server, connection)


@pytest.mark.parametrize("way", OURS)
@pytest.mark.parametrize(
    ("act", "error"),
    [(forged, "SSLError"), (ended, "ConnectionClosedError")],
    ids=["forged", "ended"],
)
def test_broken_connection(
    authority: trustme.CA, serve: Serve, way: str, act: Say, error: str
) -> None:
    """What is not encrypted for this connection is no reply, and neither is the end of it."""
    server = serve(authority.issue_cert("127.0.0.1"))
    server.answer("GetItem", act)
    with opened(way, server.url) as store, pytest.raises(StoreUnavailableError, match=error):
        store.get("db")
    assert server.requests.count("GetItem") == 3
    server.answer("GetItem", act, say(GOOD))
    with opened(way, server.url) as store:
        assert store.get("db") == {"port": 1}


@pytest.mark.parametrize("way", OURS)
def test_last_reply_of_a_connection(authority: trustme.CA, serve: Serve, way: str) -> None:
    """A reply counts though the other side ends; the next one comes over another connection."""
    server = serve(authority.issue_cert("127.0.0.1"))
    server.answer("GetItem", last, say(GOOD))
    with opened(way, server.url) as store:
        made = server.connections
        assert [store.get("db") for _ in range(3)] == [{"port": 1}] * 3
        assert server.connections == made + 1 + connections_before(way)


@pytest.mark.parametrize("way", OURS)
def test_reply_in_many_records(authority: trustme.CA, serve: Serve, way: str) -> None:
    """A reply may come in as many records as it has bytes."""
    server = serve(authority.issue_cert("127.0.0.1"))
    server.answer("GetItem", say(*[GOOD[at : at + 1] for at in range(len(GOOD))]))
    with opened(way, server.url) as store:
        assert [store.get("db") for _ in range(3)] == [{"port": 1}] * 3
    assert server.connections == 1 + connections_before(way)


def test_bundles_are_where_they_are_looked_for() -> None:
    """Both packages keep their bundle beside their code."""
    import botocore

    for package in (certifi, botocore):
        assert (Path(package.__file__).parent / "cacert.pem").is_file()
