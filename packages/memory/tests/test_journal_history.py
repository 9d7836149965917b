"""What core makes of any journal: history, earlier states, rollback, differences, reconciling."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import attrs
import pytest

from confstore import (
    Change,
    Commit,
    Difference,
    JournaledStore,
    Value,
    Values,
    diff,
    history,
    reconcile,
    rollback,
    state_at,
)
from confstore.adapter import checked_draft, without_gap
from confstore.errors import (
    InvalidCommitError,
    InvalidNameError,
    JournalGapError,
    OptionNotFoundError,
    VersionConflictError,
)
from confstore.testing import CANARY
from confstore_memory import MemoryStore


@attrs.define
class LossyStore:
    """
    A journaled store whose journal has lost commits, and whose options are edited by hand.

    `lost` names the versions of the lost commits, `edits` what was written without the journal.
    """

    whole: MemoryStore
    lost: Collection[int] = ()
    edits: dict[str, Values | None] = attrs.Factory(dict)

    @property
    def name(self) -> str:
        return self.whole.name

    def is_journaled(self) -> bool:
        return True

    def baseline(self) -> int:
        return self.whole.baseline()

    def version(self) -> int:
        return self.whole.version()

    def commits(self, since: int = 0, *, consistent: bool = True) -> list[Commit]:
        held = [commit for commit in self.whole.commits(since) if commit.version not in self.lost]
        return without_gap(self.name, held, since)

    def items(self, *, consistent: bool = True) -> Iterator[tuple[str, Values]]:
        edited = {**dict(self.whole.items()), **self.edits}
        return iter([(option, values) for option, values in edited.items() if values is not None])

    def commit(
        self,
        changes: Iterable[Change],
        *,
        if_version: int | None = None,
        author: str | None = None,
        comment: str = "",
        journal_only: bool = False,
    ) -> Commit:
        chosen = list(changes)
        if journal_only:
            checked_draft(self.name, chosen).check_unchanged(
                self.name, dict(self.items()), self.version()
            )
        commit = self.whole.commit(chosen, if_version=if_version, author=author, comment=comment)
        for change in chosen:
            self.edits.pop(change.option, None)
        return commit

    def get(
        self, option: str, *, keys: Collection[str] | None = None, consistent: bool = True
    ) -> Values:
        for name, values in self.items():
            if name == option:
                return values
        raise OptionNotFoundError(self.name, option)

    def set(self, option: str, values: Mapping[str, Value]) -> None:
        self.whole.set(option, values)

    def update(
        self, option: str, values: Mapping[str, Value], *, remove: Collection[str] = ()
    ) -> None:
        self.whole.update(option, values, remove=remove)

    def delete(self, option: str) -> None:
        self.whole.delete(option)

    def close(self) -> None:
        self.whole.close()


def journaled(options: Mapping[str, Mapping[str, Any]] | None = None) -> MemoryStore:
    """A journaled store that had options before."""
    store = MemoryStore("test", options)
    store.enable_journal()
    return store


@pytest.fixture
def store() -> MemoryStore:
    """Five versions: db made, cache made, db changed, db deleted, db made anew."""
    store = journaled()
    store.set("db", {"port": 1})
    store.set("cache", {"size": 10})
    store.set("db", {"port": 2})
    store.delete("db")
    store.set("db", {"port": 3})
    return store


STATES: list[dict[str, Any]] = [
    {},
    {"db": {"port": 1}},
    {"db": {"port": 1}, "cache": {"size": 10}},
    {"db": {"port": 2}, "cache": {"size": 10}},
    {"cache": {"size": 10}},
    {"db": {"port": 3}, "cache": {"size": 10}},
]


# -- history -------------------------------------------------------------------------------------


def test_history_is_every_commit(store: MemoryStore) -> None:
    """Oldest first."""
    assert history(store) == store.commits()


def test_history_of_an_option_survives_its_deletion(store: MemoryStore) -> None:
    """An option that is made anew has the history of its name."""
    assert [commit.version for commit in history(store, "db")] == [1, 3, 4, 5]


def test_history_of_what_never_was_is_empty(store: MemoryStore) -> None:
    """That is no error: the journal does not know it."""
    assert history(store, "unknown") == []


def test_history_of_no_name_is_refused(store: MemoryStore) -> None:
    """As everywhere else."""
    with pytest.raises(InvalidNameError):
        history(store, "")


def test_history_is_what_the_journal_holds(store: MemoryStore) -> None:
    """It begins after the last hole."""
    assert [commit.version for commit in history(LossyStore(store, lost={1, 3}))] == [4, 5]
    assert [commit.version for commit in history(LossyStore(store, lost={1, 2}), "db")] == [3, 4, 5]


def test_gap_says_where_the_journal_begins(store: MemoryStore) -> None:
    """So that the caller can read on from there."""
    lossy = LossyStore(store, lost={1, 3})
    with pytest.raises(JournalGapError) as caught:
        lossy.commits()
    assert caught.value.args == ("test", 1, 4, ())
    assert [commit.version for commit in lossy.commits(3)] == [4, 5]
    assert lossy.commits(5) == []


def test_commit_with_another_predecessor_is_a_gap(store: MemoryStore) -> None:
    """Consecutive versions are not enough: a table may have been restored in between."""
    commits = store.commits()
    commits[2] = attrs.evolve(commits[2], previous="another")
    with pytest.raises(JournalGapError) as caught:
        without_gap("test", commits, 0)
    assert caught.value.first == 3


# -- earlier states ------------------------------------------------------------------------------


@pytest.mark.parametrize("version", range(6))
def test_state_at_a_version(version: int, store: MemoryStore) -> None:
    """All options as they were when it was the last."""
    assert state_at(store, version) == STATES[version]


def test_state_is_the_caller_s_own(store: MemoryStore) -> None:
    """It can be changed, and nothing else changes."""
    state_at(store, 5)["db"]["port"] = 4
    assert state_at(store, 5) == STATES[5]


@pytest.mark.parametrize("version", [-1, 6, 100])
def test_state_that_is_not_there(version: int, store: MemoryStore) -> None:
    """Neither before the first version nor after the last."""
    with pytest.raises(JournalGapError) as caught:
        state_at(store, version)
    assert caught.value.version == version


def test_state_to_come_is_told_as_such(store: MemoryStore) -> None:
    """It is not too early, but too late."""
    with pytest.raises(JournalGapError, match="does not hold version 6"):
        state_at(store, 6)
    with pytest.raises(JournalGapError, match="begins at version 1, too late for version -1"):
        state_at(store, -1)


def test_empty_journal_has_the_state_of_version_0() -> None:
    """Nothing was, and that is known."""
    store = journaled()
    assert state_at(store, 0) == {}
    with pytest.raises(JournalGapError):
        state_at(store, 1)


def test_state_at_the_baseline() -> None:
    """The end of the baseline is the first state that ever was."""
    store = journaled({str(number): {} for number in range(150)})
    assert store.baseline() == 2
    assert len(state_at(store, 2)) == 150


@pytest.mark.parametrize("version", [0, 1])
def test_state_before_the_end_of_the_baseline(version: int) -> None:
    """Half of the baseline was never the state of the store."""
    store = journaled({str(number): {} for number in range(150)})
    with pytest.raises(JournalGapError) as caught:
        state_at(store, version)
    assert caught.value.args == ("test", version, 2, ())


def test_state_from_a_journal_that_begins_later(store: MemoryStore) -> None:
    """What no held commit has is not guessed: its values of now may be an edit by hand."""
    lossy = LossyStore(store, lost={1, 2}, edits={"cache": {"size": 20}})
    for version in (3, 5):
        with pytest.raises(JournalGapError, match="'cache' of version") as caught:
            state_at(lossy, version)
        assert caught.value.args == ("test", version, 6, ("cache",))
    reconcile(lossy)
    assert state_at(lossy, 6) == {"db": {"port": 3}, "cache": {"size": 20}}


def test_state_of_which_a_part_is_unknown(store: MemoryStore) -> None:
    """What changed only later may have been anything before: half of a state is none."""
    store.set("cache", {"size": 20})
    with pytest.raises(JournalGapError) as caught:
        state_at(LossyStore(store, lost={1, 2}), 2)
    assert caught.value.args == ("test", 2, 6, ("cache", "db"))


def test_gap_names_a_few_of_many_options() -> None:
    """An error of a thousand options is a line."""
    store = journaled({str(number): {} for number in range(8)})
    store.set("new", {})
    with pytest.raises(JournalGapError, match="'0', '1', '2', '3', '4' and 3 more of version 2"):
        state_at(LossyStore(store, lost={1}), 2)


def test_state_before_a_journal_that_begins_later(store: MemoryStore) -> None:
    """Before what is held nothing is known."""
    with pytest.raises(JournalGapError):
        state_at(LossyStore(store, lost={1, 2}), 1)


# -- rollback ------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", range(5))
def test_rollback_makes_what_was(version: int, store: MemoryStore) -> None:
    """By a new commit; nothing is erased."""
    before = store.commits()
    commit = rollback(store, version, author="me")
    assert commit is not None
    assert dict(store.items()) == STATES[version]
    assert store.commits() == [*before, commit]
    assert (commit.author, commit.comment) == ("me", f"rollback to version {version}")


def test_rollback_to_what_is_changes_nothing(store: MemoryStore) -> None:
    """There is no empty commit."""
    assert rollback(store, 5) is None
    assert store.version() == 5


def test_rollback_restores_what_was_deleted() -> None:
    """A deletion is a commit like any other."""
    store = journaled({"db": {"port": 1}})
    store.delete("db")
    commit = rollback(store, 1)
    assert commit is not None
    assert commit.changes == (Change("db", {"port": 1}),)
    assert [one.version for one in history(store, "db")] == [1, 2, 3]


def test_rollback_of_a_rollback(store: MemoryStore) -> None:
    """It can be undone."""
    rollback(store, 0)
    rollback(store, 5)
    assert dict(store.items()) == STATES[5]


def test_rollback_of_some_options(store: MemoryStore) -> None:
    """The others stay."""
    store.set("cache", {"size": 20})
    commit = rollback(store, 1, ["db"], comment="why")
    assert commit is not None
    assert commit.changes == (Change("db", {"port": 1}),)
    assert commit.comment == "why"
    assert dict(store.items()) == {"db": {"port": 1}, "cache": {"size": 20}}


def test_rollback_of_an_option_that_was_not_there_deletes_it(store: MemoryStore) -> None:
    """It was absent, and is so again."""
    rollback(store, 0, ["cache"])
    assert [option for option, _ in store.items()] == ["db"]


def test_rollback_of_no_options_changes_nothing(store: MemoryStore) -> None:
    """An empty collection is not all of them."""
    assert rollback(store, 0, []) is None


def test_rollback_of_an_unknown_option_is_refused(store: MemoryStore) -> None:
    """A mistyped name would do nothing, silently."""
    with pytest.raises(OptionNotFoundError) as caught:
        rollback(store, 1, ["db", "unknown"])
    assert caught.value.option == "unknown"
    assert store.version() == 5


@pytest.mark.parametrize("options", ["db", b"db", {"db": {}}], ids=["str", "bytes", "dict"])
def test_rollback_of_no_collection_is_refused(options: Any, store: MemoryStore) -> None:
    """A text is a collection of its letters, and never meant as one."""
    with pytest.raises(TypeError, match="options is a collection of option names"):
        rollback(store, 1, options)


@pytest.mark.parametrize("version", [-1, 6])
def test_rollback_to_what_never_was(version: int, store: MemoryStore) -> None:
    """There is no such version."""
    with pytest.raises(JournalGapError):
        rollback(store, version)
    assert dict(store.items()) == STATES[5]


def test_rollback_before_the_baseline_is_refused() -> None:
    """What was before the journal nobody knows, and it is not nothing."""
    store = journaled({"db": {}})
    with pytest.raises(JournalGapError):
        rollback(store, 0)
    assert dict(store.items()) == {"db": {}}


def test_rollback_undoes_edits_by_hand(store: MemoryStore) -> None:
    """It makes what was, whoever has changed it since."""
    lossy = LossyStore(store, edits={"db": {"port": 9}, "edited": {}})
    rollback(lossy, 5)
    assert dict(lossy.items()) == STATES[5]


def test_rollback_of_many_options_is_refused_in_one_commit() -> None:
    """Half of a rollback is none: the caller has to ask for several commits."""
    store = journaled()
    store.commit([Change(f"a{number}", {}) for number in range(99)])
    store.set("one more", {})
    with pytest.raises(InvalidCommitError, match="1 to 99 changes, this one 100"):
        rollback(store, 0)
    assert store.version() == 2


def test_rollback_of_many_options_in_several_commits() -> None:
    """With `atomic=False`; the last commit is given."""
    store = journaled()
    for letter in "abc":
        store.commit([Change(f"{letter}{number}", {}) for number in range(99)])
    commit = rollback(store, 0, atomic=False, comment="all")
    assert commit is not None
    assert commit.version == store.version() == 6
    assert dict(store.items()) == {}
    assert {one.comment for one in store.commits(3)} == {"all"}


def test_rollback_beside_another_writer() -> None:
    """Somebody who commits to one of the options meanwhile is not overwritten."""
    store = journaled()
    store.set("db", {"port": 1})
    store.set("db", {"port": 2})

    class Overtaken(LossyStore):
        def items(self, *, consistent: bool = True) -> Iterator[tuple[str, Values]]:
            read = super().items()
            self.whole.set("db", {"port": 3})
            return read

    with pytest.raises(VersionConflictError):
        rollback(Overtaken(store), 1)
    assert store.get("db") == {"port": 3}


def test_rollback_of_what_is_known(store: MemoryStore) -> None:
    """Options of which the journal tells can be rolled back where others cannot."""
    lossy = LossyStore(store, lost={1, 2})
    store.set("new", {})
    with pytest.raises(JournalGapError):
        rollback(lossy, 5)
    rollback(lossy, 3, ["db"])
    assert store.get("db") == {"port": 2}
    with pytest.raises(JournalGapError) as caught:
        rollback(lossy, 5, ["new"])
    assert caught.value.args == ("test", 5, 6, ("new",))


def test_rollback_leaves_what_no_held_commit_has(store: MemoryStore) -> None:
    """No commit that is taken back has it, so it stays; asked for by name it is unknown."""
    lossy = LossyStore(store, lost={1, 2}, edits={"cache": {"size": 20}})
    commit = rollback(lossy, 3)
    assert commit is not None
    assert commit.changes == (Change("db", {"port": 2}),)
    with pytest.raises(JournalGapError) as caught:
        rollback(lossy, 3, ["cache", "db"])
    assert caught.value.options == ("cache",)


# -- differences ---------------------------------------------------------------------------------


def test_diff_is_by_option_and_key() -> None:
    """A whole option that is in one state only is one difference."""
    old: dict[str, Any] = {"db": {"port": 1, "host": "a"}, "old": {}, "same": {"a": [1]}}
    new: dict[str, Any] = {"db": {"port": 2, "user": "b"}, "new": {"a": 1}, "same": {"a": [1]}}
    differences = list(diff(old, new))
    assert [(one.option, one.key, one.kind) for one in differences] == [
        ("db", "host", "removed"),
        ("db", "port", "changed"),
        ("db", "user", "added"),
        ("new", None, "added"),
        ("old", None, "removed"),
    ]
    assert (differences[1].old, differences[1].new) == (1, 2)
    assert differences[3].new == {"a": 1}


def test_diff_is_strict_about_types() -> None:
    """`1` is not `True`."""
    (difference,) = diff({"db": {"a": 1}}, {"db": {"a": True}})
    assert difference.kind == "changed"


def test_diff_of_none_and_nothing() -> None:
    """A key that holds None is there."""
    (difference,) = diff({"db": {}}, {"db": {"a": None}})
    assert difference.kind == "added"


def test_diff_of_stores(store: MemoryStore) -> None:
    """Two stores can be compared, and a store with what it was."""
    other = MemoryStore("other", {"db": {"port": 4}, "cache": {"size": 10}})
    assert [(one.option, one.new) for one in diff(store, other)] == [("db", 4)]
    assert list(diff(state_at(store, 5), store)) == []


def test_text_of_a_difference_shows_no_value() -> None:
    """A difference can be logged."""
    assert CANARY not in repr(Difference("db", "password", CANARY, CANARY))


# -- reconciling ---------------------------------------------------------------------------------


def test_reconcile_commits_what_was_edited(store: MemoryStore) -> None:
    """Changed, made and deleted by hand: afterwards the journal holds it, deletes last."""
    lossy = LossyStore(store, edits={"db": {"port": 9}, "new": {}, "cache": None})
    commit = reconcile(lossy, author="me")
    assert commit is not None
    assert commit.changes == (
        Change("db", {"port": 9}),
        Change("new", {}),
        Change("cache", None),
    )
    assert (commit.author, commit.comment) == ("me", "reconcile")
    assert list(diff(state_at(lossy, 6), lossy)) == []


def test_reconcile_of_nothing(store: MemoryStore) -> None:
    """There is no empty commit."""
    assert reconcile(store) is None
    assert reconcile(journaled()) is None


def test_reconcile_of_many_edits() -> None:
    """As many commits as it needs; the last is given."""
    lossy = LossyStore(journaled(), edits={str(number): {} for number in range(150)})
    commit = reconcile(lossy)
    assert commit is not None
    assert commit.version == 2
    assert len(state_at(lossy, 2)) == 150


def test_reconcile_of_a_journal_that_begins_later(store: MemoryStore) -> None:
    """What no held commit has may have been edited: it is recorded as it is, once."""
    lossy = LossyStore(store, lost={1, 2}, edits={"cache": {"size": 20}, "db": {"port": 9}})
    commit = reconcile(lossy)
    assert commit is not None
    assert commit.changes == (Change("cache", {"size": 20}), Change("db", {"port": 9}))
    assert reconcile(lossy) is None


def test_reconcile_reads_the_newest_commits(store: MemoryStore) -> None:
    """Options that are older than these are recorded anew, so that the next time is as cheap."""
    asked = []

    class Long(LossyStore):
        def commits(self, since: int = 0, *, consistent: bool = True) -> list[Commit]:
            asked.append(since)
            return super().commits(since)

    commit = reconcile(Long(store), newest_commits=2)
    assert min(asked) == 3
    assert commit is not None
    assert commit.changes == (Change("cache", {"size": 10}),)
    assert reconcile(Long(store), newest_commits=2) is None
    assert reconcile(Long(store), newest_commits=None) is None


def test_reconcile_beside_another_writer(store: MemoryStore) -> None:
    """Somebody who commits meanwhile is not overwritten."""

    class Overtaken(LossyStore):
        def items(self, *, consistent: bool = True) -> Iterator[tuple[str, Values]]:
            self.whole.set("db", {"port": 4})
            return super().items()

    reconcile(Overtaken(store))
    assert store.get("db") == {"port": 4}


def test_journaled_store_is_a_protocol(store: MemoryStore) -> None:
    """Adapters inherit from nothing."""
    stores: list[JournaledStore] = [store, LossyStore(store)]
    assert [one.version() for one in stores] == [5, 5]
