"""Turns the answers of a store's polls into whole states."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from typing import Any

import attrs

from confstore._process.naps import paced
from confstore._stores.protocols import Poll, PollableStore, Store, ability
from confstore._values.read_only import ReadOnlyDict, freeze, is_same
from confstore._values.secret import Secret

__all__ = ["Loader", "State"]


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


@attrs.define(eq=False)
class Loader:
    """Loads the next state of one store; it becomes the last one by assignment to `last`."""

    _store: Store = attrs.field(repr=False)
    last: State = attrs.field(factory=lambda: State(ReadOnlyDict()))
    _pollable: PollableStore | None = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._pollable = ability(self._store, PollableStore)

    def load(self, *, consistent: bool) -> State:
        """Poll the store, and make the next state of the last one and the answer."""
        old = self.last.options
        if self._pollable is None:
            return _next(old, self._read_all(consistent=consistent))
        poll = self._pollable.poll(self.last.checkpoint, consistent=consistent)
        # Most polls find nothing; their cost must not depend on the store's size.
        if (poll.is_full, poll.changed, poll.removed) == (False, {}, frozenset()):
            return State(old, poll.checkpoint)
        return _next(old, poll)

    def _read_all(self, *, consistent: bool) -> Poll:
        items = paced(self._store.items(consistent=consistent))
        state = {sys.intern(option): freeze(values) for option, values in items}
        return Poll(None, state, is_full=True)

    def forget_checkpoint(self) -> None:
        """Make the next poll a full one."""
        self.last = attrs.evolve(self.last, checkpoint=None, changed=())


def _next(old: ReadOnlyDict, poll: Poll) -> State:
    removed: Collection[str]
    # An option that did not change stays the same object.
    new = {
        sys.intern(option): _kept(old.get(option), values)
        for option, values in poll.changed.items()
    }
    changed = [option for option, values in new.items() if old.get(option) is not values]
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
    if old is not None and is_same(old, values):
        return old
    # A poll of somebody else's adapter may give plain dicts.
    return values if isinstance(values, ReadOnlyDict) else freeze(values)
