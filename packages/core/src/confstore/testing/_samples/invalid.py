"""What every backend must refuse, each under a name for the reason."""

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
from confstore._values.keys import MAX_KEY_B
from confstore._values.names import JOURNAL_PREFIX, MAX_OPTION_B, MAX_STORE_B
from confstore.testing._canary import CANARY, Canary
from confstore.testing._edges import nested, nested_dict, nested_list

__all__ = ["INVALID_KEYS", "INVALID_OPTION_NAMES", "INVALID_STORE_NAMES", "INVALID_VALUES"]


class _Colour(enum.Enum):
    RED = CANARY


_LIST_IN_ITSELF: list[Any] = [CANARY]
_LIST_IN_ITSELF.append(_LIST_IN_ITSELF)
_DICT_IN_ITSELF: dict[str, Any] = {"canary": CANARY}
_DICT_IN_ITSELF["in"] = _DICT_IN_ITSELF

_NUMBERS: dict[str, Any] = {
    "NaN": float("nan"),
    "infinity": float("inf"),
    "negative infinity": float("-inf"),
    "Decimal NaN": Decimal("NaN"),
    "Decimal NaN with a payload": Decimal("NaN72"),
    "Decimal signalling NaN": Decimal("sNaN"),
    "Decimal infinity": Decimal("Infinity"),
    "Decimal negative infinity": Decimal("-Infinity"),
    "int of 39 digits": 10**38,
    "negative int of 39 digits": -(10**38),
    "int of 39 significant digits": 10**38 + 1,
    "int of 5,000 digits": 10**4999,
    "int that a float holds exactly": 2**127,
    "Decimal of 39 significant digits": Decimal("1.23456789012345678901234567890123456789"),
    "integral Decimal of 39 significant digits": Decimal("123456789012345678901234567890123456789"),
    "Decimal of 39 significant digits and zeros": Decimal(f"1{'0' * 37}1000"),
    "float from 1e126": 1e126,
    "negative float from 1e126": -1e126,
    "largest float of all": 1.7976931348623157e308,
    "float below 1e-130": 9.9e-131,
    "negative float below 1e-130": -9.9e-131,
    "smallest float of all": 5e-324,
    "Decimal from 1e126": Decimal("1E+126"),
    "Decimal below 1e-130": Decimal("9.9E-131"),
    "Decimal with an exponent beyond all": Decimal((0, (1,), decimal.MAX_EMAX)),
    "Decimal with an exponent below all": Decimal((0, (1,), decimal.MIN_EMIN)),
    "NaN in a list": [1, [float("nan")]],
    "NaN in a dict": {"a": {"b": float("nan")}},
    "NaN in a set": {1, float("nan")},
    "int of 39 digits in a set": {1, 10**38},
}

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
}

_TEXTS: dict[str, Any] = {
    "text with a high surrogate": CANARY + "\ud800",
    "text with a low surrogate": "\udfff" + CANARY,
    "text with surrogates in the wrong order": CANARY + "\udc00\ud800",
    "text with a lone surrogate in a list": ["a", [CANARY + "\udcff"]],
    "text with a lone surrogate in a dict": {"a": {"b": CANARY + "\udcff"}},
}

_NESTED: dict[str, Any] = {
    "lists nested too deep": nested_list(MAX_DEPTH + 1),
    "dicts nested too deep": nested_dict(MAX_DEPTH + 1),
    "lists and dicts nested too deep": nested(MAX_DEPTH + 1),
    "nested 500 deep": nested_list(500),
    "list that holds itself": _LIST_IN_ITSELF,
    "dict that holds itself": _DICT_IN_ITSELF,
    "nested key that is empty": {"": CANARY},
    "nested key that is an int": {"a": {1: CANARY}},
    "nested key that is None": [{None: CANARY}],
    "nested key with a lone surrogate": {"a": [{"\ud800": CANARY}]},
    "nested key that is too long": {"a" * (MAX_KEY_B + 1): CANARY},
}

