"""Credentials that expire are refreshed in time, once for all threads, and never for ever."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import botocore.exceptions as aws
import pytest
import trustme
from botocore.credentials import Credentials, DeferredRefreshableCredentials

from confstore.errors import AccessDeniedError, StoreUnavailableError
from confstore_dynamodb import open_url
from confstore_dynamodb._connections.refreshing_credentials import BoundedCredentials

from ..raw_server import RawServer, reply_of, say
from .sessions import with_credentials

GOOD = reply_of(json.dumps({"Item": {"_option": {"S": "db"}, "port": {"N": "1"}}}).encode())


class Clock:
    """The time, and credentials that expire by it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.refreshes = 0
        self.may_end = threading.Event()
        self.may_end.set()
        self.error: Exception | None = None

    def __call__(self) -> datetime:
        return self.now

    def go_on(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)

    def refreshed(self) -> dict[str, str]:
        self.refreshes += 1
        number = self.refreshes
        assert self.may_end.wait(60)
        if self.error is not None:
            raise self.error
        expiry = (self.now + timedelta(minutes=60)).isoformat()
        return {
            "access_key": f"key-{number}",
            "secret_key": "secret",
            "token": f"token-{number}",
            "expiry_time": expiry,
        }

    def credentials(self) -> Any:
        return DeferredRefreshableCredentials(self.refreshed, "test", time_fetcher=self)


def test_refresh_at_the_start() -> None:
    """The first key waits for the first refresh, and is kept until shortly before its end."""
    clock = Clock()
    source = BoundedCredentials(clock.credentials())
    assert (source.access_key, source.secret_key, source.token) == ("key-1", "secret", "token-1")
    assert source.account_id is None
    clock.go_on(44)
    assert source.access_key == "key-1"
    assert clock.refreshes == 1


def test_refresh_once_for_many_threads() -> None:
    """However many threads need a key at once, it is fetched once."""
    clock = Clock()
    clock.may_end.clear()
    source, keys = BoundedCredentials(clock.credentials()), []
    threads = [threading.Thread(target=lambda: keys.append(source.access_key)) for _ in range(8)]
    for thread in threads:
        thread.start()
    clock.may_end.set()
    for thread in threads:
        thread.join()
    assert (keys, clock.refreshes) == (["key-1"] * 8, 1)


def test_refresh_that_hangs() -> None:
    """Valid credentials go on meanwhile; without any the wait has a limit."""
    clock = Clock()
    source = BoundedCredentials(clock.credentials(), patience_s=0.01)
    source.get_frozen_credentials()
    clock.may_end.clear()
    clock.go_on(55)
    assert [source.access_key for _ in range(3)] == ["key-1"] * 3
    clock.go_on(10)
    for _ in range(2):
        with pytest.raises(aws.CredentialRetrievalError):
            source.get_frozen_credentials()
    assert clock.refreshes == 2
    clock.may_end.set()
    patient = BoundedCredentials(source.inner)
    assert patient.access_key in ("key-2", "key-3")


def test_refresh_that_fails() -> None:
    """A refresh that fails is an error once the older credentials have expired."""
    clock = Clock()
    source = BoundedCredentials(clock.credentials())
    source.get_frozen_credentials()
    clock.error = aws.CredentialRetrievalError(provider="test", error_msg="canary")
    clock.go_on(59)
    assert [source.access_key for _ in range(20)] == ["key-1"] * 20
    # It is not tried by every call.
    assert clock.refreshes < 20
    clock.go_on(2)
    with pytest.raises(aws.CredentialRetrievalError):
        source.get_frozen_credentials()
    clock.error = None
    assert source.access_key.startswith("key-")


