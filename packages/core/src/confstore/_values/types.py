"""The types of values."""

from __future__ import annotations

import enum
from decimal import Decimal
from typing import Any, Final, TypeAlias, Union

__all__ = ["MISSING", "Missing", "Value", "Values"]

Value: TypeAlias = Union[
    bool,
    int,
    float,
    Decimal,
    str,
    bytes,
    "list[Value]",
    "dict[str, Value]",
    set[str],
    set[bytes],
    # To a type checker, a set of one type is not a set of a union.
    set[int],
    set[float],
    set[Decimal],
    set[int | float | Decimal],
    None,
]
"""The value of a key, on every backend."""

Values: TypeAlias = dict[str, Any]
"""The values of an option: key to value. A program knows the type of each; no checker can."""


class Missing(enum.Enum):
    """Stands for an argument that was not given, where None can be one."""

    MISSING = enum.auto()


MISSING: Final = Missing.MISSING
"""No value at all, where None would be one: an absent key in a diff, an argument not given."""
