"""The view that readers see: a store's options, overrides on top, and their typed form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs

from confstore._process.clock import Moment
from confstore._schemas.schema import OptionsSchema, StoreSchema
from confstore._schemas.shaped import EMPTY
from confstore._schemas.unknown import Unknown
from confstore._stores.loader import State
from confstore._stores.places import exact_place, where_to_look
from confstore._stores.protocols import Store
from confstore._values.read_only import ReadOnlyDict
from confstore.errors import SchemaError, SchemaProblem

__all__ = ["Health", "Overrides", "Status", "View"]


@attrs.frozen(eq=False)
class View:
    """
    One state of a store, ready to be read.

    Attributes:
        options: Every option, read-only.
        current: The result of `config.current`: the typed object, or the options themselves.
        attributes: The values of `config.NAME`.
        stored: The store's options as subscribers get them: typed ones, and the others plain.
        unknown: The options and keys that the schema does not know.
        version: Counts the views that a config has shown; 1 is the first.
        state: The state of the store that it shows.
    """

    options: ReadOnlyDict = attrs.field(repr=False)
    current: Any = attrs.field(repr=False)
    attributes: Mapping[str, Any] = attrs.field(repr=False)
    stored: Mapping[str, Any] = attrs.field(repr=False)
    version: int
    unknown: tuple[Unknown, ...] = ()
    state: State = attrs.field(factory=lambda: State(ReadOnlyDict()), repr=False)


@attrs.define(eq=False)
class Overrides:
    """
    Makes views of a store's options and of the overrides in force, which replace whole ones.

    Attributes:
        version: That of the last view.
    """

    _schema: OptionsSchema | StoreSchema | None
    _store: Store = attrs.field(repr=False)
    _in_force: dict[object, Mapping[str, ReadOnlyDict]] = attrs.field(factory=dict, repr=False)
    version: int = 0

    def view(self, state: State) -> View:
        """
        Make the view of a state of the store.

        Raises:
            SchemaError: They do not fit the schema, with the overrides or without.
        """
        try:
            view = self._shaped(state.options)
        except SchemaError as error:
            raise self._placed(error, state) from None
        if self._in_force:
            # The store's options were validated above: readers see them once the overrides end.
            merged: dict[str, Any] = dict(state.options)
            for overridden in self._in_force.values():
                merged.update(overridden)
            stored = view.stored
            view = attrs.evolve(self._shaped(ReadOnlyDict(merged)), stored=stored)
        self.version = view.version
        return attrs.evolve(view, state=state)

    def secrets(self, options: ReadOnlyDict) -> frozenset[tuple[str, str]]:
        """Option and key of every secret that the schema names."""
        return frozenset() if self._schema is None else self._schema.secrets(options)

    def push(self, options: Mapping[str, ReadOnlyDict]) -> object:
        """Put an override in force; `pop` takes the result."""
        override = object()
        self._in_force[override] = options
        return override

    def pop(self, override: object) -> None:
        """End an override; overrides may end in any order."""
        del self._in_force[override]

    def _placed(self, error: SchemaError, state: State) -> SchemaError:
        """The error with the places of values that were polled, and with advice of the store."""
        problems = []
        for option, path, reason, _ in error.problems:
            place = None
            if reason == EMPTY:
                reason = f"{reason}{where_to_look(self._store)}"
            is_polled = state.checkpoint is not None
            if is_polled and option and path and path[0] in state.options.get(option, {}):
                place = exact_place(self._store, option, str(path[0]), state.checkpoint)
            problems.append(SchemaProblem(option, path, reason, place))
        return SchemaError(error.store, tuple(problems))

    def _shaped(self, options: ReadOnlyDict) -> View:
        version = self.version + 1
        if self._schema is None:
            return View(options, options, options, options, version)
        shaped = self._schema.apply(options)
        stored = {**options, **shaped.typed}
        attributes = {**stored, **shaped.attributes}
        return View(options, shaped.current, attributes, stored, version, shaped.unknown)


@attrs.frozen
class Health:
    """The outcome of the last refreshes; replaced as a whole, so that no reader sees half of it."""

    loaded: Moment
    loaded_at: datetime
    is_fallback: bool = False
    consecutive_failures: int = 0
    last_error: str | None = None


@attrs.frozen
class Status:
    """
    The state of a config; it never holds a value.

    Attributes:
        loaded_at: When the snapshot was last known to be the store's state; aware, in UTC.
        age: Seconds since then, with the machine's sleep; infinite if no clock here can tell.
        version: Counts the different snapshots that were shown; 1 is the first.
        consecutive_failures: Failed refreshes since the last successful one.
        last_error: Why the last refresh failed; None after a success.
        is_fallback: True while the snapshot comes from the fallback file and not from the store.
    """

    loaded_at: datetime
    age: float
    version: int
    consecutive_failures: int
    last_error: str | None
    is_fallback: bool
