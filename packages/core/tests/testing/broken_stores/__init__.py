"""
Stores that each break one promise, of the `Store` protocol or of a journal, and keep all others.

The docstring of each says what it does wrong. `BROKEN_STORES` and `BROKEN_JOURNALS` hold them.
"""

from __future__ import annotations

from types import ModuleType

from ..reference_store import ReferenceStore
from . import (
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


BROKEN_STORES = [
    store
    for module in (handles, keys, names, ownership, polls, refusals, streams, values, writes)
    for store in stores_of(module)
]
"""Every store of these modules: each breaks one promise."""

BROKEN_JOURNALS = [store for module in (commits, journals) for store in stores_of(module)]
"""Every journaled store of these modules, likewise."""
