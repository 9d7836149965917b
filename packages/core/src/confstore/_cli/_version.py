"""Which version this is."""

from __future__ import annotations

__all__ = ["version_line"]


def version_line() -> str:
    """The program and its version, as `confstore --version` prints it."""
    # Not at the top: nothing else needs it, and it takes a fifth of click's own time.
    from importlib.metadata import version

    return f"confstore {version('confstore')}"
