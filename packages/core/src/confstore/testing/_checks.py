"""Checks of one answer: its types, its secrecy, its outcome and its commits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from confstore._journal.commits import Draft
from confstore._stores.protocols import Change, Commit, JournaledStore, Store, ability
from confstore._values.read_only import ReadOnlyDict, ReadOnlyList, is_same
from confstore.errors import (
    ConfigStoreError,
    InvalidCommitError,
    InvalidNameError,
    InvalidValueError,
    NotJournaledError,
    OptionNotFoundError,
    StoreClosedError,
    VersionConflictError,
)
from confstore.testing._model import Entry, JournalModel, Model

__all__ = [
    "CANARY",
    "Canary",
    "adopt_baseline",
    "assert_keeps_values",
    "assert_plain",
    "assert_read_only",
    "assert_same_outcome",
    "check_commit",
    "check_commits",
    "check_journal",
    "check_no_journal",
    "check_whole_journal",
    "commits_of",
    "journaled",
    "refusal",
    "spoil",
]

CANARY = "canary-8d2f71"
"""A value that the contract writes: where it shows up, any other value would, too."""


class Canary:
    """An object that cannot be stored, and whose text is the canary."""

    def __repr__(self) -> str:
        return CANARY


def assert_keeps_values(error: BaseException) -> None:
    """Check that neither an error nor its causes, as a log prints them, show the canary."""
    for link in _chain(error):
        shown = (str(link), repr(link), repr(link.args), repr(getattr(link, "__notes__", ())))
        assert all(CANARY not in text for text in shown), (
            f"a {type(error).__name__} shows a value, by way of {type(link).__name__}"
        )


def _chain(error: BaseException) -> Iterator[BaseException]:
    link: BaseException | None = error
    while link is not None:
        yield link
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)


def spoil(value: Any) -> None:
    """Change every dict, list and set inside a value, as a careless owner might."""
    for entry in _entries(value):
        spoil(entry)
    if isinstance(value, dict):
        value["spoiled"] = True
    elif isinstance(value, list):
        value.append("spoiled")
    elif isinstance(value, set):
        value.clear()


def assert_plain(value: Any) -> None:
    """Check that what `get` or `items` gave is made of plain dicts, lists and sets."""
    _assert_types(value, "a reader's values", (dict, list, set))


def assert_read_only(value: Any) -> None:
    """Check that values are made of core's read-only dicts and lists, and frozensets."""
    _assert_types(value, "read-only values", (ReadOnlyDict, ReadOnlyList, frozenset))


def _assert_types(value: Any, owner: str, types: tuple[type, type, type]) -> None:
    for bases, wanted in zip(_BASES, types, strict=True):
        assert not isinstance(value, bases) or type(value) is wanted, (
            f"{owner} hold a {type(value).__name__}, not a {wanted.__name__}"
        )
    for entry in _entries(value):
        _assert_types(entry, owner, types)


def _entries(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, list) else ()


# The attributes of an error that every backend gives alike; a reason may say more on one.
_FACTS: dict[type[Exception], tuple[str, ...]] = {
    InvalidCommitError: ("store",),
    InvalidNameError: ("store", "kind", "name"),
    InvalidValueError: ("store", "option", "path"),
    OptionNotFoundError: ("store", "option"),
    StoreClosedError: ("store",),
    TypeError: (),
    VersionConflictError: ("store", "if_version", "version", "options"),
}

_Error = TypeVar("_Error", bound=Exception)


def refusal(kind: type[_Error], call: Callable[[], Any]) -> _Error:
    """Call what must be refused, and return its error."""
    try:
        call()
    # An error of another kind reaches the test's output with its own traceback.
    except kind as error:
        assert_keeps_values(error)
        return error
    raise AssertionError(f"this should have raised {kind.__name__}, and did not")


def assert_same_outcome(
    call: Callable[[Store | Model], Any], store: Store, model: Model, what: str
) -> Any:
    """Check that a store answers as the model does, and return both answers; None for a refusal."""
    try:
        expected = call(model)
    except (ConfigStoreError, TypeError) as error:
        refused = error
    else:
        return call(store), expected
    kind = type(refused)
    try:
        actual = refusal(kind, lambda: call(store))
    except AssertionError as error:
        raise AssertionError(f"{what}: {error}") from None
    for fact in _FACTS[kind]:
        assert getattr(actual, fact) == getattr(refused, fact), (
            f"{what}: the error's {fact!r} is wrong"
        )
    return None


# Every type that a value of one kind could be.
_BASES: tuple[tuple[type, ...], ...] = ((dict,), (list,), (set, frozenset))
# The writer's clock may be that of another machine.
_CLOCK_SKEW = timedelta(minutes=10)


def journaled(store: Store) -> JournaledStore:
    """Return the store as one with a journal."""
    found = ability(store, JournaledStore)
    assert found is not None, "a journaled store has every method of JournaledStore"
    return found


def check_no_journal(store: Store) -> None:
    """Check that a store without a journal refuses the calls of one."""
    held = journaled(store)
    assert held.is_journaled() is False, "nobody has enabled this store's journal"
    calls: dict[str, Callable[[], object]] = {
        "version": held.version,
        "commits": held.commits,
        "commit": lambda: held.commit([Change("a", {})]),
        "commit to the journal": lambda: held.commit([Change("a", None)], journal_only=True),
    }
    for name, call in calls.items():
        error = refusal(NotJournaledError, call)
        assert error.store == store.name, f"{name}: the error's 'store' is wrong"


def check_journal(store: Store, model: Model) -> None:
    """Check the version, and the commits that not every handle has shown yet."""
    journal = model.kept_journal
    version = journaled(store).version()
    assert type(version) is int
    assert version == journal.version, "each write is one commit, and a refused write is none"
    check_commits(commits_of(store, journal.checked), journal, journal.checked)


def check_whole_journal(store: Store, model: Model) -> None:
    """Check everything that a journal says."""
    journal = model.kept_journal
    assert journaled(store).is_journaled() is True
    assert journaled(store).baseline() == journal.baseline
    assert journaled(store).version() == journal.version
    check_commits(commits_of(store, 0), journal, 0)


def commits_of(store: Store, since: int, *, consistent: bool = True) -> list[Commit]:
    """Read the commits after a version."""
    commits = journaled(store).commits(since, consistent=consistent)
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
    assert (commit.author, commit.comment) == (entry.draft.author, entry.draft.comment)
    _check_identity(commit, entry, journal)


def _changes_of(commit: Commit) -> dict[str, Mapping[str, Any] | None]:
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
    assert abs(datetime.now(UTC) - commit.at) < _CLOCK_SKEW, "a commit has the present time"


def adopt_baseline(store: Store, model: Model) -> None:
    """
    Take the first commits of a journal, which wrote down every option, into the model.

    The store decides how many they are, and which options each of them holds.
    """
    journal = model.kept_journal
    commits = commits_of(store, 0)
    changes = [change for commit in commits for change in _changes_of(commit).items()]
    assert len(dict(changes)) == len(changes), "the baseline writes each option down once"
    assert is_same(dict(changes), model.options), "the baseline is every option as it is"
    for commit in commits:
        journal.record(Draft(commit.changes, None, commit.comment))
    journal.baseline = len(commits)
