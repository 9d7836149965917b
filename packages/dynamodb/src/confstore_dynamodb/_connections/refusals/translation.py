"""
Errors of boto3's client, as errors of confstore.

Only the operation, the error's code and its type are shown: a message of DynamoDB, and even more
one of botocore's own validation, can quote what was to be written.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, NoReturn, cast
from urllib.parse import urlsplit

from confstore.errors import (
    AccessDeniedError,
    BackendError,
    ConfigStoreError,
    InvalidValueError,
    StoreUnavailableError,
)
from confstore_dynamodb._connections.calls import RefusedError
from confstore_dynamodb._connections.forks import UnsupportedClientError
from confstore_dynamodb._connections.refusals.error_reply import (
    code_of,
    error_code,
    status_of,
    validation_of,
)
from confstore_dynamodb._connections.refusals.refused_credentials import (
    LACKS_PERMISSION,
    advice_on,
    advice_on_service,
    service_of,
)
from confstore_dynamodb._connections.refusals.wrong_settings import (
    header_advice,
    settings_advice,
    trust_advice,
)
from confstore_dynamodb._connections.wire_errors import HeaderError, NoCredentialsError, WireError
from confstore_dynamodb.errors import AWSSettingsError, TableNotFoundError

__all__ = [
    "SIGN_IN",
    "TABLE_ADVICE",
    "is_answer",
    "lacks_permission",
    "raise_translated",
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
_UNREACHED = frozenset({"ConnectTimeoutError", "EndpointConnectionError"})
_CREDENTIALS = (
    "no usable AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or AWS_PROFILE, "
    "sign in, or run under a role"
)


TABLE_ADVICE = (
    "correct its name or region, or make it: `confstore init`, or ?create=true in its URL"
)
"""What to do about a table that does not exist."""

SIGN_IN = "the sign-in is missing or has expired: sign in again (aws sso login, or aws login)"


def raise_translated(
    error: Exception,
    store: str,
    operation: str,
    *,
    table: str = "",
    option: str | None = None,
    place: str = "",
    role: str = "",
) -> NoReturn:
    """
    Raise an error of the client as a `ConfigStoreError`.

    Args:
        error: The exception that a call of the client raised.
        store: The store that is asked.
        operation: DynamoDB's name of the operation, as in a policy: `GetItem`.
        table: The table that is asked.
        option: The option that is being written, if one is.
        place: The endpoint and region that are asked.
        role: The role that the client assumes, if it is known.
    """
    if isinstance(error, ConfigStoreError):
        raise error
    if isinstance(error, UnsupportedClientError):
        raise BackendError(store, f"{operation}: {error}") from None
    if isinstance(error, HeaderError):
        raise AWSSettingsError(store, f"{operation}: {header_advice(error.header)}") from None
    if isinstance(error, WireError | NoCredentialsError):
        raise _of_wire(error, store, operation, place) from None
    # By name: importing botocore takes longer than anything else that a small program does.
    if isinstance(error, RefusedError) or _is_client_error(error):
        error = cast("RefusedError", error)
        service = service_of(error)
        page = _of_page(error.response, store, operation, service or place, is_xml=bool(service))
        if page is not None:
            # Botocore makes the whole page its message, and a page can echo the request.
            raise page from None
        if service:
            raise _of_service(error, service, store, operation, role) from error
        raise _of_reply(error.response, store, operation, table, option, place) from error
    # A client was called, so botocore is imported already, unless the client is a stand-in.
    import botocore.exceptions as aws

    # Nothing else is a cause: botocore's validation and parsers quote their input.
    raise _of_client(error, aws, store, operation, place) from None


def _is_client_error(error: Exception) -> bool:
    aws = sys.modules.get("botocore.exceptions")
    return aws is not None and isinstance(error, aws.ClientError)


def lacks_permission(error: AccessDeniedError) -> bool:
    """True if DynamoDB knows the caller, who lacks this one permission."""
    return is_answer(error) and error_code(error.__cause__) in LACKS_PERMISSION


def is_answer(error: ConfigStoreError) -> bool:
    """True if the error was DynamoDB's own reply, and not the lack of one."""
    return bool(error_code(error.__cause__)) and not service_of(error.__cause__)


def _of_page(
    response: Mapping[str, Any], store: str, operation: str, place: str, *, is_xml: bool
) -> StoreUnavailableError | None:
    """The error of a reply that is not AWS's; None if it is."""
    metadata = response.get("ResponseMetadata", {})
    # A botocore Stubber gives no headers at all.
    kind = metadata.get("HTTPHeaders", {"content-type": "json"}).get("content-type", "no type")
    # Where botocore finds no code, it takes the status for one. STS answers in XML.
    code = code_of(response)
    if ("json" in kind or (is_xml and "xml" in kind)) and not code.isdigit():
        return None
    status = metadata.get("HTTPStatusCode", 0)
    reason = f"{operation} was answered with {kind} and status {status}{_at(place)}: is it a proxy?"
    return StoreUnavailableError(store, reason)


