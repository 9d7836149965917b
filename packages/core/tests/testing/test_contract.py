"""The contract accepts a correct store, and catches every store that breaks one promise."""

from __future__ import annotations

import unittest
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

from confstore import Store, Values
from confstore.testing import Profile, StoreContract
from effort import at_length

from .broken_stores import BROKEN_JOURNALS, BROKEN_STORES
from .broken_stores.handles import ForgetsHalfWhenItIsOpened
from .broken_stores.journals import _PollsItsJournal as PollsItsJournal
from .journaled_reference_store import JournaledReferenceStore
from .reference_store import Backend, ReferenceStore

pytest_plugins = ["pytester"]


class ReferenceContract(StoreContract):
    """The contract for stores in a dict; what is not said here is the default."""

    durable = True
    profile = Profile(examples=at_length(40, short=5))
    store_type: Callable[[Backend, str], Any] = ReferenceStore

    def begin(self) -> None:
        self.backend: Backend = {}

    @contextmanager
    def open_store(self, name: str) -> Iterator[Store]:
        with closing(type(self).store_type(self.backend, name)) as store:
            yield store


class CannotPoll(ReferenceStore):
    poll: Any = property(lambda self: getattr(self, "ability that is not there"))
    apply: Any = poll


class GoneWithTheLastHandle(ReferenceStore):
    """Not durable, and says so."""

    def __init__(self, backend: Backend, name: str) -> None:
        super().__init__(backend, name)
        self.handles = backend.setdefault(f"_journal:handles of {name}", {})
        self.handles[id(self)] = self

    def close(self) -> None:
        super().close()
        self.handles.pop(id(self), None)
        if not self.handles:
            self.backend.pop(self.name, None)


class ForgetfulContract(ReferenceContract):
    durable = False
    store_type = GoneWithTheLastHandle


class UnpolledContract(ReferenceContract):
    store_type = CannotPoll


class JournaledContract(ReferenceContract):
    journaled = True
    editable = True
    store_type = JournaledReferenceStore

    def edit_by_hand(self, name: str, option: str, values: Values | None) -> None:
        options = self.backend.setdefault(name, {})
        options.pop(option, None)
        if values is not None:
            options[option] = values


class NotJournaledContract(ReferenceContract):
    """A store that could keep a journal, and keeps none."""

    store_type = JournaledReferenceStore


class GoneWithItsJournal(JournaledReferenceStore, GoneWithTheLastHandle):
    """Not durable, and its journal no more than its options."""

    def close(self) -> None:
        super().close()
        if not self.handles:
            self.backend.pop(f"_journal:{self.name}", None)


class ForgetfulJournalContract(ReferenceContract):
    durable = False
    journaled = True
    store_type = GoneWithItsJournal


class PolledJournalContract(ReferenceContract):
    journaled = True
    store_type = PollsItsJournal


slow = pytest.mark.slow("its examples are histories of 30 steps")

TestReference = slow(ReferenceContract.TestCase)
TestForgetful = slow(ForgetfulContract.TestCase)
TestUnpolled = slow(UnpolledContract.TestCase)
TestJournaled = slow(JournaledContract.TestCase)
TestNotJournaled = slow(NotJournaledContract.TestCase)
TestForgetfulJournal = slow(ForgetfulJournalContract.TestCase)
TestPolledJournal = slow(PolledJournalContract.TestCase)


def outcome(contract: type[StoreContract]) -> unittest.TestResult:
    """What unittest says of a contract."""
    result = unittest.TestResult()
    contract.TestCase("runTest").run(result)
    return result


def text(result: unittest.TestResult) -> str:
    return "".join(output for _, output in result.failures + result.errors)


def contract_for(store: type, **attributes: Any) -> type[StoreContract]:
    """The contract of a broken store: all examples, for some mistakes are found by chance."""
    attributes = {"store_type": store, "profile": Profile(), **attributes}
    return type("Contract", (ReferenceContract,), attributes)


@pytest.mark.parametrize("store", BROKEN_STORES, ids=lambda store: store.__name__)
def test_broken_store_is_caught(store: type) -> None:
    """Whatever a store does wrong, the contract catches it, every time."""
    assert not outcome(contract_for(store)).wasSuccessful(), store.__doc__


@pytest.mark.parametrize("store", BROKEN_JOURNALS, ids=lambda store: store.__name__)
def test_broken_journal_is_caught(store: type) -> None:
    """Whatever a journaled store does wrong, the contract catches it, every time."""
    assert not outcome(contract_for(store, journaled=True)).wasSuccessful(), store.__doc__


