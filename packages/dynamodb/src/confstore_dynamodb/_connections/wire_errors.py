"""
Failures of the wire: no usable reply.

They have the names of botocore's own exceptions for the same failures, so that an error of
confstore reads the same whichever client was asked; `as_botocore` makes those of them.
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "ChecksumError",
    "ConnectTimeoutError",
    "ConnectionClosedError",
    "EndpointConnectionError",
    "HeaderError",
    "LeftToBotocoreError",
    "NoCredentialsError",
    "ReadTimeoutError",
    "SSLError",
    "UnintelligibleReplyError",
    "UntrustedServerError",
    "WireError",
    "as_botocore",
]


class HeaderError(ValueError):
    """
    A header would hold a control character: an HTTP header cannot.

    Attributes:
        header: The header's name, in lower case.
    """

    def __init__(self, header: str) -> None:
        super().__init__(header)
        self.header = header


class NoCredentialsError(Exception):
    """There are no credentials."""

    kind = "NoCredentialsError"


class LeftToBotocoreError(Exception):
    """Nothing has been sent yet, and botocore shall do it."""


class WireError(Exception):
    """
    A request had no usable reply.

    Attributes:
        kind: The name of botocore's exception for it.
        endpoint_url: Where the request went, or was to go.
        kwargs: The same and the error beneath it, under the names that botocore gives them.
        is_retryable: A further attempt may succeed.
    """

    kind = "HTTPClientError"
    is_retryable = True

    def __init__(self, endpoint_url: str, error: Exception | None = None) -> None:
        super().__init__(endpoint_url)
        self.endpoint_url = endpoint_url
        self.kwargs: dict[str, Any] = {"endpoint_url": endpoint_url, "error": error}


class EndpointConnectionError(WireError):
    """No connection could be made: the name is unknown, or nothing listens."""

    kind = "EndpointConnectionError"


class ConnectTimeoutError(WireError):
    """No connection could be made in time."""

    kind = "ConnectTimeoutError"


class ReadTimeoutError(WireError):
    """The exchange was not over in time."""

    kind = "ReadTimeoutError"


class SSLError(WireError):
    """TLS failed."""

    kind = "SSLError"


class UntrustedServerError(SSLError):
    """The server cannot prove who it is, or nobody can tell whom to trust: no retry helps."""

    is_retryable = False


class ConnectionClosedError(WireError):
    """The connection was closed before the reply was whole."""

    kind = "ConnectionClosedError"


class UnintelligibleReplyError(ConnectionClosedError):
    """
    The reply is not one that DynamoDB sends.

    Attributes:
        reason: What is wrong with it, without any of its text.
    """

    def __init__(self, endpoint_url: str, reason: str) -> None:
        super().__init__(endpoint_url)
        self.reason = reason


class ChecksumError(UnintelligibleReplyError):
    """The reply's body contradicts its checksum."""


def as_botocore(error: WireError) -> Exception:
    """Botocore's exception for the same failure; botocore is imported already."""
    import botocore.exceptions as aws

    kind: type[Exception] = getattr(aws, error.kind)
    return kind(**error.kwargs, request=None)  # type: ignore[call-arg]  # botocore's take any
