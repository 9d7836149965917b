"""
Configuration in process memory, for unit tests and for trying things out.

The names below are imported when they are first used: pytest imports this package in every run, for
its plugin, and must not pay for confstore in runs that do not use it.
"""

from __future__ import annotations

import importlib

# Type checkers take this name for true. That of `typing` would cost nine tenths of this import.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from confstore_memory._config_store import MemoryConfigStore
    from confstore_memory._store import MemoryStore
    from confstore_memory._url import open_url

__all__ = ["MemoryConfigStore", "MemoryStore", "open_url"]

_MODULES = {
    "MemoryConfigStore": "confstore_memory._config_store",
    "MemoryStore": "confstore_memory._store",
    "open_url": "confstore_memory._url",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(importlib.import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
