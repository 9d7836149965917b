"""
Values as JSON, made to be read and edited by hand.

What JSON lacks is an object with a single tag: `{"$bytes": "<base64>"}`, `{"$set": [...]}`,
`{"$decimal": "..."}`. A dict of the user's own with a single key that starts with `$` is escaped as
`{"$dict": {...}}`, so that a tag which a later version adds cannot change what is stored today.
"""

from __future__ import annotations

import base64
import binascii
import sys
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from confstore._values.canonical import MAX_DEPTH, check_size
from confstore._values.keys import RESERVED_KEYS, key_fault
from confstore._values.names import checked_option, utf8_size
from confstore._values.numbers import canonical_number, number_from_text
from confstore._values.read_only import ReadOnlyDict, ReadOnlyList
from confstore._values.types import Value
from confstore.errors import InvalidNameError, InvalidValueError

__all__ = [
    "MAX_NESTING",
    "JSONPathError",
    "check_json_name",
    "is_tagged",
    "option_from_json",
    "values_from_json",
    "values_to_json",
]


class JSONPathError(ValueError):
    """
    A JSON value that stands for no value of ours.

    Attributes:
        path: The keys and indices that lead to it.
        reason: What is wrong with it; never the value.
    """

    def __init__(self, path: tuple[str | int, ...], reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason


def values_to_json(values: Mapping[str, Value]) -> dict[str, Any]:
    """An option's canonical values as what `json.dumps` takes."""
    return {key: _to_json(value) for key, value in values.items()}


def _to_json(value: Any) -> Any:
    if isinstance(value, dict):
        plain = values_to_json(value)
        return {"$dict": plain} if is_tagged(plain) else plain
    if isinstance(value, list):
        return [_to_json(entry) for entry in value]
    if isinstance(value, set | frozenset):
        return {"$set": [_to_json(entry) for entry in sorted(value)]}
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, Decimal):
        return {"$decimal": str(value)}
    return value


def is_tagged(entries: Mapping[str, Any]) -> bool:
    """True if this JSON object is a tag, or would be read as one."""
    return len(entries) == 1 and next(iter(entries)).startswith("$")


def values_from_json(raw: object) -> ReadOnlyDict:
    """
    An option's values, read-only and canonical, from what `json.loads` gives.

    Numbers may come as int or float, or as what `number_from_text` gives for `parse_float`.

    Raises:
        JSONPathError: It is no JSON object, or something in it is outside the domain of values.
    """
    if not isinstance(raw, dict):
        raise JSONPathError((), f"an option is an object of key to value, not {_json_type(raw)}")
    for key in raw:
        if key in RESERVED_KEYS:
            raise JSONPathError((key,), "the key is reserved, because a DynamoDB item needs it")
    return _entries(raw, (), 0)


def _entries(raw: dict[str, Any], path: tuple[str | int, ...], depth: int) -> ReadOnlyDict:
    entries = ReadOnlyDict.__new__(ReadOnlyDict)
    dict.update(
        entries,
        ((_key(key, path), _from_json(entry, (*path, key), depth)) for key, entry in raw.items()),
    )
    return entries


def _key(key: str, path: tuple[str | int, ...]) -> str:
    fault = key_fault(key)
    if fault is not None:
        raise JSONPathError((*path, key), fault)
    return sys.intern(key)


def _from_json(raw: Any, path: tuple[str | int, ...], depth: int) -> Any:
    if isinstance(raw, str):
        if utf8_size(raw) is None:
            raise JSONPathError(path, "the text holds a lone surrogate, which UTF-8 cannot")
        return raw
    if raw is None or isinstance(raw, bool):
        return raw
    if isinstance(raw, int | float | Decimal):
        try:
            return canonical_number(raw)
        except ValueError as error:
            raise JSONPathError(path, str(error)) from None
    if isinstance(raw, dict) and is_tagged(raw):
        return _untagged(raw, path, depth)
    if depth == MAX_DEPTH:
        raise JSONPathError(path, f"arrays and objects are nested more than {MAX_DEPTH} deep")
    if isinstance(raw, dict):
        return _entries(raw, path, depth + 1)
    return ReadOnlyList(
        [_from_json(entry, (*path, index), depth + 1) for index, entry in enumerate(raw)]
    )


def _untagged(raw: dict[str, Any], path: tuple[str | int, ...], depth: int) -> Any:
    ((tag, content),) = raw.items()
    inner = (*path, tag)
    if tag == "$dict" and isinstance(content, dict):
        if depth == MAX_DEPTH:
            raise JSONPathError(path, f"arrays and objects are nested more than {MAX_DEPTH} deep")
        return _entries(content, inner, depth + 1)
    if tag == "$set" and isinstance(content, list):
        return _set(content, inner)
    if tag == "$bytes" and isinstance(content, str):
        try:
            return base64.b64decode(content, validate=True)
        except (binascii.Error, ValueError):
            raise JSONPathError(inner, "this is not base64") from None
    if tag == "$decimal" and isinstance(content, str):
        try:
            return number_from_text(content)
        except ValueError as error:
            raise JSONPathError(inner, str(error)) from None
    reason = (
        'an object with a single key that starts with "$" is a tag: {"$bytes": "base64"}, '
        '{"$set": [...]}, {"$decimal": "digits"} or, for such an object itself, {"$dict": {...}}'
    )
    raise JSONPathError(inner, reason)


def _set(content: list[Any], path: tuple[str | int, ...]) -> frozenset[Any]:
    entries = []
    for index, raw in enumerate(content):
        # Before it is read: sets inside one another are no depth, and would have no end.
        if not _can_be_in_set(raw):
            reason = f"a set holds text, bytes or numbers, not {_json_type(raw)}"
            raise JSONPathError((*path, index), reason)
        entries.append(_from_json(raw, (*path, index), MAX_DEPTH))
    if not entries:
        raise JSONPathError(path, "a set is empty, which DynamoDB cannot hold")
    kinds = {type(entry) if isinstance(entry, str | bytes) else int for entry in entries}
    if len(kinds) > 1:
        raise JSONPathError(path, "a set holds only text, only bytes or only numbers")
    return frozenset(entries)


def _can_be_in_set(raw: object) -> bool:
    if isinstance(raw, dict):
        return list(raw) in (["$bytes"], ["$decimal"])
    return raw is not None and not isinstance(raw, bool | list)


def _json_type(raw: object) -> str:
    names = {dict: "an object", list: "an array", str: "a string", bool: "a Boolean"}
    return "null" if raw is None else names.get(type(raw), "a number")


MAX_NESTING = 2 + 2 * MAX_DEPTH + 1
"""Objects and arrays inside one another: store, option, and containers that may be in a tag."""


def check_json_name(option: str) -> None:
    """
    Check that an option can have this name.

    Raises:
        JSONPathError: It cannot; the path is the name.
    """
    try:
        checked_option(option)
    except InvalidNameError as error:
        raise JSONPathError((option,), f"an option cannot have this name: {error.reason}") from None


def option_from_json(option: str, raw: object) -> ReadOnlyDict:
    """
    The values of an option, read-only and canonical, from what `json.loads` gives.

    Raises:
        JSONPathError: They are none, or too large; the path begins with the option.
    """
    try:
        values = values_from_json(raw)
        check_size(option, values)
    except JSONPathError as error:
        raise JSONPathError((option, *error.path), error.reason) from None
    except InvalidValueError as error:
        raise JSONPathError((option,), error.reason) from None
    return values
