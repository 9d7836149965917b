"""Rules of the journal: its commits, every earlier state, rollback and reconcile."""

from __future__ import annotations

from collections.abc import Collection
from copy import deepcopy
from functools import partial
from typing import Any, ClassVar

from hypothesis import strategies as st

from confstore._journal.commits import checked_draft, split_into_drafts
from confstore._journal.history import history, state_at
from confstore._journal.reconcile import reconcile
from confstore._journal.rollback import rollback
from confstore._stores.protocols import JournaledStore, Store, ability
from confstore._values.differences import diff
from confstore._values.read_only import is_same
from confstore._values.types import MISSING, Values
from confstore.errors import InvalidCommitError, JournalGapError, OptionNotFoundError
from confstore.testing._checks import (
    check_commit,
    check_commits,
    check_journal,
    check_no_journal,
    check_whole_journal,
    commits_of,
    journaled,
    refusal,
    spoil,
)
from confstore.testing._model import Model
from confstore.testing._rules.commits import CommitRules, any_version, is_journaled
from confstore.testing._rules.machine import Machine, rule_if, some_option
from confstore.testing._strategies import any_key, any_text

__all__ = ["JournalRules"]


def _may_be_journaled(machine: Machine) -> bool:
    return not machine.journaled and ability(machine.store, JournaledStore) is not None


def _is_editable(machine: JournalRules) -> bool:
    return machine.journaled and machine.editable


# Values that JSON and an item of DynamoDB hold in their own types.
_values_by_hand: st.SearchStrategy[Values] = st.dictionaries(
    any_key, st.one_of(st.none(), st.booleans(), st.integers(-9, 9), any_text), max_size=3
)


