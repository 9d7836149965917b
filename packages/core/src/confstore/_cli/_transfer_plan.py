"""What it takes to bring options into a store."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import attrs

from confstore import Change, Values
from confstore.adapter import canonical_values, checked_option, is_same

__all__ = ["TransferPlan", "plan_of"]


@attrs.frozen
class TransferPlan:
    """
    What is to be done with each option.

    Attributes:
        before: The options that are to be written or deleted, as they are now.
        written: Those to be written, with their new values.
        deleted: Those to be deleted.
        equal: How many are already as they are to be.
        skipped: How many are there with other values, and to stay.
    """

    before: Mapping[str, Values] = attrs.field(repr=False)
    written: Mapping[str, Values] = attrs.field(repr=False)
    deleted: tuple[str, ...] = ()
    equal: int = 0
    skipped: int = 0

    @property
    def changes(self) -> list[Change]:
        """The changes; deletes are last, so that what ends half way has lost nothing."""
        changes = [Change(option, values) for option, values in self.written.items()]
        return changes + [Change(option, None) for option in self.deleted]


def plan_of(
    options: Mapping[str, Values],
    there: Mapping[str, Values],
    *,
    prunable: Collection[str] = (),
    is_skipping: bool = False,
) -> TransferPlan:
    """
    The plan that brings options into a store.

    Args:
        options: What is to be brought.
        there: Every option of the store.
        prunable: Options to delete unless they are brought.
        is_skipping: Whether what is there stays as it is.

    Raises:
        InvalidNameError: An option cannot have its name.
        InvalidValueError: Values are outside the domain: somebody wrote them past us.
    """
    written = {}
    equal = skipped = 0
    for option, values in options.items():
        old = there.get(option)
        if old is not None and is_same(old, values):
            equal += 1
        elif old is not None and is_skipping:
            skipped += 1
        else:
            written[checked_option(option)] = canonical_values(option, values)
    deleted = tuple(sorted(there.keys() & set(prunable) - options.keys()))
    before = {option: there[option] for option in (*written, *deleted) if option in there}
    return TransferPlan(before, written, deleted, equal, skipped)
