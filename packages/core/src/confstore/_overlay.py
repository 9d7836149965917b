"""Builds the views that readers see: options, overrides upon them, and their typed form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from confstore._read_only import ReadOnlyDict
from confstore._schema import Schema
from confstore._snapshot import View

__all__ = ["Overlay"]


@attrs.frozen(eq=False)
class _Override:
    """Whole options that stand in for those of the store, for as long as it is in force."""

    options: Mapping[str, ReadOnlyDict] = attrs.field(repr=False)


@attrs.define(eq=False)
class Overlay:
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
