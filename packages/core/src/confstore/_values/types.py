"""The types of what a store holds."""

from __future__ import annotations

import enum
from decimal import Decimal
from typing import Final, TypeAlias, Union

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
    # A set of one type is no set of a union to a type checker, and a mixed one is no other.
    set[int],
    set[float],
    set[Decimal],
    set[int | float | Decimal],
    None,
]
"""What a key can hold, on every backend."""

Values: TypeAlias = dict[str, Value]
"""What an option holds: key to value."""


class Missing(enum.Enum):
    """Stands for an argument that was not given, where None can be one."""

    MISSING = enum.auto()


MISSING: Final = Missing.MISSING
