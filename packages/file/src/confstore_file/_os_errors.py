"""The operating system's errors as those of confstore."""

from __future__ import annotations

import errno
import os

from confstore.errors import (
    AccessDeniedError,
    BackendError,
    ConfigStoreError,
    StoreUnavailableError,
)

__all__ = ["store_error"]

# What passes without anybody changing the path: the same call may succeed later.
_PASSING = {
    errno.EAGAIN,
    errno.EBUSY,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EIO,
    errno.EMFILE,
    errno.ENFILE,
    errno.ENOLCK,
    errno.ENOMEM,
    errno.ENOSPC,
    errno.ESTALE,
    errno.ETIMEDOUT,
}


def store_error(error: OSError, store: str, doing: str) -> ConfigStoreError:
    """
    The error of confstore that stands for one of the operating system.

    Args:
        error: What the system raised; it names paths, and no value.
        store: The store that was asked.
        doing: What was tried, with the path, such as `"reading /etc/app/prod.json"`.
    """
    why = os.strerror(error.errno) if error.errno else type(error).__name__
    reason = f"{doing} failed: {why}"
    if isinstance(error, PermissionError):
        advice = "reading needs the file, writing also the folder around it"
        return AccessDeniedError(store, f"{reason}; {advice}")
    if error.errno in _PASSING:
        return StoreUnavailableError(store, reason)
    return BackendError(store, reason)
