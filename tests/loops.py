"""Loops of both kinds, for the tests of asyncio: its own, and uvloop's."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import pytest

__all__ = ["LOOPS", "Run"]

Run = Callable[[Any], Any]
"""Runs a coroutine on a new loop, which ends with it."""


def _run_on_uvloop(coroutine: Any) -> Any:
    import uvloop

    return uvloop.run(coroutine)


LOOPS = [
    pytest.param(asyncio.run, id="asyncio"),
    pytest.param(
        _run_on_uvloop,
        id="uvloop",
        marks=pytest.mark.skipif(sys.platform == "win32", reason="uvloop has no wheel"),
    ),
]
"""The parameters of a fixture that gives a `Run`."""
