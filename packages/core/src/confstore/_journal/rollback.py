"""Rollback: the values of an earlier version, committed again; nothing is erased."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from confstore._journal.history import Past, gap_of, past_of
from confstore._journal.plans import Plan, last_of
from confstore._process.log import log_fields, logger
from confstore._stores.given import checked_journaled
from confstore._stores.protocols import (
    Commit,
    JournaledStore,
    SealingStore,
    ability,
    beneath_of,
)
from confstore._values.names import checked_option
from confstore._values.read_only import is_same
from confstore._values.secret import Secret
from confstore._values.types import Values
from confstore.errors import OptionNotFoundError

__all__ = ["plan_rollback", "rollback"]

_MOST_NAMED = 5
"""Options that a warning names, so that it stays a line."""


def plan_rollback(
    store: JournaledStore, to_version: int, options: Collection[str] | None = None
) -> Plan:
    """
    Plan to give options the values that they had at a version.

    Args:
        store: The journaled store.
        to_version: The version to go back to.
        options: The only options to go back with; None means every one, except those that no commit
            since has, and whose older commits have expired: they stay as they are.

    Options whose present values the journal does not have, such as edits by hand, are named in a
    warning in the log: the rollback overwrites them for good. `reconcile` records them before.

    Raises:
        JournalGapError: The journal does not hold their values of then.
        OptionNotFoundError: One of the given options did not exist then and does not now.
    """
    given, store = store, beneath_of(checked_journaled(store))
    past = past_of(store, to_version)
    states, unknown = past.states, past.unknown
    version = store.version()
    current = dict(store.items())
    chosen = states.keys() | current.keys() | unknown.keys()
    if options is not None:
        if isinstance(options, str | bytes | Mapping):
            kind = type(options).__name__
            raise TypeError(f"options is a collection of option names, such as a list, not {kind}")
        wanted = {checked_option(option, store=store.name) for option in options}
        for option in sorted(wanted - chosen):
            raise OptionNotFoundError(store.name, option)
        chosen = wanted
    else:
        # No commit that is held has these, so none of the commits to take back has.
        chosen -= {option for option, first in unknown.items() if first is None}
    if chosen & unknown.keys():
        missing = tuple(sorted(chosen & unknown.keys()))
        raise gap_of(store, to_version, {option: unknown[option] for option in missing})
    plan = Plan.between(version, _only(current, chosen), _only(states, chosen))
    _warn_of_edits(store, plan, past)
    _warn_of_sealed(given, plan)
    return plan


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
    Give options the values that they had at a version, by a new commit.

    Args:
        store: The journaled store.
        to_version: The version to go back to.
        options: The only options to go back with; None means every one, except those that no commit
            since has, and whose older commits have expired: they stay as they are.
        atomic: False allows several commits where the changes do not fit one.
        author: Who commits.
        comment: Why; by default `rollback to version N`.

    Returns:
        The (last) commit; None if there was nothing to change.

    Raises:
        JournalGapError: The journal does not hold their values of then.
        OptionNotFoundError: One of the given options did not exist then and does not now.
        InvalidCommitError: The changes do not fit one commit, and `atomic` is true.
        VersionConflictError: Somebody committed to one of the options meanwhile.
    """
    plan = plan_rollback(store, to_version, options)
    comment = comment or f"rollback to version {to_version}"
    if atomic and plan.options:
        return plan.commit(store, author=author, comment=comment)
    return last_of(plan.commits(store, author=author, comment=comment))


def _warn_of_edits(store: JournaledStore, plan: Plan, past: Past) -> None:
    """Log a warning of what a rollback overwrites and the journal does not have."""
    # An option of which a journal with gaps knows nothing is in no plan.
    edited = [
        option
        for option in plan.options
        if not is_same(past.recorded.get(option), plan.old.get(option))
    ]
    if not edited:
        return
    # Somebody may have committed between the two reads.
    later = {change.option for commit in store.commits(past.last) for change in commit.changes}
    edited = [option for option in edited if option not in later]
    if edited:
        more = f" and {len(edited) - _MOST_NAMED:,} more" if len(edited) > _MOST_NAMED else ""
        names = ", ".join(map(repr, edited[:_MOST_NAMED])) + more
        text = (
            "store %r: the rollback overwrites what was written without the journal, in %s: "
            "`confstore reconcile` records it first"
        )
        logger.warning(text, store.name, names, extra=log_fields(store.name))


def _warn_of_sealed(store: JournaledStore, plan: Plan) -> None:
    """Log a warning of each secret in the new options that cannot be opened any more."""
    sealing: SealingStore | None = ability(store, SealingStore)
    if sealing is None:
        return
    # Not at the top: few stores have secrets.
    from confstore._secrets.held import open_secrets

    open_secrets(
        value
        for option, values in plan.new.items()
        for value in sealing.unsealed(option, values).values()
        if isinstance(value, Secret)
    )


def _only(states: Mapping[str, Values], options: Collection[str]) -> dict[str, Values]:
    return {option: states[option] for option in sorted(states) if option in options}
