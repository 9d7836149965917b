"""Each refusal of DynamoDB and each failure of its client is one error of confstore."""

from __future__ import annotations

import logging
import pickle
from typing import Any

import botocore.exceptions as aws
import pytest
from botocore.stub import Stubber

from confstore.errors import (
    AccessDeniedError,
    BackendError,
    ConfigStoreError,
    InvalidNameError,
    InvalidValueError,
    OptionNotFoundError,
    StoreUnavailableError,
)
from confstore.testing import CANARY, assert_keeps_values
from confstore_dynamodb import DynamoDBStore
from confstore_dynamodb.errors import AWSSettingsError, TableNotFoundError

from ..conftest import description

CODES = [
    ("ProvisionedThroughputExceededException", 400, StoreUnavailableError),
    ("ThrottlingException", 400, StoreUnavailableError),
    ("RequestLimitExceeded", 400, StoreUnavailableError),
    ("InternalServerError", 500, StoreUnavailableError),
    ("SomethingNew", 503, StoreUnavailableError),
    ("AccessDeniedException", 400, AccessDeniedError),
    ("UnrecognizedClientException", 400, AccessDeniedError),
    ("ExpiredTokenException", 400, AccessDeniedError),
    ("InvalidSignatureException", 400, AccessDeniedError),
    ("ResourceNotFoundException", 400, TableNotFoundError),
    ("ValidationException", 400, BackendError),
    ("SomethingNew", 400, BackendError),
]


@pytest.mark.parametrize(("code", "status", "expected"), CODES)
def test_code_decides_the_error(
    stub_store: DynamoDBStore,
    stubber: Stubber,
    code: str,
    status: int,
    expected: type[ConfigStoreError],
) -> None:
    """DynamoDB's code makes the error, which names the operation and keeps DynamoDB's own."""
    stubber.add_client_error("get_item", code, CANARY, http_status_code=status)
    with pytest.raises(ConfigStoreError) as caught:
        stub_store.get("db")
    assert type(caught.value) is expected
    assert "GetItem" in str(caught.value)
    assert CANARY not in str(caught.value)
    assert isinstance(caught.value.__cause__, aws.ClientError)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (aws.NoCredentialsError(), AccessDeniedError),
        (aws.PartialCredentialsError(provider="env", cred_var=CANARY), AWSSettingsError),
        (aws.ProfileNotFound(profile=CANARY), AWSSettingsError),
        (aws.ConfigParseError(path=CANARY), AWSSettingsError),
        (aws.InvalidConfigError(error_msg=CANARY), AWSSettingsError),
        (
            aws.CredentialRetrievalError(provider="custom-process", error_msg=CANARY),
            AWSSettingsError,
        ),
        (FileNotFoundError(2, CANARY, CANARY), AWSSettingsError),
        (
            aws.SSLError(endpoint_url=CANARY, error=FileNotFoundError(2, CANARY, CANARY)),
            AWSSettingsError,
        ),
        (aws.SSLError(endpoint_url=CANARY, error=OSError(CANARY)), StoreUnavailableError),
        (aws.UnauthorizedSSOTokenError(), AccessDeniedError),
        (aws.TokenRetrievalError(provider="sso", error_msg=CANARY), AccessDeniedError),
        (aws.NoRegionError(), AWSSettingsError),
        (aws.ParamValidationError(report=CANARY), BackendError),
        (aws.ConnectTimeoutError(endpoint_url=CANARY), StoreUnavailableError),
        (aws.ReadTimeoutError(endpoint_url=CANARY), StoreUnavailableError),
        (aws.CredentialRetrievalError(provider="x", error_msg=CANARY), StoreUnavailableError),
        (ConnectionResetError(CANARY), StoreUnavailableError),
        (ValueError(CANARY), StoreUnavailableError),
    ],
    ids=lambda value: getattr(value, "__name__", type(value).__name__),
)
def test_failure_of_the_client_decides_the_error(
    error: Exception, expected: type[ConfigStoreError]
) -> None:
    """A failure without a reply is told by its type alone, for its text can quote anything."""
    store = DynamoDBStore(Failing(error), "config", "prod")
    with pytest.raises(ConfigStoreError) as caught:
        store.set("db", {"secret": CANARY})
    assert type(caught.value) is expected
    assert type(error).__name__ in str(caught.value)
    assert_keeps_values(caught.value)


def test_expired_credentials_are_no_missing_permission(
    stub_store: DynamoDBStore, stubber: Stubber
) -> None:
    """Who has to sign in again is not sent to look for a policy."""
    stubber.add_client_error("get_item", "ExpiredTokenException")
    with pytest.raises(AccessDeniedError, match="expired: sign in again") as caught:
        stub_store.get("db")
    assert "needs" not in str(caught.value)


def test_lost_connection_names_endpoint_and_region() -> None:
    """Somebody who looks for the fault of a connection is told where it goes, and no password."""
    from confstore_dynamodb import open_url

    url = f"dynamodb://config/prod?endpoint_url=http://user:{CANARY}@127.0.0.1:1"
    with pytest.raises(StoreUnavailableError, match=r"127\.0\.0\.1:1, region eu-west-1") as caught:
        open_url(url).get("db")
    assert CANARY not in str(caught.value)


