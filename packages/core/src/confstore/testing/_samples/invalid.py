"""Values, names and keys that every backend must refuse, each under the name of its reason."""

from __future__ import annotations

import array
import collections
import datetime
import decimal
import enum
import fractions
import pathlib
import uuid
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from confstore._values.canonical import MAX_DEPTH, MAX_OPTION_SIZE_B
from confstore._values.keys import MAX_KEY_B, RESERVED_KEYS
from confstore._values.names import JOURNAL_PREFIX, MAX_OPTION_B, MAX_STORE_B
from confstore.testing._checks import CANARY, Canary
from confstore.testing._samples.edges import nested

__all__ = [
    "INVALID_KEYS",
    "INVALID_OPTION_NAMES",
    "INVALID_STORE_NAMES",
    "INVALID_VALUES",
    "SOME_INVALID_VALUES",
]


class _Colour(enum.Enum):
    RED = CANARY


_LIST_IN_ITSELF: list[Any] = [CANARY]
_LIST_IN_ITSELF.append(_LIST_IN_ITSELF)
_DICT_IN_ITSELF: dict[str, Any] = {"canary": CANARY}
_DICT_IN_ITSELF["in"] = _DICT_IN_ITSELF


def _by_text(*values: Any) -> dict[str, Any]:
    """Name each value by its text, which must be the same in every process."""
    return {f"{type(value).__name__} {value!r}"[:80]: value for value in values}


