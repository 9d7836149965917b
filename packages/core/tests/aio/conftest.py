"""Loops of both kinds."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[[Any], Any]


def _run_on_uvloop(coroutine: Any) -> Any:
    import uvloop

    return uvloop.run(coroutine)


@pytest.fixture(
    params=[
        pytest.param(asyncio.run, id="asyncio"),
        pytest.param(
            _run_on_uvloop,
            id="uvloop",
            marks=pytest.mark.skipif(sys.platform == "win32", reason="uvloop has no wheel"),
        ),
    ]
)
def run(request: pytest.FixtureRequest) -> Run:
    """Runs a coroutine on a new loop, which ends with it."""
    chosen: Run = request.param
    return chosen
