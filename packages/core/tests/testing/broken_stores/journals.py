"""Stores that are wrong about what a journal tells, to whom, and since when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

import attrs

from confstore import Change, Commit, Draft, Head, Poll
from confstore._values.read_only import freeze, thaw
from confstore.adapter import canonical_values, checked_option, next_commit
from confstore.errors import StoreClosedError

from ..journaled_reference_store import JournaledReferenceStore
from ..reference_store import Backend, Checkpoint


class TellsTheNewestFirst(JournaledReferenceStore):
    """Gives the commits in descending order."""

    def commits(self, since: int = 0, *, consistent: bool = True) -> list[Commit]:
        return super().commits(since)[::-1]


class TellsTheVersionItself(JournaledReferenceStore):
    """Gives the commit that the caller knows, too."""

    def commits(self, since: int = 0, *, consistent: bool = True) -> list[Commit]:
        return super().commits(since - 1)


class TellsOnePage(JournaledReferenceStore):
    """Gives the first commits, and not that there are more."""

    def commits(self, since: int = 0, *, consistent: bool = True) -> list[Commit]:
        return super().commits(since)[:3]


class TellsTheLastPage(JournaledReferenceStore):
    """Gives the last commits only."""

    def commits(self, since: int = 0, *, consistent: bool = True) -> list[Commit]:
        return super().commits(since)[-3:]


class HasHolesWhenItIsOld(JournaledReferenceStore):
    """Leaves commits out of an answer that need not be consistent."""

    def commits(self, since: int = 0, *, consistent: bool = True) -> list[Commit]:
        commits = super().commits(since)
        return commits if consistent else commits[1:]


class LendsItsJournal(JournaledReferenceStore):
    """Gives its own list of commits."""

    def commits(self, since: int = 0, *, consistent: bool = True) -> list[Commit]:
        return super().commits(since) if since else self.held


class TellsPlainValues(JournaledReferenceStore):
    """Gives values that are anybody's to change."""

    def commits(self, since: int = 0, *, consistent: bool = True) -> list[Commit]:
        return [
            attrs.evolve(
                commit,
                changes=tuple(
                    Change(change.option, None if change.values is None else thaw(change.values))
                    for change in commit.changes
                ),
            )
            for commit in super().commits(since)
        ]


class LendsItsOptions(JournaledReferenceStore):
    """Gives the values of its options in a commit."""

    def append(self, draft: Draft) -> Commit:
        commit = super().append(draft)
        for option in draft.options & self.options.keys():
            self.options[option] = thaw(self.options[option])
        changes = tuple(
            Change(change.option, self.options.get(change.option)) for change in commit.changes
        )
        return attrs.evolve(commit, changes=changes)


class TellsWhatIsThereNow(JournaledReferenceStore):
    """Gives the values of now for those of the commit."""

    def commits(self, since: int = 0, *, consistent: bool = True) -> list[Commit]:
        return [
            attrs.evolve(
                commit,
                changes=tuple(
                    Change(change.option, freeze(self.options[change.option]))
                    if change.values is not None and change.option in self.options
                    else change
                    for change in commit.changes
                ),
            )
            for commit in super().commits(since)
        ]


class TellsOneChange(JournaledReferenceStore):
    """Gives the first change of a commit only."""

    def made(self, draft: Draft) -> Commit:
        return super().made(attrs.evolve(draft, changes=draft.changes[:1]))


class TellsNoDeletions(JournaledReferenceStore):
    """Leaves deletions out of a commit that has other changes, too."""

    def made(self, draft: Draft) -> Commit:
        kept = tuple(change for change in draft.changes if change.values is not None)
        return super().made(attrs.evolve(draft, changes=kept or draft.changes))


class TakesADeletionForEmptiness(JournaledReferenceStore):
    """Writes a deletion down as an option without keys."""

    def made(self, draft: Draft) -> Commit:
        changes = tuple(
            Change(change.option, freeze({}) if change.values is None else change.values)
            for change in draft.changes
        )
        return super().made(attrs.evolve(draft, changes=changes))


