"""The contract that every store must keep, and how long it searches for a mistake."""

from __future__ import annotations

import unittest
from typing import Any, ClassVar

import attrs
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from confstore.testing._rules.handles import HandleRules
from confstore.testing._rules.journals import JournalRules
from confstore.testing._rules.polls import PollRules
from confstore.testing._rules.reads import ReadRules
from confstore.testing._rules.secrets import SecretRules
from confstore.testing._rules.writes import BulkRules, RefusalRules, WriteRules
from confstore.testing._scenes import JOURNAL_SCENES, SCENES

__all__ = ["Profile", "StoreContract"]


def _positive(_: object, attribute: attrs.Attribute[int], number: int) -> None:
    if number < 1:
        message = f"{attribute.name} is at least 1"
        raise ValueError(message)


@attrs.frozen
class Profile:
    """
    How long a contract searches for a mistake.

    The default finds every broken store of core's own tests, each time; more examples find mistakes
    that nobody thought of.

    Attributes:
        examples: The number of sequences of calls, each on an empty backend.
        steps: The most steps of one sequence.
    """

    examples: int = attrs.field(default=40, validator=_positive)
    steps: int = attrs.field(default=30, validator=_positive)

    def settings(self) -> settings:
        """
        Build the settings for Hypothesis; the others are those of its current profile.

        Its choices stay random: a contract that always tries the same sequences finds nothing new,
        and a failure is repeated from its database, or from the printed blob.
        """
        return settings(
            max_examples=self.examples,
            stateful_step_count=self.steps,
            # A backend behind a network may be slow.
            deadline=None,
            # One mistake shows in many rules: to report the first takes a third of the time. The
            # explain phase says nothing that the example does not show.
            report_multiple_bugs=False,
            phases=set(settings().phases) - {Phase.explain},
            print_blob=True,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        )


class StoreContract(
    WriteRules,
    ReadRules,
    RefusalRules,
    SecretRules,
    PollRules,
    HandleRules,
    BulkRules,
    JournalRules,
):
    """
    Try every promise of the `Store` protocol on your store.

    Subclass it, say how a store is opened, and give its `TestCase` to pytest or unittest:

    ```python
    class MemoryContract(StoreContract):
        def begin(self):
            self.stores = {}

        @contextmanager
        def open_store(self, name):
            store = self.stores.setdefault(name, MemoryStore(name)).share()
            with closing(store):
                yield store

    TestMemory = MemoryContract.TestCase
    ```

    The contract plays some fixed scenes first. Then Hypothesis calls the rules in many orders, on
    the store and on a model of it, and prints the shortest sequence of calls in which they differ.
    Each scene and each sequence has its own object of this class, and begins with the empty backend
    that `begin` prepares.

    A store that has `poll` is polled, and one that has `apply` gets many changes at once. Class
    attributes declare its other abilities. With `journaled = True`, the contract enables the
    journal of each store when it first opens it, and is also the contract of a `JournaledStore`.

    Attributes:
        durable: Data outlives the last handle; False by default.
        journaled: The store can keep a journal; False by default.
        refuses_text: Texts that the store refuses because only a secret may have them; for a store
            that seals: then it must keep secrets, and any other store must refuse them.
        editable: The subclass has `edit_by_hand`, which bypasses the journal; False by default.
        profile: How long to search.
        resources: An `ExitStack` for contexts that `begin` enters; it is left after the example.
    """

    profile: ClassVar[Profile] = Profile()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.TestCase = _test_case(cls)  # type: ignore[assignment]  # replaces Hypothesis's own

    @classmethod
    def play_scenes(cls) -> None:
        """Play every fixed scene, each on an empty backend."""
        for scene in (*(JOURNAL_SCENES if cls.journaled else ()), *SCENES):
            contract = cls()
            try:
                contract.open_home("prod")
                for call in scene:
                    call(contract)
                    contract.compare_items()
                    contract.compare_journals()
            finally:
                contract.teardown()


def _test_case(contract: type[StoreContract]) -> type[unittest.TestCase]:
    # Settings of a TestCase are not inherited, so each class has its own TestCase.
    class TestCase(unittest.TestCase):
        settings = contract.profile.settings()

        def runTest(self) -> None:  # noqa: N802 (unittest's name)
            contract.play_scenes()
            run_state_machine_as_test(contract, settings=self.settings)

        runTest.is_hypothesis_test = True  # type: ignore[attr-defined]  # its plugin checks this

    TestCase.__name__ = f"{contract.__name__}.TestCase"
    TestCase.__qualname__ = f"{contract.__qualname__}.TestCase"
    TestCase.__module__ = contract.__module__
    return TestCase
