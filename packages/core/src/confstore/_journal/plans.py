"""Plans: the changes that turn the options of a store into others, and their commits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs

from confstore._journal.commits import apply_changes, split_into_batches, split_into_drafts
from confstore._stores.given import checked_journaled
from confstore._stores.protocols import (
    BulkJournaledStore,
    Change,
    Commit,
    JournaledStore,
    ability,
    beneath_of,
)
from confstore._values.read_only import is_same
from confstore._values.types import Values
from confstore.errors import OptionNotFoundError, VersionConflictError

__all__ = ["Plan", "last_of"]

_MAX_ROUNDS = 20
"""Looks at options that others change at the same moments; a guess: the second one is rare."""


@attrs.frozen
class Plan:
    """
    The changes that turn the options of a store, as read at one version, into others.

    Attributes:
        version: The store's version then, 0 for a store without a journal; a later commit to one of
            the options is a conflict.
        old: The options that change, as they are; an option that is only in `new` is created.
        new: The options that change, as they will be; an option that is only in `old` is deleted.
    """

    version: int
    old: Mapping[str, Values] = attrs.field(repr=False)
    new: Mapping[str, Values] = attrs.field(repr=False)

    @classmethod
    def between(cls, version: int, old: Mapping[str, Values], new: Mapping[str, Values]) -> Plan:
        """The plan that turns old options into new ones, without those that stay the same."""
        changed = {
            option
            for option in old.keys() | new.keys()
            if not is_same(old.get(option), new.get(option))
        }
        return cls(
            version,
            {option: values for option, values in old.items() if option in changed},
            {option: values for option, values in new.items() if option in changed},
        )

    @property
    def options(self) -> list[str]:
        """The names of the options that change, sorted."""
        return sorted(self.old.keys() | self.new.keys())

    @property
    def changes(self) -> list[Change]:
        """The changes to commit; deletes are last, so that a stop half way has lost nothing."""
        written = [Change(option, values) for option, values in self.new.items()]
        return written + [Change(option, None) for option in sorted(self.old.keys() - self.new)]

    def commit(
        self,
        store: JournaledStore,
        *,
        author: str | None = None,
        comment: str = "",
        if_version: int | None = None,
    ) -> Commit:
        """
        Make one commit of all changes.

        Args:
            store: The store that the plan was made for.
            author: Who commits.
            comment: Why.
            if_version: The version that counts for conflicts; None means the plan's.

        Raises:
            InvalidCommitError: The changes do not fit one commit, or there is none.
            VersionConflictError: Somebody committed to one of the options meanwhile.
        """
        checked_journaled(store)
        seen = self.version if if_version is None else if_version
        store = beneath_of(store)
        return store.commit(self.changes, if_version=seen, author=author, comment=comment)

    def commits(
        self,
        store: JournaledStore,
        *,
        author: str | None = None,
        comment: str = "",
        if_version: int | None = None,
    ) -> Iterator[Commit]:
        """
        Make as few commits as hold all of the changes, each when the iterator asks for it.

        A `BulkJournaledStore` makes all of them at the first one, or none.

        Args:
            store: The store that the plan was made for.
            author: Who commits.
            comment: Why.
            if_version: The version that counts for conflicts; None means the plan's.

        Raises:
            InvalidCommitError: No commit can hold one of the changes; nothing is written.
            VersionConflictError: Somebody committed to one of the options meanwhile.
        """
        checked_journaled(store)
        seen = self.version if if_version is None else if_version
        store = beneath_of(store)
        bulk = ability(store, BulkJournaledStore)
        if bulk is not None:
            batches = split_into_batches(store.name, self.changes)
            yield from bulk.commit_all(batches, if_version=seen, author=author, comment=comment)
            return
        # All at once: a change that fits into no commit is found before the first one is made.
        for draft in list(split_into_drafts(store.name, self.changes, author, comment)):
            # Each batch has options of its own, so the batches before it are no conflict.
            commit = store.commit(draft.changes, if_version=seen, author=author, comment=comment)
            yield commit
            # Without a foreign commit in between, the store need not read ours again.
            if commit.version == seen + 1:
                seen = commit.version

    def record(
        self, store: JournaledStore, *, author: str | None = None, comment: str = ""
    ) -> Iterator[Commit]:
        """
        Commit the new options to the journal alone, as they are; for a plan of `plan_reconcile`.

        No option is written. Those that others change meanwhile are read again, and once more after
        the last commit, until the journal has all of them as they are.

        Args:
            store: The store that the plan was made for.
            author: Who commits.
            comment: Why.

        Raises:
            InvalidCommitError: No commit can hold one of the options.
            VersionConflictError: Others changed them all the time.
        """
        store = beneath_of(checked_journaled(store))
        changes, recorded, seen = self.changes, dict(self.old), self.version
        conflict: VersionConflictError | None = None
        for _ in range(_MAX_ROUNDS):
            conflict = None
            for draft in list(split_into_drafts(store.name, changes, author, comment)):
                try:
                    yield store.commit(
                        draft.changes, author=author, comment=comment, journal_only=True
                    )
                except VersionConflictError as error:
                    conflict = error
            # Others may have committed some of the options, so that nothing is left to record.
            for commit in store.commits(seen):
                apply_changes(recorded, commit.changes)
                seen = commit.version
            present = {option: _present(store, option) for option in self.options}
            changes = [
                Change(option, values)
                for option, values in present.items()
                if not is_same(recorded.get(option), values)
            ]
            if not changes:
                return
        raise conflict or VersionConflictError(store.name, seen, seen, tuple(self.options))


def _present(store: JournaledStore, option: str) -> Values | None:
    try:
        return store.get(option)
    except OptionNotFoundError:
        return None


def last_of(commits: Iterator[Commit]) -> Commit | None:
    """Make the commits of a plan, and return the last one; None if there are none."""
    last = None
    for commit in commits:
        last = commit
    return last
