"""Values that are legal and easily lost."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from confstore._values.canonical import MAX_DEPTH
from confstore._values.types import Value

__all__ = ["EDGE_VALUES", "EQUAL_BUT_NOT_SAME", "nested"]


def nested(depth: int, kinds: str) -> Value:
    """Nest lists ("l") and dicts ("d"), each kind in turn; the innermost is an empty list."""
    value: Value = []
    for level in range(depth - 1):
        value = [value] if kinds[level % len(kinds)] == "l" else {"in": value}
    return value


EDGE_VALUES: Mapping[str, Any] = MappingProxyType(
    {
        # Falsy, and not absent.
        "none": None,
        "false": False,
        "zero": 0,
        "zero as float": 0.0,
        "negative zero": -0.0,
        "zero as Decimal": Decimal("0E-10"),
        "empty text": "",
        "empty bytes": b"",
        "empty list": [],
        "empty dict": {},
        "list of empties": [None, False, 0, "", b"", [], {}],
        "dict of empties": {"a": None, "b": False, "c": 0, "d": "", "e": b"", "f": [], "g": {}},
        # Alike, but of another type.
        "true": True,
        "one": 1,
        "one as float": 1.0,
        "one as Decimal": Decimal("1.00"),
        "one as text": "1",
        "none as text": "None",
        "true as text": "true",
        "text": "text",
        "bytes": b"text",
        "every byte": bytes(range(256)),
        "base64 as text": "dGV4dA==",
        # Numbers at their limits.
        "most digits": 10**38 - 1,
        "most digits, negative": 1 - 10**38,
        "beyond a float": 2**53 + 1,
        "fraction": 0.1,
        "sum of floats": 0.1 + 0.2,
        "third": 1 / 3,
        "float of many digits": 1e23,
        "integral float below the limit": 9e37,
        "integral float just below the limit": 1e38,
        "Decimal at the limit": Decimal("1E+38"),
        "large float": 1e40,
        "largest float": 9.99e125,
        "smallest float": 1e-130,
        "smallest float, negative": -1e-130,
        "exact binary fraction": 2.0**-30,
        "exact binary fraction as Decimal": Decimal("9.31322574615478515625E-10"),
        "Decimal that a float represents": Decimal("0.1"),
        "Decimal of 38 digits": Decimal("0.12345678901234567890123456789012345678"),
        "large Decimal": Decimal("9.9999999999999999999999999999999999999E+125"),
        "small Decimal": Decimal("1.2345678901234567890123456789012345678E-130"),
        "integral Decimal above the limit": Decimal("1.2345678901234567890123456789E+40"),
        # Sets.
        "set of text": {"a", "b", ""},
        "set of bytes": {b"a", b"b", b""},
        "set of numbers": {0, -1, 0.5, 1e40, Decimal("0.12345678901234567890123456789")},
        "set of one": {"a"},
        "list of sets": [{"a"}, {1}, {b"a"}],
        # Depth, order and repetition.
        "deepest list": nested(MAX_DEPTH, "l"),
        "deepest dict": nested(MAX_DEPTH, "d"),
        "deepest of both": nested(MAX_DEPTH, "dl"),
        "list with repetition": [1, 1, True, 1.0, "1", 1],
        "list in another order": [3, 1, 2],
        # Text that is more than text elsewhere.
        "two normal forms": ["\u00e9", "e\u0301"],
        "control characters": "\0\x01\x1b\x7f\u0085\u2028\u2029",
        "beyond the first plane": "\U0001f600\U0010ffff",
        "line ends": "a\nb\r\nc\r",
        "JSON as text": '{"a": [1]}',
        # Dicts that are more than dicts elsewhere.
        "DynamoDB type as key": {"S": "a"},
        "tag as key": {"$bytes": "dGV4dA=="},
        "other tags as keys": [{"$set": [1]}, {"$decimal": "1"}, {"$dict": {}}, {"$new": None}],
        "tag of a tag": {"$dict": {"$dict": {"$set": ["a"]}}},
        "reserved, but inside": {"_store": "a", "_option": "b", "_expires": 1},
    }
)
"""Values of an option, each under a name that says how a backend could lose it."""

EQUAL_BUT_NOT_SAME: tuple[tuple[Value, Value], ...] = (
    (1, True),
    (0, False),
    ([1, 0], [True, False]),
    ({"a": 1}, {"a": True}),
    ([{"a": [0]}], [{"a": [False]}]),
)
"""Pairs of different values that Python finds equal."""
