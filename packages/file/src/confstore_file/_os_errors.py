"""The operating system's errors as those of confstore."""

from __future__ import annotations

import errno
import os
import stat

from confstore.errors import (
    AccessDeniedError,
    BackendError,
    ConfigStoreError,
    StoreUnavailableError,
)
from confstore.files import DistrustedFileError

__all__ = ["reason_of", "store_error"]

# These pass without a change to the path: the same call may succeed later.
_TRANSIENT = {
    *(errno.EAGAIN, errno.EBUSY, errno.EIO, errno.ESTALE, errno.ETIMEDOUT),
    *(errno.EDQUOT, errno.EFBIG, errno.ENOSPC),
    *(errno.EMFILE, errno.ENFILE, errno.ENOLCK, errno.ENOMEM),
}


def reason_of(error: OSError) -> str:
    """The system's own words for an error, without a path."""
    if isinstance(error, DistrustedFileError):
        return str(error)
    return os.strerror(error.errno) if error.errno else type(error).__name__


def store_error(error: OSError, store: str, action: str) -> ConfigStoreError:
    """The error of confstore for the failure of an action, such as "reading /etc/prod.json"."""
    reason = f"{action} failed: {reason_of(error)}"
    if isinstance(error, PermissionError):
        return AccessDeniedError(store, f"{reason}; {_advice(error)}")
    if error.errno in _TRANSIENT:
        return StoreUnavailableError(store, reason)
    return BackendError(store, reason)


def _advice(error: OSError) -> str:
    """What is missing, as far as one can look: of the file that is named, else of its folder."""
    path = error.filename
    if not isinstance(path, str):
        return "reading needs the file, writing also the folder around it"
    folder = os.path.dirname(path)
    user = f"user {os.geteuid()}" if hasattr(os, "geteuid") else "this user"
    if not _may(folder, os.X_OK):
        return f"let {user} enter the folder {folder}"
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return f"let {user} write to the folder {folder}"
    if not _may(path, os.R_OK):
        return f"let {user} read {path}, which belongs to user {status.st_uid}"
    if _may(folder, os.W_OK) and os.stat(folder).st_mode & stat.S_ISVTX:
        return f"{folder} is sticky, so only user {status.st_uid} can replace or open {path}"
    return f"let {user} write to {path}, and to the folder {folder}"


def _may(path: str, wish: int) -> bool:
    return os.access(path, wish, effective_ids=os.access in os.supports_effective_ids)
