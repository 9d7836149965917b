"""The client through which a store talks to DynamoDB: the caller's own, or one of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from confstore_dynamodb._connections.early_parsing import EarlyReader
from confstore_dynamodb._connections.given_client import GivenClient, plain_client
from confstore_dynamodb._connections.own_client import OwnClient, OwnSettings, client_config
from confstore_dynamodb._connections.refusals.translation import raise_translated

if TYPE_CHECKING:
    from confstore_dynamodb._connections.on_loop.client import LoopClient

__all__ = ["Client", "client_of", "new_client"]


# What sessions of botocore and boto3, DynamoDB's resource, and its client have.
_CONNECTIONS = ("create_client", "resource", "batch_get_item", "get_item")


class Client(Protocol):
    """A client of DynamoDB."""

    @property
    def endpoint(self) -> str:
        """The URL and the region to which it sends requests, for people."""

    @property
    def role(self) -> str:
        """The ARN of the role that it assumes; empty if it is not known."""

    @property
    def way(self) -> str:
        """How it sends requests, and why, for people."""

    def call(
        self, operation: str, parameters: dict[str, Any], reader: EarlyReader | None
    ) -> dict[str, Any]:
        """
        Ask DynamoDB.

        Args:
            operation: The method of boto3's client, such as `get_item`.
            parameters: Its parameters.
            reader: Reads a member of the reply early, where that can be done: then that member is
                an `EarlyMember`.

        Returns:
            The reply as botocore gives it.

        Raises:
            Exception: For `raise_translated`.
        """

    def on_loop(self) -> LoopClient | None:
        """The client for calls on a loop; None if it would block, or if others need to hear it."""

    def close(self) -> None:
        """Close it, if it was made here."""

    def after_fork(self) -> None:
        """Renew it in a forked child."""


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
    if isinstance(connection, GivenClient | OwnClient):
        return connection
    if any(kind.__module__.partition(".")[0] == "boto" for kind in type(connection).__mro__):
        # It has methods of the same names, which answer otherwise.
        raise TypeError("boto 2 is not supported: pass a boto3 client")
    if connection is None:
        return new_client(store, OwnSettings())
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
        return GivenClient(plain_client(meta.client))
    return GivenClient(connection)


def new_client(store: str, settings: OwnSettings) -> Client:
    """
    A client of ours.

    Args:
        store: The store that it is for, for errors.
        settings: What the environment does not say.

    Raises:
        ConfigStoreError: The environment lacks what a client needs.
    """
    try:
        return OwnClient(settings)
    except Exception as error:
        raise_translated(error, store, "CreateClient")


def _created(store: str, create: Any) -> Client:
    try:
        api = create("dynamodb", config=client_config())
    except Exception as error:
        raise_translated(error, store, "CreateClient")
    return GivenClient(api, is_ours=True)
