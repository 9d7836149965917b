"""
Stores of confstore in DynamoDB.

Importing this imports neither boto3 nor botocore: that takes longer than anything else at the start
of a process, and many a caller has its client already. The names below are imported when they are
first used.
"""

from __future__ import annotations

import importlib

# Type checkers take this name for true. That of `typing` would cost nine tenths of this import.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from confstore_dynamodb._config_store import DynamoDBConfigStore
    from confstore_dynamodb._secrets.kms import KMSKeys
    from confstore_dynamodb._secrets.references import ParameterStore, SecretsManager
    from confstore_dynamodb._store import DynamoDBStore
    from confstore_dynamodb._url import open_url

__all__ = [
    "DynamoDBConfigStore",
    "DynamoDBStore",
    "KMSKeys",
    "ParameterStore",
    "SecretsManager",
    "open_url",
]

_MODULES = {
    "DynamoDBConfigStore": "confstore_dynamodb._config_store",
    "DynamoDBStore": "confstore_dynamodb._store",
    "KMSKeys": "confstore_dynamodb._secrets.kms",
    "ParameterStore": "confstore_dynamodb._secrets.references",
    "SecretsManager": "confstore_dynamodb._secrets.references",
    "open_url": "confstore_dynamodb._url",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(importlib.import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