_NUMBERS = _by_text(
    *map(float, ("nan", "inf", "-inf")),
    *map(Decimal, ("NaN", "NaN72", "sNaN", "Infinity", "-Infinity")),
    # More than 38 significant digits.
    *(10**38, -(10**38), 10**38 + 1, 2**127),
    *map(Decimal, ("1.23456789012345678901234567890123456789", f"1{'0' * 37}1000")),
    Decimal("123456789012345678901234567890123456789"),
    # Too large and too small.
    *(1e126, -1e126, 1.7976931348623157e308, 9.9e-131, -9.9e-131, 5e-324),
    *(Decimal("1E+126"), Decimal("9.9E-131")),
    *(Decimal((0, (1,), decimal.MAX_EMAX)), Decimal((0, (1,), decimal.MIN_EMIN))),
    *([1, [float("nan")]], {"a": {"b": float("nan")}}),
)
_SETS: dict[str, Any] = {
    "empty set": set(),
    "empty frozenset": frozenset(),
    "empty set in a list": [set()],
    "set of text and numbers": {CANARY, 1},
    "set of text and bytes": {CANARY, b"a"},
    "set of numbers and bytes": {1, b"a"},
    "set of text and None": {CANARY, None},
    "set of None": {None},
    "set with a bool": {2, True},
    "set of bools": {True, False},
    "set of tuples": {(CANARY,)},
    "set of sets": {frozenset({CANARY})},
    "set of text with a lone surrogate": {CANARY + "\ud800"},
    "set of something else": {Canary()},
    "set with NaN": {1, float("nan")},
    "set with an int of 39 digits": {1, 10**38},
}
_TEXTS = _by_text(
    *(CANARY + "\ud800", "\udfff" + CANARY, CANARY + "\udc00\ud800"),
    *(["a", [CANARY + "\udcff"]], {"a": {"b": CANARY + "\udcff"}}),
)
_NESTED: dict[str, Any] = {
    "int of 5,000 digits": 10**4999,
    "lists nested too deep": nested(MAX_DEPTH + 1, "l"),
    "dicts nested too deep": nested(MAX_DEPTH + 1, "d"),
    "lists and dicts nested too deep": nested(MAX_DEPTH + 1, "dl"),
    "nested 500 deep": nested(500, "l"),
    "list that holds itself": _LIST_IN_ITSELF,
    "dict that holds itself": _DICT_IN_ITSELF,
    "nested key that is too long": {"a" * (MAX_KEY_B + 1): CANARY},
    **_by_text({"": CANARY}, {"a": {1: CANARY}}, [{None: CANARY}], {"a": [{"\ud800": CANARY}]}),
}
_OTHER_TYPES = (
    *(Canary(), Canary, nested, 1j, fractions.Fraction(1, 3), bytearray(CANARY, "ascii")),
    *(memoryview(b"a"), array.array("b", [1]), range(3), iter([CANARY])),
    *(collections.deque([CANARY]), collections.UserDict({"canary": CANARY})),
    *(MappingProxyType({"canary": CANARY}), {CANARY: 1}.keys()),
    datetime.datetime(2025, 1, 1, tzinfo=datetime.UTC),
    *(datetime.date(2025, 1, 1), datetime.timedelta(1), uuid.UUID(int=1)),
    *(pathlib.PurePosixPath(CANARY), _Colour.RED, ValueError(CANARY), ..., NotImplemented),
)
_TYPES: dict[str, Any] = {
    **{f"a value of type {type(value).__name__}": value for value in _OTHER_TYPES},
    **_by_text(["a", [Canary()]], {"a": {"b": Canary()}}),
}
_KEYS: dict[str, Any] = {
    "key that is too long": "a" * (MAX_KEY_B + 1),
    "key that is too long in UTF-8": "\u00e9" * (MAX_KEY_B // 2 + 1),
    **{f"key {key!r}": key for key in ("", 1, True, None, b"key", ("key",))},
    **{f"key {key!r}": key for key in ("key\ud800", "\udc00key", *sorted(RESERVED_KEYS))},
}
_SIZES: dict[str, Any] = {
    "text that is too large": {"text": "a" * MAX_OPTION_SIZE_B},
    "text that is too large in UTF-8": {"text": "\u00e9" * (MAX_OPTION_SIZE_B // 2)},
    "bytes that are too large": {"bytes": b"a" * MAX_OPTION_SIZE_B},
    "list that is too large": {"list": [CANARY] * (MAX_OPTION_SIZE_B // len(CANARY))},
    "keys that are too large": {str(number).zfill(MAX_KEY_B): None for number in range(6)},
}
_NO_MAPPINGS = (None, CANARY, [CANARY], (("canary", CANARY),), {CANARY}, 1, Canary())

INVALID_VALUES: Mapping[str, Any] = MappingProxyType(
    {
        **{
            reason: {"canary": CANARY, "key": value}
            for table in (_NUMBERS, _SETS, _TEXTS, _NESTED, _TYPES)
            for reason, value in table.items()
        },
        **{reason: {"canary": CANARY, key: CANARY} for reason, key in _KEYS.items()},
        **{reason: {"canary": CANARY, **values} for reason, values in _SIZES.items()},
        **{f"{type(values).__name__} for the values": values for values in _NO_MAPPINGS},
    }
)
"""Values of an option that `set` and `update` must refuse, with `InvalidValueError`."""

SOME_INVALID_VALUES: Mapping[str, Any] = MappingProxyType(
    {
        reason: INVALID_VALUES[reason]
        for reason in (
            *("float nan", "empty set", "set of text with a lone surrogate", "key ''"),
            *("dicts nested too deep", "key '_store'", "text that is too large"),
            "list for the values",
        )
    }
)
"""One of each kind, for calls that take several options."""

INVALID_OPTION_NAMES: Mapping[str, Any] = MappingProxyType(
    {
        "one byte too long": "a" * (MAX_OPTION_B + 1),
        "one byte too long in UTF-8": "\u00e9" * (MAX_OPTION_B // 2) + "a",
        "a megabyte": "a" * 1_000_000,
        **_by_text("", "a\ud800", "\udc00a", None, True, 1, b"name", ("name",)),
        "object": object(),
    }
)
"""Names of an option that every call must refuse, with `InvalidNameError`."""

INVALID_STORE_NAMES: Mapping[str, Any] = MappingProxyType(
    {
        **INVALID_OPTION_NAMES,
        "one byte too long": "a" * (MAX_STORE_B + 1),
        "one byte too long in UTF-8": "\u00e9" * (MAX_STORE_B // 2) + "aa",
        "a journal's": JOURNAL_PREFIX + "prod",
        "the journals' prefix": JOURNAL_PREFIX,
    }
)
"""Names of a store that every backend must refuse, with `InvalidNameError`."""

INVALID_KEYS: Mapping[str, Any] = MappingProxyType(
    {
        **_by_text("host", "", b"host", {"host": 1}, {}, 1, ["host", 1]),
        "set with None": {"host", None},
        **_by_text(("host", b"host"), [["host"]]),
        "iterator": iter(["host"]),
    }
)
"""Arguments that `get` must refuse as `keys`, and `update` as `remove`, with `TypeError`."""