class TakesEmptinessForADeletion(JournaledReferenceStore):
    """Writes an option without keys down as deleted."""

    def made(self, draft: Draft) -> Commit:
        changes = tuple(Change(change.option, change.values or None) for change in draft.changes)
        return super().made(attrs.evolve(draft, changes=changes))


class ForgetsAnOptionsHistory(JournaledReferenceStore):
    """Drops what an option was when it is deleted."""

    def delete(self, option: str) -> None:
        super().delete(option)
        for index, commit in enumerate(self.held[:-1]):
            kept = tuple(change for change in commit.changes if change.option != option)
            self.held[index] = attrs.evolve(commit, changes=kept or commit.changes)


class CountsDistinctOptions(JournaledReferenceStore):
    """Gives the number of options for the version."""

    def version(self) -> int:
        super().version()
        return len({change.option for commit in self.held for change in commit.changes})


class HasAJournalForEachHandle(JournaledReferenceStore):
    """Does not show one handle what another commits."""

    def __init__(self, backend: Backend, name: str) -> None:
        super().__init__(backend, name)
        self.own = deepcopy(backend.get(f"_journal:{name}", {}))

    @property
    def journal(self) -> dict[str, Any]:
        self.backend[f"_journal:{self.name}"] = super().journal or self.own
        return self.own


class RemembersItsVersion(JournaledReferenceStore):
    """Counts its own commits, and not those of another handle."""

    def __init__(self, backend: Backend, name: str) -> None:
        super().__init__(backend, name)
        self.own: int | None = None

    def version(self) -> int:
        if self.own is None:
            self.own = super().version()
        return self.own

    def append(self, draft: Draft) -> Commit:
        self.own = None
        return super().append(draft)


class LosesItsJournal(JournaledReferenceStore):
    """Has no journal any more after the last handle was closed."""

    def close(self) -> None:
        super().close()
        self.backend.pop(f"_journal:{self.name}", None)


class LosesTheLastCommit(JournaledReferenceStore):
    """Drops the last commit when it is closed."""

    def close(self) -> None:
        if not self.is_closed and self.is_journaled() and len(self.held) > self.baseline():
            self.held.pop()
        super().close()


class BeginsAnewWhenItIsOpened(JournaledReferenceStore):
    """Writes the baseline again when the store is opened."""

    def __init__(self, backend: Backend, name: str) -> None:
        super().__init__(backend, name)
        if self.is_journaled():
            self.journal.clear()
            self.enable_journal()


class SharesOneJournal(JournaledReferenceStore):
    """Keeps the commits of every store in one journal."""

    @property
    def journal(self) -> dict[str, Any]:
        if self.is_closed:
            raise StoreClosedError(self.name)
        return self.backend.setdefault("_journal:", {})


class FoldsCaseOfJournals(JournaledReferenceStore):
    """Takes the journal of `Prod` for that of `prod`."""

    @property
    def journal(self) -> dict[str, Any]:
        if self.is_closed:
            raise StoreClosedError(self.name)
        return self.backend.setdefault(f"_journal:{self.name.casefold()}", {})


class HasNoBaseline(JournaledReferenceStore):
    """Does not write down what is there when the journal is enabled."""

    def enable_journal(self) -> None:
        if not self.is_journaled():
            self.journal.update(commits=[], baseline=0)


class CutsTheBaseline(JournaledReferenceStore):
    """Writes down no more than one commit holds."""

    def enable_journal(self) -> None:
        if not self.is_journaled():
            super().enable_journal()
            del self.held[1:]
            self.journal["baseline"] = len(self.held)


class DoesNotKnowItsBaseline(JournaledReferenceStore):
    """Takes the baseline for commits like any other."""

    def enable_journal(self) -> None:
        super().enable_journal()
        self.journal["baseline"] = 0


class MovesItsBaseline(JournaledReferenceStore):
    """Takes the last version for the end of the baseline."""

    def baseline(self) -> int:
        return len(self.held)


class WritesTheBaselineAgain(JournaledReferenceStore):
    """Writes the baseline whenever the journal is enabled."""

    def enable_journal(self) -> None:
        is_again = self.is_journaled()
        super().enable_journal()
        if is_again:
            for option, values in self.options.items():
                self.append(self.checked([Change(option, values)]))


