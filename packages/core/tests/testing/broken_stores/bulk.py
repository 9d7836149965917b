"""Stores that are wrong about many changes in one write."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from confstore import Change, Commit
from confstore.errors import ConfigStoreError, OptionNotFoundError

from ..journaled_reference_store import JournaledReferenceStore
from ..reference_store import ReferenceStore


class AppliesUntilItRefuses(ReferenceStore):
    """Leaves the changes before an invalid one."""

    def apply(self, changes: Iterable[Change]) -> None:
        for change in changes:
            super().apply([change])


class AppliesWithoutChecking(ReferenceStore):
    """Skips invalid changes silently."""

    def apply(self, changes: Iterable[Change]) -> None:
        for change in changes:
            try:
                super().apply([change])
            except ConfigStoreError:
                continue


class CommitsUntilItRefuses(JournaledReferenceStore):
    """Leaves the commits before an invalid one."""

    def commit_all(self, batches: Iterable[Iterable[Change]], **how: Any) -> list[Commit]:
        return [self.commit(batch, **how) for batch in batches]


class CommitsAllAsOne(JournaledReferenceStore):
    """Makes one commit of several batches."""

    def commit_all(self, batches: Iterable[Iterable[Change]], **how: Any) -> list[Commit]:
        changes = {change.option: change for batch in batches for change in batch}
        return [self.commit(changes.values(), **how)] if changes else []


class CommitsBatchesThroughAClosedHandle(JournaledReferenceStore):
    """Does not look whether it is closed."""

    def commit_all(self, batches: Iterable[Iterable[Change]], **how: Any) -> list[Commit]:
        return super().commit_all(batches, **how) if not self.is_closed else []


class IgnoresDeletions(ReferenceStore):
    """Only sets options."""

    def apply(self, changes: Iterable[Change]) -> None:
        super().apply(change for change in changes if change.values is not None)


class RefusesToDeleteAnAbsentOption(ReferenceStore):
    """Refuses to delete what is absent, as `delete` does."""

    def apply(self, changes: Iterable[Change]) -> None:
        kept = list(changes)
        for change in kept:
            if change.values is None and change.option not in self.options:
                raise OptionNotFoundError(self.name, change.option)
        super().apply(kept)


class AppliesTheFirstOfTwo(ReferenceStore):
    """Takes the first of several changes of one option."""

    def apply(self, changes: Iterable[Change]) -> None:
        super().apply(reversed(list(changes)))


class AppliesInGroups(ReferenceStore):
    """Deletes before it sets, in whichever order the changes are."""

    def apply(self, changes: Iterable[Change]) -> None:
        super().apply(sorted(changes, key=lambda change: change.values is not None))


class AppliesAHundred(ReferenceStore):
    """Drops what is more than a commit could hold."""

    def apply(self, changes: Iterable[Change]) -> None:
        super().apply(list(changes)[:99])


class MergesWhatIsApplied(ReferenceStore):
    """Leaves keys that a change does not name."""

    def apply(self, changes: Iterable[Change]) -> None:
        super().apply(
            Change(change.option, {**self.options.get(change.option, {}), **change.values})
            if isinstance(change.values, dict) and isinstance(change.option, str)
            else change
            for change in changes
        )


class KeepsWhatIsApplied(ReferenceStore):
    """Holds the very values that the caller gave."""

    def apply(self, changes: Iterable[Change]) -> None:
        kept = list(changes)
        super().apply(kept)
        for change in kept:
            if change.option in self.options:
                self.options[change.option] = change.values


class ReadsTheChangesTwice(ReferenceStore):
    """Checks what an iterator gives, and then finds nothing in it."""

    def apply(self, changes: Iterable[Change]) -> None:
        for change in changes:
            self.checked_change(change)
        super().apply(changes)


class AppliesAfterItWasClosed(ReferenceStore):
    """Goes on writing after `close`."""

    def apply(self, changes: Iterable[Change]) -> None:
        was_closed, self.is_closed = self.is_closed, False
        try:
            super().apply(changes)
        finally:
            self.is_closed = was_closed


class AppliesWithoutACommit(JournaledReferenceStore):
    """Bypasses its own journal."""

    def apply(self, changes: Iterable[Change]) -> None:
        ReferenceStore.apply(self, changes)


class CommitsEachAppliedChange(JournaledReferenceStore):
    """Makes a commit of every change."""

    def apply(self, changes: Iterable[Change]) -> None:
        kept = list(changes)
        if self.is_journaled() and kept:
            self.checked(kept)
        for change in kept:
            super().apply([change])


class AppliesMoreThanACommitHolds(JournaledReferenceStore):
    """Splits what no commit could hold."""

    def apply(self, changes: Iterable[Change]) -> None:
        kept: list[Any] = list(changes)
        for start in range(0, len(kept), 99):
            super().apply(kept[start : start + 99])


class CommitsAnEmptyWrite(JournaledReferenceStore):
    """Refuses no changes, as `commit` does."""

    def apply(self, changes: Iterable[Change]) -> None:
        kept = list(changes)
        self.write(self.checked(kept)) if self.is_journaled() else super().apply(kept)
