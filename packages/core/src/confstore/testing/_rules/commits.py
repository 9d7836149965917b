"""Rules of `commit`: all of its changes or none, under the next version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from types import MappingProxyType
from typing import Any, cast

from hypothesis import strategies as st

from confstore._journal.commits import MAX_CHANGES, MAX_COMMIT_B, MAX_REMARKS_B
from confstore._stores.protocols import BulkJournaledStore, Change, Commit, Store, ability
from confstore._values.canonical import MAX_OPTION_SIZE_B
from confstore._values.names import MAX_OPTION_B
from confstore._values.sizes import option_size_b
from confstore._values.types import Values
from confstore.testing._checks import CANARY, assert_same_outcome, check_commit, spoil
from confstore.testing._model import Entry
from confstore.testing._rules.machine import Machine, rule_if, some_option
from confstore.testing._samples.invalid import INVALID_OPTION_NAMES, SOME_INVALID_VALUES
from confstore.testing._strategies import any_text, any_values

__all__ = ["CommitRules", "any_version", "is_journaled"]

_GOOD = Change("good", {"canary": CANARY})
_HALF: Mapping[str, str] = MappingProxyType({"canary": CANARY * (MAX_COMMIT_B // 2 // len(CANARY))})

_OTHERS: Mapping[str, Values | None] = MappingProxyType(
    {
        "it exists": None,
        "it has keys": {},
        "a key is missing": {"a": 1, "n": None},
        "a key is too much": {"a": 1, "b": [{"c": {"d"}}], "n": None, "canary": CANARY},
        "a value is another": {"a": 2, "b": [{"c": {"d"}}], "n": None},
        "a value has another type": {"a": True, "b": [{"c": {"d"}}], "n": None},
        "a part is another": {"a": 1, "b": [{"c": {"e"}}], "n": None},
    }
)

INVALID_COMMITS: Mapping[str, dict[str, Any]] = MappingProxyType(
    {
        "no change": {"changes": []},
        "too many changes": {
            "changes": [Change(f"new {number}", {}) for number in range(MAX_CHANGES + 1)]
        },
        "an option twice": {"changes": [_GOOD, Change("a", {}), Change("good", {})]},
        "an option set and deleted": {"changes": [_GOOD, Change("good", None)]},
        "a comment that is too long": {"changes": [_GOOD], "comment": "a" * (MAX_REMARKS_B + 1)},
        "an author that is too long": {"changes": [_GOOD], "author": "a" * (MAX_REMARKS_B + 1)},
        "an author and a comment that are too long together": {
            "changes": [_GOOD],
            "author": "a" * (MAX_REMARKS_B // 2),
            "comment": "a" * (MAX_REMARKS_B // 2 + 1),
        },
        "a comment that is too long in UTF-8": {
            "changes": [_GOOD],
            "comment": "\u00e9" * (MAX_REMARKS_B // 2) + "a",
        },
        "a comment with a lone surrogate": {"changes": [_GOOD], "comment": "\ud800"},
        "an author with a lone surrogate": {"changes": [_GOOD], "author": "\udfff"},
        "a comment that is no text": {"changes": [_GOOD], "comment": [CANARY]},
        "too large in all": {"changes": [_GOOD, Change("b", _HALF), Change("c", _HALF)]},
    }
)
"""Commits that every backend must refuse, each under the name of its reason."""


def is_journaled(machine: Machine) -> bool:
    """Tell if the store under test keeps a journal; a condition of rules."""
    return machine.journaled


def _commits_in_bulk(machine: Machine) -> bool:
    return machine.journaled and ability(machine.store, BulkJournaledStore) is not None


@st.composite
def _any_changes(draw: st.DrawFn) -> dict[str, Values | None]:
    options = draw(st.lists(some_option, min_size=1, max_size=4, unique=True))
    return {option: draw(st.one_of(st.none(), any_values)) for option in options}


def _versions(machine: Machine) -> st.SearchStrategy[int]:
    version = machine.model.kept_journal.version
    # The newest is the simplest.
    return st.integers(0, version).map(lambda back: version - back)


any_version: st.SearchStrategy[int] = st.runner().flatmap(_versions)
"""A version of the store under test, which has a journal; 0 is before the first commit."""


class CommitRules(Machine):
    """A commit is applied as a whole, or refused as a whole."""

    @rule_if(
        is_journaled,
        changes=_any_changes(),
        author=st.one_of(st.none(), any_text),
        comment=any_text,
    )
    def commit_changes(
        self, changes: Mapping[str, Values | None], author: str | None, comment: str
    ) -> None:
        """Options are set and deleted at once; the given values stay the caller's."""
        given = _changes(deepcopy(changes))
        self.commit(given, author=author, comment=comment)
        assert given == _changes(changes), "commit has changed what it was given"
        for change in given:
            spoil(change.values)
        for option in changes:
            self.read(option)

    @rule_if(is_journaled, changes=_any_changes())
    def commit_through_two_handles(self, changes: Mapping[str, Values | None]) -> None:
        """Through any handle, the next version is one higher than the last."""
        if len(self.handles) == 1:
            self.open_handle()
        for handle in self.handles * 2:
            self.commit(_changes(changes), via=handle.store)
            self.compare_journals()
            self.do("set", "counted", {}, via=handle.store)

    @rule_if(is_journaled, changes=_any_changes(), if_version=any_version)
    def commit_if_version(self, changes: Mapping[str, Values | None], if_version: int) -> None:
        """Options that nobody else touched since are committed; a conflict names the others."""
        self.commit(_changes(changes), if_version=if_version, why=f"if_version={if_version}")

    @rule_if(is_journaled, option=some_option)
    def commit_if_one_option_is_unchanged(self, option: str) -> None:
        """The version of the options counts, not that of the store."""
        other = f"{option[:64]} beside"
        self.write(option, {"a": 1})
        self.write(other, {"a": 1})
        seen = self.version
        self.do("update", other, {"a": 2})
        self.commit([Change(option, {"a": 3})], if_version=seen, why="another option changed")
        self.commit([Change(other, {"a": CANARY})], if_version=seen, why="it was updated")
        self.commit([Change(other, None)], if_version=seen, why="it was updated")
        self.commit([Change("c", {}), Change(other, {})], if_version=seen, why="one of two changed")
        fresh = self.version
        self.commit([Change(other, {"a": 4}), Change(option, None)], if_version=fresh)
        self.commit([Change(option, {"a": CANARY})], if_version=fresh, why="it was deleted")
        self.commit([Change(option, {}), Change(other, {})], if_version=fresh, why="both changed")
        self.commit([Change(option, {})], if_version=0, why="long ago")
        self.commit([Change(option, {})], if_version=self.version)
        self.do("delete", option)
        self.commit([Change(option, {})], if_version=self.version - 1, why="it was just deleted")
        self.read(option)
        self.read(other)

    @rule_if(is_journaled, option=some_option)
    def refuse_versions_to_come(self, option: str) -> None:
        """A version that the store has not come to is another store's, and a conflict."""
        for ahead in (1, 2, 998):
            changes = [Change(option, {"canary": CANARY}), Change(f"{option[:64]} beside", None)]
            self.commit(changes, if_version=self.version + ahead, why="a version to come")
        self.commit([Change(option, {})], if_version=self.version)

    @rule_if(is_journaled, option=some_option)
    def refuse_what_is_no_version(self, option: str) -> None:
        """A version is an int: no other number, and no text."""
        self.write(option, {"a": 1})
        for version in (1.5, float(self.version), str(self.version), True, b"1"):
            self.commit(
                [Change(option, {"canary": CANARY})], if_version=version, why="it is no version"
            )
        self.read(option)

    @rule_if(is_journaled, option=some_option)
    def commit_without_effect(self, option: str) -> None:
        """Writing equal values and deleting an absent option are commits, too."""
        self.write(option, {"a": 1})
        self.commit([Change(option, {"a": 1})])
        self.do("set", option, {"a": 1})
        self.do("update", option, {})
        self.commit([Change(option, None)])
        self.commit([Change(option, None)], comment="it was deleted by hand")
        self.commit([Change(option, None), Change("b", {"a": 1})])
        self.read(option)

    @rule_if(is_journaled, once=True, option=some_option)
    def refuse_invalid_commits(self, option: str) -> None:
        """A commit that one backend cannot make is refused by all, before anything is written."""
        self.write(option, {"canary": CANARY})
        good = [Change("good", {"a": 1}), Change(option, None)]
        for reason, commit in INVALID_COMMITS.items():
            self.commit(**commit, why=reason)
        for reason, values in SOME_INVALID_VALUES.items():
            bad = Change("bad", values)
            self.commit([bad, *good], why=reason)
            self.commit([*good, bad], why=reason)
        for reason, name in INVALID_OPTION_NAMES.items():
            self.commit([*good, Change(name, {"canary": CANARY})], why=reason)
            self.commit([*good, Change(name, None)], why=reason)
        self.read(option)

    @rule_if(is_journaled, once=True)
    def commit_at_the_limits(self) -> None:
        """The most changes, the longest remarks and the largest option are accepted."""
        many = [f"many {number}" for number in range(MAX_CHANGES)]
        self.commit([Change(option, {"option": option}) for option in many])
        half = "\u00e9" * (MAX_REMARKS_B // 4)
        self.commit([Change(option, None) for option in many], author=half, comment=half)
        name = "a" * MAX_OPTION_B
        text = "a" * (MAX_OPTION_SIZE_B - option_size_b(name, {"text": ""}))
        self.commit([Change(name, {"text": text})], comment="a" * MAX_REMARKS_B)
        self.commit([Change(name, None)])

    @rule_if(is_journaled, option=some_option)
    def commit_to_the_journal_only(self, option: str) -> None:
        """A commit to the journal alone takes only values that the options hold."""
        self.write(option, {"a": 1, "b": [{"c": {"d"}}], "n": None})
        same = Change(option, {"n": None, "b": [{"c": {"d"}}], "a": 1})
        never = Change(f"{option[:64]} never", None)
        self.commit([same], journal_only=True)
        self.commit([never, same], journal_only=True, author="operator", comment="as it is")
        for reason, values in _OTHERS.items():
            other = Change(option, values)
            self.commit([other], journal_only=True, why=reason)
            self.commit([never, other], journal_only=True, why=reason)
        made = Change(never.option, {"canary": CANARY})
        self.commit([same, made], journal_only=True, why="it does not exist")
        self.read(option)
        self.read(never.option)
        self.do("delete", option)
        self.commit([same], journal_only=True, why="it was deleted")
        self.commit([Change(option, None)], journal_only=True)
        self.commit([Change(option, None)], journal_only=True, if_version=self.version - 1)
        for reason, commit in INVALID_COMMITS.items():
            self.commit(**commit, journal_only=True, why=reason)

    @rule_if(_commits_in_bulk, first=_any_changes(), second=_any_changes(), if_version=any_version)
    def commit_batches(
        self,
        first: Mapping[str, Values | None],
        second: Mapping[str, Values | None],
        if_version: int,
    ) -> None:
        """Several batches are as many commits, in their order; a conflict refuses all of them."""
        batches = [_changes(first), _changes(second), [Change("last", {"a": 1})]]
        self.commit_all(batches, author="operator", comment="import")
        self.commit_all(batches, if_version=if_version, why=f"if_version={if_version}")
        for option in {*first, *second}:
            self.read(option)

    @rule_if(_commits_in_bulk, once=True, option=some_option)
    def refuse_batches_in_part(self, option: str) -> None:
        """One invalid batch refuses all of them, before anything is written."""
        self.write(option, {"canary": CANARY})
        self.commit_all([])
        for reason, commit in INVALID_COMMITS.items():
            how = {name: text for name, text in commit.items() if name != "changes"}
            for batches in ([commit["changes"], [_GOOD]], [[_GOOD], commit["changes"]]):
                self.commit_all(batches, **how, why=reason)
        for reason, values in SOME_INVALID_VALUES.items():
            self.commit_all([[Change(option, None)], [Change("bad", values)]], why=reason)
        self.read(option)

    def commit_all(self, batches: Iterable[Iterable[Change]], *, why: str = "", **how: Any) -> None:
        """Commit batches to the store and to the model: both do it, or refuse alike."""
        self.compare_journals()
        kept = [list(batch) for batch in batches]
        answers = assert_same_outcome(
            lambda one: cast("Any", one).commit_all(map(iter, kept), **how),
            *(self.store, self.model, f"commit_all, {why}"),
        )
        if answers is not None:
            made, expected = answers
            versions = [commit.version for commit in made]
            assert versions == [entry.version for entry in expected], "one commit for each batch"
            for commit in made:
                check_commit(commit, self.model.kept_journal)

    def commit(
        self,
        changes: Iterable[Change],
        *,
        via: Store | None = None,
        why: str = "",
        **how: Any,
    ) -> None:
        """Commit to the store and to the model: both do it, or refuse alike."""
        # A commit names its predecessor, whose id the model must know.
        self.compare_journals()
        kept = list(changes)

        def call(one: Any) -> Commit | Entry:
            committed: Commit | Entry = one.commit(iter(kept), **how)
            return committed

        store = self.store if via is None else via
        answers = assert_same_outcome(call, store, self.model, f"commit, {why}")
        if answers is not None:
            actual, expected = answers
            assert actual.version == expected.version, "commit returns the new commit"
            check_commit(actual, self.model.kept_journal)

    @property
    def version(self) -> int:
        """The version that the store must have."""
        return self.model.kept_journal.version


def _changes(changes: Mapping[str, Values | None]) -> list[Change]:
    return [Change(option, values) for option, values in changes.items()]
