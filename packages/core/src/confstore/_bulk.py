"""Stores that write many options in one go."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from confstore._commit import Change
from confstore._store import Store

__all__ = ["BulkStore"]


class BulkStore(Store, Protocol):
    """
    A store for which many changes are one write, with or without a journal.

    An optional ability, for backends whose write costs as much as the whole store, such as a file.
    """

    def apply(self, changes: Iterable[Change]) -> None:
        """
        Apply all of the changes, or none, however many there are.

        Args:
            changes: Options to set or to delete; a delete of an absent option is no error. Of
                several changes of one option the last counts. Where there is a journal, this is
                one commit, with its limits.

        Raises:
            InvalidNameError: An option cannot have its name.
            InvalidValueError: Values are outside the domain; nothing is written.
            InvalidCommitError: There is a journal, and a commit cannot hold them.
        """
        ...
