"""Stores in memory by their URL."""

from __future__ import annotations

from confstore.adapter import percent_decode, shown_url
from confstore.errors import InvalidURLError
from confstore_memory._store import MemoryStore

__all__ = ["open_url"]

_SCHEME = "memory:"
# One for each name, and never closed: `open_url` gives further handles on it.
_stores: dict[str, MemoryStore] = {}


def open_url(url: str) -> MemoryStore:
    """
    Open a store that every part of this process reaches by the same URL.

    Its options live as long as the process, whether a handle is open or not.

    Args:
        url: `memory:NAME`; the name is percent-decoded.

    Raises:
        InvalidURLError: The URL has another form.
        InvalidNameError: No store can have this name.
    """
    address, _, query = url.partition("?")
    shown = shown_url(url)
    encoded = address[len(_SCHEME) :]
    if not address.lower().startswith(_SCHEME) or not encoded or encoded.startswith("//"):
        raise InvalidURLError(shown, "the name follows the colon, as in memory:test")
    if query or "#" in encoded:
        raise InvalidURLError(shown, "there are no parameters: write ? as %3F and # as %23")
    name = percent_decode(encoded, shown)
    # Two threads may both make one; setdefault keeps the first for both.
    return _stores.setdefault(name, MemoryStore(name)).share()
