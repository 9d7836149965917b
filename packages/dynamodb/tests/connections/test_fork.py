"""A forked child has connections and locks of its own."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    DeferredRefreshableCredentials,
    RefreshableCredentials,
    create_assume_role_refresher,
)
from botocore.stub import Stubber
from botocore.utils import ContainerMetadataFetcher, InstanceMetadataFetcher
from urllib3 import HTTPConnectionPool

from confstore.errors import BackendError
from confstore_dynamodb import DynamoDBStore, open_url
from forked import fork, fork_in_c

from ..conftest import description
from ..loopback import Loopback

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


def passes_in_child(check: Callable[[], object]) -> Callable[[], bool]:
    """Run a check in a forked child; what is returned waits for it, and says whether it passed."""
    child = fork(lambda: bool(check()))
    return lambda: child.join() == "True"


@pytest.mark.slow("800 reads by 4 processes each")
def test_children_read_beside_their_parent(
    dynamodb_local: str, dynamodb_client: Any, table: str
) -> None:
    """Parent and children that read at once each get the values that they asked for."""
    for client in (None, dynamodb_client):
        store = (
            DynamoDBStore(client, table, "prod")
            if client is not None
            else open_url(f"dynamodb://{table}/prod?create&endpoint_url={dynamodb_local}")
        )
        for reader in range(4):
            store.set(f"option {reader}", {"reader": reader})

        def reads_its_own(reader: int, store: DynamoDBStore = store) -> bool:
            expected = {"reader": reader}
            return all(store.get(f"option {reader}") == expected for _ in range(100))

        children = [
            passes_in_child(lambda reader=reader: reads_its_own(reader)) for reader in range(1, 4)
        ]
        assert reads_its_own(0)
        assert [passed() for passed in children] == [True] * 3
        store.close()


def test_credentials_that_are_being_refreshed(loopback: Loopback) -> None:
    """A child does not wait for a refresh that a thread of its parent had begun."""
    found = {"Item": {"_option": {"S": "db"}, "port": {"N": "1"}}}
    loopback.answer("GetItem", loopback.json(found))
    is_refreshing, may_end = threading.Event(), threading.Event()
    parent = os.getpid()

    def refresh() -> dict[str, str]:
        if os.getpid() == parent:
            is_refreshing.set()
            may_end.wait(60)
        return keys("2999-01-01T00:00:00Z")

    session = boto3.Session(region_name="eu-west-1")
    expired = keys("2000-01-01T00:00:00Z")
    session._session._credentials = RefreshableCredentials.create_from_metadata(  # noqa: SLF001 (there is no public way)
        expired, refresh, "test"
    )
    client = session.client("dynamodb", endpoint_url=loopback.url)
    with Stubber(client) as stubber:
        stubber.add_response("describe_table", {"Table": description()})
        store = DynamoDBStore(client, "config", "prod")
    reader = threading.Thread(target=store.get, args=("db",))
    reader.start()
    assert is_refreshing.wait(60)
    passed = passes_in_child(lambda: store.get("db") == {"port": 1})()
    may_end.set()
    reader.join()
    client.close()
    assert passed


def test_connections_that_another_thread_uses(loopback: Loopback) -> None:
    """A child never collects the inherited connections: that takes a lock, held for ever there."""
    found = {"Item": {"_option": {"S": "db"}, "port": {"N": "1"}}}
    loopback.answer("GetItem", loopback.json(found))
    client = boto3.client("dynamodb", endpoint_url=loopback.url)
    store = DynamoDBStore(client, "config", "prod")
    assert store.get("db") == {"port": 1}
    pools = [each for each in gc.get_objects() if isinstance(each, HTTPConnectionPool)]
    [mutex] = [
        each.pool.mutex
        for each in pools
        if each.pool is not None and f"http://{each.host}:{each.port}" == loopback.url
    ]
    pools.clear()
    is_held, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        with mutex:
            is_held.set()
            may_end.wait(60)

    holder = threading.Thread(target=hold)
    holder.start()
    assert is_held.wait(60)

    def reads() -> bool:
        found = store.get("db") == {"port": 1}
        gc.collect()
        return found

    passed = passes_in_child(reads)()
    may_end.set()
    holder.join()
    client.close()
    assert passed


def test_client_that_is_no_botocore_client() -> None:
    """A stand-in for a client is left as it is."""

    class StandIn:
        def describe_table(self, **_: Any) -> Any:
            return {"Table": description()}

        def get_item(self, **_: Any) -> Any:
            return {"Item": {"_option": {"S": "db"}, "port": {"N": "1"}}}

    store = DynamoDBStore(StandIn(), "config", "prod")
    assert passes_in_child(lambda: store.get("db") == {"port": 1})()


def test_fork_in_c(loopback: Loopback) -> None:
    """A child that Python does not know of reads over a connection of its own."""
    found = {"Item": {"_option": {"S": "db"}, "port": {"N": "1"}}}
    loopback.answer("GetItem", loopback.json(found))
    store = open_url(f"dynamodb://config/prod?endpoint_url={loopback.url}")
    assert store.get("db") == {"port": 1}
    connections = loopback.connections
    assert fork(lambda: store.get("db") == {"port": 1}, fork_in_c).join() == "True"
    assert loopback.connections == connections + 1
    assert store.get("db") == {"port": 1}
    assert loopback.connections == connections + 1
    store.close()


def sessions_of(fetch: Any) -> Any:
    """The HTTP session of the object whose method refreshes."""
    return fetch.__self__._session  # noqa: SLF001 (botocore has no public way)


@pytest.mark.parametrize(
    "fetcher",
    [
        lambda: InstanceMetadataFetcher().retrieve_iam_role_credentials,
        lambda: ContainerMetadataFetcher().retrieve_full_uri,
    ],
    ids=["instance", "container"],
)
@pytest.mark.parametrize("chained", ["directly", "closure", "role"])
def test_connections_of_credentials(fetcher: Callable[[], Any], chained: str) -> None:
    """Whatever asks a server for credentials does so over connections of the child."""
    fetch = fetcher()
    session = boto3.Session(region_name="eu-west-1")
    direct: Any = DeferredRefreshableCredentials(fetch, "test")
    if chained == "closure":
        direct = DeferredRefreshableCredentials(lambda: fetch("http://169.254.170.2"), "test")
    if chained == "role":
        role = AssumeRoleCredentialFetcher(
            session.client, direct, "arn:aws:iam::123456789012:role/reader"
        )
        direct = DeferredRefreshableCredentials(role.fetch_credentials, "test")
    session._session._credentials = direct  # noqa: SLF001 (there is no public way)
    client = session.client("dynamodb")
    with Stubber(client) as stubber:
        stubber.add_response("describe_table", {"Table": description()})
        store = DynamoDBStore(client, "config", "prod")
    before = sessions_of(fetch)
    assert passes_in_child(lambda: sessions_of(fetch) is not before)()
    assert sessions_of(fetch) is before
    store.close()


def test_client_that_credentials_come_from(loopback: Loopback) -> None:
    """A client of STS that the caller's credentials use is renewed as well."""
    sts = boto3.client("sts", region_name="eu-west-1")
    refresh = create_assume_role_refresher(sts, {"RoleArn": "role", "RoleSessionName": "test"})
    session = boto3.Session(region_name="eu-west-1")
    session._session._credentials = DeferredRefreshableCredentials(refresh, "test")  # noqa: SLF001 (there is no public way)
    client = session.client("dynamodb")
    with Stubber(client) as stubber:
        stubber.add_response("describe_table", {"Table": description()})
        store = DynamoDBStore(client, "config", "prod")

    def http_session() -> Any:
        return sts._endpoint.http_session  # noqa: SLF001 (botocore has no public way)

    before = http_session()
    assert passes_in_child(lambda: http_session() is not before)()
    store.close()


def keys(expiry: str) -> dict[str, str]:
    return {"access_key": "local", "secret_key": "local", "token": "", "expiry_time": expiry}


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        ("botocore.httpsession.URLLib3Session", "_get_pool_manager_kwargs"),
        ("urllib3.PoolManager", "__init__"),
    ],
)
def test_client_that_cannot_be_renewed(
    loopback: Loopback, monkeypatch: pytest.MonkeyPatch, owner: str, name: str
) -> None:
    """With another version of botocore a child is refused the client: it never shares it."""
    client = boto3.client("dynamodb", endpoint_url=loopback.url)
    store = DynamoDBStore(client, "config", "prod")
    requests = len(loopback.requests)

    def refused() -> bool:
        with pytest.raises(BackendError, match="make the client after the fork"):
            store.get("db")
        return True

    monkeypatch.delattr(f"{owner}.{name}")
    passed = passes_in_child(refused)()
    monkeypatch.undo()
    assert passed
    assert len(loopback.requests) == requests
    client.close()
