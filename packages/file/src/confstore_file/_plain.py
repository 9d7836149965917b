"""
The fast way from decoded JSON to read-only values, for what is plain.

Nearly every option holds only text, Booleans, null, ordinary numbers, and lists and objects of
them. These need no look at each value: counts, and sets of types, tell at the speed of C that
nothing in them needs core's full decoder. What is not surely plain goes there, and is judged there
alone.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from confstore.adapter import RESERVED_KEYS, ReadOnlyDict, ReadOnlyList, number_from_text

__all__ = ["ObjectReader", "PlainText", "number_from_json"]

_ATOMS = frozenset({str, bool, int, float, Decimal, type(None)})
_MAX_DEPTH = 31  # DynamoDB's 32 levels, as in confstore's domain of values

_WINDOW_B = 1_000
_MAX_VALUES = 96
"""
Values of an option that is surely below the limit of size, in a text of short lines.

A string of JSON has no line break in it. So if each window of the text has one, a key or a string
has less than two windows of bytes; 96 keys with their values, less than 96 * 2 * 2 * 1,000 =
384,000 bytes. The limit is 390,000.
"""

# The methods of the types that are not read-only.
_new, _fill, _set = dict.__new__, dict.update, dict.__setitem__
_new_list, _extend, _append = list.__new__, list.extend, list.append

_NOT_PLAIN = 1_000_000_000  # more than any count

_MAX_NAME = 256  # characters of at most four bytes each: the name of an option has at most 1,024
_DIGITS_AS_ZEROS = bytes.maketrans(b"123456789", b"000000000")
_LONG_INT = b"0" * 39  # one digit more than an int may have


def number_from_json(token: str) -> int | float | Decimal:
    """
    The number that a text writes with a point or an exponent; for the decoder's `parse_float`.

    Raises:
        ValueError: It cannot be kept.
    """
    number = float(token)
    # A float keeps any 15 digits, and the shortest form of a float is its own.
    is_exact = len(token) <= 16 or repr(number) == token
    # What has a fraction is below 2**53; infinity, of too large an exponent, has none either.
    if is_exact and 1e-100 < abs(number) < 1e16 and not number.is_integer():
        return number
    return number_from_text(token)


class ObjectReader:
    """
    Makes the objects of one text read-only.

    The keys are left as the decoder made them, each one object for the whole text: a lookup finds
    them nearly as fast as if they were interned, which would take as long as all the rest.
    """

    def __init__(self) -> None:
        self._key_count = 0

    def read(self, entries: dict[str, Any]) -> ReadOnlyDict:
        """One object; for the decoder's `object_hook`."""
        self._key_count += len(entries)
        read_only = _new(ReadOnlyDict)
        _fill(read_only, entries)
        return read_only

    def may_have_lost_keys(self, content: bytes) -> bool:
        """
        Whether an object of the text may have had a key twice, of which the decoder keeps one.

        Each key of the text has a colon behind it and, where the blanks are taken away, a quote
        before that. So if no more of these are there than keys were read, every key was read.

        Args:
            content: The text, which is sound JSON and was read to its end.
        """
        if content.count(b":") == self._key_count:
            return False
        return content.translate(None, b" \t\n\r").count(b'":') != self._key_count


class PlainText:
    """
    What a look at a text as a whole tells about its options.

    Attributes:
        has_plain_names: Whether each option has surely a legal name.
    """

    def __init__(self, content: bytes, options: dict[str, Any]) -> None:
        """
        Look at the text.

        Args:
            content: The text, which is sound JSON.
            options: What a decoder made of it with the functions of this module.
        """
        self._is_plain = (
            # Only an escape makes a lone surrogate.
            (b"\\" not in content or b"\\u" not in content)
            and _LONG_INT not in content.translate(_DIGITS_AS_ZEROS)
            and all(
                content.find(b"\n", begin, begin + _WINDOW_B) >= 0
                for begin in range(0, len(content), _WINDOW_B)
            )
        )
        # One brace for the store and one for each option: none are left for their values.
        self._is_flat = content.count(b"{") == 1 + len(options) and b"[" not in content
        self.has_plain_names = (
            self._is_plain and "" not in options and max(map(len, options), default=0) <= _MAX_NAME
        )

    def has_plain(self, values: ReadOnlyDict) -> bool:
        """
        Whether an option of the text is surely plain.

        If so, it is read-only all the way down afterwards: its lists were replaced.
        """
        if not (self._is_plain and values.keys().isdisjoint(RESERVED_KEYS)):
            return False
        if self._is_flat:
            return len(values) <= _MAX_VALUES and "" not in values
        return _settle_entries(values, 0) <= _MAX_VALUES


def _settle_entries(entries: ReadOnlyDict, depth: int) -> int:
    """Make the lists of an object read-only; give the number of its values, or `_NOT_PLAIN`."""
    count = _NOT_PLAIN if "" in entries else len(entries)
    for key, value in entries.items():
        if value.__class__ in _ATOMS:
            continue
        if depth == _MAX_DEPTH:
            return _NOT_PLAIN
        if value.__class__ is ReadOnlyDict:
            count += _settle_object(value, depth + 1)
        else:
            settled = _new_list(ReadOnlyList)
            count += _settle_list(value, settled, depth + 1)
            _set(entries, key, settled)
    return count


def _settle_object(entries: ReadOnlyDict, depth: int) -> int:
    # A single key that starts with $ is a tag.
    if len(entries) == 1 and next(iter(entries)).startswith("$"):
        return _NOT_PLAIN
    return _settle_entries(entries, depth)


def _settle_list(raw: list[Any], settled: ReadOnlyList, depth: int) -> int:
    """Fill a read-only list; give the number of its values, or `_NOT_PLAIN`."""
    count = len(raw)
    if _ATOMS.issuperset(map(type, raw)):
        _extend(settled, raw)
        return count
    for value in raw:
        entry = value
        if value.__class__ not in _ATOMS:
            if depth == _MAX_DEPTH:
                count += _NOT_PLAIN
            elif value.__class__ is ReadOnlyDict:
                count += _settle_object(value, depth + 1)
            else:
                entry = _new_list(ReadOnlyList)
                count += _settle_list(value, entry, depth + 1)
        _append(settled, entry)
    return count
