"""Stores that are wrong about what a commit is, and when it is one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import attrs

from confstore import Change, Commit, Draft
from confstore.adapter import canonical_update, checked_draft, checked_option
from confstore.errors import (
    ConfigStoreError,
    InvalidCommitError,
    InvalidValueError,
    OptionNotFoundError,
    VersionConflictError,
)

from ..journaled_reference_store import JournaledReferenceStore


class SkipsAVersion(JournaledReferenceStore):
    """Gives every third commit a number too many."""

    def made(self, draft: Draft) -> Commit:
        commit = super().made(draft)
        return attrs.evolve(commit, version=commit.version + commit.version // 3)


class DeletesWithoutACommit(JournaledReferenceStore):
    """Does not write down what is deleted."""

    def delete(self, option: str) -> None:
        self.existing(option)
        del self.options[option]


class CommitsADeletionUnderTheLastVersion(JournaledReferenceStore):
    """Adds what is deleted to the commit before it."""

    def delete(self, option: str) -> None:
        super().delete(option)
        if len(self.held) > 1:
            last = self.held.pop()
            before = self.held.pop()
            others = tuple(change for change in before.changes if change.option != option)
            self.held.append(attrs.evolve(before, changes=others + last.changes))


class UpdatesWithoutACommit(JournaledReferenceStore):
    """Does not write down what is updated."""

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        super().update(option, values, remove=remove)
        self.held.pop()


class CommitsTheChangedKeys(JournaledReferenceStore):
    """Writes down the keys that an update has set, not the whole option."""

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        super().update(option, values, remove=remove)
        changed, _ = canonical_update(option, values, remove, store=self.name)
        draft = self.checked([Change(option, changed)])
        self.held[-1] = attrs.evolve(self.held[-1], changes=draft.changes)


class CommitsWhatWasRemoved(JournaledReferenceStore):
    """Writes down an updated option as if no key were removed."""

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        before = dict(self.options.get(checked_option(option, store=self.name), {}))
        super().update(option, values, remove=remove)
        draft = self.checked([Change(option, {**before, **self.options[option]})])
        self.held[-1] = attrs.evolve(self.held[-1], changes=draft.changes)


class UpdatesInTwoCommits(JournaledReferenceStore):
    """Removes keys in a commit of its own."""

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        changed, removed = canonical_update(
            checked_option(option, store=self.name), values, remove, store=self.name
        )
        super().update(option, changed)
        if removed:
            super().update(option, {}, remove=removed)


class CommitsEachChangeByItself(JournaledReferenceStore):
    """Makes a version of every change."""

    def write(self, draft: Draft) -> Commit:
        for change in draft.changes[:-1]:
            super().write(attrs.evolve(draft, changes=(change,)))
        return super().write(attrs.evolve(draft, changes=draft.changes[-1:]))


class CommitsOnlyWhatIsNew(JournaledReferenceStore):
    """Makes no commit of what changes nothing."""

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        before = self.options.get(checked_option(option, store=self.name))
        super().set(option, values)
        if before == self.options[option]:
            self.held.pop()


class CommitsWhatItRefuses(JournaledReferenceStore):
    """Writes down a deletion before it looks whether the option is there."""

    def delete(self, option: str) -> None:
        if checked_option(option, store=self.name) not in self.options:
            self.append(self.checked([Change(option, None)]))
        super().delete(option)


class CommitsHalf(JournaledReferenceStore):
    """Applies the changes before the first invalid one."""

    def commit(self, changes: Iterable[Change], **how: Any) -> Commit:
        good: list[Change] = []
        for change in changes:
            try:
                self.checked([change])
            except ConfigStoreError:
                if good:
                    self.apply_draft(self.checked(good))
                raise
            good.append(change)
        return super().commit(good, **how)


class TakesWhatIsNoVersion(JournaledReferenceStore):
    """Rounds a version, and reads one in a text."""

    def commit(self, changes: Iterable[Change], **how: Any) -> Commit:
        if how.get("if_version") is not None:
            how["if_version"] = int(how["if_version"])
        return super().commit(changes, **how)


class CommitsTheValidOnes(JournaledReferenceStore):
    """Leaves out the changes that are invalid, and says nothing."""

    def checked(
        self,
        changes: Iterable[Change],
        author: str | None = None,
        comment: str = "",
        if_version: int | None = None,
    ) -> Draft:
        kept = []
        for change in changes:
            try:
                checked_draft(self.name, [change])
            except InvalidValueError:
                continue
            kept.append(change)
        return super().checked(kept, author, comment, if_version)


class LeavesDeletionsOut(JournaledReferenceStore):
    """Applies the deletions of a commit to the journal only."""

    def apply_draft(self, draft: Draft) -> None:
        kept = tuple(change for change in draft.changes if change.values is not None)
        super().apply_draft(attrs.evolve(draft, changes=kept or draft.changes))


class RefusesToDeleteWhatIsAbsent(JournaledReferenceStore):
    """Refuses a commit that deletes an absent option."""

    def commit(self, changes: Iterable[Change], **how: Any) -> Commit:
        kept = list(changes)
        for change in kept:
            if (
                change.values is None
                and checked_option(change.option, store=self.name) not in self.options
            ):
                self.checked(kept, how.get("author"), how.get("comment", ""))
                raise OptionNotFoundError(self.name, change.option)
        return super().commit(kept, **how)


class MergesWhatIsSet(JournaledReferenceStore):
    """Updates the options of a commit where it should replace them."""

    def apply_draft(self, draft: Draft) -> None:
        before = dict(self.options)
        super().apply_draft(draft)
        if len(draft.changes) > 1:
            for change in draft.changes:
                if change.values is not None:
                    old = before.get(change.option, {})
                    self.options[change.option] = {**old, **self.options[change.option]}


class CommitsNothing(JournaledReferenceStore):
    """Takes a commit without a change."""

    def checked(
        self,
        changes: Iterable[Change],
        author: str | None = None,
        comment: str = "",
        if_version: int | None = None,
    ) -> Draft:
        kept = list(changes)
        return (
            super().checked(kept, author, comment, if_version)
            if kept
            else Draft((), author, comment)
        )


class CommitsAnOptionTwice(JournaledReferenceStore):
    """Lets the last of several changes of one option win."""

    def checked(
        self,
        changes: Iterable[Change],
        author: str | None = None,
        comment: str = "",
        if_version: int | None = None,
    ) -> Draft:
        last = {}
        for change in changes:
            last[change.option] = change
        return super().checked(last.values(), author, comment)


class CommitsAnyNumber(JournaledReferenceStore):
    """Takes more than 99 changes."""

    def checked(
        self,
        changes: Iterable[Change],
        author: str | None = None,
        comment: str = "",
        if_version: int | None = None,
    ) -> Draft:
        kept = list(changes)
        if len(kept) <= 99:
            return super().checked(kept, author, comment, if_version)
        parts = [checked_draft(self.name, [change], author, comment) for change in kept]
        return Draft(tuple(part.changes[0] for part in parts), author, comment)


class CommitsAnySize(JournaledReferenceStore):
    """Takes more than an item of DynamoDB holds."""

    def checked(
        self,
        changes: Iterable[Change],
        author: str | None = None,
        comment: str = "",
        if_version: int | None = None,
    ) -> Draft:
        kept = list(changes)
        try:
            return super().checked(kept, author, comment, if_version)
        except InvalidCommitError as error:
            if "size rule" not in str(error):
                raise
        parts = [checked_draft(self.name, [change], author, comment) for change in kept]
        return Draft(tuple(part.changes[0] for part in parts), author, comment)


class CutsRemarks(JournaledReferenceStore):
    """Cuts a comment that is too long."""

    def checked(
        self,
        changes: Iterable[Change],
        author: str | None = None,
        comment: str = "",
        if_version: int | None = None,
    ) -> Draft:
        if isinstance(comment, str) and author is None and comment.isascii():
            comment = comment[:2000]
        return super().checked(changes, author, comment)


class CountsLettersOfRemarks(JournaledReferenceStore):
    """Takes 2,000 letters of a comment, however many bytes they are."""

    def checked(
        self,
        changes: Iterable[Change],
        author: str | None = None,
        comment: str = "",
        if_version: int | None = None,
    ) -> Draft:
        if isinstance(comment, str) and not comment.isascii() and len(comment) < 2000:
            draft = super().checked(changes, author)
            return attrs.evolve(draft, comment=comment.encode("utf-8", "replace").decode())
        return super().checked(changes, author, comment)


class RefusesTheLongestRemarks(JournaledReferenceStore):
    """Refuses remarks of exactly 2,000 bytes."""

    def checked(
        self,
        changes: Iterable[Change],
        author: str | None = None,
        comment: str = "",
        if_version: int | None = None,
    ) -> Draft:
        draft = super().checked(changes, author, comment)
        if len(f"{author or ''}{comment}".encode()) >= 2000:
            raise InvalidCommitError(self.name, "the remarks are too long")
        return draft


class DropsTheAuthor(JournaledReferenceStore):
    """Forgets who commits."""

    def made(self, draft: Draft) -> Commit:
        return attrs.evolve(super().made(draft), author=None)


class TakesNobodyForAnAuthor(JournaledReferenceStore):
    """Gives a commit without an author an empty one."""

    def made(self, draft: Draft) -> Commit:
        return attrs.evolve(super().made(draft), author=draft.author or "")


class DropsTheComment(JournaledReferenceStore):
    """Forgets why."""

    def made(self, draft: Draft) -> Commit:
        return attrs.evolve(super().made(draft), comment="")


class SwapsAuthorAndComment(JournaledReferenceStore):
    """Takes the author for the comment."""

    def made(self, draft: Draft) -> Commit:
        commit = super().made(draft)
        if draft.author is None:
            return commit
        return attrs.evolve(commit, author=commit.comment, comment=commit.author)


class StripsRemarks(JournaledReferenceStore):
    """Strips a comment."""

    def made(self, draft: Draft) -> Commit:
        return attrs.evolve(super().made(draft), comment=draft.comment.strip())


class HasNaiveTimes(JournaledReferenceStore):
    """Gives a time without its zone."""

    def now(self) -> datetime:
        return super().now().replace(tzinfo=None)


class HasLocalTimes(JournaledReferenceStore):
    """Gives a time of another zone."""

    def now(self) -> datetime:
        return super().now().astimezone(timezone(timedelta(hours=2)))


class TakesLocalTimeForUTC(JournaledReferenceStore):
    """Gives the local time, and calls it UTC."""

    def now(self) -> datetime:
        return super().now() + timedelta(hours=2)


class HasTheTimeOfTheReader(JournaledReferenceStore):
    """Gives the time of reading for that of the commit."""

    def commits(self, since: int = 0, *, consistent: bool = True) -> list[Commit]:
        return [attrs.evolve(one, at=self.now()) for one in super().commits(since)]


class NamesACommitByItsVersion(JournaledReferenceStore):
    """Has ids that other stores have, too."""

    def made(self, draft: Draft) -> Commit:
        commit = super().made(draft)
        previous = None if commit.previous is None else str(commit.version - 1)
        return attrs.evolve(commit, id=str(commit.version), previous=previous)


class NamesEveryCommitAlike(JournaledReferenceStore):
    """Has one id for all commits of a store."""

    def made(self, draft: Draft) -> Commit:
        commit = super().made(draft)
        return attrs.evolve(commit, id=commit.previous or commit.id)


class NamesACommitAnew(JournaledReferenceStore):
    """Has an id for the writer, and another for the readers."""

    def append(self, draft: Draft) -> Commit:
        commit = super().append(draft)
        return attrs.evolve(commit, id=commit.id[::-1])


class NamesNoPredecessor(JournaledReferenceStore):
    """Does not say which commit was before."""

    def made(self, draft: Draft) -> Commit:
        return attrs.evolve(super().made(draft), previous=None)


class NamesItselfAsPredecessor(JournaledReferenceStore):
    """Says that a commit comes after itself."""

    def made(self, draft: Draft) -> Commit:
        commit = super().made(draft)
        return attrs.evolve(commit, previous=commit.id)


class GivesTheCommitBefore(JournaledReferenceStore):
    """Answers a commit with the one before it."""

    def write(self, draft: Draft) -> Commit:
        commit = super().write(draft)
        return self.held[-2] if len(self.held) > 1 else commit


class IgnoresIfVersion(JournaledReferenceStore):
    """Commits whatever anybody else has done."""

    def check_if_version(self, if_version: int, draft: Draft, version: int) -> None:
        pass


class BelievesVersionsToCome(JournaledReferenceStore):
    """Finds no conflict after a version that the store has not come to."""

    def check_if_version(self, if_version: int, draft: Draft, version: int) -> None:
        super().check_if_version(min(if_version, version), draft, version)


class TakesIfVersionForTheStores(JournaledReferenceStore):
    """Refuses a commit because another option has changed."""

    def check_if_version(self, if_version: int, draft: Draft, version: int) -> None:
        super().check_if_version(if_version, draft, version)
        if if_version < version:
            raise VersionConflictError(self.name, if_version, version, tuple(sorted(draft.options)))


class LooksAtTheFirstOption(JournaledReferenceStore):
    """Compares the version of one option only."""

    def check_if_version(self, if_version: int, draft: Draft, version: int) -> None:
        first = attrs.evolve(draft, changes=draft.changes[:1])
        super().check_if_version(if_version, first, version)


class LooksAtTheLastCommit(JournaledReferenceStore):
    """Compares with the last commit only."""

    def check_if_version(self, if_version: int, draft: Draft, version: int) -> None:
        super().check_if_version(max(if_version, version - 1), draft, version)


class LooksAtWhatIsThere(JournaledReferenceStore):
    """Sees no conflict where an option was deleted since."""

    def check_if_version(self, if_version: int, draft: Draft, version: int) -> None:
        there = tuple(change for change in draft.changes if change.option in self.options)
        super().check_if_version(if_version, attrs.evolve(draft, changes=there), version)


class ComparesFromTheVersionItself(JournaledReferenceStore):
    """Takes the commit that the caller has seen for one that it has not."""

    def check_if_version(self, if_version: int, draft: Draft, version: int) -> None:
        super().check_if_version(max(0, if_version - 1), draft, version)


class TakesZeroForNone(JournaledReferenceStore):
    """Takes an `if_version` of 0 for none at all."""

    def check_if_version(self, if_version: int, draft: Draft, version: int) -> None:
        if if_version:
            super().check_if_version(if_version, draft, version)


class WritesInSpiteOfAConflict(JournaledReferenceStore):
    """Says that there is a conflict, and writes the options all the same."""

    def check_if_version(self, if_version: int, draft: Draft, version: int) -> None:
        try:
            super().check_if_version(if_version, draft, version)
        except VersionConflictError:
            self.apply_draft(draft)
            raise


class CommitsInSpiteOfAConflict(JournaledReferenceStore):
    """Says that there is a conflict, and commits all the same."""

    def check_if_version(self, if_version: int, draft: Draft, version: int) -> None:
        try:
            super().check_if_version(if_version, draft, version)
        except VersionConflictError:
            self.write(draft)
            raise


class BlamesEveryOption(JournaledReferenceStore):
    """Names all options of the commit as those in conflict."""

    def check_if_version(self, if_version: int, draft: Draft, version: int) -> None:
        try:
            super().check_if_version(if_version, draft, version)
        except VersionConflictError:
            options = tuple(sorted(draft.options))
            raise VersionConflictError(self.name, if_version, version, options) from None


class TellsAnOldVersion(JournaledReferenceStore):
    """Names the caller's version as that of the store."""

    def check_if_version(self, if_version: int, draft: Draft, version: int) -> None:
        super().check_if_version(if_version, draft, if_version)


