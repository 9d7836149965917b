"""
The exceptions of 2014, each of them an error of `confstore.errors`.

`ItemNotFound` and `ValidationException` were boto's, in `boto.dynamodb2.exceptions`.
"""

from confstore.errors import InvalidValueError, OptionNotFoundError, StoreUnavailableError
from confstore_dynamodb.errors import MisconfiguredSchemaError, TableNotFoundError

__all__ = [
    "ItemNotFound",
    "MisconfiguredSchemaException",
    "TableNotCreatedException",
    "TableNotReadyException",
    "ValidationException",
]

ItemNotFound = OptionNotFoundError
MisconfiguredSchemaException = MisconfiguredSchemaError
ValidationException = InvalidValueError


class TableNotCreatedException(TableNotFoundError):  # noqa: N818  # the name of 2014
    """The table is absent and could not be made."""


class TableNotReadyException(StoreUnavailableError):  # noqa: N818  # the name of 2014
    """The table exists in a state in which it cannot be used."""
