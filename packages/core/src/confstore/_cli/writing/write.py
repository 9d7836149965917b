"""Write a plan: check it, show it or ask, then commit it, again if somebody else wrote first."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import attrs

from confstore import BulkStore, Change, ability, beneath_of, diff
from confstore._cli.changes.differences import show_differences
from confstore._cli.session import Session, journal_of
from confstore._cli.terminal.exit_codes import CommandError, ExitCode
from confstore._cli.terminal.progress import Progress
from confstore.adapter import check_if_version, split_into_drafts
from confstore.errors import (
    ConfigStoreError,
    InvalidCommitError,
    OptionNotFoundError,
    VersionConflictError,
)

if TYPE_CHECKING:
    from confstore import JournaledStore, Plan, Store
    from confstore._cli.writing.flags import Writing

__all__ = ["Write", "Written", "version_of"]

_MAX_ATTEMPTS = 20
"""Tries of a write that depends on an earlier read; a guess: the second one is rare."""


@attrs.define
class Written:
    """The numbers of options that were written and deleted so far, and the commits' versions."""

    options: int = 0
    deleted: int = 0
    versions: list[int] = attrs.field(factory=list)

    @property
    def changes(self) -> int:
        """The number of changes."""
        return self.options + self.deleted

    @property
    def version(self) -> str:
        """The end of a message about the changes: the version, if there is one."""
        if not self.versions:
            return ""
        first, last = self.versions[0], self.versions[-1]
        return f", version {last}" if first == last else f", versions {first} to {last}"

    def add(self, changes: list[Change], version: int | None = None) -> None:
        """Count changes that were made."""
        deleted = sum(change.values is None for change in changes)
        self.deleted += deleted
        self.options += len(changes) - deleted
        if version is not None:
            self.versions.append(version)


