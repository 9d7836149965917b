"""Shell: commands that export variables, for `eval` and `.` of any POSIX shell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from confstore._cli._formats._environment import environment

__all__ = ["check", "dumps"]


def check(options: Mapping[str, Mapping[str, Any]]) -> None:
    """
    Check that each key has a variable of its own.

    Raises:
        InvalidValueError: See `environment`.
    """
    environment(options)


def dumps(options: Mapping[str, Mapping[str, Any]]) -> str:
    """A command for each key; in single quotes a shell leaves everything as it is."""
    return "".join(
        "export {}='{}'\n".format(name, text.replace("'", "'\\''"))
        for name, text in environment(options).items()
    )
