"""The contract that every store has to keep."""

from __future__ import annotations

import unittest
from typing import Any, ClassVar

from hypothesis.stateful import run_state_machine_as_test

from confstore.testing._handle_rules import HandleRules
from confstore.testing._journal_rules import JournalRules
from confstore.testing._journal_scenes import JOURNAL_SCENES
from confstore.testing._page_rules import PageRules
from confstore.testing._profile import Profile
from confstore.testing._read_rules import ReadRules
from confstore.testing._refusal_rules import RefusalRules
from confstore.testing._scenes import SCENES
from confstore.testing._write_rules import WriteRules

__all__ = ["StoreContract"]


class StoreContract(WriteRules, ReadRules, RefusalRules, PageRules, HandleRules, JournalRules):
    """
    Every promise of the `Store` protocol, tried on a store of yours.

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

    First some fixed scenes are played. Then Hypothesis calls the rules in many orders, on the store
    and on a model of it, and prints the shortest sequence of calls in which they differ. Each scene
    and each sequence has an object of this class for itself: it begins, after `begin`, with an
    empty backend.

    A store that has `poll` is polled. What else a store can do is said by class attributes. With
    `journaled = True`, each store gets its journal when it is first opened, and the contract is
    that of a `JournaledStore`, too.

    Attributes:
        durable: Whether data outlives the last handle; False unless a subclass says otherwise.
        journaled: Whether the store can keep a journal; False unless a subclass says otherwise.
        editable: Whether the subclass has `edit_by_hand`, which writes without the journal.
        profile: How long to search.
        resources: An `ExitStack` for what `begin` enters; it is left after the example.
    """

    profile: ClassVar[Profile] = Profile()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.TestCase = _test_case(cls)  # type: ignore[assignment]  # in place of Hypothesis's own

    @classmethod
    def play_scenes(cls) -> None:
        """Play every fixed scene, each on an empty backend."""
        for scene in (*SCENES, *(JOURNAL_SCENES if cls.journaled else ())):
            contract = cls()
            try:
                contract.open_home("prod")
                if scene.needs_poll and not hasattr(contract.store, "poll"):
                    continue
                if scene.needs_edits and not cls.editable:
                    continue
                for call in scene.calls:
                    call(contract)
                    contract.compare_items()
                    contract.compare_journals()
            finally:
                contract.teardown()


def _test_case(contract: type[StoreContract]) -> type[unittest.TestCase]:
    # Settings that are put on a TestCase are not inherited, so each class has one of its own.
    class TestCase(unittest.TestCase):
        settings = contract.profile.settings()

        def runTest(self) -> None:  # noqa: N802 (unittest's name)
            contract.play_scenes()
            run_state_machine_as_test(contract, settings=self.settings)

        runTest.is_hypothesis_test = True  # type: ignore[attr-defined]  # what its plugin looks at

    TestCase.__name__ = f"{contract.__name__}.TestCase"
    TestCase.__qualname__ = f"{contract.__qualname__}.TestCase"
    TestCase.__module__ = contract.__module__
    return TestCase
