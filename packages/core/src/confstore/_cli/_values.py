"""Values as the command line names and shows them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from confstore.adapter import values_to_json

__all__ = ["json_text", "json_value", "shown", "type_name"]


def type_name(value: Any) -> str:
    """The name of a value's type, in JSON's words where it has one."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, bytes):
        return "bytes"
    if isinstance(value, Mapping):
        return "object"
    if isinstance(value, list):
        return "array"
    return "set" if isinstance(value, set | frozenset) else "number"


def json_value(value: Any) -> Any:
    """A value as what `json.dumps` takes, tagged as in a store's file."""
    return values_to_json({"": value})[""]


def json_text(value: Any) -> str:
    """A value as one line of JSON, tagged as in a store's file."""
    return json.dumps(json_value(value), ensure_ascii=False)


def shown(value: Any) -> str:
    """A value in a table whose next column names its type: text needs no quotes."""
    return value if isinstance(value, str) else json_text(value)
