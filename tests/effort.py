"""
How long the longest tests are.

By themselves they are whole. A session of nox may leave something to the others: one run with many
examples is enough, and one with all of the command line's processes.
"""

from __future__ import annotations

import os

__all__ = ["FEW_EXAMPLES", "FEW_PROCESSES", "VARIABLE", "at_length"]

VARIABLE = "CONFSTORE_TESTS"
"""The environment variable that says what is left to others, with blanks between."""

_LEFT = os.environ.get(VARIABLE, "").split()

FEW_EXAMPLES = "few-examples" in _LEFT
"""Whether a test that tries at random does so less often."""

FEW_PROCESSES = "few-processes" in _LEFT
"""Whether only some of the tests that start the command line are run."""


def at_length(whole: int, *, short: int) -> int:
    """How many examples, commits or kills a test is to make."""
    return short if FEW_EXAMPLES else whole
