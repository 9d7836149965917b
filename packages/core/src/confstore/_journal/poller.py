"""
What is new in a journaled store: one question to its journal.

A poll that finds nothing costs half a read unit of DynamoDB, whatever the size of the store; one
that finds commits brings just their changes. Everything is loaded once in a while all the same, for
edits that were made without the journal.
"""

from __future__ import annotations

import random as random_module
from collections.abc import Callable, Mapping

import attrs

from confstore._journal.chain import contiguous
from confstore._journal.commits import values_of
from confstore._process.clock import Clock
from confstore._stores.protocols import Commit, Head, Journal, Poll
from confstore._values.read_only import ReadOnlyDict
from confstore.errors import CorruptStoreError

__all__ = ["JournalPoller"]

_MAX_FULL_LOADS = 5


@attrs.frozen
class _Checkpoint:
    """Where a reader of one journal is, and when it has to load everything again."""

    source: object = attrs.field(repr=False)
    head: Head
    full_at_s: float


@attrs.frozen(eq=False)
class JournalPoller:
    """
    Polls one journaled store; each reader's state is in its checkpoint.

    Attributes:
        full_reload_interval_s: Seconds between two loads of everything, jittered by 10 %.
    """

    _journal: Journal
    _clock: Clock
    full_reload_interval_s: float = attrs.field(default=3600.0, validator=attrs.validators.gt(0))
    _random: Callable[[], float] = attrs.field(default=random_module.random, repr=False)

    def poll(self, checkpoint: object, *, consistent: bool) -> Poll:
        """What is new since a checkpoint; see `PollableStore.poll`."""
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
        if commits:
            head = Head.of(commits[-1])
        changed, removed = _applied({}, commits)
        return Poll(attrs.evolve(checkpoint, head=head), changed, removed)

    def _after(self, head: Head, *, consistent: bool) -> tuple[list[Commit], bool]:
        return contiguous(self._journal.read_commits(head.version, consistent=consistent), head)

    def _full(self) -> Poll:
        before, options, commits = self._load()
        jitter = 0.9 + 0.2 * self._random()
        checkpoint = _Checkpoint(
            self,
            Head.of(commits[-1]) if commits else before,
            self._clock.monotonic() + self.full_reload_interval_s * jitter,
        )
        changed, _ = _applied(options, commits)
        return Poll(checkpoint, changed, is_full=True)

    def _load(self) -> tuple[Head, Mapping[str, ReadOnlyDict], list[Commit]]:
        """
        Every option, the last commit before that, and those which were made since.

        A writer may commit while the options are read, so that they show some of its changes and
        not others: the commits since the version before them, applied again, put that right.
        """
        # A table that is being restored may show a hole; one that stays is a fault of the journal.
        for _ in range(_MAX_FULL_LOADS):
            before = self._journal.read_head()
            options = self._journal.read_options()
            commits, is_whole = self._after(before, consistent=True)
            if is_whole:
                return before, options, commits
        reason = "its last versions do not follow each other: mend it, or delete the last ones"
        raise CorruptStoreError("the journal", reason)


def _applied(
    options: Mapping[str, ReadOnlyDict], commits: list[Commit]
) -> tuple[dict[str, ReadOnlyDict], frozenset[str]]:
    state = dict(options)
    removed: set[str] = set()
    for commit in commits:
        for change in commit.changes:
            values = values_of(change)
            if values is None:
                state.pop(change.option, None)
                removed.add(change.option)
            else:
                state[change.option] = values
                removed.discard(change.option)
    return state, frozenset(removed)
