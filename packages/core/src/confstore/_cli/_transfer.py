"""Options on their way from a file or a store into a store: `import` and `copy`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, cast

import attrs

from confstore._cli._applying import Applied, apply_changes, commit_changes, telling
from confstore._cli._exit_codes import CommandError
from confstore._cli._progress import Progress
from confstore._cli._transfer_plan import TransferPlan, plan_of
from confstore._cli._writing import (
    MAX_ATTEMPTS,
    Writing,
    default_author,
    is_journaled,
)
from confstore.errors import VersionConflictError

if TYPE_CHECKING:
    from confstore import JournaledStore, Store, Values
    from confstore._cli._session import Session

__all__ = ["Transfer"]


@attrs.frozen
class Transfer:
    """
    How options are to be brought into a store.

    Attributes:
        is_pruning: Whether to delete the options that are not brought.
        is_skipping: Whether to leave the options alone that are there.
        is_empty_allowed: Whether to prune although nothing is brought.
        is_confirmed: Whether not to ask.
        writing: How to write.
    """

    is_pruning: bool
    is_skipping: bool
    is_empty_allowed: bool
    is_confirmed: bool
    writing: Writing

    def run(
        self, session: Session, store: Store, options: Mapping[str, Values], source: str
    ) -> None:
        """
        Bring options into a store, or show what would change.

        Args:
            session: The run.
            store: Where they go.
            options: All of them, checked.
            source: Where they come from, as people are told.

        Raises:
            CommandError: It was not confirmed, or the store cannot keep the remarks.
            VersionConflictError: Somebody committed to one of the options meanwhile.
            ConfigStoreError: The store refused.
        """
        self.writing.check(store)
        seen = _version(store)
        there = dict(store.items())
        prunable = there.keys() if self.is_pruning else ()
        plan = self._plan(options, there, prunable)
        self.writing.check(store, *plan.written, *plan.deleted)
        if self.writing.is_dry_run:
            self.writing.show(session, plan.before, plan.written)
            session.say(
                f"would bring {source} into store {store.name!r}: {len(plan.written)} to write, "
                f"{plan.equal} equal, {len(plan.deleted)} to delete, {plan.skipped} to skip"
            )
            return
        self._confirm(session, store, options, plan, source)
        applied = Applied()
        with telling(session, applied, len(plan.changes)):
            if seen is None:
                with Progress("writing", len(plan.changes)) as progress:
                    apply_changes(store, plan.changes, applied, progress)
            else:
                self._commit(cast("JournaledStore", store), options, plan, applied, seen)
        self._say_done(session, store, options, plan, applied, source)

    def _plan(
        self,
        options: Mapping[str, Values],
        there: Mapping[str, Values],
        prunable: Collection[str],
    ) -> TransferPlan:
        return plan_of(options, there, prunable=prunable, is_skipping=self.is_skipping)

    def _confirm(
        self,
        session: Session,
        store: Store,
        options: Mapping[str, Values],
        plan: TransferPlan,
        source: str,
    ) -> None:
        count = len(plan.deleted)
        if not count:
            return
        what = "1 option" if count == 1 else f"{count} options"
        if not (options or self.is_empty_allowed):
            message = (
                f"{source} has no options, so --prune would delete all ({what}) of store "
                f"{store.name!r}; if that is meant, give --allow-empty, too"
            )
            raise CommandError(message)
        doing = f"delete {what} of store {store.name!r} that {source} does not have"
        session.confirm(doing, is_confirmed=self.is_confirmed)

    def _commit(
        self,
        store: JournaledStore,
        options: Mapping[str, Values],
        plan: TransferPlan,
        applied: Applied,
        seen: int,
    ) -> None:
        if_version = self.writing.if_version
        # Again, for there may have been a question since; and before the first of several commits,
        # so that a conflict is not found half way.
        self.writing.check(store, *plan.written, *plan.deleted)
        # What was not there when somebody was asked is not deleted by a later try either.
        prunable = plan.deleted
        with Progress("committing", len(plan.changes)) as progress:
            for attempt in range(1, MAX_ATTEMPTS + 1):
                try:
                    commit_changes(
                        store,
                        plan.changes,
                        applied,
                        progress,
                        seen=seen,
                        author=self.writing.author or default_author(),
                        comment=self.writing.comment,
                    )
                except VersionConflictError:
                    if if_version is not None or attempt == MAX_ATTEMPTS:
                        raise
                    seen = store.version()
                    plan = self._plan(options, dict(store.items()), prunable)
                else:
                    return
        raise AssertionError  # pragma: no cover  # the last attempt returns or raises

    def _say_done(
        self,
        session: Session,
        store: Store,
        options: Mapping[str, Values],
        plan: TransferPlan,
        applied: Applied,
        source: str,
    ) -> None:
        # Somebody else may have written some of them between two tries.
        left = len(options) - applied.written
        equal = plan.equal if self.is_skipping else left
        session.say(
            f"brought {source} into store {store.name!r}: {applied.written} written, {equal} "
            f"equal, {applied.deleted} deleted, {left - equal} skipped{applied.version}"
        )


def _version(store: Store) -> int | None:
    """The version of a journaled store; read before its options, it misses no later commit."""
    return cast("JournaledStore", store).version() if is_journaled(store) else None
