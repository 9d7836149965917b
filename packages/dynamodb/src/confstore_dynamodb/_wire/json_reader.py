"""
The fast decoder: values straight from the JSON of a reply.

Botocore makes Python objects of a reply twice: of its JSON, and then, by AWS's description of the
service, the same objects once more; that is two thirds of the cost of loading a store. Here one
item after the other is taken out of the JSON and becomes values at once, so that little is
allocated and a thread can pause between two of them.

This reads only JSON that DynamoDB itself would write, and gives up on anything else: botocore and
the plain `decoder` then give the answer, or an error. Both decoders give the same values.
"""

from __future__ import annotations

import json
import math
import re
from base64 import b64decode
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, TypeVar

from confstore.documents import number_from_text
from confstore_dynamodb._wire.decoder import Decoder

__all__ = ["ItemReader", "JSONItems", "read_item", "read_member"]

T = TypeVar("T")

_decoder = json.JSONDecoder()
_decode = _decoder.raw_decode
# The same without a step in Python; it raises `StopIteration` where there is no value.
_scan: Callable[[str, int], tuple[Any, int]] = _decoder.scan_once  # type: ignore[attr-defined]

_blanks = re.compile(r"[ \t\n\r]*").match

_LASTING_NAMES = 1_000
"""A guess: more than the options of most stores have, and some 0.1 MB."""

# The errors that the code below, JSON and base64 raise for unexpected input.
_UNUSUAL = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


def read_member(
    body: bytes, member: str, read: Callable[[str, int], tuple[T, int]]
) -> tuple[T, bytes] | None:
    """
    One member of a body, and the body with that member empty; None for an unusual body.

    `read` reads the member from a position in the text; it gives that, and the position after it.
    """
    try:
        return _read_member(body.decode(), member, read)
    except _UNUSUAL:
        return None


def _read_member(
    text: str, member: str, read: Callable[[str, int], tuple[T, int]]
) -> tuple[T, bytes]:
    wanted = f'"{member}":'
    found: list[tuple[T, int, int]] = []
    end = _after(text, 0, "{")
    while True:
        if text.startswith(wanted, end):
            start = _without_blanks(text, end + len(wanted))
            content, end = read(text, start)
            found.append((content, start, end))
        else:
            if text[end] != '"':
                raise ValueError
            name, end = _decode(text, end)
            if name == member:
                # With blanks or escapes, as DynamoDB does not write it.
                raise ValueError
            _, end = _decode(text, _after(text, end, ":"))
        end = _without_blanks(text, end)
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
    position = _without_blanks(text, position)
    if text[position] != sign:
        raise ValueError
    return _without_blanks(text, position + 1)


def _without_blanks(text: str, position: int) -> int:
    """The position of the next sign that is no blank; an error of JSON needs no end of the text."""
    # DynamoDB writes none, and a look at one sign is cheaper than the search.
    if text[position] in " \t\n\r":
        position = _blanks(text, position).end()  # type: ignore[union-attr]  # it matches everywhere
    return position


class JSONItems:
    """
    The elements of a JSON array within a text, one after the other.

    Attributes:
        end: The position after the array, once all of it was read.
    """

    def __init__(self, text: str, start: int) -> None:
        self._text = text
        self._start = start
        self.end = -1

    def __iter__(self) -> Iterator[Any]:
        text = self._text
        position = _after(text, self._start, "[")
        is_over = text[position] == "]"
        while not is_over:
            try:
                item, position = _scan(text, position)
            except StopIteration:
                raise ValueError from None
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


class _Names(dict[str, str | None]):
    """Makes a name of each text, and keeps so many of them."""

    def __init__(self, make: Callable[[str], str], limit: float) -> None:
        self._make = make
        self._limit = limit

    def __missing__(self, text: str) -> str:
        name = self._make(text)
        if len(self) < self._limit:
            self[text] = name
        return name


class ItemReader:
    """
    Builds values as a decoder does, from items as JSON has them: with binary as base64.

    It serves for one reading of a store: it keeps the names, which come again in most options, for
    that long, and the numbers for a page. One that serves for longer keeps some names.
    """

    def __init__(
        self,
        decoder: Decoder,
        option_key: str,
        hidden: Collection[str],
        *,
        is_lasting: bool = False,
    ) -> None:
        """Make a reader; `hidden` are the attributes that are not the user's."""
        limit = _LASTING_NAMES if is_lasting else math.inf
        self._new_dict = decoder.new_dict
        self._filled = decoder.filled
        self._to_list = decoder.to_list
        self._to_set = decoder.to_set
        self._to_key = decoder.to_key
        self._option_key = option_key
        # The name of a hidden attribute is None.
        self._attributes = _Names(decoder.to_key, limit)
        self._attributes.update(dict.fromkeys(hidden))
        self._keys = _Names(decoder.to_key, limit)
        self._number: Callable[[str], Any] = number_from_text

    def options(self, items: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Any]]:
        """The names of the options that the items of a page are, and their values."""
        # A new cache for each page: a whole store may have too many different numbers to keep.
        self._number = cache(number_from_text)
        option_key, to_key, attributes = self._option_key, self._to_key, self._attributes
        for item in items:
            [kind] = wire = item[option_key]
            name = wire[kind]
            if kind != "S" or type(name) is not str:
                raise TypeError
            yield to_key(name), self._dict(item, attributes)

    def values(self, item: Mapping[str, Any]) -> Any:
        """The values of an item."""
        return self._dict(item, self._attributes)

    def _dict(self, wires: Mapping[str, Any], names: Mapping[str, str | None]) -> Any:
        number = self._number
        values = self._new_dict()
        for key, wire in wires.items():
            name = names[key]
            if name is not None:
                # `_value`, written out: this is where the time goes.
                kind, content = wire.popitem()
                if wire:
                    raise ValueError
                if kind == "S" and type(content) is str:
                    values[name] = content
                elif kind == "N":
                    values[name] = number(content)
                elif kind == "BOOL" and type(content) is bool:
                    values[name] = content
                else:
                    values[name] = self._content(kind, content)
        return self._filled(values)

    def _value(self, wire: Mapping[str, Any]) -> Any:
        [kind] = wire
        return self._content(kind, wire[kind])

    def _content(self, kind: str, content: Any) -> Any:
        match kind:
            case "S":
                return _of_type(str, content)
            case "N":
                return self._number(content)
            case "BOOL":
                return _of_type(bool, content)
            case "M":
                return self._dict(content, self._keys)
            case "L":
                return self._to_list([self._value(wire) for wire in _of_type(list, content)])
            case "NULL" if content is True:
                return None
            case "B":
                return b64decode(content)
            case "SS":
                return self._to_set([_of_type(str, entry) for entry in _of_type(list, content)])
            case "NS":
                return self._to_set([self._number(entry) for entry in _of_type(list, content)])
            case "BS":
                return self._to_set([b64decode(entry) for entry in _of_type(list, content)])
        raise ValueError


def _of_type(kind: type[T], content: Any) -> T:
    if type(content) is not kind:
        raise TypeError
    return content
