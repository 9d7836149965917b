"""The logger, its fields, and how errors appear in logs and statuses: never with a value."""

from __future__ import annotations

import logging

from confstore.errors import ConfigStoreError

__all__ = ["describe", "error_type", "log_fields", "logger"]

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


def error_type(error: BaseException) -> str:
    """The class of an error, as metrics and logs have it in `error.type`."""
    return type(error).__qualname__


def log_fields(
    store: str,
    *,
    option: str | None = None,
    version: int | None = None,
    error: BaseException | None = None,
) -> dict[str, object]:
    """
    The fields of a structured log (`extra=`): `store`, `option`, `version` and `error.type`.

    A record has those that it is about.
    """
    fields: dict[str, object] = {"store": store}
    if option is not None:
        fields["option"] = option
    if version is not None:
        fields["version"] = version
    if error is not None:
        fields["error.type"] = error_type(error)
    return fields
