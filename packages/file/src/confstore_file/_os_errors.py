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

__all__ = ["reason_of", "store_error"]

# These pass without a change to the path: the same call may succeed later.
_TRANSIENT = {
    *(errno.EAGAIN, errno.EBUSY, errno.EIO, errno.ESTALE, errno.ETIMEDOUT),
    *(errno.EDQUOT, errno.EFBIG, errno.ENOSPC),
    *(errno.EMFILE, errno.ENFILE, errno.ENOLCK, errno.ENOMEM),
}


def reason_of(error: OSError) -> str:
    """The system's own words for an error, without a path."""
    return os.strerror(error.errno) if error.errno else type(error).__name__


def store_error(error: OSError, store: str, action: str) -> ConfigStoreError:
    """The error of confstore for the failure of an action, such as "reading /etc/prod.json"."""
    reason = f"{action} failed: {reason_of(error)}"
    if isinstance(error, PermissionError):
        advice = "reading needs the file, writing also the folder around it"
        return AccessDeniedError(store, f"{reason}; {advice}")
    if error.errno in _TRANSIENT:
        return StoreUnavailableError(store, reason)
    return BackendError(store, reason)
