"""Polling: the changes between two states of a store."""

from __future__ import annotations

from collections.abc import Mapping

from confstore._stores.protocols import Poll
from confstore._values.read_only import ReadOnlyDict, is_same

__all__ = ["poll_between"]


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
