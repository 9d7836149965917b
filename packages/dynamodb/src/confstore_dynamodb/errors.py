"""
The errors that only a store in DynamoDB raises; all others are in `confstore.errors`.

```text
ConfigStoreError
├── StoreNotFoundError
│   └── TableNotFoundError         the table does not exist
└── BackendError
    └── MisconfiguredSchemaError   the table has the wrong keys
```
"""

from __future__ import annotations

from confstore.errors import BackendError, StoreNotFoundError

__all__ = ["MisconfiguredSchemaError", "TableNotFoundError"]


class TableNotFoundError(StoreNotFoundError):
    """The table does not exist, and was not to be created."""

    template = "store {store!r} has no table: {reason}"


class MisconfiguredSchemaError(BackendError):
    """The table exists, but its keys are not those of a store; the reason names both."""

    template = "store {store!r} has a table of another schema: {reason}"
