"""A diagnosis by URL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import cast

import attrs

from confstore._diagnosis import DiagnosableStore, Finding
from confstore._findings import finding_of, findings_of_any_store
from confstore._open_store import open_store
from confstore._store import Store
from confstore.errors import (
    AccessDeniedError,
    BackendNotInstalledError,
    ConfigStoreError,
    InvalidURLError,
)

__all__ = ["diagnose"]


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
        if hasattr(store, "diagnose"):
            yield from cast("DiagnosableStore", store).diagnose()
        else:
            yield from findings_of_any_store(store)
