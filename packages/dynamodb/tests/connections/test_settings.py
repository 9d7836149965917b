"""A client of ours uses the proxies, certificates and roles that the environment names."""

from __future__ import annotations

import asyncio
import http.client
import ssl
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import trustme

from confstore import aio, diagnose
from confstore.errors import AccessDeniedError, StoreUnavailableError
from confstore_dynamodb import open_url
from confstore_dynamodb.errors import AWSSettingsError

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


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_requests_go_through_a_proxy(proxy: Loopback, scheme: str) -> None:
    """All requests share one connection to the proxy, which is a tunnel for TLS."""
    url = f"dynamodb://config/prod?endpoint_url={scheme}://dynamodb.test/"
    with closing(open_url(url)) as store:
        for _ in range(3):
            assert store.get("db") == {"port": 1}
    tunnels = ["CONNECT dynamodb.test:443"] if scheme == "https" else []
    assert proxy.requests == [*tunnels, "DescribeTable", "GetItem", "GetItem", "GetItem"]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_reads_of_coroutines_go_through_a_proxy(proxy: Loopback, scheme: str) -> None:
    """A loop knows no proxies: botocore makes its reads, in threads."""

    async def use() -> None:
        url = f"dynamodb://config/prod?endpoint_url={scheme}://dynamodb.test/"
        async with aio.open_store(url) as store:
            assert await store.get("db") == {"port": 1}

    asyncio.run(use())
    tunnels = ["CONNECT dynamodb.test:443"] if scheme == "https" else []
    assert proxy.requests == [*tunnels, "DescribeTable", "GetItem"]


def test_server_with_a_wrong_certificate(proxy: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent to a server that cannot say who it is."""
    monkeypatch.delenv("AWS_CA_BUNDLE")
    pieces: list[bytes] = []
    send = http.client.HTTPConnection.send

    def sending(self: http.client.HTTPConnection, data: Any) -> None:
        pieces.append(data)
        send(self, data)

    monkeypatch.setattr(http.client.HTTPConnection, "send", sending)
    with (
        closing(open_url("dynamodb://config/prod?endpoint_url=https://dynamodb.test/")) as store,
        pytest.raises(StoreUnavailableError, match="SSL"),
    ):
        store.get("db")
    assert not any(b"POST" in piece for piece in pieces)


def test_client_assumes_a_role(
    loopback: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A profile may name a role, which the session of a client of ours assumes."""
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


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("AccessDenied", 403, AccessDeniedError),
        ("ExpiredToken", 400, AccessDeniedError),
        ("IDPCommunicationError", 400, StoreUnavailableError),
    ],
)
def test_role_that_is_refused(
    loopback: Loopback,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    status: int,
    expected: type[Exception],
) -> None:
    """A refusal by STS names STS and the role, for the store and for doctor."""
    (tmp_path / "token").write_text("a.b.c")
    role = "arn:aws:iam::000000000000:role/operator"
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(variable)
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", loopback.url)
    monkeypatch.setenv("AWS_ROLE_ARN", role)
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
    # Older versions of botocore try again for longer than credentials are waited for.
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    page = f"<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>".encode()
    refusal = loopback.page(page, status=status, kind="text/xml")
    loopback.answer("AssumeRoleWithWebIdentity", refusal)
    url = f"dynamodb://config/prod?endpoint_url={loopback.url}"
    with pytest.raises(expected, match="AWS STS") as caught:
        open_url(url, purpose="read").get("db")
    findings = list(diagnose(url))
    assert "AWS STS" in repr(findings)
    assert "HTTPS_PROXY" not in repr(findings)
    if expected is AccessDeniedError:
        assert role in str(caught.value)
        assert findings[-1].check == "credentials"


NO_TOKEN = "role_arn = arn:aws:iam::000000000000:role/a\nweb_identity_token_file = /no/such/token\n"
NO_SIGN_IN = """
sso_start_url = https://example.test
sso_region = eu-west-1
sso_account_id = 000000000000
sso_role_name = reader
"""


@pytest.mark.parametrize(
    ("config", "check", "text"),
    [
        (NO_TOKEN, "settings", "AWS_WEB_IDENTITY_TOKEN_FILE"),
        (NO_SIGN_IN, "credentials", "sign in again"),
    ],
    ids=["token file", "sign-in"],
)
def test_doctor_blames_the_settings(
    loopback: Loopback,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    config: str,
    check: str,
    text: str,
) -> None:
    """Doctor names wrong settings and a missing sign-in, and says that nothing was asked."""
    (tmp_path / "config").write_text(f"[default]\n{config}")
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(variable)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    findings = {
        one.check: one for one in diagnose(f"dynamodb://config/prod?endpoint_url={loopback.url}")
    }
    assert findings["endpoint"].is_ok is None
    assert "was not asked" in findings["endpoint"].text
    assert findings[check].is_ok is False
    assert text in findings[check].text + findings[check].advice
    assert loopback.requests == []


@pytest.mark.parametrize(
    ("variable", "text", "named"),
    [
        ("AWS_DEFAULTS_MODE", "nothing", "AWS_DEFAULTS_MODE"),
        ("AWS_REQUEST_CHECKSUM_CALCULATION", "nothing", "AWS_REQUEST_CHECKSUM_CALCULATION"),
        ("HTTPS_PROXY", "::::", "HTTPS_PROXY"),
    ],
)
def test_wrong_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str, named: str
) -> None:
    """A variable that botocore cannot read is an error of settings, which names it."""
    monkeypatch.setenv(variable, text)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with (
        pytest.raises(AWSSettingsError, match=f"correct {named}"),
        closing(open_url("dynamodb://config/prod")) as store,
    ):
        store.get("db")


def test_credential_process_that_prints_no_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The advice is to look at the program, and not at the endpoint."""
    (tmp_path / "config").write_text("[default]\ncredential_process = echo hello\n")
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(variable)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    with pytest.raises(AWSSettingsError, match="run credential_process"):
        open_url("dynamodb://config/prod?region=eu-west-1")
