"""
The size of an option as DynamoDB counts it.

Source: AWS, "DynamoDB item sizes and formats": names and strings count their UTF-8 bytes, binary
its bytes, null and Boolean one byte, a number about one byte for two significant digits and one
more, a list or a map three bytes, one byte for each of its entries and the entries themselves. The
guide is silent on sets and on signs; both are counted so that the sum is never too small.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from confstore._values.secret import Secret

__all__ = ["option_size_b", "text_size_b", "values_size_b"]

_CONTAINER_B = 3
_ENTRY_B = 1


def option_size_b(option: str, values: Mapping[str, Any]) -> int:
    """
    Bytes of an option in canonical form: its name, its keys and their values.

    Counted as a map, which it is in a commit, and not as an item, which has a byte less for each of
    its keys: an option that is accepted can be committed.
    """
    return text_size_b(option) + values_size_b(values)


def values_size_b(values: Mapping[str, Any]) -> int:
    """Bytes of a map of values in canonical form."""
    size_b = _CONTAINER_B
    for key, value in values.items():
        value_b = text_size_b(value) if isinstance(value, str) else _value_size_b(value)
        size_b += _ENTRY_B + text_size_b(key) + value_b
    return size_b


def _value_size_b(value: Any) -> int:
    if isinstance(value, str):
        return text_size_b(value)
    if value is None or isinstance(value, bool):
        return 1
    if isinstance(value, int | float | Decimal):
        return _number_size_b(value)
    if isinstance(value, bytes):
        return len(value)
    if isinstance(value, Secret):
        # As its text in the backend; one that was not sealed yet has none.
        return text_size_b(value._origin.text or "")
    if isinstance(value, dict):
        return values_size_b(value)
    return _CONTAINER_B + sum(_ENTRY_B + _value_size_b(entry) for entry in value)


def _number_size_b(number: int | float | Decimal) -> int:
    # Of the text, for abs() would round a Decimal to the caller's context.
    text = str(number)
    digits = text.lstrip("-").partition("E")[0].partition("e")[0]
    significant = len(digits.replace(".", "").strip("0"))
    return (significant + 1) // 2 + 1 + text.startswith("-")


def text_size_b(text: str) -> int:
    """Bytes of a name or a text."""
    return len(text) if text.isascii() else len(text.encode())