def test_refresh_without_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no thread can be started, as at the end of Python, it is done at once."""

    def fail(_: threading.Thread) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    monkeypatch.setattr(threading.Thread, "start", fail)
    assert BoundedCredentials(Clock().credentials()).access_key == "key-1"


@pytest.fixture
def server() -> Iterator[RawServer]:
    """A server with one option."""
    with RawServer() as server:
        server.answer("GetItem", say(GOOD))
        yield server


def test_temporary_credentials_in_a_call(server: RawServer) -> None:
    """A store's requests are signed by whatever the credentials are now."""
    clock = Clock()
    with with_credentials(clock.credentials()):
        store = open_url(f"dynamodb://config/prod?endpoint_url={server.url}")
    with closing(store):
        store.get("db")
        assert server.heads[-1]["x-amz-security-token"] == "token-1"
        clock.go_on(61)
        store.get("db")
        assert server.heads[-1]["x-amz-security-token"] == "token-2"


def test_refusal_of_another_service(server: RawServer) -> None:
    """What a refresh raises is translated as ever."""
    clock = Clock()
    clock.error = aws.UnauthorizedSSOTokenError()
    with with_credentials(clock.credentials()), pytest.raises(AccessDeniedError, match="sign in"):
        open_url(f"dynamodb://config/prod?endpoint_url={server.url}")


def test_no_credentials(server: RawServer) -> None:
    """Without any credentials nothing is sent, and the error says what to set."""
    with with_credentials(None), pytest.raises(AccessDeniedError, match="AWS_ACCESS_KEY_ID"):
        open_url(f"dynamodb://config/prod?endpoint_url={server.url}")
    assert server.requests == []


@pytest.mark.slow("waits for credentials for ten seconds")
def test_hanging_credentials_of_a_store(server: RawServer) -> None:
    """A server of credentials that never answers costs ten seconds, and then is an error."""
    clock = Clock()
    clock.may_end.clear()
    url = f"dynamodb://config/prod?endpoint_url={server.url}"
    with with_credentials(clock.credentials()):
        store = open_url(url, purpose="read")
    with closing(store):
        with pytest.raises(StoreUnavailableError, match="CredentialRetrievalError"):
            store.version()
        clock.may_end.set()
        assert store.get("db") == {"port": 1}


def test_expiring_credentials_of_the_environment(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Credentials in the environment that say when they expire are read again before that."""
    soon = datetime.now(UTC) + timedelta(minutes=5)
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", soon.isoformat())
    with closing(open_url(f"dynamodb://config/prod?endpoint_url={server.url}")) as store:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "renewed")
        later = datetime.now(UTC) + timedelta(hours=5)
        monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", later.isoformat())
        give_up_s = time.monotonic() + 60
        # The older ones are good for five minutes, and go on until the new ones are there.
        while "Credential=renewed/" not in server.heads[-1]["authorization"]:
            assert time.monotonic() < give_up_s
            store.get("db")


class Rotating(Credentials):
    """Credentials of another account for each call."""

    accounts: list[str]

    @property
    def account_id(self) -> str:
        return self.accounts[0]

    @account_id.setter
    def account_id(self, _: object) -> None:
        """Nothing."""

    def get_frozen_credentials(self) -> Any:
        from botocore.credentials import ReadOnlyCredentials

        return ReadOnlyCredentials("local", "local", None, self.accounts[0])


def test_hosts_of_accounts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Credentials that name their account are sent to its host; few hosts are kept open."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "authority.pem"))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("*.ddb.eu-west-1.amazonaws.com").configure_cert(tls)
    monkeypatch.setenv("NO_PROXY", "*")
    resolve = socket.getaddrinfo
    accounts = [f"11112222333{number}" for number in range(6)]
    credentials = Rotating("local", "local")
    with RawServer(tls) as server:
        server.answer("GetItem", say(GOOD))

        def here(host: str, port: Any, *more: Any, **named: Any) -> Any:
            return resolve("127.0.0.1", server.port, *more, **named)

        credentials.accounts = accounts
        monkeypatch.setattr(socket, "getaddrinfo", here)
        with with_credentials(credentials):
            store = open_url("dynamodb://config/prod?region=eu-west-1", purpose="read")
        with closing(store):
            for _ in range(3):
                for account in accounts:
                    credentials.accounts = [account]
                    for _ in range(2):
                        assert store.get("db") == {"port": 1}
                    host = f"{account}.ddb.eu-west-1.amazonaws.com"
                    assert server.heads[-1]["host"] == host
        # Each time that an account comes again, its host was given up for another one's.
        assert server.connections == 18
