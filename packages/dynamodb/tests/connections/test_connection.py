"""Whatever boto3 has is a connection, and only what is made here is closed here."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import boto3
import botocore.session
import pytest
from moto import mock_aws

from confstore.errors import BackendError, StoreClosedError
from confstore_dynamodb import DynamoDBStore
from confstore_dynamodb.errors import AWSSettingsError

from ..conftest import description


@pytest.fixture(autouse=True)
def moto_backend() -> Any:
    """Every client of these tests talks to moto."""
    with mock_aws():
        yield


CONNECTIONS = {
    "client": lambda: boto3.client("dynamodb"),
    "resource": lambda: boto3.resource("dynamodb"),
    "table": lambda: boto3.resource("dynamodb").Table("config"),
    "session": boto3.Session,
    "botocore session": botocore.session.Session,
    "boto3": lambda: boto3,
    "none": lambda: None,
}


@pytest.mark.parametrize("connection", CONNECTIONS.values(), ids=CONNECTIONS)
def test_connection_serves(connection: Any) -> None:
    """A store reads and writes through any of them."""
    store = DynamoDBStore(connection(), "config", "prod")
    store.set("db", {"ratio": 0.5, "hosts": {"a", "b"}})
    assert store.get("db") == {"ratio": 0.5, "hosts": {"a", "b"}}
    store.close()


def test_session_that_makes_another_client() -> None:
    """A session may make a client that is not botocore's."""

    class Client:
        def describe_table(self, **_: Any) -> dict[str, Any]:
            return {"Table": description()}

        def get_item(self, **_: Any) -> dict[str, Any]:
            return {"Item": {"port": {"N": "1"}}}

        def close(self) -> None:
            """Nothing."""

    class Session:
        def create_client(self, *_: Any, **__: Any) -> Client:
            return Client()

    store = DynamoDBStore(Session(), "config", "prod")
    assert store.get("db") == {"port": 1}
    store.close()


def test_resource_stays_as_it_is() -> None:
    """A boto3 resource goes on speaking its own types after a store has used it."""
    resource = boto3.resource("dynamodb")
    DynamoDBStore(resource, "config", "prod").set("db", {"port": 1})
    found = resource.Table("config").get_item(Key={"_store": "prod", "_option": "db"})
    assert found["Item"] == {"_store": "prod", "_option": "db", "port": 1}


def test_given_client_is_not_closed() -> None:
    """A given client stays open after the store is closed."""
    client = boto3.client("dynamodb")
    DynamoDBStore(client, "config", "prod").close()
    assert client.list_tables()["TableNames"] == ["config"]


def test_closed_store_is_closed() -> None:
    """A store that was closed, once or twice, answers nothing."""
    store = DynamoDBStore(None, "config", "prod")
    store.close()
    store.close()
    with pytest.raises(StoreClosedError):
        store.get("db")


def test_anything_else_is_refused() -> None:
    """Anything else is a TypeError that says what a connection is."""
    with pytest.raises(TypeError, match="boto3 client, resource or session, or None; not str"):
        DynamoDBStore("config", "prod", "db")


def test_client_without_a_region(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client of ours in an environment without a region says what to set."""
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(BackendError, match="AWS_DEFAULT_REGION"):
        DynamoDBStore(None, "config", "prod")


@pytest.mark.parametrize("make", [botocore.session.Session, boto3.Session])
def test_session_without_a_region(monkeypatch: pytest.MonkeyPatch, make: Any) -> None:
    """So does a session of the caller's."""
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(BackendError, match="AWS_DEFAULT_REGION"):
        DynamoDBStore(make(), "config", "prod")


def test_client_of_an_unknown_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile that the environment names and nobody configured is an error of access."""
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(AWSSettingsError, match="ProfileNotFound"):
        DynamoDBStore(None, "config", "prod")


def test_import_takes_no_boto3() -> None:
    """Importing the adapter imports neither boto3 nor botocore."""
    program = (
        "import sys, confstore_dynamodb;"
        "sys.exit(any(name.startswith('boto') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
