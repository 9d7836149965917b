"""The logger, and how errors appear in logs and statuses: never with a value."""

from __future__ import annotations

import logging

from confstore.errors import ConfigStoreError

__all__ = ["describe", "logger"]

logger = logging.getLogger("confstore")


def describe(error: BaseException) -> str:
    """
    Describe an error in one line that quotes no value.

    Our own errors name stores, options and keys and no value, so their text is shown. Any other
    error's text may quote its input, so only its type is shown.
    """
    name = type(error).__name__
    if not isinstance(error, ConfigStoreError):
        return name
    try:
        return f"{name}: {error}"
    except Exception:
        # An adapter's own subclass whose __str__ raises.
        return name
