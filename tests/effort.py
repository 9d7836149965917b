"""How long the longest tests are: whole on one Python, shortened where others have that covered."""

from __future__ import annotations

import os

__all__ = ["IS_SHORT", "VARIABLE", "at_length"]

VARIABLE = "CONFSTORE_TESTS"
"""The environment variable that shortens them when it says `short`; `nox -s tests` sets it."""

IS_SHORT = os.environ.get(VARIABLE) == "short"
"""Whether it does."""


def at_length(whole: int, *, short: int) -> int:
    """How many examples, commits or kills a test is to make."""
    return short if IS_SHORT else whole
