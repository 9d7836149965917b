"""
Deploys: commits that are to be confirmed by a later one, as the comments of a journal tell.

A deploy is confirmed when its checks have succeeded until its end. One whose command was killed is
not; it can be rolled back, or deployed again.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import attrs

from confstore import Commit, Finding, JournaledStore
from confstore.errors import JournalGapError

__all__ = [
    "Deploy",
    "confirm_comment",
    "deploy_comment",
    "deploys_of",
    "findings_of_deploys",
    "newest_commits",
    "rollback_command",
    "rollback_comment",
]

_NEWEST_COMMITS = 1_000
"""Commits among which deploys are looked for; as many as other checks of `doctor` read."""

_MAX_NAME = 200
"""Characters of a file's name in a comment, which has at most 2,000 bytes."""

_DEPLOY = re.compile(r"deploy of .*, to be confirmed within ([0-9]{1,9}) s\Z", re.DOTALL)
_CONFIRMED = re.compile(r"confirmed version ([0-9]{1,18})\Z")


def deploy_comment(source: str, within_s: int, reason: str) -> str:
    """The comment of a deploy that is to be confirmed, after the user's own reason for it."""
    told = f"deploy of {source[:_MAX_NAME]}, to be confirmed within {within_s} s"
    return f"{reason}; {told}" if reason else told


def confirm_comment(version: int) -> str:
    """The comment of the commit that confirms a deploy."""
    return f"confirmed version {version}"


def rollback_comment(version: int, reason: str) -> str:
    """The comment of the commit that rolls a deploy back."""
    return f"rollback of version {version}: {reason}"


def rollback_command(
    version: int, options: Iterable[str], layer: str | None, *, is_forced: bool = False
) -> str:
    """
    The command that rolls a deploy back; not forced, it refuses if somebody committed since.

    Args:
        version: The version of the deploy.
        options: The options to roll back.
        layer: The layer that was deployed to, as `--layer` names it; None for a single store.
        is_forced: Whether to leave out the version that it must find.
    """
    names = sorted(options)
    dashes = ["--"] if any(name.startswith("-") for name in names) else []
    flags = [] if layer is None else ["--layer", layer]
    flags += [] if is_forced else ["--if-version", str(version)]
    return shlex.join(["confstore", "rollback", *flags, str(version - 1), *dashes, *names])


@attrs.frozen
class Deploy:
    """
    A deploy, and what has become of it.

    Attributes:
        commit: The commit.
        deadline: When it should have been confirmed.
        outcome: `confirmed`, `rolled back` or `overwritten`; empty if it is to be confirmed.
        by: The version that decided the outcome; 0 if it is to be confirmed.
        options: Those of its options that no later commit has changed.
    """

    commit: Commit
    deadline: datetime
    outcome: str
    by: int
    options: frozenset[str]

    def finding(self, layer: str | None) -> Finding:
        """The finding of `doctor` about it, now; `layer` is what `--layer` calls its store."""
        version, until = self.commit.version, f"{self.deadline:%Y-%m-%dT%H:%M:%SZ}"
        author = self.commit.author or "somebody"
        what = f"version {version}, deployed by {author}, "
        if self.outcome:
            return Finding("deploy", True, f"{what}was {self.outcome} by version {self.by}")
        undo = rollback_command(version, self.options, layer)
        again = "deploy the same file again to have it checked and confirmed"
        if datetime.now(self.deadline.tzinfo) < self.deadline:
            text = f"{what}is to be confirmed until {until}"
            return Finding("deploy", None, text, f"if its command was killed: {undo}; or {again}")
        text = f"{what}was not confirmed until {until}: its command was killed"
        return Finding("deploy", False, text, f"roll it back: {undo}; or {again}")


def newest_commits(store: JournaledStore) -> list[Commit]:
    """The newest commits that the journal still holds, oldest first."""
    since = max(0, store.version() - _NEWEST_COMMITS)
    try:
        return store.commits(since)
    except JournalGapError as gap:
        return store.commits(gap.first - 1)


def deploys_of(commits: Sequence[Commit]) -> Iterator[Deploy]:
    """Find the deploys among the commits of a journal, oldest first, with their outcomes."""
    for place, commit in enumerate(commits):
        match = _DEPLOY.search(commit.comment)
        if match is not None:
            deadline = commit.at + timedelta(seconds=int(match[1]))
            yield _with_outcome(commit, deadline, commits[place + 1 :])


def _with_outcome(commit: Commit, deadline: datetime, later: Sequence[Commit]) -> Deploy:
    version, left = commit.version, {change.option for change in commit.changes}
    undone = (rollback_comment(version, ""), f"rollback to version {version - 1}")
    for other in later:
        confirmed = _CONFIRMED.match(other.comment)
        if confirmed is not None:
            if int(confirmed[1]) == version:
                return Deploy(commit, deadline, "confirmed", other.version, frozenset(left))
            # It has written the values that were there.
            continue
        left -= {change.option for change in other.changes}
        if not left:
            is_undone = other.comment.startswith(undone[0].rstrip()) or other.comment == undone[1]
            outcome = "rolled back" if is_undone else "overwritten"
            return Deploy(commit, deadline, outcome, other.version, frozenset())
    return Deploy(commit, deadline, "", 0, frozenset(left))


def findings_of_deploys(store: JournaledStore, layer: str | None) -> Iterator[Finding]:
    """
    The findings of the last deploy, and of all others that are still to be confirmed.

    Args:
        store: The store.
        layer: What `--layer` calls it among layers; None for a single store.
    """
    deploys = list(deploys_of(newest_commits(store)))
    for place, deploy in enumerate(deploys, 1):
        if place == len(deploys) or not deploy.outcome:
            yield deploy.finding(layer)
