"""What may be said of an error in a log or a status: never a value."""

from __future__ import annotations

import logging

from confstore.errors import ConfigStoreError

__all__ = ["describe", "logger"]

logger = logging.getLogger("confstore")


def describe(error: BaseException) -> str:
    """
    One line about an error.

    Our own errors name stores, options and keys and no value, so their text is shown; the text of
    any other may quote what it failed on, so only its type is.
    """
    name = type(error).__name__
    if not isinstance(error, ConfigStoreError):
        return name
    try:
        return f"{name}: {error}"
    except Exception:
        # An adapter's own subclass whose text cannot be made.
        return name
