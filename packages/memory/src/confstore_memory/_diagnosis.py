"""What is well with a store in memory and what is not."""

from __future__ import annotations

from collections.abc import Iterator

from confstore import Finding, JournaledStore
from confstore.adapter import journal_finding, options_finding
from confstore_memory._faults import Faults

__all__ = ["findings"]


def findings(store: JournaledStore, faults: Faults) -> Iterator[Finding]:
    """
    One finding after another.

    Nothing can be written past the journal of memory, so there is no drift. Where calls are to
    fail, nothing more is looked at, not to use the failures up.
    """
    yield Finding("memory", True, "the options are this process's, and gone with it")
    if faults.planned:
        text = f"these calls are to fail: {', '.join(faults.planned)}"
        yield Finding("faults", False, text, "`heal()` ends that")
        return
    yield options_finding(store)
    yield journal_finding(store)
