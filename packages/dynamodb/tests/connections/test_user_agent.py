"""The header by which AWS knows an SDK."""

from __future__ import annotations

from typing import Any

import boto3
import botocore.session
import pytest
from botocore.config import Config
from moto import mock_aws

from confstore_dynamodb import DynamoDBStore

from ..conftest import description


@pytest.fixture(autouse=True)
def moto_backend() -> Any:
    """Every client of these tests talks to moto."""
    with mock_aws():
        yield


@pytest.mark.parametrize("make", [botocore.session.Session, boto3.Session])
def test_text_is_the_sdks_own(make: Any) -> None:
    """A client of ours says what any other client of the same session and settings says."""
    texts = []
    for is_ours in (False, True):
        session, sent = make(), set()
        # Other sessions have other features, also the same one's second client.
        getattr(session, "events", session).register(
            "before-send.dynamodb",
            lambda request, sent=sent, **_: sent.add(_parts(request.headers["User-Agent"])),
        )
        if is_ours:
            store = DynamoDBStore(session, "config", "prod")
            for number in range(3):
                store.set("db", {"port": number})
            store.close()
        else:
            create = getattr(session, "create_client", None) or session.client
            create("dynamodb", config=Config(retries={"mode": "standard"})).list_tables()
        texts.append(sent)
    assert texts[0] == texts[1]
    assert len(texts[1]) == 1


def _parts(text: str | bytes) -> frozenset[str]:
    """The text's parts; botocore gives the features in any order."""
    text = text.decode() if isinstance(text, bytes) else text
    return frozenset(text.replace("m/", "m/,").replace(",", " ").split())


def test_client_without_such_a_text() -> None:
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
