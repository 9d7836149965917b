"""Turns the answers of a store's polls into whole states."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping

import attrs

from confstore._stores.polling import poll_store
from confstore._stores.protocols import Poll, Store
from confstore._values.read_only import ReadOnlyDict, freeze, is_same
from confstore._values.types import Value

__all__ = ["Loader", "State"]


@attrs.frozen(eq=False)
class State:
    """
    A whole state of a store.

    Attributes:
        options: Every option, read-only.
        checkpoint: Where the next poll goes on.
        changed: The options in which it differs from the state before, in type, too.
    """

    options: ReadOnlyDict = attrs.field(repr=False)
    checkpoint: object = attrs.field(default=None, repr=False)
    changed: tuple[str, ...] = ()


@attrs.define(eq=False)
class Loader:
    """The last state of one store that was accepted, and the way to the next."""

    _store: Store = attrs.field(repr=False)
    last: State = attrs.field(factory=lambda: State(ReadOnlyDict()))

    def poll(self, *, consistent: bool) -> Poll:
        """Ask the store what is new; this is all that touches the backend."""
        return poll_store(self._store, self.last.checkpoint, consistent=consistent)

    def next(self, poll: Poll) -> State:
        """The state after a poll; it becomes the last one when it is assigned to `last`."""
        old = self.last.options
        if (poll.is_full, poll.changed, poll.removed) == (False, {}, frozenset()):
            # Most polls find nothing, and then cost the same whatever the store's size.
            return State(old, poll.checkpoint)
        removed: Collection[str]
        # An option that did not change stays the same object, whatever the store gave.
        new = {
            sys.intern(option): _kept(old.get(option), values)
            for option, values in poll.changed.items()
        }
        changed = [option for option, values in new.items() if old.get(option) is not values]
        if poll.is_full:
            removed = old.keys() - new.keys()
        else:
            removed = poll.removed & old.keys()
            new = {
                option: new.get(option, values)
                for option, values in old.items()
                if option not in removed
            } | new
        if not changed and not removed:
            return State(old, poll.checkpoint)
        options = ReadOnlyDict(new)
        return State(options, poll.checkpoint, (*changed, *sorted(removed)))

    def forget_checkpoint(self) -> None:
        """Have the next poll give a full answer."""
        self.last = State(self.last.options)


def _kept(old: ReadOnlyDict | None, values: Mapping[str, Value]) -> ReadOnlyDict:
    if old is not None and is_same(old, values):
        return old
    # A poll of an adapter that we do not know may give plain dicts.
    return values if isinstance(values, ReadOnlyDict) else freeze(values)
