"""What the package offers, and what importing it costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

import confstore_memory


def run(program: str) -> str:
    """What a program in a new process prints."""
    command = [sys.executable, "-c", program]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_names_are_all_there() -> None:
    """Every name of `__all__` can be imported, and is listed."""
    for name in confstore_memory.__all__:
        assert getattr(confstore_memory, name).__name__ == name
    assert set(confstore_memory.__all__) <= set(dir(confstore_memory))


def test_unknown_name_is_an_error() -> None:
    """A mistyped name is said to be missing."""
    with pytest.raises(AttributeError, match="has no attribute 'MemoryStor'"):
        _ = confstore_memory.MemoryStor  # type: ignore[attr-defined]  # what is tried here


def test_plugin_imports_nothing() -> None:
    """In a run of pytest that does not use confstore, the plugin costs next to nothing."""
    program = "import confstore_memory.pytest_plugin, sys; print('confstore' in sys.modules)"
    assert run(program) == "False\n"
