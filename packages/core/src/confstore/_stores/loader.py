"""Turns the answers of a store's polls into whole states."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from typing import Any

import attrs

from confstore._process.naps import paced
from confstore._stores.protocols import (
    Poll,
    PollableStore,
    ScheduledStore,
    SealingStore,
    Store,
    ability,
)
from confstore._values.faulty import FaultyOption
from confstore._values.read_only import ReadOnlyDict, freeze, is_same
from confstore._values.secret import Secret

__all__ = ["Loader", "State", "saved_state"]


@attrs.frozen(eq=False)
class State:
    """
    The whole state of a store.

    Attributes:
        options: Every option, read-only.
        checkpoint: Where the next poll continues.
        changed: The options that differ from the state before, also those that differ in type only.
        secrets: The secrets of each option that has any.
        rewrapped: Changed options that stand for the same values: only sealed texts are others.
    """

    options: ReadOnlyDict = attrs.field(repr=False)
    checkpoint: object = attrs.field(default=None, repr=False)
    changed: tuple[str, ...] = ()
    secrets: Mapping[str, Mapping[str, Secret[Any]]] = attrs.field(factory=dict, repr=False)
    rewrapped: frozenset[str] = frozenset()

    @property
    def heard(self) -> tuple[str, ...]:
        """The changed options of which subscribers hear."""
        return tuple(option for option in self.changed if option not in self.rewrapped)


def saved_state(store: Store, options: Mapping[str, ReadOnlyDict]) -> State:
    """The state of a store whose options were saved: they have texts in the place of secrets."""
    sealing = ability(store, SealingStore)
    if sealing is None:
        return State(ReadOnlyDict(options))
    return State(
        ReadOnlyDict(
            (option, sealing.unsealed(option, values)) for option, values in options.items()
        )
    )


@attrs.define(eq=False)
class Loader:
    """
    Loads the next state of one store; it becomes the last one by assignment to `last`.

    Attributes:
        store: The store.
        last: The last state.
    """

    store: Store = attrs.field(repr=False)
    last: State = attrs.field(factory=lambda: State(ReadOnlyDict()))
    _is_by_hint: bool = attrs.field(default=False, kw_only=True)
    _pollable: PollableStore | None = attrs.field(init=False, repr=False)
    _scheduled: ScheduledStore | None = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._pollable = ability(self.store, PollableStore)
        self._scheduled = ability(self.store, ScheduledStore) if self._is_by_hint else None

    def next(self, last: State, *, consistent: bool) -> State:
        """Poll the store, and make the state that follows a given one."""
        old = last.options
        if self._pollable is None:
            return _next(old, self._read_all(consistent=consistent))
        if self._scheduled is not None and not consistent:
            # The parts of the store have intervals of their own.
            poll = self._scheduled.poll_due(last.checkpoint)
        else:
            poll = self._pollable.poll(last.checkpoint, consistent=consistent)
        # Most polls find nothing; their cost must not depend on the store's size.
        if (poll.is_full, poll.changed, poll.removed) == (False, {}, frozenset()):
            return State(old, poll.checkpoint)
        return _next(old, poll)

    def _read_all(self, *, consistent: bool) -> Poll:
        items = paced(self.store.items(consistent=consistent))
        state = {sys.intern(option): freeze(values) for option, values in items}
        return Poll(None, state, is_full=True)

    def forget_checkpoint(self) -> None:
        """Make the next poll a full one."""
        self.last = attrs.evolve(self.last, checkpoint=None, changed=())


def _next(old: ReadOnlyDict, poll: Poll) -> State:
    removed: Collection[str]
    # An option that did not change stays the same object; a new one needs no call to tell.
    new = {
        sys.intern(option): values
        if type(values) is ReadOnlyDict and option not in old
        else _kept(old.get(option), values)
        for option, values in poll.changed.items()
    }
    changed = [o for o, values in new.items() if old.get(o) is not values] if old else list(new)
    if poll.is_full:
        removed = old.keys() - new.keys()
    else:
        removed = poll.removed & old.keys()
        # In the order of the old options, the new ones last.
        new = {
            option: new.get(option, values)
            for option, values in old.items()
            if option not in removed
        } | new
    if not changed and not removed:
        return State(old, poll.checkpoint)
    return State(ReadOnlyDict(new), poll.checkpoint, (*changed, *sorted(removed)))


def _kept(old: ReadOnlyDict | None, values: Mapping[str, Any]) -> ReadOnlyDict:
    # An option with a fault can be neither compared nor copied.
    if old is not None and _is_plain(old) and _is_plain(values) and is_same(old, values):
        return old
    # A poll of somebody else's adapter may give plain dicts.
    return values if isinstance(values, ReadOnlyDict) else freeze(values)


def _is_plain(values: Mapping[str, Any]) -> bool:
    return not isinstance(values, FaultyOption)
