"""
Incremental polling of a journaled store: one query of its journal.

A poll without new commits costs half a read unit of DynamoDB, whatever the size of the store; one
with new commits reads only their changes. A full load follows once in a while all the same, for
edits that were made without the journal.

The query begins with the last known commit: a store that was restored to an earlier point, and
perhaps written to since, has another one there, or none.
"""

from __future__ import annotations

import math
import random as random_module
from collections.abc import Callable

import attrs

from confstore._journal.chain import contiguous
from confstore._journal.commits import Draft, apply_changes, commit_size_b
from confstore._process.clock import Clock
from confstore._stores.protocols import Commit, Head, Journal, Poll
from confstore._values.read_only import ReadOnlyDict
from confstore.errors import CorruptStoreError

__all__ = ["JournalPoller"]

_MAX_FULL_LOADS = 5
# Source: AWS, "DynamoDB read consistency and capacity": a read unit is 4 KB.
_UNIT_B = 4096


@attrs.frozen
class _Checkpoint:
    """The position of a reader in one journal, and the time of its next full load."""

    source: object = attrs.field(repr=False)
    head: Head
    full_at_s: float
    # One poll in so many compares the last known commit; a strongly consistent one always does.
    polls_per_look: int = 1


@attrs.frozen(eq=False)
class JournalPoller:
    """
    Polls one journaled store; each reader's state is in its checkpoint.

    Attributes:
        full_reload_interval_s: Seconds between two full loads. The first one after the start comes
            at a random moment within the interval, so that a fleet that was started at once spreads
            its full loads evenly.
    """

    _journal: Journal
    _clock: Clock
    full_reload_interval_s: float = attrs.field(default=3600.0, validator=attrs.validators.gt(0))
    _random: Callable[[], float] = attrs.field(default=random_module.random, repr=False)

    def poll(self, checkpoint: object, *, consistent: bool) -> Poll:
        """The changes since a checkpoint; see `PollableStore.poll`."""
        if not isinstance(checkpoint, _Checkpoint) or checkpoint.source is not self:
            return self._full()
        if self._clock.monotonic() >= checkpoint.full_at_s:
            return self._full(checkpoint.full_at_s)
        head = checkpoint.head
        looks = consistent or self._random() * checkpoint.polls_per_look < 1
        commits, is_whole = self._after(head, consistent=consistent, looks=looks)
        if not is_whole and not consistent:
            # An eventually consistent read may have missed what a strongly consistent one sees.
            last = Head.of(commits[-1]) if commits else head
            more, is_whole = self._after(last, consistent=True)
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
        return Poll(self._at(commits[-1], checkpoint.full_at_s), changed, removed)

    def _at(self, commit: Commit, full_at_s: float) -> _Checkpoint:
        # A look reads the last commit, however large it is. With fewer looks at a large one, a poll
        # still costs at most a unit on average.
        size_b = commit_size_b("", Draft(commit.changes, commit.author, commit.comment))
        return _Checkpoint(self, Head.of(commit), full_at_s, -(-size_b // _UNIT_B))

    def _after(
        self, head: Head, *, consistent: bool, looks: bool = True
    ) -> tuple[list[Commit], bool]:
        """
        The commits after a known one, and whether they follow it.

        With a look the known one is read, too, and compared.
        """
        if not looks or not head.version:
            commits = self._journal.read_commits(head.version, consistent=consistent)
        else:
            found = self._journal.read_following(head, consistent=consistent)
            if found is None:
                return [], False
            commits = found
        return contiguous(commits, head) if commits else ([], True)

    def _full(self, due_s: float = -math.inf) -> Poll:
        last, options = self._load()
        now_s = self._clock.monotonic()
        full_at_s = due_s + self.full_reload_interval_s
        if full_at_s <= now_s:
            full_at_s = now_s + self.full_reload_interval_s * (1 - self._random())
        checkpoint = (
            _Checkpoint(self, Head(), full_at_s) if last is None else self._at(last, full_at_s)
        )
        return Poll(checkpoint, options, is_full=True)

    def _load(self) -> tuple[Commit | None, dict[str, ReadOnlyDict]]:
        """
        The last commit, and every option as it is after it.

        A writer may commit while the options are read, so that they show some of its changes and
        not others. The commits since the version before them, applied again, correct that.
        """
        # A table that is being restored may show a hole; one that stays is a fault of the journal.
        for _ in range(_MAX_FULL_LOADS):
            head = self._journal.read_head()
            options = dict(self._journal.read_options())
            since = max(0, head.version - 1)
            commits = list(self._journal.read_commits(since, consistent=True))
            if head.version and (not commits or Head.of(commits[0]) != head):
                continue
            new, is_whole = contiguous(commits[bool(head.version) :], head)
            if is_whole:
                for commit in new:
                    apply_changes(options, commit.changes)
                return commits[-1] if commits else None, options
        reason = "its last versions do not follow each other: repair it, or delete the last ones"
        raise CorruptStoreError("the journal", reason)