class JournalRules(CommitRules):
    """The journal holds every write, permanently."""

    editable: ClassVar[bool] = False
    """The contract has `edit_by_hand`: others can bypass the journal."""

    def edit_by_hand(self, name: str, option: str, values: Values | None) -> None:
        """
        Write an option as somebody who bypasses the journal would; None deletes it.

        It is called with plain values, and with the argument of `open_store` as the name.
        """
        raise NotImplementedError

    @rule_if(_may_be_journaled)
    def refuse_without_journal(self) -> None:
        """Without a journal there is no version and no commit."""
        check_no_journal(self.store)

    @rule_if(is_journaled)
    def read_whole_journal(self) -> None:
        """Every handle gives the whole journal; changing the answer changes only the answer."""
        for handle in self.handles:
            check_whole_journal(handle.store, self.model)
            commits_of(handle.store, 0).clear()
            commits_of(handle.store, 0).reverse()
            check_whole_journal(handle.store, self.model)

    @rule_if(is_journaled, since=any_version)
    def read_commits_since(self, since: int) -> None:
        """The commits after a version exclude that version, and are complete."""
        journal = self.model.kept_journal
        self.compare_journals()
        for version in (since, self.version, 0):
            check_commits(commits_of(self.store, version), journal, version)
            eventual = commits_of(self.store, version, consistent=False)
            for following, commit in enumerate(eventual, version + 1):
                assert commit.version == following, "an old answer ends sooner, and has no gap"
                check_commit(commit, journal)

    @rule_if(is_journaled)
    def enable_journal_again(self) -> None:
        """A journal is enabled once."""
        for handle in self.handles:
            self.enable_journal(handle.store)
            check_whole_journal(handle.store, self.model)

    @rule_if(is_journaled, option=some_option)
    def read_history(self, option: str) -> None:
        """The history of an option holds every commit that touched it."""
        journal = self.model.kept_journal
        self.write(option, {"is": "made"})
        self.do("delete", option)
        self.compare_journals()
        self.write(option, {"is": "made again"})
        held = journaled(self.store)
        check_commits(history(held), journal, 0)
        versions = [commit.version for commit in history(held, option)]
        assert versions == [one.version for one in journal.entries if option in one.changes]

    @rule_if(is_journaled, version=any_version)
    def read_earlier_state(self, version: int) -> None:
        """Every state since the baseline can be read, and is the reader's own."""
        held = journaled(self.store)
        for _ in range(2):
            state = state_at(held, version)
            assert is_same(state, self.model.kept_journal.state_at(version))
            spoil(state)
        assert is_same(state_at(held, self.version), self.model.options)

    @rule_if(is_journaled, old=any_version, new=any_version)
    def compare_versions(self, old: int, new: int) -> None:
        """The differences between two versions turn one into the other."""
        held = journaled(self.store)
        state, aim = state_at(held, old), state_at(held, new)
        for difference in diff(dict(state), aim):
            entries: dict[str, Any] = state
            name = difference.option
            if difference.key is not None:
                entries, name = state[name], difference.key
            assert is_same(entries.pop(name, MISSING), difference.old)
            if difference.new is not MISSING:
                entries[name] = difference.new
        assert is_same(state, aim)
        assert not list(diff(state_at(held, self.version), held))

    @rule_if(is_journaled, distance=st.integers(1, 3))
    def refuse_absent_versions(self, distance: int) -> None:
        """There is no state before the journal, and none in the future."""
        self.refuse_states(self.store, self.model, [-distance, self.version + distance])

    @rule_if(is_journaled, version=any_version, options=st.lists(some_option, max_size=3))
    def roll_some_back(self, version: int, options: list[str]) -> None:
        """The named options return to an earlier state, and the others stay."""
        known = self.model.options.keys() | self.model.kept_journal.state_at(version).keys()
        missing = sorted(set(options) - known)
        if missing:
            held = journaled(self.store)
            error = refusal(OptionNotFoundError, lambda: rollback(held, version, options))
            assert (error.option, error.store) == (missing[0], self.model.name)
        self.roll(version, known.intersection(options))

    @rule_if(is_journaled, version=any_version)
    def roll_back(self, version: int) -> None:
        """Every option returns to an earlier state, by a new commit."""
        self.roll(version)
        assert is_same(self.model.options, self.model.kept_journal.state_at(version))

    @rule_if(is_journaled, option=some_option)
    def roll_back_through_deletions(self, option: str) -> None:
        """A deleted option comes back, a new one goes, and a recreated one has its old values."""
        self.write(option, {"a": 1})
        before = self.version
        self.do("delete", option)
        self.write("made", {"a": 1})
        between = self.version
        self.write(option, {"b": 1})
        self.roll(before)
        self.read(option)
        self.roll(between)
        self.read(option)
        self.roll(before, [option])
        self.read(option)
        self.read("made")
        self.roll(self.version)

    @rule_if(is_journaled, once=True)
    def roll_back_more_than_one_commit_holds(self) -> None:
        """A rollback that is too large is refused, or made by several commits on request."""
        large = [f"large {number}" for number in range(3)]
        for option in large:
            self.do("set", option, {"text": option * 25_000})
        before = self.version
        for option in large:
            self.do("delete", option)
        self.roll(before)
        for option in large:
            self.do("delete", option)

    @rule_if(is_journaled)
    def reconcile_without_drift(self) -> None:
        """Without a write that bypassed the journal, there is nothing to commit."""
        assert reconcile(journaled(self.store)) is None

    @rule_if(_is_editable, option=some_option, values=_values_by_hand)
    def reconcile_edits(self, option: str, values: Values) -> None:
        """Writes that bypassed the journal are seen, compared, and committed by `reconcile`."""
        self.write("edited", {"a": 1, "b": 2})
        self.write("deleted", {"a": 1})
        by_hand: dict[str, Values | None] = {
            option: values,
            "edited": {"a": 1, "c": 3},
            "deleted": None,
        }
        for edited, new in by_hand.items():
            self.edit_by_hand(self.home, edited, deepcopy(new))
        aim = {name: new for name, new in by_hand.items() if new is not None}
        changes = self.model.changes_to(aim, by_hand)
        changed = sorted(change.option for change in changes)
        held = journaled(self.store)
        seen = sorted({one.option for one in diff(state_at(held, self.version), held)})
        assert seen == changed, "options and journal differ in what was edited by hand"
        self.compare_journals()
        made = reconcile(held, author="operator")
        self.model.commit(changes, author="operator", comment="reconcile")
        check_whole_journal(self.store, self.model)
        assert made == commits_of(self.store, self.version - 1)[0]
        for edited in by_hand:
            self.read(edited)
        self.roll(self.version - 1)

    @rule_if(is_journaled, once=True, count=st.integers(0, 3))
    def enable_journal_of_existing_options(self, count: int) -> None:
        """The options from before the journal are its baseline, and nothing precedes it."""
        name = f"{self.home[:64]} with options"
        with self.open_store(name) as store:
            model = self.neighbours[name] = Model(store.name)
            for number in range(count):
                for one in (store, model):
                    one.set(f"option {number}", {"number": number, "list": [{"a": {number}}]})
            self.settle(store, model)
            baseline = model.kept_journal.baseline
            assert bool(baseline) == bool(count), "a baseline writes down every option"
            self.refuse_states(store, model, [*range(-1, baseline), baseline + 1])
            for one in (store, model):
                one.update("option 0", {"list": []}, remove=["number"])
                one.set("option 1", {})
                one.delete("option 0")
            with self.visit(name) as (other, _):
                _roll(other, model, baseline)
                self.refuse_states(other, model, range(baseline))
            self.check_items(store, model)
            check_whole_journal(store, model)

    def refuse_states(self, store: Store, model: Model, versions: Collection[int]) -> None:
        """Check that a journal neither gives nor returns to the states of some versions."""
        for version in versions:
            for ask in (state_at, rollback):
                call = partial(ask, journaled(store), version)
                error = refusal(JournalGapError, call)
                assert (error.store, error.version) == (model.name, version)
                assert error.first == max(model.kept_journal.baseline, 1)

    def roll(self, version: int, options: Collection[str] | None = None) -> None:
        """Return to a version, with all options or with some."""
        self.compare_journals()
        _roll(self.store, self.model, version, options)


def _roll(store: Store, model: Model, version: int, options: Collection[str] | None = None) -> None:
    held = journaled(store)
    then = model.kept_journal.state_at(version)
    chosen = then.keys() | model.options.keys() if options is None else options
    changes = model.changes_to(then, chosen)
    if not changes:
        assert rollback(held, version, options) is None, "there is nothing to commit"
        return
    remarks: dict[str, Any] = {"author": "operator", "comment": f"rollback to version {version}"}
    is_atomic = True
    batches = [tuple(changes)]
    try:
        checked_draft(model.name, changes, **remarks)
    except InvalidCommitError:
        call = partial(rollback, held, version, options, author="operator")
        assert refusal(InvalidCommitError, call).store == model.name
        check_journal(store, model)
        is_atomic = False
        batches = [draft.changes for draft in split_into_drafts(model.name, changes, **remarks)]
    made = rollback(held, version, options, atomic=is_atomic, author="operator")
    for batch in batches:
        model.commit(batch, **remarks)
    check_journal(store, model)
    assert made == commits_of(store, model.kept_journal.version - 1)[0]
