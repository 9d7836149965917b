"""Clients, tables and stores for the tests of this package."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from confstore_dynamodb import DynamoDBStore

from .loopback import Loopback


@pytest.fixture(autouse=True)
def aws_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test meets the credentials, settings or proxies of whoever runs it."""
    for variable in (
        "AWS_CA_BUNDLE",
        "AWS_ENDPOINT_URL",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_PROFILE",
        "AWS_REGION",
        "AWS_SESSION_TOKEN",
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "REQUESTS_CA_BUNDLE",
        "https_proxy",
        "http_proxy",
    ):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent/config")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "local")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def table() -> str:
    """The name of a table that no other test has."""
    return f"Test-{uuid.uuid4().hex}"


@pytest.fixture
def moto_client() -> Iterator[Any]:
    """A client of moto, which is in this process and empty."""
    with mock_aws():
        client = boto3.client("dynamodb")
        yield client
        client.close()


@pytest.fixture(params=["moto", "local"])
def client(request: pytest.FixtureRequest) -> Any:
    """A client of moto and one of DynamoDB Local."""
    fixture = {"moto": "moto_client", "local": "dynamodb_client"}[request.param]
    return request.getfixturevalue(fixture)


@pytest.fixture
def store(client: Any, table: str) -> Iterator[DynamoDBStore]:
    """An empty store in a table of its own."""
    with closing(DynamoDBStore(client, table, "prod")) as store:
        yield store
    client.delete_table(TableName=table)


@pytest.fixture
def local_store(dynamodb_client: Any, table: str) -> Iterator[DynamoDBStore]:
    """An empty store in a table of its own, where moto does not do as DynamoDB does."""
    with closing(DynamoDBStore(dynamodb_client, table, "prod")) as store:
        yield store
    dynamodb_client.delete_table(TableName=table)


@pytest.fixture
def journaled_store(local_store: DynamoDBStore) -> DynamoDBStore:
    """An empty journaled store in a table of its own."""
    local_store.enable_journal()
    return local_store


@pytest.fixture
def stub_client() -> Iterator[Any]:
    """A client without a server; a `Stubber` says what it answers."""
    client = boto3.client("dynamodb")
    yield client
    client.close()


@pytest.fixture
def stubber(stub_client: Any) -> Iterator[Stubber]:
    """What the client without a server answers, in order, until all is used."""
    with Stubber(stub_client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def stub_store(stub_client: Any, stubber: Stubber) -> DynamoDBStore:
    """A store whose table has been checked, on the client without a server."""
    stubber.add_response("describe_table", {"Table": description()})
    return DynamoDBStore(stub_client, "config", "prod")


@pytest.fixture
def unjournaled_store(stub_store: DynamoDBStore, stubber: Stubber) -> DynamoDBStore:
    """A store on the client without a server, which will ask once whether there is a journal."""
    marker = {"_store": {"S": "_journal:prod"}, "_option": {"S": "!"}}
    request = {"TableName": "config", "Key": marker, "ConsistentRead": True}
    stubber.add_response("get_item", {}, request)
    return stub_store


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    """A server on this machine that does whatever a test tells it; the store has no journal."""
    with Loopback() as server:
        server.answer("DescribeTable", server.json({"Table": description()}))
        server.answer("GetItem", server.json({}))
        yield server


def description(status: str = "ACTIVE") -> dict[str, Any]:
    """What DynamoDB says of a table with the keys of a store."""
    return {
        "TableName": "config",
        "TableStatus": status,
        "AttributeDefinitions": [
            {"AttributeName": "_store", "AttributeType": "S"},
            {"AttributeName": "_option", "AttributeType": "S"},
        ],
        "KeySchema": [
            {"AttributeName": "_store", "KeyType": "HASH"},
            {"AttributeName": "_option", "KeyType": "RANGE"},
        ],
    }
