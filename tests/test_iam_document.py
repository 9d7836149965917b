"""The policies of docs/guides/iam.md allow each role's work, and nothing that it does not need."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from confstore import (
    Change,
    SealedStore,
    Secret,
    TimeBasedConfigStore,
    history,
    reconcile,
    rollback,
)
from confstore.errors import AccessDeniedError, SecretError
from confstore_dynamodb import DynamoDBStore, KMSKeys, ParameterStore, SecretsManager
from confstore_memory import MemoryStore
from policed import Role

PAGE = Path(__file__).parent.parent / "docs" / "guides" / "iam.md"
KEY_ARN = "arn:aws:kms:eu-west-1:123456789012:key/KEY-ID"


def policy(heading: str, table: str = "config") -> Any:
    """The policy below a heading of the page, for a table."""
    page = PAGE.read_text(encoding="utf-8")
    section = re.split(rf"^##+ {heading}$", page, flags=re.MULTILINE)[1]
    text = section.partition("```json\n")[2].partition("```")[0]
    return json.loads(text.replace("table/config", f"table/{table}"))


@pytest.fixture
def table(dynamodb_client: Any) -> Iterator[str]:
    """The name of a table that is gone after the test."""
    name = f"Policies-{uuid.uuid4().hex}"
    yield name
    dynamodb_client.delete_table(TableName=name)


@pytest.fixture
def client(dynamodb_local: str) -> Iterator[Any]:
    """A client for one role; the other one may do everything."""
    one = boto3.client(
        "dynamodb",
        endpoint_url=dynamodb_local,
        region_name="eu-west-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    yield one
    one.close()


def fill(dynamodb_client: Any, table: str, *, is_journaled: bool) -> None:
    """Make the table and a store with an option in it."""
    with closing(DynamoDBStore(dynamodb_client, table, "prod")) as store:
        store.set("db", {"host": "db.example", "port": 1})
        if is_journaled:
            store.enable_journal(retention=timedelta(days=90))
            store.update("db", {"port": 2})


@pytest.mark.parametrize("is_journaled", [False, True])
def test_reader(dynamodb_client: Any, client: Any, table: str, is_journaled: bool) -> None:
    """Every strategy and the history read; nothing writes, and no other store is seen."""
    fill(dynamodb_client, table, is_journaled=is_journaled)
    role = Role([policy("Reader", table)])
    with closing(DynamoDBStore(role.police(client), table, "prod", create_table=False)) as store:
        with TimeBasedConfigStore(store, background=False) as config:
            config.reload()
            assert config.db["host"] == "db.example"
        assert store.get("db")["host"] == "db.example"
        assert [option for option, _ in store.items()] == ["db"]
        if is_journaled:
            assert [one.version for one in history(store)] == [1, 2]
        # The table's keys are not checked, which is said at the level INFO.
        assert set(role.denied) == {"dynamodb:DescribeTable"}
        with pytest.raises(AccessDeniedError):
            store.set("db", {"port": 3})
    with (
        closing(DynamoDBStore(client, table, "test", create_table=False)) as other,
        pytest.raises(AccessDeniedError),
    ):
        list(other.items())
    assert role.unused() == []


def test_writer(dynamodb_client: Any, client: Any, table: str) -> None:
    """A store without a journal is written in every way, and gets no journal."""
    fill(dynamodb_client, table, is_journaled=False)
    role = Role([policy("Reader", table), policy("Writer", table)])
    with closing(DynamoDBStore(role.police(client), table, "prod", create_table=False)) as store:
        store.set("cache", {"size": 1})
        store.update("cache", {"size": 2}, remove=["age"])
        store.delete("cache")
        assert [option for option, _ in store.items()] == ["db"]
        with pytest.raises(AccessDeniedError):
            store.enable_journal()
    assert role.unused() == []


def test_writer_of_a_journaled_store(dynamodb_client: Any, client: Any, table: str) -> None:
    """Every write is a commit; nothing bypasses the journal or deletes from it."""
    fill(dynamodb_client, table, is_journaled=True)
    role = Role([policy("Reader", table), policy("Writer with a journal", table)])
    with closing(DynamoDBStore(role.police(client), table, "prod", create_table=False)) as store:
        store.set("cache", {"size": 1})
        store.update("cache", {"size": 2})
        store.commit([Change("cache", {"size": 3}), Change("db", None)], comment="two")
        rollback(store, 2)
        store.set("old", {})
        store.delete("old")
    key = {"_store": {"S": "prod"}, "_option": {"S": "db"}}
    with pytest.raises(client.exceptions.ClientError):
        client.put_item(TableName=table, Item=key)
    commit = {"_store": {"S": "_journal:prod"}, "_option": {"S": "000000000001"}}
    with pytest.raises(client.exceptions.ClientError):
        client.transact_write_items(TransactItems=[{"Delete": {"TableName": table, "Key": commit}}])
    assert role.unused() == []


def test_operator(client: Any, table: str) -> None:
    """Creates the table, enables the journal, edits by hand, reconciles."""
    role = Role([policy("Operator", table)])
    with closing(DynamoDBStore(role.police(client), table, "prod")) as store:
        store.set("db", {"port": 1})
        store.update("db", {"port": 2})
        store.set("old", {"a": 1})
        store.delete("old")
        store.enable_journal(retention=timedelta(days=90))
        item = {"_store": {"S": "prod"}, "_option": {"S": "db"}, "port": {"N": "3"}}
        client.put_item(TableName=table, Item=item)
        assert reconcile(store) is not None
        assert {finding.is_ok for finding in store.diagnose()} == {True}
    assert role.unused() == []
    assert role.denied == []


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An account of moto's."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    with mock_aws():
        yield


@pytest.mark.usefixtures("aws")
def test_roles_of_secrets() -> None:
    """One role seals, another opens the secrets of one option, and neither does the other's."""
    kms = boto3.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/config", TargetKeyId=key)
    sealing = Role([policy("Seals secrets")], KEY_ARN)
    opening = Role([policy("Opens secrets")], KEY_ARN)
    prod = MemoryStore("prod")
    for role, does in ((sealing, "seals"), (opening, "opens")):
        keys = KMSKeys("alias/config", client=role.police(boto3.client("kms")))
        store = SealedStore(prod, keys, context="config/prod")
        if does == "seals":
            for option in ("db", "mail"):
                store.set(option, {"password": Secret("s3cret")})
            with pytest.raises(SecretError, match="kms:Decrypt"):
                store.get("db")["password"].reveal()
        else:
            assert store.get("db")["password"].matches("s3cret")
            with pytest.raises(SecretError, match="kms:Decrypt"):
                store.get("mail")["password"].reveal()
            with pytest.raises(SecretError, match="kms:Encrypt"):
                store.set("db", {"password": Secret("new")})
        assert role.unused() == []


@pytest.mark.usefixtures("aws")
def test_role_that_follows_references() -> None:
    """It reads what begins with `prod/`, and nothing else."""
    role = Role([policy("Follows references")])
    secrets, parameters = boto3.client("secretsmanager"), boto3.client("ssm")
    for name in ("prod/db", "test/db"):
        secrets.create_secret(Name=name, SecretString="s3cret")
        parameters.put_parameter(Name=f"/{name}", Value="s3cret", Type="SecureString")
    references = {
        "asm:*/*": SecretsManager(client=role.police(secrets)),
        "ssm:/*/*": ParameterStore(client=role.police(parameters)),
    }
    store = SealedStore(MemoryStore("prod"), references=references)
    for name in ("asm:prod/db", "ssm:/prod/db"):
        store.set("db", {"password": Secret.reference(name)})
        assert store.get("db")["password"].matches("s3cret")
    for name in ("asm:test/db", "ssm:/test/db"):
        store.set("db", {"password": Secret.reference(name)})
        with pytest.raises(SecretError):
            store.get("db")["password"].reveal()
    assert role.unused() == []
