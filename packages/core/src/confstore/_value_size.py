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

from confstore._store import Value

__all__ = ["option_size_b"]

_CONTAINER_B = 3
_ENTRY_B = 1


def option_size_b(option: str, values: Mapping[str, Value]) -> int:
    """Bytes of an option in canonical form: its name, its keys and their values."""
    entries_b = sum(_text_size_b(key) + _value_size_b(value) for key, value in values.items())
    return _text_size_b(option) + entries_b


def _value_size_b(value: Value) -> int:
    if isinstance(value, str):
        return _text_size_b(value)
    if value is None or isinstance(value, bool):
        return 1
    if isinstance(value, int | float | Decimal):
        return _number_size_b(value)
    if isinstance(value, bytes):
        return len(value)
    if isinstance(value, dict):
        return _CONTAINER_B + sum(
            _ENTRY_B + _text_size_b(key) + _value_size_b(entry) for key, entry in value.items()
        )
    return _CONTAINER_B + sum(_ENTRY_B + _value_size_b(entry) for entry in value)


def _number_size_b(number: int | float | Decimal) -> int:
    # Of the text, for abs() would round a Decimal to the caller's context.
    text = str(number)
    digits = text.lstrip("-").partition("E")[0].partition("e")[0]
    significant = len(digits.replace(".", "").strip("0"))
    return (significant + 1) // 2 + 1 + text.startswith("-")


def _text_size_b(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())
