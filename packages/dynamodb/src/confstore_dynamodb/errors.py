"""
The errors that only a store in DynamoDB raises; all others are in `confstore.errors`.

```text
ConfigStoreError
├── StoreNotFoundError
│   └── TableNotFoundError         the table does not exist
└── BackendError
    ├── AWSSettingsError           AWS's settings on this machine are wrong
    └── MisconfiguredSchemaError   the table has the wrong keys
```
"""

from __future__ import annotations

from confstore.errors import ERRORS_PAGE, BackendError, StoreNotFoundError

__all__ = ["AWSSettingsError", "MisconfiguredSchemaError", "TableNotFoundError"]


class TableNotFoundError(StoreNotFoundError):
    """The table does not exist, and was not to be created."""

    template = "store {store!r} has no table: {reason}"
    address = f"{ERRORS_PAGE}#tablenotfounderror"


class MisconfiguredSchemaError(BackendError):
    """The table exists, but its keys are not those of a store; the reason names both."""

    template = "store {store!r} has a table of another schema: {reason}"
    address = f"{ERRORS_PAGE}#misconfiguredschemaerror"


class AWSSettingsError(BackendError):
    """
    AWS's files, variables or programs on this machine are wrong: correct them.

    The reason says which; trying again does not help.
    """

    template = "store {store!r} cannot be asked, for AWS's settings on this machine: {reason}"
    address = f"{ERRORS_PAGE}#awssettingserror"
