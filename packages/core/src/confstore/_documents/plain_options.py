"""
The fast path of the JSON decoder, for options that hold only what JSON itself has.

Nearly every option holds only text, numbers, true, false, null, and objects and arrays of them.
Sets of types tell so at the speed of C, and the values of all such options are checked together. A
check that fails leaves every option to `option_from_json`, which knows the place of a fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from itertools import chain
from typing import Any

from confstore._documents.tagged_json import is_tagged
from confstore._values.canonical import MAX_DEPTH, MAX_OPTION_SIZE_B
from confstore._values.keys import MAX_KEY_B, RESERVED_KEYS
from confstore._values.names import MAX_OPTION_B, utf8_size
from confstore._values.numbers import MAX_DIGITS
from confstore._values.read_only import ReadOnlyDict, ReadOnlyList
from confstore._values.sizes import option_size_b

__all__ = ["plain_options"]

_SCALARS = frozenset({str, bool, int, float, Decimal, type(None)})
_INT_LIMIT = 10**MAX_DIGITS

# Upper bounds of DynamoDB's size rule.
_MAX_UTF8_B = 4
_MAX_SCALAR_B = 24
_ENTRY_B = 4

# Looked up once: loading a store makes ten thousands of them.
_new_list: Callable[..., Any] = list.__new__
_fill_list: Callable[..., None] = list.extend
# Unlike a ReadOnlyDict, which refuses it; nobody else has seen the object yet.
_set_item: Callable[[dict[str, Any], str, Any], None] = dict.__setitem__


class _NotPlainError(Exception):
    """An option needs the full decoder."""


def plain_options(tree: dict[str, Any]) -> dict[str, ReadOnlyDict]:
    """
    The options of a document that are canonical as they are; their arrays are made read-only.

    Args:
        tree: Option to values, from a decoder that gave `ReadOnlyDict` for each object, and what
            `number_from_text` gives for each number with a point or an exponent.
    """
    if not set(map(type, tree.values())) <= {ReadOnlyDict}:
        return {}
    plain, objects = tree, list(tree.values())
    arrays: list[list[Any]] = []
    largest = max(map(len, objects), default=0)
    if not _SCALARS.issuperset(map(type, _values(objects))):
        plain, objects, arrays, largest = _nested(tree)
    longest_b = _longest_entry_b(objects, arrays)
    if longest_b is None:
        return {}
    if largest * longest_b + MAX_OPTION_B <= MAX_OPTION_SIZE_B:
        return plain
    return {
        option: values
        for option, values in plain.items()
        if option_size_b(option, values) <= MAX_OPTION_SIZE_B
    }


def _nested(
    tree: dict[str, ReadOnlyDict],
) -> tuple[dict[str, ReadOnlyDict], list[ReadOnlyDict], list[list[Any]], int]:
    """The options without tags, their objects, their arrays, and the entries of the largest."""
    contents = _Contents()
    plain = {}
    largest = 0
    for option, values in tree.items():
        begin = contents.count
        try:
            plain[option] = contents.read_only(values, 0)
        except _NotPlainError:
            continue
        largest = max(largest, contents.count - begin)
    return plain, contents.objects, contents.arrays, largest


class _Contents:
    """The objects and arrays of options, and the number of their entries."""

    def __init__(self) -> None:
        self.objects: list[ReadOnlyDict] = []
        self.arrays: list[list[Any]] = []
        self.count = 0

    def read_only(self, raw: Any, depth: int) -> Any:
        """An object with its arrays made read-only, or an array as a read-only one."""
        if depth > MAX_DEPTH:
            raise _NotPlainError
        self.count += len(raw)
        if raw.__class__ is ReadOnlyDict:
            self.objects.append(raw)
            if not _SCALARS.issuperset(map(type, raw.values())):
                for key, value in raw.items():
                    if value.__class__ not in _SCALARS:
                        _set_item(raw, key, self._inner(value, depth))
            return raw
        self.arrays.append(raw)
        entries = _new_list(ReadOnlyList)
        if _SCALARS.issuperset(map(type, raw)):
            _fill_list(entries, raw)
        else:
            inner = self._inner
            _fill_list(entries, [v if v.__class__ in _SCALARS else inner(v, depth) for v in raw])
        return entries

    def _inner(self, raw: Any, depth: int) -> Any:
        if raw.__class__ is ReadOnlyDict and is_tagged(raw):
            raise _NotPlainError
        return self.read_only(raw, depth + 1)


def _values(objects: Iterable[ReadOnlyDict]) -> Iterable[Any]:
    return chain.from_iterable(map(dict.values, objects))


def _longest_entry_b(objects: list[ReadOnlyDict], arrays: list[list[Any]]) -> int | None:
    """An upper bound of the bytes of one entry; None if a key or a value is not canonical."""
    keys: set[str] = set().union(*objects)
    values = [*_values(objects), *chain.from_iterable(arrays)]
    texts = [value for value in values if value.__class__ is str]
    ints = [value for value in values if value.__class__ is int]
    longest_key_b = max(map(len, keys), default=0) * _MAX_UTF8_B
    longest_text_b = max(map(len, texts), default=0) * _MAX_UTF8_B
    if (
        "" in keys
        or longest_key_b > MAX_KEY_B
        or not keys.isdisjoint(RESERVED_KEYS)
        or utf8_size("".join(keys)) is None
        or utf8_size("".join(texts)) is None
        or max(ints, default=0) >= _INT_LIMIT
        or min(ints, default=0) <= -_INT_LIMIT
    ):
        return None
    return _ENTRY_B + longest_key_b + max(longest_text_b, _MAX_SCALAR_B)
