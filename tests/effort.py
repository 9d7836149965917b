"""
How long the long tests are: `CONFSTORE_TESTS` is `short` (the default) or `whole`.

Short is for a change that is being made: every rule is tried, with fewer examples, commits, kills
and children. Whole is for CI, where every number is the one that was promised.
"""

from __future__ import annotations

import os

__all__ = ["LEVELS", "VARIABLE", "at_length"]

VARIABLE = "CONFSTORE_TESTS"
"""The environment variable that says how long they are."""

LEVELS = ("short", "whole")

_LEVEL = os.environ.get(VARIABLE) or "short"
if _LEVEL not in LEVELS:
    # A misspelt word must not test less than was asked for.
    raise ValueError(f"{VARIABLE} is {_LEVEL!r}; it may be {' or '.join(LEVELS)}")


def at_length(whole: int, *, short: int) -> int:
    """How many examples, commits, kills or children a test makes."""
    return whole if _LEVEL == "whole" else short