def test_short_table_name_says_why(stub_client: Any) -> None:
    """DynamoDB says only that such a name is not valid."""
    with pytest.raises(InvalidNameError, match="3 to 255"):
        DynamoDBStore(stub_client, "ab", "prod")


def test_connection_of_boto_2() -> None:
    """It has the methods of a client, with other arguments."""
    connection = type("Connection", (), {"__module__": "boto.dynamodb2.layer1", "get_item": None})
    with pytest.raises(TypeError, match="boto 2 is not supported: pass a boto3 client"):
        DynamoDBStore(connection(), "config", "prod")


def test_error_of_a_stub_that_is_ours_passes() -> None:
    """A client that raises an error of confstore, as a test double may, is taken at its word."""
    store = DynamoDBStore(Failing(OptionNotFoundError("prod", "db")), "config", "prod")
    with pytest.raises(OptionNotFoundError):
        store.set("db", {})


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("Item size to update has exceeded the maximum allowed size", "400 KB"),
        ("Nesting Levels have exceeded supported limits", "32 levels"),
    ],
)
def test_refused_values_are_the_callers(
    unjournaled_store: DynamoDBStore, stubber: Stubber, message: str, reason: str
) -> None:
    """What DynamoDB says of a value's size or depth is an invalid value, as on every backend."""
    stubber.add_client_error("update_item", "ValidationException", message)
    with pytest.raises(InvalidValueError, match=reason):
        unjournaled_store.update("db", {"key": 1})


def test_other_refusal_of_a_write_is_the_backends(
    unjournaled_store: DynamoDBStore, stubber: Stubber
) -> None:
    """A validation that is not about the values is none of the caller's."""
    stubber.add_client_error("update_item", "ValidationException", CANARY)
    with pytest.raises(BackendError, match="UpdateItem: ValidationException"):
        unjournaled_store.update("db", {"key": 1})


def test_delete_of_an_absent_option(unjournaled_store: DynamoDBStore, stubber: Stubber) -> None:
    """A delete that was sent once and found nothing had nothing to delete."""
    stubber.add_client_error("delete_item", "ConditionalCheckFailedException")
    with pytest.raises(OptionNotFoundError):
        unjournaled_store.delete("db")


def test_delete_that_was_sent_again(unjournaled_store: DynamoDBStore, stubber: Stubber) -> None:
    """A delete that was sent again and found nothing has succeeded the first time."""
    retried = {"RetryAttempts": 1}
    stubber.add_client_error(
        "delete_item", "ConditionalCheckFailedException", response_meta=retried
    )
    unjournaled_store.delete("db")


def test_delete_that_is_refused(unjournaled_store: DynamoDBStore, stubber: Stubber) -> None:
    """Another refusal of a delete is reported as it is."""
    stubber.add_client_error("delete_item", "ValidationException")
    with pytest.raises(BackendError, match="DeleteItem"):
        unjournaled_store.delete("db")


def test_page_without_items_is_an_error(stub_store: DynamoDBStore, stubber: Stubber) -> None:
    """An incomplete reply is never an empty store."""
    stubber.add_response("query", {"Count": 0})
    with pytest.raises(StoreUnavailableError, match="without Items"):
        list(stub_store.items())


def test_truncated_listing_raises(stub_store: DynamoDBStore, stubber: Stubber) -> None:
    """A failure on a later page ends the listing with an error, not early."""
    key = {"_store": {"S": "prod"}, "_option": {"S": "a"}}
    stubber.add_response("query", {"Items": [key], "LastEvaluatedKey": key})
    stubber.add_client_error("query", "ThrottlingException")
    items = stub_store.items()
    assert next(items) == ("a", {})
    with pytest.raises(StoreUnavailableError):
        next(items)


def test_logs_show_no_value(stub_client: Any, stubber: Stubber, caplog: Any) -> None:
    """What is logged of a failed check names its type, and nothing that the failure quotes."""
    caplog.set_level(logging.DEBUG, "confstore_dynamodb")
    stubber.add_client_error("describe_table", "AccessDeniedException", CANARY)
    DynamoDBStore(stub_client, "config", "prod")
    assert "DescribeTable" in caplog.text
    assert vars(caplog.records[-1])["error.type"] == "AccessDeniedError"
    assert CANARY not in caplog.text


def test_absent_table_that_must_not_be_described(stub_client: Any, stubber: Stubber) -> None:
    """The first read says what to do, as the check of the table would have."""
    stubber.add_client_error("describe_table", "AccessDeniedException")
    stubber.add_client_error("query", "ResourceNotFoundException")
    store = DynamoDBStore(stub_client, "config", "prod")
    with pytest.raises(TableNotFoundError, match=r"'config' does not .*; correct its name or"):
        list(store.items())


class Failing:
    """A client all of whose writes fail in one way."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def get_item(self, **_: Any) -> Any:
        """Nothing: no option, and no journal. That it is there shows what this is."""
        return {}

    def describe_table(self, **_: Any) -> Any:
        return {"Table": description()}

    def put_item(self, **_: Any) -> Any:
        raise self.error