def _of_service(
    error: Any, service: str, store: str, operation: str, role: str
) -> ConfigStoreError:
    """The error of another service, which did not give the credentials for a call."""
    code, status = code_of(error.response), status_of(error.response)
    asked = f"{operation}: {error.operation_name} of {service}"
    if code in _UNAVAILABLE or code == "IDPCommunicationError" or status >= 500:
        return StoreUnavailableError(store, f"{asked}: {code}, status {status}")
    whose = f" for the role {role}" if role else ""
    advice = advice_on_service(error.operation_name, code)
    return AccessDeniedError(store, f"{asked} refused credentials{whose}: {code}; {advice}")


def _at(place: str) -> str:
    return f" at {place}" if place else ""


def _of_reply(
    response: Mapping[str, Any],
    store: str,
    operation: str,
    table: str,
    option: str | None,
    place: str,
) -> ConfigStoreError:
    code, status = code_of(response), status_of(response)
    if code in _UNAVAILABLE or status >= 500:
        return StoreUnavailableError(store, f"{operation}: {code}, status {status}{_at(place)}")
    if code in _DENIED - LACKS_PERMISSION:
        return AccessDeniedError(store, f"{operation}: {code}; {advice_on(code)}")
    if code in _DENIED:
        reason = f"{operation}: {code}; it needs {_needed(operation)} on the table {table!r}"
        return AccessDeniedError(store, reason)
    if code == "ResourceNotFoundException":
        reason = f"{operation}: the table {table!r} does not exist in this account{_at(place)}"
        return TableNotFoundError(store, f"{reason}; {TABLE_ADVICE}")
    if option is not None:
        message = validation_of(response)
        if "item size" in message:
            reason = "the option would be larger than DynamoDB's limit of 400 KB: split it"
            return InvalidValueError(store, option, "", reason)
        if "nesting levels" in message:
            reason = "lists and dicts are nested deeper than DynamoDB's 32 levels"
            return InvalidValueError(store, option, "", reason)
    return BackendError(store, f"{operation}: {code}, status {status}")


def _needed(operation: str) -> str:
    """The actions that a policy has to allow for an operation."""
    if operation == "TransactWriteItems":
        # Source: AWS, "Using IAM with DynamoDB transactions": it has no action of its own.
        return "dynamodb:PutItem, dynamodb:UpdateItem and dynamodb:DeleteItem"
    return f"dynamodb:{operation}"


def _of_client(
    error: Exception, aws: Any, store: str, operation: str, place: str
) -> ConfigStoreError:
    kind = type(error).__name__
    advice = settings_advice(error, aws, is_creation=operation == "CreateClient")
    if advice:
        return AWSSettingsError(store, f"{operation}: {kind}; {advice}")
    if isinstance(error, aws.NoCredentialsError):
        return AccessDeniedError(store, f"{operation}: {kind}, {_CREDENTIALS}")
    # Botocore's LoginError is newer than the oldest version that this package works with.
    login = getattr(aws, "LoginError", aws.SSOError)
    if isinstance(error, aws.SSOError | aws.TokenRetrievalError | login):
        return AccessDeniedError(store, f"{operation}: {kind}, {SIGN_IN}")
    if isinstance(error, aws.ParamValidationError):
        return BackendError(store, f"{operation}: {kind}, the request was not sent")
    # Transport: an exception of botocore, or of urllib3, http.client or json beneath it.
    return StoreUnavailableError(store, _unanswered(operation, kind, error, place))


def _of_wire(
    error: WireError | NoCredentialsError, store: str, operation: str, place: str
) -> ConfigStoreError:
    """The error of our own wire, with the words of botocore's for the same failure."""
    if isinstance(error, NoCredentialsError):
        return AccessDeniedError(store, f"{operation}: {error.kind}, {_CREDENTIALS}")
    advice = trust_advice(error)
    if advice:
        return AWSSettingsError(store, f"{operation}: {error.kind}; {advice}")
    return StoreUnavailableError(store, _unanswered(operation, error.kind, error, place))


def _unanswered(operation: str, kind: str, error: Exception, place: str) -> str:
    asked = _asked(error, place)
    reason = f"{operation}: {kind}, no usable reply{_at(asked)}"
    if kind in _UNREACHED and asked == place:
        # A mistyped region is a host that does not exist.
        return f"{reason}; are the endpoint and its region right?"
    return reason


def _asked(error: Exception, place: str) -> str:
    """The endpoint that did not answer, which may be that of another service, such as STS."""
    url = getattr(error, "kwargs", {}).get("endpoint_url")
    host = urlsplit(url).netloc if isinstance(url, str) else ""
    # A URL can hold a password.
    host = host.rpartition("@")[2]
    return host if host and host not in place else place
