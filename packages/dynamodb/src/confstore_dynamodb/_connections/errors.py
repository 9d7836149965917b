"""
Errors of boto3's client, as errors of confstore.

Only the operation, the error's code and its type are shown: a message of DynamoDB, and even more
one of botocore's own validation, can quote what was to be written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from confstore.errors import (
    AccessDeniedError,
    BackendError,
    ConfigStoreError,
    InvalidValueError,
    StoreUnavailableError,
)
from confstore_dynamodb.errors import TableNotFoundError

__all__ = [
    "cancellation_codes",
    "error_code",
    "is_answer",
    "lacks_permission",
    "raise_translated",
    "retry_count",
]

# Source: AWS, "Error handling with DynamoDB" and "Common errors" of the API reference. A status of
# 500 or more says the same of codes that are not here.
_UNAVAILABLE = frozenset(
    {
        "InternalFailure",
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "ReplicatedWriteConflictException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "Throttling",
        "ThrottlingException",
        "TransactionConflictException",
    }
)
_DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "IncompleteSignatureException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "NotAuthorized",
        "OptInRequired",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_CREDENTIALS = (
    "no usable AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or AWS_PROFILE, "
    "sign in, or run under a role"
)


def raise_translated(
    error: Exception, store: str, operation: str, *, table: str = "", option: str | None = None
) -> NoReturn:
    """
    Raise an error of the client as a `ConfigStoreError`.

    Args:
        error: The exception that a call of the client raised.
        store: The store that is asked.
        operation: DynamoDB's name of the operation, as in a policy: `GetItem`.
        table: The table that is asked.
        option: The option that is being written, if one is.
    """
    if isinstance(error, ConfigStoreError):
        raise error
    # A client was called, so botocore is imported already, unless the client is a stand-in.
    import botocore.exceptions as aws

    if isinstance(error, aws.ClientError):
        page = _of_page(error.response, store, operation)
        if page is not None:
            # Botocore makes the whole page its message, and a page can echo the request.
            raise page from None
        raise _of_reply(error.response, store, operation, table, option) from error
    # Nothing else is a cause: botocore's validation and parsers quote their input.
    raise _of_client(error, aws, store, operation) from None


def error_code(error: BaseException | None) -> str:
    """DynamoDB's code in a botocore `ClientError`; empty for any other exception."""
    return _code(getattr(error, "response", {}))


def cancellation_codes(error: BaseException | None) -> frozenset[str]:
    """The reasons why parts of a transaction were refused, from botocore's `ClientError`."""
    response: Mapping[str, Any] = getattr(error, "response", {})
    codes = {str(reason.get("Code")) for reason in response.get("CancellationReasons", ())}
    return frozenset(codes - {"None"})


def retry_count(error: BaseException | None) -> int:
    """How often the client sent the request again before botocore raised this `ClientError`."""
    response: Mapping[str, Any] = getattr(error, "response", {})
    return int(response.get("ResponseMetadata", {}).get("RetryAttempts", 0))


def lacks_permission(error: AccessDeniedError) -> bool:
    """True if DynamoDB knows the caller, who lacks this one permission."""
    return error_code(error.__cause__) in {"AccessDenied", "AccessDeniedException"}


def is_answer(error: ConfigStoreError) -> bool:
    """True if the error was DynamoDB's own reply, and not the lack of one."""
    return bool(error_code(error.__cause__))


def _of_page(
    response: Mapping[str, Any], store: str, operation: str
) -> StoreUnavailableError | None:
    """The error of a reply that is not DynamoDB's; None if it is."""
    metadata = response.get("ResponseMetadata", {})
    # A botocore Stubber gives no headers at all.
    kind = metadata.get("HTTPHeaders", {"content-type": "json"}).get("content-type", "no type")
    # Where botocore finds no code, it takes the status for one.
    if "json" in kind and not _code(response).isdigit():
        return None
    status = metadata.get("HTTPStatusCode", 0)
    reason = f"{operation} was answered with {kind} and status {status}: is it a proxy?"
    return StoreUnavailableError(store, reason)


def _code(response: Mapping[str, Any]) -> str:
    return str(response.get("Error", {}).get("Code", ""))


def _of_reply(
    response: Mapping[str, Any], store: str, operation: str, table: str, option: str | None
) -> ConfigStoreError:
    code = _code(response)
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in _UNAVAILABLE or status >= 500:
        return StoreUnavailableError(store, f"{operation}: {code}, status {status}")
    if code in _DENIED:
        reason = f"{operation}: {code}; it needs {_needed(operation)} on the table {table!r}"
        return AccessDeniedError(store, reason)
    if code == "ResourceNotFoundException":
        reason = f"{operation}: the table {table!r} does not exist in this account and region"
        return TableNotFoundError(store, reason)
    if option is not None:
        message = _validation(response)
        if "item size" in message:
            reason = "the option would be larger than DynamoDB's limit of 400 KB: split it"
            return InvalidValueError(option, "", reason)
        if "nesting levels" in message:
            reason = "lists and dicts are nested deeper than DynamoDB's 32 levels"
            return InvalidValueError(option, "", reason)
    return BackendError(store, f"{operation}: {code}, status {status}")


def _needed(operation: str) -> str:
    """The actions that a policy has to allow for an operation."""
    if operation == "TransactWriteItems":
        # Source: AWS, "Using IAM with DynamoDB transactions": it has no action of its own.
        return "dynamodb:PutItem, dynamodb:UpdateItem and dynamodb:DeleteItem"
    return f"dynamodb:{operation}"


def _validation(response: Mapping[str, Any]) -> str:
    """The text of DynamoDB's validation, of a request or of a part of a transaction."""
    faults = [response["Error"]] if _code(response) == "ValidationException" else []
    reasons = response.get("CancellationReasons", ())
    faults += [reason for reason in reasons if reason.get("Code") == "ValidationError"]
    return " ".join(str(fault.get("Message", "")) for fault in faults).lower()


def _of_client(error: Exception, aws: Any, store: str, operation: str) -> ConfigStoreError:
    kind = type(error).__name__
    without_credentials = (
        aws.NoCredentialsError,
        aws.PartialCredentialsError,
        aws.ProfileNotFound,
        aws.SSOError,
        aws.TokenRetrievalError,
    )
    if isinstance(error, without_credentials):
        return AccessDeniedError(store, f"{operation}: {kind}, {_CREDENTIALS}")
    if isinstance(error, aws.NoRegionError | aws.InvalidRegionError):
        reason = "no AWS region: set AWS_DEFAULT_REGION, or give a client or URL that names one"
        return BackendError(store, f"{operation}: {kind}, {reason}")
    if isinstance(error, aws.ParamValidationError):
        return BackendError(store, f"{operation}: {kind}, the request was not sent")
    # Transport: an exception of botocore, or of urllib3, http.client or json beneath it.
    return StoreUnavailableError(store, f"{operation}: {kind}, no usable reply")
