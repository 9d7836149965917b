"""Reconcile: the changes that were written without the journal, committed to it."""

from __future__ import annotations

from confstore._journal.history import recorded_states
from confstore._journal.plans import Plan, last_of
from confstore._stores.given import checked_journaled
from confstore._stores.protocols import Commit, JournaledStore, beneath_of

__all__ = ["NEWEST_COMMITS", "plan_reconcile", "reconcile"]

NEWEST_COMMITS = 1_000
"""
Commits that `reconcile` and `diagnose` read, so that their cost does not grow with the journal; a
guess: of small options they are 100 read units of DynamoDB.
"""


def plan_reconcile(store: JournaledStore, *, newest_commits: int | None = NEWEST_COMMITS) -> Plan:
    """
    Plan to commit the changes that were written without the journal.

    Args:
        store: The journaled store.
        newest_commits: The number of commits to read; None reads all. Options that none of them
            has, because they are older or have expired, are recorded anew as they are.
    """
    store = beneath_of(checked_journaled(store))
    recorded = recorded_states(store, newest_commits)
    return Plan.between(recorded.version, recorded.states, dict(sorted(store.items())))


def reconcile(
    store: JournaledStore,
    *,
    author: str | None = None,
    comment: str = "reconcile",
    newest_commits: int | None = NEWEST_COMMITS,
) -> Commit | None:
    """
    Commit the changes that were written without the journal.

    Only the journal is written. Options that others write meanwhile are read again.

    Args:
        store: The journaled store.
        author: Who commits.
        comment: Why.
        newest_commits: See `plan_reconcile`.

    Returns:
        The (last) commit; None if options and journal agree.

    Raises:
        VersionConflictError: Others changed one of the options all the time.
    """
    plan = plan_reconcile(store, newest_commits=newest_commits)
    return last_of(plan.record(store, author=author, comment=comment))