class KeepsWhatItIsGiven(JournaledReferenceStore):
    """Keeps the caller's own values in the journal."""

    def commit(self, changes: Iterable[Change], **how: Any) -> Commit:
        kept = list(changes)
        commit = super().commit(kept, **how)
        self.held[-1] = attrs.evolve(commit, changes=tuple(kept))
        return self.held[-1]


class RecordsWhatItIsTold(JournaledReferenceStore):
    """Records what the options do not hold."""

    def check_unchanged(self, draft: Draft, version: int) -> None:
        pass


class WritesWhatItRecords(JournaledReferenceStore):
    """Makes the options as it is told to record them."""

    def record(self, draft: Draft, version: int) -> Commit:
        return self.write(draft)


class RecordsTheKeysThatItKnows(JournaledReferenceStore):
    """Takes an option with another key for the one that it is told."""

    def check_unchanged(self, draft: Draft, version: int) -> None:
        changes = tuple(
            attrs.evolve(change, values=self.options.get(change.option))
            if change.values is not None
            and change.values.items() <= dict(self.options.get(change.option, {})).items()
            else change
            for change in draft.changes
        )
        super().check_unchanged(attrs.evolve(draft, changes=changes), version)


class RecordsTheOthers(JournaledReferenceStore):
    """Refuses to record one option, and records the others all the same."""

    def check_unchanged(self, draft: Draft, version: int) -> None:
        try:
            super().check_unchanged(draft, version)
        except VersionConflictError:
            self.append(draft)
            raise


class RecordsNothing(JournaledReferenceStore):
    """Answers with a commit that it does not keep."""

    def record(self, draft: Draft, version: int) -> Commit:
        super().record(draft, version)
        return self.held.pop()
