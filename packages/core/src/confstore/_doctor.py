"""A diagnosis by URL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import attrs

from confstore._journal.history import recorded_states
from confstore._journal.plans import NEWEST_COMMITS
from confstore._opening import open_store
from confstore._stores.protocols import DiagnosableStore, Finding, JournaledStore, Store, ability
from confstore._values.canonical import MAX_OPTION_SIZE_B
from confstore._values.differences import diff
from confstore._values.sizes import option_size_b
from confstore.errors import (
    AccessDeniedError,
    BackendNotInstalledError,
    ConfigStoreError,
    CorruptStoreError,
    InvalidURLError,
    StoreUnavailableError,
)

__all__ = [
    "diagnose",
    "drift_finding",
    "finding_of",
    "findings_of",
    "journal_finding",
    "options_finding",
]


def diagnose(url: str | None = None) -> Iterator[Finding]:
    """
    Look at the store that a URL names, also where it cannot be opened; nothing is made.

    A `DiagnosableStore` looks at itself; of any other, what every store can tell is told.

    Args:
        url: As for `open_store`; None takes `CONFSTORE_URL` from the environment.

    Raises:
        InvalidURLError: There is no URL, or it cannot be understood.
        BackendNotInstalledError: No installed adapter serves its scheme.
    """
    try:
        store = open_store(url, purpose="diagnose")
    except (BackendNotInstalledError, InvalidURLError):
        raise
    except ConfigStoreError as error:
        is_denied = isinstance(error, AccessDeniedError)
        finding = finding_of("credentials" if is_denied else "store", error)
        # It cannot be opened, whoever looks; the error says what to do.
        return iter([attrs.evolve(finding, is_ok=False, advice="")])
    return _findings(store)


def _findings(store: Store) -> Iterator[Finding]:
    with closing(store):
        diagnosable = ability(store, DiagnosableStore)
        yield from findings_of(store) if diagnosable is None else diagnosable.diagnose()


_NEAR = 0.9
"""The part of the largest size from which an option is said to be large; a guess."""

_MAX_NAMES = 5
"""Options that a finding names, so that it stays a line."""


def finding_of(check: str, error: ConfigStoreError) -> Finding:
    """What an error says of a check that it ended: unknown if the store did not tell, else bad."""
    if isinstance(error, StoreUnavailableError):
        return Finding(check, None, str(error), "try again once the store can be reached")
    if isinstance(error, AccessDeniedError):
        return Finding(check, None, str(error), "look again as somebody who may read this")
    if isinstance(error, CorruptStoreError):
        return Finding(check, False, str(error), "repair it where the text says, or restore it")
    # The texts of the others say what to do.
    return Finding(check, False, str(error))


def options_finding(store: Store) -> Finding:
    """How many options there are, and which are nearly too large; each of them is read."""
    count, largest_b = 0, 0
    large: list[str] = []
    try:
        for option, values in store.items():
            size_b = option_size_b(option, values)
            count, largest_b = count + 1, max(largest_b, size_b)
            if size_b >= _NEAR * MAX_OPTION_SIZE_B:
                large.append(option)
    except ConfigStoreError as error:
        return finding_of("options", error)
    text = f"{_counted(count)}, each of them sound"
    if count:
        text += f"; the largest has {largest_b:,} of the {MAX_OPTION_SIZE_B:,} bytes that it may"
    if not large:
        return Finding("options", True, text)
    return Finding("options", True, text, f"split what will soon be too large: {_named(large)}")


def journal_finding(store: JournaledStore, *, kept: str = "") -> Finding:
    """
    Whether there is a journal, and its last version.

    Args:
        store: The store.
        kept: For how long its commits are kept, if the backend knows.
    """
    try:
        if not store.is_journaled():
            return Finding("journal", True, "there is none: no versions, history or rollback")
        version = store.version()
        # That the last commit can be read; the drift is found by more of them.
        store.commits(max(0, version - 1))
        text = f"version {version}, baseline {store.baseline()}"
    except ConfigStoreError as error:
        return finding_of("journal", error)
    return Finding("journal", True, f"{text}; {kept}" if kept else text)


def drift_finding(store: JournaledStore) -> Finding:
    """Which options of a journaled store were written without the journal."""
    try:
        recorded = recorded_states(store, NEWEST_COMMITS)
        present = {
            option: values for option, values in store.items() if option not in recorded.unknown
        }
    except ConfigStoreError as error:
        return finding_of("drift", error)
    edited = sorted({difference.option for difference in diff(recorded.states, present)})
    unknown = sorted(recorded.unknown)
    facts = []
    if edited:
        facts.append(f"{_counted(len(edited))} written without the journal: {_named(edited)}")
    if unknown:
        facts.append(
            f"edits by hand cannot be found out of {_counted(len(unknown))} without a commit among "
            f"the newest {NEWEST_COMMITS:,} that are held: {_named(unknown)}"
        )
    if edited:
        advice = "commit this with `confstore reconcile`, or roll it back"
        return Finding("drift", False, "; ".join(facts), advice)
    if unknown:
        return Finding("drift", None, facts[0], "record them as they are: `confstore reconcile`")
    return Finding("drift", True, "options and journal agree")


def findings_of(store: Store, *, kept: str = "", can_drift: bool = True) -> Iterator[Finding]:
    """
    Look at the options, the journal and the drift between them, in any store.

    Args:
        store: The store; it needs no journal.
        kept: For how long its commits are kept, if the backend knows.
        can_drift: False where nothing can be written without the journal.
    """
    yield options_finding(store)
    journaled = ability(store, JournaledStore)
    if journaled is None:
        return
    finding = journal_finding(journaled, kept=kept)
    yield finding
    if can_drift and finding.is_ok and journaled.is_journaled():
        yield drift_finding(journaled)


def _counted(options: int) -> str:
    return "1 option" if options == 1 else f"{options:,} options"


def _named(options: list[str]) -> str:
    more = len(options) - _MAX_NAMES
    names = ", ".join(repr(option) for option in options[:_MAX_NAMES])
    return f"{names} and {more:,} more" if more > 0 else names
