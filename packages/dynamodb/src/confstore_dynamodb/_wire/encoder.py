"""
Canonical values as DynamoDB's attribute values.

boto3's own serializer refuses floats; this one takes every Python number.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from confstore import Value
from confstore.documents import number_to_text

__all__ = ["Wire", "encode", "encode_values"]

Wire = dict[str, Any]
"""An attribute value as boto3's client takes it: one type letter, and the content."""


def encode_values(values: Mapping[str, Any]) -> dict[str, Wire]:
    """Key to attribute value, for every key of an option."""
    return {
        # Most values are text.
        key: {"S": value} if isinstance(value, str) else encode(value)
        for key, value in values.items()
    }


def encode(value: Value) -> Wire:
    """The attribute value of one value in canonical form."""
    if isinstance(value, str):
        return {"S": value}
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | float | Decimal):
        return {"N": number_to_text(value)}
    if isinstance(value, bytes):
        return {"B": value}
    if isinstance(value, dict):
        return {"M": encode_values(value)}
    if isinstance(value, list):
        return {"L": [encode(entry) for entry in value]}
    return _encode_set(value)


def _encode_set(entries: set[Any]) -> Wire:
    kinds = {type(entry) for entry in entries}
    if kinds == {str}:
        return {"SS": list(entries)}
    if kinds == {bytes}:
        return {"BS": list(entries)}
    return {"NS": [number_to_text(entry) for entry in entries]}
