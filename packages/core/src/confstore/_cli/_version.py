"""Which version this is."""

from __future__ import annotations

from confstore._version import __version__

__all__ = ["version_line"]


def version_line() -> str:
    """The program and its version, as `confstore --version` prints it."""
    # importlib.metadata would take half as long as click.
    return f"confstore {__version__}"
