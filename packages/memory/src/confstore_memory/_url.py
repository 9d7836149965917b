"""Stores in memory by their URL."""

from __future__ import annotations

from confstore.adapter import StoreURL
from confstore_memory._store import MemoryStore

__all__ = ["open_url"]

# One for each name, and never closed: `open_url` gives further handles on it.
_stores: dict[str, MemoryStore] = {}


def open_url(url: str) -> MemoryStore:
    """
    Open a store that every part of this process reaches by the same URL.

    A store that nobody has written to is empty, also for a reader. Its options live as long as the
    process, whether a handle is open or not.

    Args:
        url: `memory:NAME`; the name is percent-decoded.

    Raises:
        InvalidURLError: The URL has another form.
        InvalidNameError: No store can have this name.
    """
    parsed = StoreURL.parse(url)
    if parsed.scheme != "memory" or not parsed.path or parsed.path.startswith("//"):
        raise parsed.error("the name follows the colon, as in memory:test")
    if "#" in parsed.path:
        raise parsed.error("a # in a name is written %23")
    name = parsed.decode(parsed.path)
    # Two threads may both make one; setdefault keeps the first for both.
    return _stores.setdefault(name, MemoryStore(name)).share()