class BeginsAnewWhenItIsEnabled(JournaledReferenceStore):
    """Throws the journal away when it is enabled once more."""

    def enable_journal(self) -> None:
        self.journal.clear()
        super().enable_journal()


class EnablesEveryStore(JournaledReferenceStore):
    """Has a journal as soon as any store has one."""

    def enable_journal(self) -> None:
        super().enable_journal()
        self.backend.setdefault("_journal:any", {})["is"] = True

    def is_journaled(self) -> bool:
        if "_journal:any" in self.backend and "commits" not in self.journal:
            self.journal.update(commits=[], baseline=0)
        return super().is_journaled()


class CommitsWithoutAJournal(JournaledReferenceStore):
    """Takes a commit before there is a journal."""

    def commit(self, changes: Iterable[Change], **how: Any) -> Commit:
        if self.is_journaled():
            return super().commit(changes, **how)
        draft = self.checked(changes)
        self.apply_draft(draft)
        return next_commit(draft, Head(), at=self.now())


class HasAVersionWithoutAJournal(JournaledReferenceStore):
    """Says 0 where there is no journal."""

    def version(self) -> int:
        return super().version() if self.is_journaled() else 0


class HasCommitsWithoutAJournal(JournaledReferenceStore):
    """Gives no commits where there is no journal."""

    def commits(self, since: int = 0, *, consistent: bool = True) -> list[Commit]:
        return super().commits(since) if self.is_journaled() else []


class TellsWhenItIsClosed(JournaledReferenceStore):
    """Goes on telling its journal after it was closed."""

    @property
    def journal(self) -> dict[str, Any]:
        return self.backend.setdefault(f"_journal:{self.name}", {})


class SetsPastTheJournal(JournaledReferenceStore):
    """Writes an option that is there without the journal."""

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        if checked_option(option, store=self.name) in self.options:
            self.options[option] = canonical_values(option, values, store=self.name)
        else:
            super().set(option, values)


class _PollsItsJournal(JournaledReferenceStore):
    """Polls by the journal, as another store compares states."""

    def since(self, version: int) -> list[Commit]:
        return self.held[version:]

    def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Poll:
        full = super().poll(None)
        if not self.is_journaled() or not isinstance(checkpoint, Checkpoint):
            return attrs.evolve(full, checkpoint=self.here())
        if checkpoint.store != self.name:
            return attrs.evolve(full, checkpoint=self.here())
        version = len(checkpoint.state)
        changed: dict[str, Any] = {}
        for commit in self.since(version):
            changed.update(self.changes_of(commit))
        removed = frozenset(option for option, values in changed.items() if values is None)
        kept = {option: values for option, values in changed.items() if values is not None}
        return Poll(self.here(), kept, removed)

    def here(self) -> Checkpoint:
        """As many entries as there are commits."""
        count = len(self.held) if self.is_journaled() else 0
        return Checkpoint(self.name, {str(index): freeze({}) for index in range(count)})

    def changes_of(self, commit: Commit) -> dict[str, Any]:
        return {change.option: change.values for change in commit.changes}


class MissesDeletionsAmongOthers(_PollsItsJournal):
    """Polls no deletion of a commit that has other changes, too."""

    def changes_of(self, commit: Commit) -> dict[str, Any]:
        changes = super().changes_of(commit)
        if len(changes) > 1:
            return {option: values for option, values in changes.items() if values is not None}
        return changes


class PollsOneChangeOfACommit(_PollsItsJournal):
    """Polls the last change of a commit only."""

    def changes_of(self, commit: Commit) -> dict[str, Any]:
        return dict(list(super().changes_of(commit).items())[-1:])


class PollsTheLastCommit(_PollsItsJournal):
    """Polls the last commit only."""

    def since(self, version: int) -> list[Commit]:
        return super().since(version)[-1:]


class PollsTheOldestLast(_PollsItsJournal):
    """Applies the newest commit first."""

    def since(self, version: int) -> list[Commit]:
        return super().since(version)[::-1]
