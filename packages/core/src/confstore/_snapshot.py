"""What readers of a TimeBasedConfigStore see: one immutable view, and how it came about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs

from confstore._read_only import ReadOnlyDict

__all__ = ["Health", "Status", "View"]


@attrs.frozen(eq=False)
class View:
    """
    One state of a store, ready to be read.

    Attributes:
        options: Every option, read-only.
        current: What `config.current` returns: the typed object, or the options themselves.
        attributes: What can be reached as `config.NAME`.
        version: Counts the views that a config has shown; 1 is the first.
    """

    options: ReadOnlyDict = attrs.field(repr=False)
    current: Any = attrs.field(repr=False)
    attributes: Mapping[str, Any] = attrs.field(repr=False)
    version: int


@attrs.frozen
class Health:
    """How the last refreshes went; replaced whole, so that it is never seen half."""

    loaded_monotonic_s: float
    loaded_at: datetime
    is_fallback: bool = False
    consecutive_failures: int = 0
    last_error: str | None = None


@attrs.frozen
class Status:
    """
    How a config is doing; it never holds a value.

    Attributes:
        loaded_at: When the snapshot was last known to be the store's state; aware, in UTC.
        age: Seconds since then.
        version: Counts the different snapshots that were shown; 1 is the first.
        consecutive_failures: Refreshes that have failed since the last one that succeeded.
        last_error: What the last refresh failed of; None after a success.
        is_fallback: Whether the snapshot comes from the fallback file and not from the store.
    """

    loaded_at: datetime
    age: float
    version: int
    consecutive_failures: int
    last_error: str | None
    is_fallback: bool
