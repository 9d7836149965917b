"""
Values straight from the JSON of a reply: the fast path beside `_decoder`, the plain one.

Botocore makes Python objects of a reply twice: of its JSON, and then, by AWS's description of the
service, the same objects once more; that is two thirds of what it costs to load a store. Here one
item after the other is taken out of the JSON and becomes values at once, so that little is
allocated and a thread can pause between two of them.

Only what DynamoDB itself would write is read here. At anything else this gives up: botocore and
`_decoder` then give the answer, or say what is wrong. Where this gives values, they give the same.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, TypeVar

import attrs

from confstore.adapter import number_from_text
from confstore_dynamodb._decoder import Decoder

__all__ = ["ItemReader", "JSONItems", "read_item", "read_member"]

T = TypeVar("T")

_decode = json.JSONDecoder().raw_decode
_blanks = re.compile(r"[ \t\n\r]*").match

# What the code below raises at what it does not expect, and JSON's and base64's own errors.
_UNUSUAL = (
    ArithmeticError,
    AttributeError,
    IndexError,
    KeyError,
    RecursionError,
    TypeError,
    ValueError,
)


def read_member(
    body: bytes, member: str, read: Callable[[str, int], tuple[T, int]]
) -> tuple[T, bytes] | None:
    """
    One member of the JSON object that a body is.

    Args:
        body: The body.
        member: The member's name.
        read: Reads its content from a position in the text; gives that, and the position after it.

    Returns:
        The content, and the body with that member empty; None for a body out of the ordinary.
    """
    try:
        return _read_member(body.decode(), member, read)
    except _UNUSUAL:
        return None


def _read_member(
    text: str, member: str, read: Callable[[str, int], tuple[T, int]]
) -> tuple[T, bytes]:
    found: list[tuple[T, int, int]] = []
    end = _after(text, 0, "{")
    while True:
        if text[end] != '"':
            raise ValueError
        name, start = _decode(text, end)
        start = _after(text, start, ":")
        if name == member:
            content, end = read(text, start)
            found.append((content, start, end))
        else:
            _, end = _decode(text, start)
        end = _blanks(text, end).end()  # type: ignore[union-attr]  # it matches everywhere
        if text[end] == "}":
            break
        end = _after(text, end, ",")
    if text[end + 1 :].strip(" \t\n\r"):
        raise ValueError
    # Not one where the member is missing, or where the last of two would count.
    [(content, start, end)] = found
    empty = "[]" if text[start] == "[" else "{}"
    return content, f"{text[:start]}{empty}{text[end:]}".encode()


def _after(text: str, position: int, sign: str) -> int:
    """The position of what follows a sign, which may have blanks on both sides."""
    position = _blanks(text, position).end()  # type: ignore[union-attr]  # it matches everywhere
    if text[position] != sign:
        raise ValueError
    return _blanks(text, position + 1).end()  # type: ignore[union-attr]  # it matches everywhere


@attrs.define(eq=False)
class JSONItems:
    """
    The elements of a JSON array within a text, one after the other.

    Attributes:
        end: The position after the array, once all of it was read.
    """

    _text: str = attrs.field(repr=False)
    _start: int
    end: int = -1

    def __iter__(self) -> Iterator[Any]:
        text = self._text
        position = _after(text, self._start, "[")
        is_over = text[position] == "]"
        while not is_over:
            item, position = _decode(text, position)
            yield item
            # DynamoDB writes no blanks.
            if text.startswith(",{", position):
                position += 1
                continue
            position = _blanks(text, position).end()  # type: ignore[union-attr]  # as above
            is_over = text[position] == "]"
            if not is_over:
                position = _after(text, position, ",")
        self.end = position + 1


def read_item(text: str, position: int) -> tuple[Mapping[str, Any], int]:
    """The JSON object at a position, and the position after it."""
    item, end = _decode(text, position)
    if type(item) is not dict:
        raise TypeError
    return item, end


class ItemReader:
    """Builds values as a decoder does, from items as JSON has them: with binary as base64."""

    def __init__(self, decoder: Decoder, option_key: str, hidden: Collection[str]) -> None:
        """
        Make a reader.

        Args:
            decoder: Says what dicts, lists and sets are made.
            option_key: The attribute that holds an option's name.
            hidden: Attributes that are not the user's.
        """
        self._to_dict = decoder.to_dict
        self._to_list = decoder.to_list
        self._to_set = decoder.to_set
        self._to_key = decoder.to_key
        self._option_key = option_key
        self._hidden = frozenset(hidden)
        self._readers: dict[str, Callable[[Any], Any]] = {
            "S": _text,
            "N": number_from_text,
            "BOOL": _flag,
            "M": self._dict,
            "L": lambda entries: self._to_list([self._value(wire) for wire in _list(entries)]),
            "NULL": _null,
            "B": b64decode,
            "SS": lambda entries: self._to_set([_text(entry) for entry in _list(entries)]),
            "NS": lambda entries: self._to_set([number_from_text(each) for each in _list(entries)]),
            "BS": lambda entries: self._to_set([b64decode(each) for each in _list(entries)]),
        }

    def option(self, item: Mapping[str, Any]) -> tuple[str, Any]:
        """The name of the option that an item is, and its values."""
        [kind] = wire = item[self._option_key]
        if kind != "S":
            raise TypeError
        return self._to_key(_text(wire[kind])), self._dict(item, self._hidden)

    def values(self, item: Mapping[str, Any]) -> Any:
        """The values of an item."""
        return self._dict(item, self._hidden)

    def _dict(self, wires: Mapping[str, Any], hidden: Collection[str] = frozenset()) -> Any:
        to_key, readers = self._to_key, self._readers
        values = {}
        for key, wire in wires.items():
            if key not in hidden:
                # `_value`, written out: this is where the time goes, most of it for text.
                [kind] = wire
                content = wire[kind]
                is_text = kind == "S" and type(content) is str
                values[to_key(key)] = content if is_text else readers[kind](content)
        return self._to_dict(values)  # type: ignore[arg-type]  # a dict will do for its entries

    def _value(self, wire: Mapping[str, Any]) -> Any:
        [kind] = wire
        return self._readers[kind](wire[kind])


def _text(content: Any) -> str:
    if type(content) is not str:
        raise TypeError
    return content


def _list(content: Any) -> list[Any]:
    if type(content) is not list:
        raise TypeError
    return content


def _flag(content: Any) -> bool:
    if type(content) is not bool:
        raise TypeError
    return content


def _null(content: Any) -> None:
    if content is not True:
        raise TypeError
