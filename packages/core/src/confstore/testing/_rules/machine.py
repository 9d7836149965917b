"""The state of one example: the open stores, and the model of what they must hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from copy import deepcopy
from functools import wraps
from operator import methodcaller
from typing import Any, ClassVar, TypeAlias

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from confstore._stores.protocols import Store
from confstore._values.read_only import is_same
from confstore.testing._checks import (
    adopt_baseline,
    assert_plain,
    assert_same_outcome,
    check_journal,
    check_no_journal,
    check_whole_journal,
    journaled,
    spoil,
)
from confstore.testing._model import JournalModel, Model
from confstore.testing._strategies import any_option, any_store_name

__all__ = ["Machine", "has_options", "known_option", "rule_if", "some_option"]

_Rule: TypeAlias = Callable[..., None]


@attrs.define(eq=False)
class _Handle:
    """An open store, and the context that closes it."""

    store: Store
    context: ExitStack


class Machine(RuleBasedStateMachine):
    """The part that all rules share: one store under test, its handles, and its model."""

    durable: ClassVar[bool] = False
    """Data outlives the last handle."""

    journaled: ClassVar[bool] = False
    """The store can keep a journal of commits; the contract then enables it."""

    home: str
    model: Model

    def __init__(self) -> None:
        super().__init__()
        self.resources: ExitStack[bool | None] = ExitStack()
        self.handles: list[_Handle] = []
        self.neighbours: dict[str, Model] = {}
        self.played: set[str] = set()
        self.commit_ids: set[str] = set()
        self.begin()

    def begin(self) -> None:
        """
        Prepare an empty backend; called once before each example.

        Contexts that it enters into `self.resources`, an `ExitStack`, are left after the example.
        """

    def open_store(self, name: str) -> AbstractContextManager[Store]:
        """
        Open a store of the example's backend, as a context manager that closes it.

        Opening one name twice gives two handles on the same data. Names are as hostile as names of
        stores can be: a backend that cannot use them as they are (a file) maps each to a place of
        its own.
        """
        raise NotImplementedError

    def enable_journal(self, store: Store) -> None:
        """Enable the journal of a store, by its own method unless you override this."""
        journaled(store).enable_journal()

    def teardown(self) -> None:
        """Close every handle of the example, and leave its resources."""
        with self.resources:
            for handle in self.handles:
                handle.context.close()

    @initialize(home=st.one_of(st.just("prod"), any_store_name))
    def open_home(self, home: str) -> None:
        """Open the store under test: it is empty."""
        self.home = home
        handle = self.open_handle()
        assert isinstance(handle.store.name, str)
        self.model = Model(handle.store.name)
        if self.journaled:
            self.settle(handle.store, self.model)

    @invariant()
    def compare_items(self) -> None:
        """Every write through one handle is read in full through every handle."""
        for handle in self.handles:
            self.check_items(handle.store, self.model)

    @invariant()
    def compare_journals(self) -> None:
        """Every write is one commit, seen through every handle; a refused write is none."""
        if self.journaled:
            for handle in self.handles:
                check_journal(handle.store, self.model)
            self.model.kept_journal.checked = self.model.kept_journal.version

    @property
    def store(self) -> Store:
        """The store under test, through its first handle."""
        return self.handles[0].store

    def open_handle(self) -> _Handle:
        """Open the store under test once more."""
        context = ExitStack()
        handle = _Handle(context.enter_context(self.open_store(self.home)), context)
        self.handles.append(handle)
        return handle

    @contextmanager
    def visit(self, name: str) -> Iterator[tuple[Store, Model]]:
        """Open another store for a while, with its model."""
        with self.open_store(name) as store:
            model = self.neighbours.setdefault(name, Model(store.name))
            self.settle(store, model)
            yield store, model
            self.check_items(store, model)
            if self.journaled:
                check_whole_journal(store, model)

    def settle(self, store: Store, model: Model) -> None:
        """Check the options after opening; those that are not durable may be gone, as a whole."""
        is_journal_kept = model.journal is not None and journaled(store).is_journaled()
        if not (self.durable or is_journal_kept or list(store.items())):
            model.options.clear()
            model.journal = None
        self.check_items(store, model)
        if self.journaled:
            self.settle_journal(store, model)

    def settle_journal(self, store: Store, model: Model) -> None:
        """Check the journal; enable it if there is none."""
        if model.journal is None:
            check_no_journal(store)
            self.enable_journal(store)
            # A poll may be full once more: it is the first that the journal answers.
            model.writes += 1
            model.journal = JournalModel(self.commit_ids)
            adopt_baseline(store, model)
        check_whole_journal(store, model)

    def do(
        self, method: str, *args: Any, why: str = "", via: Store | None = None, **options: Any
    ) -> bool:
        """
        Call a method of the store and of the model: they answer, or refuse, alike.

        The answer of the store is then spoiled, because it is the caller's own.

        Returns:
            True if they have answered.
        """
        what = f"{method}, {why}" if why else method
        call = methodcaller(method, *args, **options)
        answers = assert_same_outcome(call, via or self.store, self.model, what)
        if answers is None:
            return False
        actual, expected = answers
        assert_plain(actual)
        assert is_same(actual, expected), f"{what}: the answer is wrong"
        spoil(actual)
        return True

    def write(self, option: str, values: Any) -> None:
        """Set an option, change what was given, and read the option through every handle."""
        given = deepcopy(values)
        self.do("set", option, given)
        assert given == values, "set has changed what it was given"
        spoil(given)
        self.read(option)

    def read(self, option: str) -> None:
        """Check one option, there or not, through every handle."""
        for handle in self.handles:
            self.do("get", option, via=handle.store)

    def check_items(self, store: Store, model: Model) -> None:
        """Check that `items` gives every option once, and nothing else."""
        seen = {}
        for option, values in store.items():
            assert type(option) is str
            assert option not in seen, f"items gives {option!r} twice"
            assert_plain(values)
            seen[option] = values
        assert seen.keys() == model.options.keys()
        for option, values in seen.items():
            assert is_same(values, model.options[option]), f"items gives {option!r} wrongly"


def has_options(machine: Machine) -> bool:
    """Tell if the store under test has an option; a condition of rules."""
    return bool(machine.model.options)


def rule_if(
    *conditions: Callable[[Any], bool], once: bool = False, **drawn: Any
) -> Callable[[_Rule], _Rule]:
    """
    Make a method a rule of Hypothesis, for machines that meet every condition.

    Args:
        conditions: Functions of the machine.
        once: Play the rule at most once in an example, because it takes long.
        drawn: A strategy for each argument of the method.
    """

    def decorate(method: _Rule) -> _Rule:
        name = method.__name__

        def is_met(machine: Machine) -> bool:
            return all(condition(machine) for condition in conditions)

        def is_due(machine: Machine) -> bool:
            return not (once and name in machine.played) and is_met(machine)

        @wraps(method)
        def play(machine: Machine, **arguments: Any) -> None:
            # A fixed scene calls rules without asking for their conditions.
            if is_met(machine):
                machine.played.add(name)
                method(machine, **arguments)

        as_rule: Callable[[_Rule], _Rule] = rule(**drawn)
        return precondition(is_due)(as_rule(play))

    return decorate


def _known_options(machine: Machine) -> st.SearchStrategy[str]:
    return st.sampled_from(sorted(machine.model.options))


def _some_options(machine: Machine) -> st.SearchStrategy[str]:
    if not machine.model.options:
        return any_option
    return st.one_of(_known_options(machine), any_option)


known_option: st.SearchStrategy[str] = st.runner().flatmap(_known_options)
"""An option that the store under test has; for rules that are only played when it has one."""

some_option: st.SearchStrategy[str] = st.runner().flatmap(_some_options)
"""An option that the store under test may or may not have."""
