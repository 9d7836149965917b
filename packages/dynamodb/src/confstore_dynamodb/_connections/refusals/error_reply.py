"""The reply of a failed call: its code, status and reasons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = [
    "cancellation_codes",
    "code_of",
    "error_code",
    "retry_count",
    "status_of",
    "validation_of",
]


def error_code(error: BaseException | None) -> str:
    """DynamoDB's code in a botocore `ClientError`; empty for any other exception."""
    return code_of(getattr(error, "response", {}))


def cancellation_codes(error: BaseException | None) -> frozenset[str]:
    """The reasons why parts of a transaction were refused, from botocore's `ClientError`."""
    response: Mapping[str, Any] = getattr(error, "response", {})
    codes = {str(reason.get("Code")) for reason in response.get("CancellationReasons", ())}
    return frozenset(codes - {"None"})


def retry_count(error: BaseException | None) -> int:
    """How often the client sent the request again before botocore raised this `ClientError`."""
    response: Mapping[str, Any] = getattr(error, "response", {})
    return int(response.get("ResponseMetadata", {}).get("RetryAttempts", 0))


def code_of(response: Mapping[str, Any]) -> str:
    """The code of an error reply; empty where it has none."""
    return str(response.get("Error", {}).get("Code", ""))


def status_of(response: Mapping[str, Any]) -> int:
    """The HTTP status; 0 where none is given, as by botocore's Stubber."""
    return int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def validation_of(response: Mapping[str, Any]) -> str:
    """The text of DynamoDB's validation, of a request or of a part of a transaction."""
    faults = [response["Error"]] if code_of(response) == "ValidationException" else []
    reasons = response.get("CancellationReasons", ())
    faults += [reason for reason in reasons if reason.get("Code") == "ValidationError"]
    return " ".join(str(fault.get("Message", "")) for fault in faults).lower()
