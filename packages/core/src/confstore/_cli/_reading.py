"""Options as they are now, where an absent one is no error."""

from __future__ import annotations

from collections.abc import Iterable

from confstore import Store, Values
from confstore.errors import OptionNotFoundError

__all__ = ["options_now"]


def options_now(store: Store, options: Iterable[str]) -> dict[str, Values]:
    """Those of the options that the store has."""
    found = {}
    for option in options:
        try:
            found[option] = store.get(option)
        except OptionNotFoundError:
            continue
    return found
