"""
The changes of a commit, as elements of the attribute `changes` of its item.

One that sets values has them as a map, or as JSON where they are nested too deep for DynamoDB.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from confstore import Change, ReadOnlyDict
from confstore.adapter import journal_form
from confstore.documents import number_from_text, values_from_json
from confstore_dynamodb._wire.encoder import Wire, encode_values

__all__ = ["decoded_change", "encoded_change", "text", "text_or_none"]


def text(value: object) -> str:
    """Return a text of an item; a TypeError says that it is none."""
    if not isinstance(value, str):
        raise TypeError
    return value


def text_or_none(value: object) -> str | None:
    """Return a text of an item that may lack it."""
    return None if value is None else text(value)


def encoded_change(change: Change) -> Wire:
    """Return a change as an element of the attribute `changes`."""
    wires: dict[str, Wire] = {"option": {"S": change.option}}
    if change.values is None:
        return {"M": {**wires, "action": {"S": "delete"}}}
    wires["action"] = {"S": "set"}
    form = journal_form(change.values)
    if isinstance(form, str):
        return {"M": {**wires, "json": {"S": form}}}
    return {"M": {**wires, "values": {"M": encode_values(form)}}}


def decoded_change(raw: Mapping[str, Any]) -> Change:
    """
    Return the change that an element of the attribute `changes` holds.

    Raises:
        KeyError: It lacks a part.
        TypeError: A part has another type.
        ValueError: A part has another content.
    """
    option, action = text(raw["option"]), raw["action"]
    if action == "delete":
        return Change(option, None)
    if action != "set":
        raise ValueError
    if "json" in raw:
        return Change(option, _from_json(text(raw["json"])))
    if not isinstance(raw["values"], ReadOnlyDict):
        raise TypeError
    return Change(option, raw["values"])


def _from_json(text: str) -> ReadOnlyDict:
    return values_from_json(json.loads(text, parse_float=number_from_text))
