"""Which version this is."""

from __future__ import annotations

from confstore._version import __version__

__all__ = ["version_line"]


def version_line() -> str:
    """The program and its version, as `confstore --version` prints it."""
    # Not from the installed metadata, which takes half as long to find as click to import.
    return f"confstore {__version__}"
