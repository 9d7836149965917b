"""What the three reading strategies share."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from typing import Any, Final

from confstore._names import checked_keys
from confstore._read_only import ReadOnlyDict

__all__ = ["MISSING", "Missing", "select", "select_all"]


class Missing(enum.Enum):
    """Stands for an argument that was not given, where None can be one."""

    MISSING = enum.auto()


MISSING: Final = Missing.MISSING


def select(values: ReadOnlyDict, keys: Collection[str] | None) -> ReadOnlyDict:
    """
    Those of an option's keys that were asked for.

    Raises:
        TypeError: `keys` is a `str` or a mapping, or holds something that is not a `str`.
    """
    wanted = checked_keys(keys)
    if wanted is None:
        return values
    return ReadOnlyDict({key: value for key, value in values.items() if key in wanted})


def select_all(options: Mapping[str, Any], keys: Collection[str] | None) -> ReadOnlyDict:
    """Every option, with those of its keys that were asked for."""
    return ReadOnlyDict({option: select(values, keys) for option, values in options.items()})
