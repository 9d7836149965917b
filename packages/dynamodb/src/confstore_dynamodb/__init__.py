"""
Stores of confstore in DynamoDB.

Importing this imports neither boto3 nor botocore: that takes longer than anything else at the start
of a process, and many a caller has its client already. The names below are imported when they are
first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from confstore.adapter import lazy_names

if TYPE_CHECKING:
    from confstore_dynamodb._config_store import DynamoDBConfigStore as DynamoDBConfigStore
    from confstore_dynamodb._store import DynamoDBStore as DynamoDBStore
    from confstore_dynamodb._url import open_url as open_url

__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        "confstore_dynamodb._config_store": "DynamoDBConfigStore",
        "confstore_dynamodb._store": "DynamoDBStore",
        "confstore_dynamodb._url": "open_url",
    },
)
