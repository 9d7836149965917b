"""What a store in memory says of itself."""

from __future__ import annotations

import pytest

from confstore import Finding, diagnose
from confstore.errors import StoreClosedError
from confstore.testing import CANARY
from confstore_memory import MemoryStore

PROCESS = Finding("memory", True, "the options belong to this process, and end with it")
NO_JOURNAL = Finding("journal", True, "not enabled: no versions, history or rollback")


def test_healthy() -> None:
    """Every check is well, and no value is shown."""
    store = MemoryStore("test", {"db": {"host": CANARY}})
    store.enable_journal()
    store.set("cache", {"size": 1})
    findings = list(store.diagnose())
    assert [(finding.check, finding.is_ok) for finding in findings] == [
        ("memory", True),
        ("options", True),
        ("journal", True),
    ]
    assert findings[1].text.startswith("2 options, all readable; the largest has ")
    assert findings[2].text == "version 2, baseline 1"
    assert CANARY not in repr(findings)


def test_without_a_journal() -> None:
    """That there is no journal is no fault."""
    empty = Finding("options", True, "0 options, all readable")
    assert list(MemoryStore().diagnose()) == [PROCESS, empty, NO_JOURNAL]


def test_planned_faults() -> None:
    """Failures that a test asked for are named, and not used up."""
    store = MemoryStore("test", {"db": {}})
    store.fail(times=1, on=["set", "get"])
    store.fail(times=1, on="items")
    fault = Finding(
        "faults", False, "these calls are to fail: get, items, set", "call `heal()` to end that"
    )
    assert list(store.diagnose()) == list(store.diagnose()) == [PROCESS, fault]
    store.heal()
    assert [finding.is_ok for finding in store.diagnose()] == [True, True, True]


def test_closed() -> None:
    """A closed store is asked in vain."""
    store = MemoryStore()
    store.close()
    with pytest.raises(StoreClosedError):
        store.diagnose()


def test_by_url() -> None:
    """A URL is enough."""
    assert next(diagnose("memory:of-the-diagnosis")) == PROCESS
