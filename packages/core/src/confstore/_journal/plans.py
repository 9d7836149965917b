"""
What is to be committed so that a store's options are those of another time.

Nothing here is ever erased: to go back is to commit again what was.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import attrs

from confstore._journal.commits import split_into_drafts
from confstore._journal.history import states_at
from confstore._stores.protocols import Change, Commit, JournaledStore
from confstore._values.names import checked_option
from confstore._values.read_only import is_same
from confstore._values.types import Values
from confstore.errors import JournalGapError, OptionNotFoundError

__all__ = ["Plan", "plan_reconcile", "plan_rollback", "reconcile", "rollback"]


@attrs.frozen
class Plan:
    """
    Options to be committed, as they were found at one moment.

    Attributes:
        version: The store's version then, 0 for a store without a journal: a later commit to one of
            the options is a conflict.
        old: Those of the options that there are, as they are.
        new: Those that there will be, as they will be; an option that is only in `old` is deleted.
    """

    version: int
    old: Mapping[str, Values] = attrs.field(repr=False)
    new: Mapping[str, Values] = attrs.field(repr=False)

    @classmethod
    def between(cls, version: int, old: Mapping[str, Values], new: Mapping[str, Values]) -> Plan:
        """The plan that makes new options of old ones, without those that are the same."""
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
        """The options that change, in the order of their names."""
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
            InvalidCommitError: One commit does not hold all changes, or there is none.
            VersionConflictError: Somebody committed to one of the options meanwhile.
        """
        seen = self.version if if_version is None else if_version
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
        Make the commits, as few as hold all of the changes; each when it is asked for.

        Args:
            store: The store that the plan was made for.
            author: Who commits.
            comment: Why.
            if_version: The version that counts for conflicts; None means the plan's.

        Raises:
            InvalidCommitError: No commit can hold one of the changes; nothing is written.
            VersionConflictError: Somebody committed to one of the options meanwhile.
        """
        seen = self.version if if_version is None else if_version
        # All at once: a change that fits into no commit is found before the first one is made.
        for draft in list(split_into_drafts(store.name, self.changes, author, comment)):
            # Each batch has options of its own, so the batches before it are no conflict.
            commit = store.commit(draft.changes, if_version=seen, author=author, comment=comment)
            yield commit
            # Without a foreign commit in between, the store need not read ours again.
            if commit.version == seen + 1:
                seen = commit.version


def plan_rollback(
    store: JournaledStore, to_version: int, options: Collection[str] | None = None
) -> Plan:
    """
    What makes options again what they were at a version.

    Args:
        store: The journaled store.
        to_version: The version to go back to.
        options: The only options to go back with; None means every one.

    Raises:
        JournalGapError: The journal does not tell what they were.
        OptionNotFoundError: None of the given options of this name was there, then or now.
    """
    states, unknown = states_at(store, to_version)
    version = store.version()
    current = dict(store.items())
    chosen = states.keys() | current.keys() | unknown.keys()
    if options is not None:
        if isinstance(options, str | bytes | Mapping):
            kind = type(options).__name__
            raise TypeError(f"options is a collection of option names, such as a list, not {kind}")
        wanted = {checked_option(option) for option in options}
        for option in sorted(wanted - chosen):
            raise OptionNotFoundError(option, store.name)
        chosen = wanted
    if chosen & unknown.keys():
        first = max(unknown[option] for option in chosen & unknown.keys())
        raise JournalGapError(store.name, to_version, first)
    return Plan.between(version, _only(current, chosen), _only(states, chosen))


def rollback(
    store: JournaledStore,
    to_version: int,
    options: Collection[str] | None = None,
    *,
    atomic: bool = True,
    author: str | None = None,
    comment: str = "",
) -> Commit | None:
    """
    Make options again what they were at a version, by a new commit.

    Args:
        store: The journaled store.
        to_version: The version to go back to.
        options: The only options to go back with; None means every one.
        atomic: False permits several commits where one does not hold all changes.
        author: Who commits.
        comment: Why; without one it says which version this goes back to.

    Returns:
        The (last) commit; None if there was nothing to change.

    Raises:
        JournalGapError: The journal does not tell what they were.
        OptionNotFoundError: None of the given options of this name was there, then or now.
        InvalidCommitError: One commit does not hold all changes, and `atomic` is true.
        VersionConflictError: Somebody committed to one of the options meanwhile.
    """
    plan = plan_rollback(store, to_version, options)
    comment = comment or f"rollback to version {to_version}"
    if atomic and plan.options:
        return plan.commit(store, author=author, comment=comment)
    return _last(plan.commits(store, author=author, comment=comment))


def plan_reconcile(store: JournaledStore) -> Plan:
    """What tells the journal of what was written to the options without it."""
    version = store.version()
    recorded, unknown = states_at(store, version)
    known = {option: values for option, values in sorted(store.items()) if option not in unknown}
    return Plan.between(version, recorded, known)


def reconcile(
    store: JournaledStore, *, author: str | None = None, comment: str = "reconcile"
) -> Commit | None:
    """
    Commit what was written to the options without the journal.

    Returns:
        The (last) commit; None if options and journal agree.

    Raises:
        VersionConflictError: Somebody committed to one of the options meanwhile.
    """
    return _last(plan_reconcile(store).commits(store, author=author, comment=comment))


def _only(states: Mapping[str, Values], options: Collection[str]) -> dict[str, Values]:
    return {option: states[option] for option in sorted(states) if option in options}


def _last(commits: Iterator[Commit]) -> Commit | None:
    last = None
    for commit in commits:
        last = commit
    return last