@attrs.frozen
class Write:
    """
    One write of a command to a store.

    Attributes:
        session: The run.
        store: The store; a plan is in the texts that the store beneath holds for secrets.
        writing: The flags of the command.
        plan: Reads the store, and plans the changes; called again if somebody else wrote first.
        comment: The comment of the commit if none was given.
        is_retried: Whether to plan again if somebody else wrote first.
        is_split: Whether to make several commits if one does not hold all changes.
        can_split: Whether the command has a flag for that, which an error can name.
        is_record: Whether the options are as planned already, and the journal alone is written.
        is_return: Whether the options become what they were before, which no schema refuses.
        unjournaled: Writes to a store without a journal; None sets and deletes whole options.
    """

    session: Session
    store: Store
    writing: Writing
    plan: Callable[[], Plan]
    comment: str = ""
    is_retried: bool = True
    is_split: bool = False
    can_split: bool = False
    is_record: bool = False
    is_return: bool = False
    unjournaled: Callable[[], None] | None = None

    def run(self, ask: Callable[[Plan], bool] | None = None) -> Written | None:
        """
        Make the changes, or show them if it is a dry run.

        Args:
            ask: Asks before the plan is carried out, and raises if the answer is no; gives False
                if there is nothing to do.

        Returns:
            The changes that were made; None if nothing was to be written.
        """
        self._check_flags()
        plan = self.plan()
        self._check_version(plan)
        if self.writing.is_dry_run:
            found = diff(plan.old, plan.new)
            show_differences(self.session, found, has_values=self.writing.has_values)
            self._check_schema(plan)
            return None
        self._check_schema(plan)
        if ask is not None and not ask(plan):
            return None
        # Again, after the question, and before the first of several commits.
        self._check_version(plan)
        written = Written()
        with self._told(written, len(plan.options)):
            journal = journal_of(self.store)
            if journal is None:
                self._apply(plan, written)
            else:
                self._commit(journal, plan, written)
        return written

    # -- checks ----------------------------------------------------------------------------------

    def _check_flags(self) -> None:
        journal, asked, name = journal_of(self.store), self.writing.if_version, self.store.name
        flag = self.writing.needs_journal
        if journal is None and flag is not None:
            message = f"store {name!r} has no journal, which {flag} needs: "
            advice = "turn it on with confstore init --journal"
            raise CommandError(message + advice, ExitCode.BACKEND)
        if journal is not None and asked is not None and asked > (version := journal.version()):
            message = f"store {name!r} is at version {version}: {asked} is another store's version"
            raise CommandError(message, ExitCode.CONFLICT)

    def _check_version(self, plan: Plan) -> None:
        asked, journal = self.writing.if_version, journal_of(self.store)
        if asked is None or journal is None or not plan.options:
            return
        version = journal.version()
        since = journal.commits(asked)
        check_if_version(self.store.name, asked, frozenset(plan.options), since, version)

    def _check_schema(self, plan: Plan) -> None:
        # A record writes no option: it tells the journal what is there.
        if plan.options and not (self.is_record or self.is_return):
            self.session.check_plan(self.session, self.store, plan)

    # -- writes ----------------------------------------------------------------------------------

    def _commit(self, journal: JournaledStore, plan: Plan, written: Written) -> None:
        asked = self.writing.if_version
        author, comment = self.writing.author_or_user, self.writing.comment or self.comment
        attempts = 0
        with Progress("committing", len(plan.options)) as progress:
            while True:
                attempts += 1
                try:
                    if self.is_record:
                        commits = plan.record(journal, author=author, comment=comment)
                    elif self.is_split:
                        commits = plan.commits(
                            journal, author=author, comment=comment, if_version=asked
                        )
                    else:
                        commit = plan.commit(
                            journal, author=author, comment=comment, if_version=asked
                        )
                        written.add(plan.changes, commit.version)
                        return
                    for commit in commits:
                        written.add(list(commit.changes), commit.version)
                        progress.advance(len(commit.changes))
                except InvalidCommitError as error:
                    if self.is_split or not self.can_split or len(plan.options) == 1:
                        raise
                    drafts = split_into_drafts(self.store.name, plan.changes, author, comment)
                    message = f"{error}; --split makes {sum(1 for _ in drafts)} commits of it"
                    raise CommandError(message, ExitCode.INVALID) from None
                except VersionConflictError:
                    if not self.is_retried or asked is not None or attempts == _MAX_ATTEMPTS:
                        raise
                    plan = self.plan()
                    self._check_schema(plan)
                else:
                    return

    def _apply(self, plan: Plan, written: Written) -> None:
        bulk = ability(beneath_of(self.store), BulkStore)
        if self.unjournaled is not None:
            self.unjournaled()
            written.add(plan.changes)
        elif bulk is not None:
            bulk.apply(plan.changes)
            written.add(plan.changes)
        else:
            with Progress("writing", len(plan.options)) as progress:
                for change in plan.changes:
                    self._apply_one(change)
                    written.add([change])
                    progress.advance()

    def _apply_one(self, change: Change) -> None:
        if change.values is not None:
            beneath_of(self.store).set(change.option, change.values)
            return
        # Somebody else may have deleted it meanwhile.
        with contextlib.suppress(OptionNotFoundError):
            beneath_of(self.store).delete(change.option)

    @contextlib.contextmanager
    def _told(self, written: Written, total: int) -> Iterator[None]:
        """Print how many of several changes were made if Ctrl-C or the store stops them."""
        try:
            yield
        except (KeyboardInterrupt, ConfigStoreError) as error:
            # Where nothing was written, the error alone is clear.
            if total > 1 and (written.changes or isinstance(error, KeyboardInterrupt)):
                self.session.say(
                    f"stopped after {written.changes} of {total} changes{written.version}; every "
                    "option is whole, and running it again makes the rest"
                )
            raise


def version_of(store: Store) -> int:
    """The version from which to plan; 0 without a journal. Read it before the options."""
    journal = journal_of(store)
    return 0 if journal is None else journal.version()
