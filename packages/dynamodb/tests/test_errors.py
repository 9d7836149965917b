"""The errors of this backend: each is an error of core, and survives a process pool."""

from __future__ import annotations

import pickle

import pytest

from confstore.errors import BackendError, ConfigStoreError, StoreNotFoundError
from confstore_dynamodb import errors
from confstore_dynamodb.errors import (
    AWSSettingsError,
    MisconfiguredSchemaError,
    TableNotFoundError,
)

TEXTS = {
    TableNotFoundError("prod", "why"): "store 'prod' has no table: why",
    MisconfiguredSchemaError("prod", "why"): "store 'prod' has a table of another schema: why",
    AWSSettingsError("prod", "why"): (
        "store 'prod' cannot be asked, for AWS's settings on this machine: why"
    ),
}
every_error = pytest.mark.parametrize("error", TEXTS, ids=lambda error: type(error).__name__)


def test_every_error_is_tested() -> None:
    """No error is published without a test of its text."""
    assert {type(error).__name__ for error in TEXTS} == set(errors.__all__)


@every_error
def test_error_says_what_failed_and_on_what(error: ConfigStoreError) -> None:
    """The text names the store and the reason."""
    assert str(error) == TEXTS[error]


@every_error
def test_error_survives_pickling(error: ConfigStoreError) -> None:
    """A process pool sends an error with its type, its text and its facts."""
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert (str(copy), copy.args, vars(copy)) == (str(error), error.args, vars(error))


def test_errors_are_cores() -> None:
    """Code that knows no backend catches each by its class in core."""
    assert issubclass(TableNotFoundError, StoreNotFoundError)
    assert issubclass(TableNotFoundError, LookupError)
    assert issubclass(MisconfiguredSchemaError, BackendError)