_TYPES: dict[str, Any] = {
    "object": Canary(),
    "class": Canary,
    "function": nested_list,
    "complex": 1j,
    "Fraction": fractions.Fraction(1, 3),
    "bytearray": bytearray(CANARY, "ascii"),
    "memoryview": memoryview(b"a"),
    "array": array.array("b", [1]),
    "range": range(3),
    "iterator": iter([CANARY]),
    "deque": collections.deque([CANARY]),
    "UserDict": collections.UserDict({"canary": CANARY}),
    "mapping proxy": MappingProxyType({"canary": CANARY}),
    "keys of a dict": {CANARY: 1}.keys(),
    "datetime": datetime.datetime(2025, 1, 1, tzinfo=datetime.timezone.utc),
    "date": datetime.date(2025, 1, 1),
    "timedelta": datetime.timedelta(1),
    "UUID": uuid.UUID(int=1),
    "path": pathlib.PurePosixPath(CANARY),
    "enum member": _Colour.RED,
    "exception": ValueError(CANARY),
    "Ellipsis": ...,
    "NotImplemented": NotImplemented,
    "object in a list": ["a", [Canary()]],
    "object in a dict": {"a": {"b": Canary()}},
}

_KEYS: dict[str, Any] = {
    "empty key": "",
    "key that is an int": 1,
    "key that is a bool": True,
    "key that is None": None,
    "key that is bytes": b"key",
    "key that is a tuple": ("key",),
    "key with a high surrogate": "key\ud800",
    "key with a low surrogate": "\udc00key",
    "key that is too long": "a" * (MAX_KEY_B + 1),
    "key that is too long in UTF-8": "\u00e9" * (MAX_KEY_B // 2 + 1),
    "reserved key _store": "_store",
    "reserved key _option": "_option",
    "reserved key _expires": "_expires",
}

_SIZES: dict[str, Any] = {
    "text that is too large": {"text": "a" * MAX_OPTION_SIZE_B},
    "text that is too large in UTF-8": {"text": "\u00e9" * (MAX_OPTION_SIZE_B // 2)},
    "bytes that are too large": {"bytes": b"a" * MAX_OPTION_SIZE_B},
    "list that is too large": {"list": [CANARY] * (MAX_OPTION_SIZE_B // len(CANARY))},
    "keys that are too large": {str(number).zfill(MAX_KEY_B): None for number in range(6)},
}

_NO_MAPPINGS: dict[str, Any] = {
    "None for the values": None,
    "text for the values": CANARY,
    "list for the values": [CANARY],
    "pairs for the values": [("canary", CANARY)],
    "set for the values": {CANARY},
    "int for the values": 1,
    "object for the values": Canary(),
}

INVALID_VALUES: Mapping[str, Any] = MappingProxyType(
    {
        **{
            reason: {"canary": CANARY, "key": value}
            for table in (_NUMBERS, _SETS, _TEXTS, _NESTED, _TYPES)
            for reason, value in table.items()
        },
        **{reason: {"canary": CANARY, key: CANARY} for reason, key in _KEYS.items()},
        **{reason: {"canary": CANARY, **values} for reason, values in _SIZES.items()},
        **_NO_MAPPINGS,
    }
)
"""What `set` and `update` must refuse as an option's values, with `InvalidValueError`."""

INVALID_OPTION_NAMES: Mapping[str, Any] = MappingProxyType(
    {
        "empty": "",
        "one byte too long": "a" * (MAX_OPTION_B + 1),
        "one byte too long in UTF-8": "\u00e9" * (MAX_OPTION_B // 2) + "a",
        "a megabyte": "a" * 1_000_000,
        "high surrogate": "a\ud800",
        "low surrogate": "\udc00a",
        "None": None,
        "bool": True,
        "int": 1,
        "bytes": b"name",
        "tuple": ("name",),
        "object": object(),
    }
)
"""What every call must refuse as the name of an option, with `InvalidNameError`."""

INVALID_STORE_NAMES: Mapping[str, Any] = MappingProxyType(
    {
        **INVALID_OPTION_NAMES,
        "one byte too long": "a" * (MAX_STORE_B + 1),
        "one byte too long in UTF-8": "\u00e9" * (MAX_STORE_B // 2) + "aa",
        "a journal's": JOURNAL_PREFIX + "prod",
        "the journals' prefix": JOURNAL_PREFIX,
    }
)
"""What every backend must refuse as the name of a store, with `InvalidNameError`."""

INVALID_KEYS: Mapping[str, Any] = MappingProxyType(
    {
        "text": "host",
        "empty text": "",
        "bytes": b"host",
        "mapping": {"host": 1},
        "empty mapping": {},
        "int": 1,
        "iterator": iter(["host"]),
        "list with an int": ["host", 1],
        "set with None": {"host", None},
        "tuple with bytes": ("host", b"host"),
        "list with a list": [["host"]],
    }
)
"""What `get` must refuse as `keys`, and `update` as `remove`, with `TypeError`."""
