"""Shell: commands that export variables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from confstore._cli.formats.environment import environment

__all__ = ["dumps"]


def dumps(options: Mapping[str, Mapping[str, Any]], **naming: str) -> str:
    """A command for each key; in single quotes a shell leaves everything as it is."""
    return "".join(
        "export {}='{}'\n".format(name, text.replace("'", "'\\''"))
        for name, text in environment(options, **naming).items()
    )
