"""
The interface of `dynamodb-config-store`, the library of 2014, over confstore.

A program that was written for it changes its connection, which now is boto3's, and where it imports
`ItemNotFound` from: `dynamodb_config_store.exceptions`. New programs use `confstore_dynamodb`.
"""

from dynamodb_config_store._old_distribution import warn_if_installed
from dynamodb_config_store._store import DynamoDBConfigStore

__all__ = ["DynamoDBConfigStore"]

warn_if_installed()
