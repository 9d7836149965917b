"""KMS, Secrets Manager and Parameter Store as moto's server plays them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import attrs
import boto3
import pytest
from moto.server import ThreadedMotoServer

from ..loopback import Loopback


@pytest.fixture(scope="module")
def moto_url() -> Iterator[str]:
    """The URL of moto's server, for this module's tests."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@attrs.define
class Account:
    """Clients of an account of moto's."""

    url: str

    def client(self, service: str) -> Any:
        return boto3.client(service, endpoint_url=self.url, region_name="eu-west-1")

    def key(self, alias: str = "") -> str:
        """A new key, by an alias of its own."""
        alias = alias or f"alias/{uuid.uuid4().hex}"
        kms = self.client("kms")
        key_id = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName=alias, TargetKeyId=key_id)
        kms.close()
        return alias


@pytest.fixture
def account(moto_url: str, monkeypatch: pytest.MonkeyPatch) -> Account:
    """The account; the environment says where it is."""
    for service in ("KMS", "SECRETS_MANAGER", "SSM"):
        monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", moto_url)
    return Account(moto_url)


@pytest.fixture
def faulty() -> Iterator[Loopback]:
    """A server that does what a test tells it, for one of these services."""
    with Loopback() as server:
        yield server
