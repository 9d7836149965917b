"""A client that somebody else made: boto3's or botocore's, or what stands in for one."""

from __future__ import annotations

import copy
from typing import Any

from confstore_dynamodb._connections.early_parsing import (
    EarlyReader,
    active_reader,
    is_heard_by_others,
    listen,
)
from confstore_dynamodb._connections.forks import UnsupportedClientError, renew_client
from confstore_dynamodb._connections.refusals.refused_credentials import role_of

__all__ = ["GivenClient", "endpoint_shown", "plain_client"]

# The handlers that boto3's resource adds to the events of its client. They translate requests and
# replies into its own types: with Decimal, without float.
_RESOURCE_HANDLERS = (
    ("provide-client-params.dynamodb", "dynamodb-create-params-copy"),
    ("before-parameter-build.dynamodb", "dynamodb-condition-expression"),
    ("before-parameter-build.dynamodb", "dynamodb-attr-value-input"),
    ("after-call.dynamodb", "dynamodb-attr-value-output"),
)


class GivenClient:
    """
    A low-level client of DynamoDB, which makes its requests in its own way.

    Attributes:
        api: The client. Its type is built at run time from AWS's description of the service, so it
            is `Any` here.
        is_ours: True if it is closed with the store.
    """

    def __init__(self, api: Any, *, is_ours: bool = False) -> None:
        self.api = api
        self.is_ours = is_ours
        self._reads_early = listen(api)
        self._is_renewed = True

    @property
    def endpoint(self) -> str:
        """The URL and the region to which it sends requests, as far as a stand-in knows them."""
        return endpoint_shown(self.api)

    @property
    def role(self) -> str:
        """The ARN of the role that it assumes; empty if it is not known."""
        return role_of(self.api)

    @property
    def way(self) -> str:
        """How requests are sent, and why."""
        return "by the client that was given, in its own way"

    def call(
        self, operation: str, parameters: dict[str, Any], reader: EarlyReader | None
    ) -> dict[str, Any]:
        """See `Client`."""
        if not self._is_renewed:
            raise UnsupportedClientError
        can_read_early = (
            reader is not None
            and self._reads_early
            and not is_heard_by_others(self.api, reader.operation)
        )
        if not can_read_early:
            reply: dict[str, Any] = getattr(self.api, operation)(**parameters)
            return reply
        token = active_reader.set(reader)
        try:
            reply = getattr(self.api, operation)(**parameters)
        finally:
            active_reader.reset(token)
        return reply

    def on_loop(self) -> None:
        """None: it blocks."""

    def close(self) -> None:
        """Close it if it is ours."""
        if self.is_ours:
            self.api.close()

    def after_fork(self) -> None:
        """Renew it in a forked child, whoever made it."""
        self._is_renewed = False
        renew_client(self.api)
        self._is_renewed = True


def endpoint_shown(api: Any) -> str:
    """The URL and the region to which a client sends requests, without a password."""
    meta = getattr(api, "meta", None)
    url = str(getattr(meta, "endpoint_url", "the client's endpoint"))
    # A URL can hold a password, before its host or in its query.
    scheme, separator, rest = url.partition("?")[0].partition("://")
    place = rest.rpartition("@")[2]
    region = getattr(meta, "region_name", None)
    shown = f"{scheme}{separator}{place}"
    return f"{shown}, region {region}" if region else shown


def plain_client(api: Any) -> Any:
    """The client of a boto3 resource, speaking DynamoDB's types; the resource stays as it is."""
    # Not copy.copy: it asks the empty copy for attributes, which sends botocore round in circles.
    plain = object.__new__(type(api))
    plain.__dict__.update(api.__dict__)
    plain.meta = copy.copy(api.meta)
    plain.meta.events = copy.copy(api.meta.events)
    for event, handler in _RESOURCE_HANDLERS:
        plain.meta.events.unregister(event, unique_id=handler)
    return plain
