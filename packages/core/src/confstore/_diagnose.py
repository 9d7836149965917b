"""A diagnosis by URL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import cast

from confstore._diagnosis import DiagnosableStore, Finding
from confstore._findings import finding_of, findings_of_any_store
from confstore._open_store import adapter_of, checked_url, diagnosis_of, open_store
from confstore.errors import ConfigStoreError

__all__ = ["diagnose"]


def diagnose(url: str | None = None) -> Iterator[Finding]:
    """
    Look at the store that a URL names, also where it cannot be opened.

    Where `open_store` makes or checks a table, this makes nothing: an adapter may name a callable
    from URL to findings in the entry-point group `confstore.diagnoses`. Without one, the store is
    opened, and asked if it is a `DiagnosableStore`; of any other, what every store can tell is.

    Args:
        url: As for `open_store`; None takes `CONFSTORE_URL` from the environment.

    Raises:
        InvalidURLError: There is no URL, or it cannot be understood.
        BackendNotInstalledError: No installed adapter serves its scheme.
    """
    given = checked_url(url)
    # Before the first finding is asked for, so that a mistyped URL is an error here.
    adapter_of(given)
    unopened = diagnosis_of(given)
    if unopened is None:
        return _opened(given)
    return cast("Callable[[str], Iterator[Finding]]", unopened.load())(given)


def _opened(url: str) -> Iterator[Finding]:
    try:
        store = open_store(url)
    except ConfigStoreError as error:
        yield finding_of("store", error)
        return
    with closing(store):
        if hasattr(store, "diagnose"):
            yield from cast("DiagnosableStore", store).diagnose()
        else:
            yield from findings_of_any_store(store)
