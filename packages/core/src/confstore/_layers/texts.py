"""Values of the texts that environment variables hold."""

from __future__ import annotations

import base64
import binascii
import enum
import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, get_args

import attrs

from confstore._documents.tagged_json import JSONPathError, values_from_json
from confstore._schemas.fields import is_class, is_model
from confstore._schemas.kinds import (
    class_of,
    is_enumeration,
    is_literal,
    is_mapping,
    is_named_tuple,
    is_sequence,
    is_set,
    is_typed_dict,
    plain_type,
    type_arguments,
    union_members,
)
from confstore._values.names import utf8_size
from confstore._values.numbers import number_from_text
from confstore._values.secret import Secret

__all__ = ["TEXT", "Kind", "kind_of_type", "kind_of_value", "value_of_text"]

_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


@attrs.frozen
class Kind:
    """
    A kind of value, and of the entries of a set.

    Attributes:
        name: `text`, `number`, `Boolean`, `bytes`, `list`, `dict`, `set` or `secret`.
        entries: The kind of a set's entries.
    """

    name: str
    entries: str = "text"


TEXT = Kind("text")


def kind_of_value(value: Any) -> Kind | None:
    """The kind of a value; None for None, which can stand for any."""
    if isinstance(value, set | frozenset):
        return Kind("set", _plain_kind(next(iter(value))))
    return None if value is None else Kind(_plain_kind(value))


def _plain_kind(value: Any) -> str:
    if isinstance(value, bool):
        return "Boolean"
    if isinstance(value, int | float | Decimal):
        return "number"
    for name, type_ in (("bytes", bytes), ("list", list), ("dict", dict), ("secret", Secret)):
        if isinstance(value, type_):
            return name
    return "text"


def kind_of_type(type_: Any) -> Kind | None:
    """The kind of the values that a field's type is made of; None if it does not say."""
    kinds = {_kind_of_member(plain_type(member)) for member in union_members(type_)}
    return kinds.pop() if len(kinds) == 1 else None


def _kind_of_member(type_: Any) -> Kind | None:
    if is_literal(type_):
        return _common(get_args(type_))
    if is_enumeration(type_):
        return _common(member.value for member in type_)
    if is_model(type_) or is_class(type_) or is_typed_dict(type_) or is_mapping(type_):
        return Kind("dict")
    if is_set(type_):
        (entry, *_) = (*type_arguments(type_), Any)
        kind = kind_of_type(entry)
        return Kind("set", "text" if kind is None else kind.name)
    if is_sequence(type_) or is_named_tuple(type_):
        return Kind("list")
    cls = class_of(type_)
    for name, types in (
        ("Boolean", bool),
        ("number", (int, float, Decimal)),
        ("bytes", bytes),
        ("text", str),
    ):
        if isinstance(cls, type) and issubclass(cls, types):
            return Kind(name)
    # A path, a date, a URL, ...: what is made of text.
    return None


def _common(values: Iterable[Any]) -> Kind | None:
    kinds = {kind_of_value(value) for value in values}
    return kinds.pop() if len(kinds) == 1 else None


def value_of_text(text: str, kind: Kind) -> Any:
    """
    The value of a kind that a text stands for, canonical and read-only.

    Raises:
        ValueError: It stands for none; the error says what it should be, and does not show it.
    """
    # The environment of a process may hold bytes that are not UTF-8.
    if utf8_size(text) is None:
        raise ValueError("UTF-8")
    if kind.name in {"list", "dict", "set"}:
        return _of_json(text, kind)
    return _of_plain(text, kind.name)


def _of_plain(text: str, name: str) -> Any:
    if name == "number":
        try:
            return number_from_text(text)
        except ValueError:
            raise ValueError("a number that a store can keep, such as 27017 or 0.5") from None
    if name == "Boolean":
        if text.lower() not in _BOOLEANS:
            raise ValueError("true, false, 1 or 0")
        return _BOOLEANS[text.lower()]
    if name == "bytes":
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise ValueError("bytes in base64") from None
    return Secret(text) if name == "secret" else text


class _Expected(enum.Enum):
    list = "a list in JSON, such as [1, 2]"
    dict = 'a dict in JSON, such as {"a": 1}'
    set = "a set as a list in JSON, without repetition, such as [1, 2]"


def _of_json(text: str, kind: Kind) -> Any:
    expected = _Expected[kind.name].value
    try:
        raw = json.loads(text, parse_float=number_from_text)
    except (ValueError, RecursionError):
        raise ValueError(expected) from None
    if not isinstance(raw, dict if kind.name == "dict" else list):
        raise ValueError(expected)  # noqa: TRY004 (of the text)
    try:
        if kind.name == "set":
            return _set_of(list(raw), kind.entries)
        return values_from_json({"value": raw})["value"]
    except JSONPathError as error:
        raise ValueError(f"{expected}; {error.reason}") from None
    except ValueError:
        raise ValueError(expected) from None


def _set_of(raw: list[Any], entries: str) -> Any:
    # As `exec` writes them: bytes are base64, and a number of many digits is text.
    if entries in {"bytes", "number"}:
        raw = [_tagged(entry, entries) for entry in raw]
    found = values_from_json({"value": {"$set": raw}})["value"]
    if len(found) < len(raw):
        raise ValueError
    return found


def _tagged(entry: Any, entries: str) -> Any:
    if not isinstance(entry, str):
        return entry
    return {"$bytes": entry} if entries == "bytes" else {"$decimal": entry}
