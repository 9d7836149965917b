"""
Incremental polling of a journaled store: one query of its journal.

A poll without new commits costs half a read unit of DynamoDB, whatever the size of the store; one
with new commits reads only their changes. A full load follows once in a while all the same, for
edits that were made without the journal.
"""

from __future__ import annotations

import random as random_module
from collections.abc import Callable

import attrs

from confstore._journal.chain import contiguous
from confstore._journal.commits import apply_changes
from confstore._process.clock import Clock
from confstore._stores.protocols import Commit, Head, Journal, Poll
from confstore._values.read_only import ReadOnlyDict
from confstore.errors import CorruptStoreError

__all__ = ["JournalPoller"]

_MAX_FULL_LOADS = 5


@attrs.frozen
class _Checkpoint:
    """The position of a reader in one journal, and the time of its next full load."""

    source: object = attrs.field(repr=False)
    head: Head
    full_at_s: float


@attrs.frozen(eq=False)
class JournalPoller:
    """
    Polls one journaled store; each reader's state is in its checkpoint.

    Attributes:
        full_reload_interval_s: Seconds between two full loads, jittered by 10 %.
    """

    _journal: Journal
    _clock: Clock
    full_reload_interval_s: float = attrs.field(default=3600.0, validator=attrs.validators.gt(0))
    _random: Callable[[], float] = attrs.field(default=random_module.random, repr=False)

    def poll(self, checkpoint: object, *, consistent: bool) -> Poll:
        """The changes since a checkpoint; see `PollableStore.poll`."""
        if (
            not isinstance(checkpoint, _Checkpoint)
            or checkpoint.source is not self
            or self._clock.monotonic() >= checkpoint.full_at_s
        ):
            return self._full()
        head = checkpoint.head
        commits, is_whole = self._after(head, consistent=consistent)
        if not is_whole and not consistent:
            # An eventually consistent read may have missed what a strongly consistent one sees.
            more, is_whole = self._after(Head.of(commits[-1]) if commits else head, consistent=True)
            commits += more
        if not is_whole:
            return self._full()
        if not commits:
            return Poll(checkpoint, {})
        changed: dict[str, ReadOnlyDict] = {}
        touched: set[str] = set()
        for commit in commits:
            apply_changes(changed, commit.changes)
            touched.update(change.option for change in commit.changes)
        removed = frozenset(touched - changed.keys())
        return Poll(attrs.evolve(checkpoint, head=Head.of(commits[-1])), changed, removed)

    def _after(self, head: Head, *, consistent: bool) -> tuple[list[Commit], bool]:
        return contiguous(self._journal.read_commits(head.version, consistent=consistent), head)

    def _full(self) -> Poll:
        head, options = self._load()
        jitter = 0.9 + 0.2 * self._random()
        full_at_s = self._clock.monotonic() + self.full_reload_interval_s * jitter
        return Poll(_Checkpoint(self, head, full_at_s), options, is_full=True)

    def _load(self) -> tuple[Head, dict[str, ReadOnlyDict]]:
        """
        The last commit, and every option as it is after it.

        A writer may commit while the options are read, so that they show some of its changes and
        not others. The commits since the version before them, applied again, correct that.
        """
        # A table that is being restored may show a hole; one that stays is a fault of the journal.
        for _ in range(_MAX_FULL_LOADS):
            head = self._journal.read_head()
            options = dict(self._journal.read_options())
            commits, is_whole = self._after(head, consistent=True)
            if is_whole:
                for commit in commits:
                    apply_changes(options, commit.changes)
                return Head.of(commits[-1]) if commits else head, options
        reason = "its last versions do not follow each other: repair it, or delete the last ones"
        raise CorruptStoreError("the journal", reason)
