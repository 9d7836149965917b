"""
Stores that each break one promise, of the `Store` protocol or of a journal, and keep all others.

The docstring of each says what it does wrong. `BROKEN_STORES` and `BROKEN_JOURNALS` hold them.
"""

from __future__ import annotations

from types import ModuleType

from ..journaled_reference_store import JournaledReferenceStore
from ..reference_store import ReferenceStore
from . import (
    bulk,
    commits,
    handles,
    journals,
    keys,
    names,
    ownership,
    polls,
    refusals,
    streams,
    values,
    writes,
)

__all__ = ["BROKEN_JOURNALS", "BROKEN_STORES"]


def stores_of(module: ModuleType) -> list[type[ReferenceStore]]:
    """The broken stores that a module makes; what begins with an underscore is only a part."""
    return [
        value
        for name, value in vars(module).items()
        if isinstance(value, type)
        and issubclass(value, ReferenceStore)
        and value.__module__ == module.__name__
        and not name.startswith("_")
    ]


_ALL = [
    store
    for module in (
        *(bulk, commits, handles, journals, keys, names, ownership, polls, refusals, streams),
        *(values, writes),
    )
    for store in stores_of(module)
]

BROKEN_STORES = [store for store in _ALL if not issubclass(store, JournaledReferenceStore)]
"""Stores without a journal: each breaks one promise."""

BROKEN_JOURNALS = [store for store in _ALL if issubclass(store, JournaledReferenceStore)]
"""Stores with a journal, likewise."""
