"""Whether a store's journal is what it has to be."""

# ruff: noqa: S101 (a contract is made of assertions)

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, cast

from confstore._journal.commits import Draft
from confstore._stores.protocols import Change, Commit, JournaledStore, Store
from confstore._values.read_only import is_same
from confstore.errors import NotJournaledError
from confstore.testing._journal_model import Entry, JournalModel
from confstore.testing._model import Model
from confstore.testing._outcome import refusal
from confstore.testing._ownership import assert_read_only

__all__ = [
    "adopt_baseline",
    "check_commit",
    "check_commits",
    "check_journal",
    "check_no_journal",
    "check_whole_journal",
    "commits_of",
]

# A commit's time is its writer's, whose clock may be another machine's.
_CLOCK_SKEW = timedelta(minutes=10)


def check_no_journal(store: Store) -> None:
    """Check that a store without a journal says so."""
    journaled: Any = store
    assert journaled.is_journaled() is False, "nobody has enabled this store's journal"
    calls = {
        "version": journaled.version,
        "commits": journaled.commits,
        "commit": lambda: journaled.commit([Change("a", {})]),
    }
    for name, call in calls.items():
        error = refusal(NotJournaledError, call)
        assert error.store == store.name, f"{name}: the error's 'store' is wrong"


def check_journal(store: Store, model: Model) -> None:
    """Check the version, and the commits that not every handle has shown yet."""
    journal = model.kept_journal
    journaled = cast("JournaledStore", store)
    version = journaled.version()
    assert type(version) is int
    assert version == journal.version, "each write is one commit, and what was refused is none"
    check_commits(commits_of(store, journal.checked), journal, journal.checked)


def check_whole_journal(store: Store, model: Model) -> None:
    """Check everything that a journal says."""
    journal = model.kept_journal
    journaled = cast("JournaledStore", store)
    assert journaled.is_journaled() is True
    assert journaled.baseline() == journal.baseline
    assert journaled.version() == journal.version
    check_commits(commits_of(store, 0), journal, 0)


def commits_of(store: Store, since: int, *, consistent: bool = True) -> list[Commit]:
    """What a store says was committed after a version."""
    commits = cast("JournaledStore", store).commits(since, consistent=consistent)
    assert type(commits) is list
    return commits


def check_commits(commits: Sequence[Commit], journal: JournalModel, since: int) -> None:
    """Check that these are all commits after a version, ascending."""
    expected = [entry.version for entry in journal.entries[since:]]
    assert [commit.version for commit in commits] == expected, f"commits after {since}"
    for commit in commits:
        check_commit(commit, journal)


def check_commit(commit: Commit, journal: JournalModel) -> None:
    """Check one commit, which need not be the last one."""
    assert type(commit) is Commit
    assert type(commit.version) is int
    assert 1 <= commit.version <= journal.version, "nobody has made this commit"
    entry = journal.entries[commit.version - 1]
    changes = _changes_of(commit)
    assert changes.keys() == entry.changes.keys(), "a commit has the options that it changed"
    for option, values in changes.items():
        assert is_same(values, entry.changes[option]), f"the commit has {option!r} wrong"
    assert commit.author == entry.author
    assert commit.comment == entry.comment
    _check_identity(commit, entry, journal)


def _changes_of(commit: Commit) -> dict[str, Any]:
    assert type(commit.changes) is tuple
    for change in commit.changes:
        assert type(change) is Change
        assert_read_only(change.values)
    changes = {change.option: change.values for change in commit.changes}
    assert len(changes) == len(commit.changes), "a commit changes an option once"
    return changes


def _check_identity(commit: Commit, entry: Entry, journal: JournalModel) -> None:
    if entry.id is None:
        _check_new_identity(commit, journal)
        entry.id, entry.at = commit.id, commit.at
    assert commit.id == entry.id, "a commit keeps its id"
    assert commit.at == entry.at, "a commit keeps its time"
    assert commit.at.utcoffset() == timedelta(0), "a commit's time is aware, and in UTC"
    before = None if commit.version == 1 else journal.entries[commit.version - 2].id
    assert commit.previous == before, "a commit names the one before it"


def _check_new_identity(commit: Commit, journal: JournalModel) -> None:
    assert type(commit.id) is str
    assert commit.id not in journal.ids, "two commits have one id"
    journal.ids.add(commit.id)
    assert isinstance(commit.at, datetime)
    assert commit.at.tzinfo is not None, "a commit's time is aware, and in UTC"
    assert abs(datetime.now(timezone.utc) - commit.at) < _CLOCK_SKEW, "a commit has the time of now"


def adopt_baseline(store: Store, model: Model) -> None:
    """
    Take the first commits of a journal into the model: they wrote down what was there.

    How many they are, and which options stand in which of them, is the store's affair.
    """
    journal = model.kept_journal
    commits = commits_of(store, 0)
    changes = [change for commit in commits for change in _changes_of(commit).items()]
    assert len(dict(changes)) == len(changes), "the baseline writes each option down once"
    assert is_same(dict(changes), model.options), "the baseline is every option as it is"
    for commit in commits:
        journal.record(Draft(commit.changes, None, commit.comment))
    journal.baseline = len(commits)
