"""The client through which a store talks to DynamoDB: the caller's own, or one of ours."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import attrs

from confstore_dynamodb._connections.early_parsing import listen
from confstore_dynamodb._connections.errors import raise_translated
from confstore_dynamodb._connections.forks import renew_client

__all__ = ["Client", "client_of", "new_client"]

# The handlers that boto3's resource adds to the events of its client. They translate requests and
# replies into its own types: with Decimal, without float.
_RESOURCE_HANDLERS = (
    ("provide-client-params.dynamodb", "dynamodb-create-params-copy"),
    ("before-parameter-build.dynamodb", "dynamodb-condition-expression"),
    ("before-parameter-build.dynamodb", "dynamodb-attr-value-input"),
    ("after-call.dynamodb", "dynamodb-attr-value-output"),
)

# What sessions of botocore and boto3, DynamoDB's resource, and its client have.
_CONNECTIONS = ("create_client", "resource", "batch_get_item", "get_item")


@attrs.frozen
class Client:
    """
    A low-level client of DynamoDB.

    Attributes:
        api: boto3's or botocore's client. Its type is built at run time from AWS's description
            of the service, so it is `Any` here.
        is_ours: True if it is closed with the store.
        reads_early: True if replies can be read before botocore parses them, while nobody else
            listens to them.
    """

    api: Any = attrs.field(repr=False)
    is_ours: bool
    reads_early: bool = False

    @property
    def endpoint(self) -> str:
        """The URL and the region to which it sends requests, as far as a stand-in knows them."""
        meta = getattr(self.api, "meta", None)
        url = str(getattr(meta, "endpoint_url", "the client's endpoint"))
        # A URL can hold a password, before its host or in its query.
        scheme, separator, rest = url.partition("?")[0].partition("://")
        place = rest.rpartition("@")[2]
        region = getattr(meta, "region_name", None)
        shown = f"{scheme}{separator}{place}"
        return f"{shown}, region {region}" if region else shown

    def close(self) -> None:
        """Close a client of ours."""
        if self.is_ours:
            self.api.close()

    def after_fork(self) -> None:
        """Renew it in a forked child, whoever made it."""
        renew_client(self.api)


def client_of(connection: Any, store: str) -> Client:
    """
    The client that a connection stands for.

    Args:
        connection: A boto3 client, resource or table, a boto3 or botocore session, or None for a
            client of ours by the environment's settings.
        store: The store that it is for, for errors.

    Raises:
        ConfigStoreError: A session or the environment lacks what a client needs.
        TypeError: It is none of them.
    """
    if isinstance(connection, Client):
        return connection
    if any(kind.__module__.partition(".")[0] == "boto" for kind in type(connection).__mro__):
        # It has methods of the same names, which answer otherwise.
        raise TypeError("boto 2 is not supported: pass a boto3 client")
    if connection is None:
        return new_client(store)
    is_class = isinstance(connection, type)
    if is_class or not any(hasattr(connection, name) for name in _CONNECTIONS):
        given = f"the class {connection.__name__}" if is_class else type(connection).__name__
        message = f"a connection is a boto3 client, resource or session, or None; not {given}"
        raise TypeError(message)
    if hasattr(connection, "create_client"):
        return _created(store, connection.create_client)
    if hasattr(connection, "resource"):
        return _created(store, connection.client)
    meta: Any = getattr(connection, "meta", None)
    if hasattr(meta, "client"):
        return Client(_low_level(meta.client), is_ours=False, reads_early=listen(meta.client))
    return Client(connection, is_ours=False, reads_early=listen(connection))


def new_client(
    store: str,
    *,
    profile: str | None = None,
    region: str | None = None,
    endpoint_url: str | None = None,
) -> Client:
    """
    A client of ours.

    Args:
        store: The store that it is for, for errors.
        profile: The profile of the AWS configuration; None takes the environment's.
        region: The region; None takes the environment's.
        endpoint_url: Where DynamoDB is, if not at AWS.

    Raises:
        ConfigStoreError: The environment lacks what a client needs.
    """
    # Without boto3: importing both takes longer, and its client is botocore's.
    import botocore.session

    session = botocore.session.Session(profile=profile)
    return _created(store, session.create_client, region_name=region, endpoint_url=endpoint_url)


def _created(store: str, create: Callable[..., Any], **settings: Any) -> Client:
    try:
        api = create("dynamodb", config=_config(), **settings)
    except Exception as error:
        raise_translated(error, store, "CreateClient")
    return Client(api, is_ours=True, reads_early=listen(api))


def _config() -> Any:
    """
    The settings of a client of ours.

    A dead endpoint costs seconds; with botocore's own defaults it costs ten minutes. Botocore does
    not validate the parameters: they are checked already, and that would cost a twentieth of a
    read.
    """
    from botocore.config import Config

    return Config(
        connect_timeout=1,
        read_timeout=2,
        tcp_keepalive=True,
        retries={"mode": "standard", "total_max_attempts": 3},
        parameter_validation=False,
    )


def _low_level(api: Any) -> Any:
    """The client of a boto3 resource, speaking DynamoDB's types; the resource stays as it is."""
    # Not copy.copy: it asks the empty copy for attributes, which sends botocore round in circles.
    plain = object.__new__(type(api))
    plain.__dict__.update(api.__dict__)
    plain.meta = copy.copy(api.meta)
    plain.meta.events = copy.copy(api.meta.events)
    for event, handler in _RESOURCE_HANDLERS:
        plain.meta.events.unregister(event, unique_id=handler)
    return plain
