"""`confstore reconcile`."""

from __future__ import annotations

from confstore._cli._command import Example, command
from confstore._cli._committing import commit_plan
from confstore._cli._journaled import journaled_store
from confstore._cli._session import Session
from confstore._cli._writing import Writing, writing_options
from confstore._journal.plans import plan_reconcile

__all__ = ["reconcile"]


@command(
    "reconcile",
    examples=(
        Example("confstore reconcile --dry-run --values", "what was edited by hand, and how"),
        Example("confstore reconcile --comment 'hotfix of Monday'", "put it into the journal"),
    ),
)
@writing_options
def reconcile(session: Session, writing: Writing) -> None:
    """
    Commit to the journal what was written to the options past it, such as edits by hand.

    The options stay as they are. More than 99 of them take several commits.
    """
    store = journaled_store(session)
    plan = plan_reconcile(store)
    writing.check(store, *plan.options)
    if writing.is_dry_run:
        writing.show(session, plan.old, plan.new)
        return
    if not plan.options:
        session.say(f"nothing to reconcile: store {store.name!r} is as its journal says")
        return
    comment = writing.comment or "reconcile"
    last = commit_plan(session, store, plan, writing, comment=comment, is_split=True)
    count = len(plan.options)
    what = "1 option" if count == 1 else f"{count} options"
    session.say(f"reconciled {what} of store {store.name!r}, version {last.version}")
