"""Polling: the changes between two states of a store, and a poll of any store."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from confstore._process.naps import paced
from confstore._stores.protocols import Poll, PollableStore, Store, ability
from confstore._values.read_only import ReadOnlyDict, freeze, is_same

__all__ = ["poll_between", "poll_store"]


def poll_between(
    checkpoint: object,
    old: Mapping[str, ReadOnlyDict] | None,
    new: Mapping[str, ReadOnlyDict],
) -> Poll:
    """
    The poll of a store that knows both states.

    Args:
        checkpoint: Stands for the new state.
        old: The state of the last checkpoint; None if that is not known.
        new: The state now.
    """
    if old is None:
        return Poll(checkpoint, new, is_full=True)
    changed = {
        option: values
        for option, values in new.items()
        if option not in old or not is_same(old[option], values)
    }
    return Poll(checkpoint, changed, frozenset(old.keys() - new.keys()))


def poll_store(store: Store, checkpoint: object = None, *, consistent: bool = False) -> Poll:
    """Poll any store; one without the ability is read in full."""
    pollable = ability(store, PollableStore)
    if pollable is not None:
        return pollable.poll(checkpoint, consistent=consistent)
    items = paced(store.items(consistent=consistent))
    state = {sys.intern(option): freeze(values) for option, values in items}
    return Poll(None, state, is_full=True)
