"""Commits that a plan needs, one of them or several."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import click

from confstore._cli._exit_codes import CommandError, ExitCode
from confstore._cli._session import Session
from confstore._cli._writing import Writing, default_author
from confstore.adapter import split_into_drafts
from confstore.errors import InvalidCommitError

if TYPE_CHECKING:
    from confstore import Commit, JournaledStore
    from confstore._journal.plans import Plan

__all__ = ["commit_plan"]


def commit_plan(
    session: Session,
    store: JournaledStore,
    plan: Plan,
    writing: Writing,
    *,
    comment: str,
    is_split: bool,
) -> Commit:
    """
    Commit what a plan changes.

    Args:
        session: The run, which is told how far it came if it has to stop between two commits.
        store: The store that the plan was made for.
        plan: What changes; at least one option.
        writing: Who commits, and the version that the caller had seen.
        comment: Why.
        is_split: Whether there may be several commits.

    Returns:
        The (last) commit.

    Raises:
        CommandError: One commit does not hold all changes, and it is not to be split.
        VersionConflictError: Somebody committed to one of the options meanwhile.
        ConfigStoreError: It cannot be written.
    """
    author = writing.author or default_author()
    if not is_split:
        try:
            return plan.commit(store, author=author, comment=comment, if_version=writing.if_version)
        except InvalidCommitError as error:
            count = sum(1 for _ in split_into_drafts(store.name, plan.changes, author, comment))
            message = f"{error}; --split makes {count} commits of it"
            raise CommandError(message, ExitCode.INVALID) from None
    last: Commit | None = None
    done = 0
    try:
        with _progress(len(plan.options)) as advance:
            for last in plan.commits(
                store, author=author, comment=comment, if_version=writing.if_version
            ):
                done += len(last.changes)
                advance(len(last.changes))
    except BaseException:
        if last is not None:
            total = len(plan.options)
            session.say(
                f"{done} of {total} options are committed, up to version {last.version}; the same "
                "command goes on from there"
            )
        raise
    assert last is not None  # noqa: S101 (there is at least one change)
    return last


@contextlib.contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    """A bar on standard error, if that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(length=total, label="committing", file=sys.stderr) as bar:
        yield bar.update