def test_store_that_is_half_durable_is_caught() -> None:
    """What is not durable may be gone as a whole, and not in part."""
    contract = contract_for(ForgetsHalfWhenItIsOpened, durable=False)
    assert not outcome(contract).wasSuccessful()


def test_there_are_broken_stores_for_every_group_of_rules() -> None:
    """A hundred mistakes of stores are known, and fifty of journals."""
    assert len(BROKEN_STORES) >= 100
    assert len(BROKEN_JOURNALS) >= 50


def test_hypothesis_finds_what_no_scene_has() -> None:
    """Beyond the fixed scenes, rules are played in many orders."""

    class CannotDeleteAfterAnEventualRead(ReferenceStore):
        has_read = False

        def get(self, option: str, *, keys: Any = None, consistent: bool = True) -> Values:
            self.has_read = self.has_read or not consistent
            return super().get(option, keys=keys)

        def delete(self, option: str) -> None:
            self.existing(option)
            if not self.has_read:
                super().delete(option)

    class Contract(ReferenceContract):
        profile = Profile(examples=200)
        store_type = CannotDeleteAfterAnEventualRead

    Contract.play_scenes()
    # To make the sequence short, or to keep it for the next run, is Hypothesis's affair.
    found: Any = Contract.TestCase
    found.settings = settings(found.settings, database=None, phases=[Phase.generate])
    assert "state.read_eventually(" in text(outcome(Contract))


def test_open_store_has_to_be_written() -> None:
    """A contract that does not say how to open a store says so when it is run."""

    class Contract(StoreContract):
        pass

    assert "NotImplementedError" in text(outcome(Contract))


def test_editable_contract_says_how_to_edit() -> None:
    """A contract that is editable, and does not say how, says so when it is run."""
    contract = contract_for(JournaledReferenceStore, journaled=True, editable=True)
    assert "NotImplementedError" in text(outcome(contract))


def test_resources_are_left_after_a_failure() -> None:
    """What an example has entered is left, even when a store cannot be closed."""
    left = []

    class CannotBeClosed(ReferenceStore):
        def close(self) -> None:
            raise OSError("it does not close")

    class Contract(ReferenceContract):
        store_type = CannotBeClosed

        def begin(self) -> None:
            super().begin()
            self.resources.callback(left.append, "left")

    with pytest.raises(OSError, match="does not close"):
        Contract.play_scenes()
    assert left == ["left"]


def test_profile_is_inherited() -> None:
    """One attribute sets how long a contract searches, for its subclasses, too."""

    class Long(ReferenceContract):
        profile = Profile(examples=7, steps=3)

    class AlsoLong(Long):
        pass

    inherited = AlsoLong.TestCase.settings  # type: ignore[attr-defined]  # as Hypothesis's has
    assert (inherited.max_examples, inherited.stateful_step_count) == (7, 3)


def test_profile_has_no_deadline() -> None:
    """A slow backend is no mistake."""
    patient = Profile().settings()
    assert patient.deadline is None
    assert HealthCheck.too_slow in patient.suppress_health_check


@pytest.mark.parametrize("wrong", [{"examples": 0}, {"steps": 0}])
def test_profile_searches_at_all(wrong: dict[str, int]) -> None:
    """A contract of no examples or no steps would always pass."""
    with pytest.raises(ValueError, match="at least 1"):
        Profile(**wrong)


def test_subclass_has_a_test_of_its_own() -> None:
    """Two contracts are two tests, each with its own name."""

    class Other(ReferenceContract):
        pass

    assert Other.TestCase is not ReferenceContract.TestCase
    assert Other.TestCase.__name__ == "Other.TestCase"


@pytest.mark.slow("runs pytest in another process")
def test_outsiders_see_what_was_compared(pytester: pytest.Pytester) -> None:
    """Assertions in the contract are rewritten, so that their text shows both sides."""
    # A project, also where temporary folders are inside of another one.
    pytester.makeini("[pytest]")
    pytester.makepyfile(
        """
        from contextlib import nullcontext
        from confstore.testing import StoreContract

        class Store:
            name = "prod"
            def get(self, option, *, keys=None, consistent=True): return {}
            def items(self, *, consistent=True): return iter({"stray": {}}.items())
            def set(self, option, values): pass

        class StrayContract(StoreContract):
            def open_store(self, name):
                return nullcontext(Store())

        TestStray = StrayContract.TestCase
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E*where False = is_same({}, {*"])
