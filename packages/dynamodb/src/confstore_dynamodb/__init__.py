"""
Stores of confstore in DynamoDB.

Importing this imports neither boto3 nor botocore: that takes longer than anything else at the start
of a process, and many a caller has its client already.
"""

from confstore_dynamodb._config_store import DynamoDBConfigStore
from confstore_dynamodb._store import DynamoDBStore
from confstore_dynamodb._url import open_url

__all__ = ["DynamoDBConfigStore", "DynamoDBStore", "open_url"]
