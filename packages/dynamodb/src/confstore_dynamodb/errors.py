"""
The errors that only a store in DynamoDB raises; all others are in `confstore.errors`.

```text
ConfigStoreError
├── StoreNotFoundError
│   └── TableNotFoundError         the table does not exist
└── BackendError
    └── MisconfiguredSchemaError   the table has other keys than this store needs
```
"""

from __future__ import annotations

from confstore.errors import BackendError, StoreNotFoundError

__all__ = ["MisconfiguredSchemaError", "TableNotFoundError"]


class TableNotFoundError(StoreNotFoundError):
    """
    The table does not exist and was not to be created.

    Attributes:
        store: The store that was asked.
        reason: The table that is missing.
    """

    def __str__(self) -> str:
        return f"store {self.store!r} has no table: {self.reason}"


class MisconfiguredSchemaError(BackendError):
    """
    The table exists, with other keys than this store needs.

    Attributes:
        store: The store that was opened.
        reason: Which keys the table has, and which it should have.
    """

    def __str__(self) -> str:
        return f"store {self.store!r} has a table of another schema: {self.reason}"
