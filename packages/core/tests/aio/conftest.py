"""Loops of both kinds."""

from __future__ import annotations

import pytest

from loops import LOOPS, Run

__all__ = ["Run"]


@pytest.fixture(params=LOOPS)
def run(request: pytest.FixtureRequest) -> Run:
    """Runs a coroutine on a new loop, which ends with it."""
    chosen: Run = request.param
    return chosen
