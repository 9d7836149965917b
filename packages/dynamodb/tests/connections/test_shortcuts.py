"""What a client of ours does less often than another does it."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import trustme
from botocore.exceptions import UnknownServiceError

from confstore_dynamodb import open_url
from confstore_dynamodb._connections.shortcuts import find_services_quickly

from ..conftest import description
from ..loopback import Loopback

ITEM = {"_store": {"S": "prod"}, "_option": {"S": "db"}, "port": {"N": "1"}}
CREDENTIALS = """
<AssumeRoleResponse><AssumeRoleResult><Credentials>
    <AccessKeyId>assumed</AccessKeyId>
    <SecretAccessKey>secret</SecretAccessKey>
    <SessionToken>session-of-the-role</SessionToken>
    <Expiration>2999-01-01T00:00:00Z</Expiration>
</Credentials></AssumeRoleResult></AssumeRoleResponse>
"""


@pytest.fixture
def proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    """A proxy that every request goes through, with a DynamoDB behind it."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("dynamodb.test").configure_cert(tls)
    with Loopback(tls) as proxy:
        proxy.answer("DescribeTable", proxy.json({"Table": description()}))
        proxy.answer("GetItem", proxy.json({"Item": ITEM}))
        monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "authority.pem"))
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        yield proxy


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Each piece that any client sends from now on."""
    pieces: list[bytes] = []
    send = http.client.HTTPConnection.send

    def sending(self: http.client.HTTPConnection, data: Any) -> None:
        pieces.append(data)
        send(self, data)

    monkeypatch.setattr(http.client.HTTPConnection, "send", sending)
    return pieces


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_request_leaves_in_one_piece(proxy: Loopback, sent: list[bytes], scheme: str) -> None:
    """Head and body go together, to a proxy and by TLS, on a new connection and on an old one."""
    url = f"dynamodb://config/prod?endpoint_url={scheme}://dynamodb.test/"
    with closing(open_url(url)) as store:
        for _ in range(3):
            assert store.get("db") == {"port": 1}
    tunnels = ["CONNECT dynamodb.test:443"] if scheme == "https" else []
    assert proxy.requests == [*tunnels, "DescribeTable", "GetItem", "GetItem", "GetItem"]
    assert [piece.split()[0] for piece in sent] == [b"CONNECT"] * len(tunnels) + [b"POST"] * 4
    assert all(b"\r\n\r\n{" in piece for piece in sent[len(tunnels) :])


def test_server_with_a_wrong_certificate(
    proxy: Loopback, sent: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is sent to a server that cannot say who it is."""
    monkeypatch.delenv("AWS_CA_BUNDLE")
    with (
        closing(open_url("dynamodb://config/prod?endpoint_url=https://dynamodb.test/")) as store,
        pytest.raises(Exception, match="SSL"),
    ):
        store.get("db")
    assert not any(b"POST" in piece for piece in sent)


def test_client_assumes_a_role(
    loopback: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session of a client of ours finds other services, too."""
    (tmp_path / "config").write_text(
        "[profile operator]\nrole_arn = arn:aws:iam::000000000000:role/operator\n"
        "credential_source = Environment\nregion = eu-west-1\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", loopback.url)
    tokens = []

    def item(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        tokens.append(handler.headers["X-Amz-Security-Token"])
        loopback.json({"Item": ITEM})(handler, body)

    loopback.answer("AssumeRole", loopback.page(CREDENTIALS.encode(), kind="text/xml"))
    loopback.answer("DescribeTable", loopback.json({"Table": description()}))
    loopback.answer("GetItem", item)
    url = f"dynamodb://config/prod?endpoint_url={loopback.url}&profile=operator"
    with closing(open_url(url)) as store:
        assert store.get("db") == {"port": 1}
    assert loopback.requests == ["AssumeRole", "DescribeTable", "GetItem"]
    assert tokens == ["session-of-the-role"]


def test_unknown_service() -> None:
    """A session that looks for one service still knows the others when it has to name them."""
    session = botocore.session.Session()
    find_services_quickly(session)
    with pytest.raises(UnknownServiceError, match=r"'dynamo'.*dynamodb.*sts"):
        session.create_client("dynamo")
