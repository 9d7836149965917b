"""Builds the views that readers see: options, overrides upon them, and their typed form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs

from confstore._schemas.schema import Schema
from confstore._values.read_only import ReadOnlyDict

__all__ = ["Health", "Overrides", "Status", "View"]


@attrs.frozen(eq=False)
class _Override:
    """Whole options that stand in for those of the store, for as long as it is in force."""

    options: Mapping[str, ReadOnlyDict] = attrs.field(repr=False)


@attrs.define(eq=False)
class Overrides:
    """What lies between a store's options and what is read."""

    _schema: Schema | None
    _overrides: tuple[_Override, ...] = ()
    _version: int = 0

    def view(self, options: ReadOnlyDict) -> View:
        """
        The view of these options.

        Raises:
            SchemaError: They do not fit the schema, with the overrides or without.
        """
        view = self._shaped(options)
        if self._overrides:
            # The options themselves were validated above: they show when an override ends.
            view = self._shaped(self._overridden(options))
        self._version = view.version
        return view

    def push(self, overridden: Mapping[str, ReadOnlyDict]) -> _Override:
        """Put an override in force; `pop` it with what is returned."""
        override = _Override(overridden)
        self._overrides = (*self._overrides, override)
        return override

    def pop(self, override: _Override) -> None:
        """End an override, in whichever order."""
        self._overrides = tuple(one for one in self._overrides if one is not override)

    def _overridden(self, options: ReadOnlyDict) -> ReadOnlyDict:
        merged: dict[str, Any] = dict(options)
        for override in self._overrides:
            merged.update(override.options)
        return ReadOnlyDict(merged)

    def _shaped(self, options: ReadOnlyDict) -> View:
        version = self._version + 1
        if self._schema is None:
            return View(options, options, options, version)
        current, typed = self._schema.apply(options)
        return View(options, current, {**options, **typed}, version)


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
