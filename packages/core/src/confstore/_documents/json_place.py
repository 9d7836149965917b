"""
Faults of a text and their places, in JSON above all.

A second and slow reading, after the fast one has failed: Python's own decoder knows neither the
place of a repeated key nor that of a value, words its messages differently in each version, and
gives up on a number of 5,000 digits or on deep nesting without saying where.
"""

from __future__ import annotations

import bisect
import json
import re
from typing import NoReturn

from confstore._documents.tagged_json import MAX_NESTING
from confstore._documents.text_place import TextFault, decode_text
from confstore._values.numbers import MAX_DIGITS, number_from_text

__all__ = ["find_json_fault", "lines_in_json"]

_BLANKS = re.compile(r"[ \t\n\r]*")
_STRING_PART = re.compile(r'[^"\\\x00-\x1f]*')
_ESCAPE = re.compile(r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORD = re.compile(r"[-+]?\w*")
_LITERALS = {"true", "false", "null"}
_COMMENT = re.compile(r"//|/\*|\#")
# Behind one character: a brace may have been taken for the beginning of an object.
_TEMPLATE = re.compile(r"\{[{%]|.?(?:\{[{%]|\$\{|<%)", re.DOTALL)
_A_TEMPLATE = "this is a template, whose places are not filled in: render it first"

_NOT_NUMBERS = {"NaN", "Infinity", "-Infinity", "+Infinity"}

_Path = tuple[str | int, ...]


def find_json_fault(text: str, path: _Path | None = None, reason: str = "") -> TextFault | None:
    """
    The first fault of a text that should be the JSON of a store.

    Args:
        text: The text.
        path: An option, keys and indices: what is at fault if the JSON itself is sound.
        reason: What is wrong at that path.

    Returns:
        None for sound JSON without a path. The place of a path is the first character of its last
        key, or of the entry of an array.
    """
    scanner = _Scanner(text)
    try:
        scanner.store()
    except _FaultyTextError as fault:
        return TextFault.at(text, *fault.args)
    return None if path is None else TextFault.at(text, scanner.offsets[path], reason)


def lines_in_json(content: bytes) -> dict[tuple[str, str], int]:
    """
    The line of each key of a document of options, by option and key, counted from 1.

    It is empty for a text that is not such a document.
    """
    text = decode_text(content)
    if isinstance(text, TextFault):
        return {}
    scanner = _Scanner(text)
    try:
        scanner.store()
    except _FaultyTextError:
        return {}
    breaks = [match.start() for match in re.finditer("\n", text)]
    return {
        (path[0], path[1]): bisect.bisect(breaks, offset) + 1
        for path, offset in scanner.offsets.items()
        if len(path) == 2 and isinstance(path[0], str) and isinstance(path[1], str)
    }


class _FaultyTextError(Exception):
    """A fault: its offset in the text, and the reason."""


class _Scanner:
    """
    Reads a text from its beginning up to its first fault.

    Source:
        RFC 8259, "The JavaScript Object Notation (JSON) Data Interchange Format", 2017.
    """

    def __init__(self, text: str) -> None:
        self.offsets: dict[_Path, int] = {}
        self._text = text
        self._at = 0

    def store(self) -> None:
        self._skip_blanks()
        self.offsets[()] = self._at
        if self._next() not in {"{", ""}:
            self._fail("the file holds one object of option to values: it begins with {")
        self._value(())
        self._skip_blanks()
        if self._next():
            self._fail("nothing can follow the } that ends the store")

    def _value(self, path: _Path) -> None:
        following = self._next()
        if following in {"{", "["}:
            if len(path) >= MAX_NESTING:
                self._fail("arrays and objects are nested too deep")
            if following == "{":
                self._object(path)
            else:
                self._array(path)
        elif following == '"':
            self._string()
        elif following and following in "-0123456789":
            self._number()
        else:
            self._literal()

    def _object(self, path: _Path) -> None:
        begins: dict[str, int] = {}
        self._at += 1
        self._skip_blanks()
        if self._took("}"):
            return
        while True:
            if self._next() != '"':
                self._fail("a key in double quotes is expected here")
            begin = self._at
            key = self._string()
            if key in begins:
                line = self._text.count("\n", 0, begins[key]) + 1
                self._fail(f"this key is in its object twice, first on line {line}", begin)
            begins[key] = begin
            inner = (*path, key)
            self.offsets[inner] = begin
            self._skip_blanks()
            if not self._took(":"):
                self._fail("a colon is expected here, between a key and its value")
            self._skip_blanks()
            self._value(inner)
            if self._ended("}"):
                return

    def _array(self, path: _Path) -> None:
        self._at += 1
        self._skip_blanks()
        if self._took("]"):
            return
        index = 0
        while True:
            inner = (*path, index)
            self.offsets[inner] = self._at
            self._value(inner)
            if self._ended("]"):
                return
            index += 1

    def _ended(self, closing: str) -> bool:
        """Go past a comma, or past the end of the object or array; say whether that was it."""
        self._skip_blanks()
        if self._took(closing):
            return True
        comma = self._at
        if not self._took(","):
            self._fail(f"a comma or {closing} is expected here")
        self._skip_blanks()
        if self._next() == closing:
            self._fail(f"trailing comma before {closing}", comma)
        return False

    def _string(self) -> str:
        begin = self._at
        self._at += 1
        while True:
            self._at = _match_end(_STRING_PART, self._text, self._at)
            following = self._next()
            if following == '"':
                self._at += 1
                return str(json.loads(self._text[begin : self._at]))
            if following in {"", "\n", "\r"}:
                self._fail("this string is not closed on its line", begin)
            if following != "\\":
                self._fail("a control character in a string is written as an escape, such as \\t")
            escape = _ESCAPE.match(self._text, self._at)
            if escape is None:
                self._fail('not an escape: \\ stands before one of "\\/bfnrt or u and 4 digits')
            self._at = escape.end()

    def _number(self) -> None:
        begin = self._at
        number = _NUMBER.match(self._text, begin)
        if number is None:
            self._literal()
        elif number[1] is None and number[2] is None:
            self._at = number.end()
            if len(number[0].removeprefix("-")) > MAX_DIGITS:
                self._fail(f"an int has at most {MAX_DIGITS} digits", begin)
        else:
            self._at = number.end()
            try:
                number_from_text(number[0])
            except ValueError as error:
                self._fail(str(error), begin)

    def _literal(self) -> None:
        end = _match_end(_WORD, self._text, self._at)
        word = self._text[self._at : end]
        if word in _NOT_NUMBERS:
            self._fail("NaN and infinities are not JSON; null can stand for no number")
        if word not in _LITERALS:
            self._fail("a value is expected here; text stands in double quotes")
        self._at = end

    def _next(self) -> str:
        """The next character; empty at the end."""
        return self._text[self._at : self._at + 1]

    def _took(self, expected: str) -> bool:
        is_next = self._next() == expected
        self._at += is_next
        return is_next

    def _skip_blanks(self) -> None:
        self._at = _match_end(_BLANKS, self._text, self._at)

    def _fail(self, reason: str, offset: int | None = None) -> NoReturn:
        if offset is None:
            offset = self._at
            if _COMMENT.match(self._text, offset):
                reason = "JSON has no comments: remove this one"
            elif _TEMPLATE.match(self._text, max(0, offset - 1)):
                reason = _A_TEMPLATE
        if offset >= len(self._text):
            reason = f"the text ends too early: {reason}"
        # No context: an exception of a library may quote the text.
        raise _FaultyTextError(offset, reason) from None


def _match_end(pattern: re.Pattern[str], text: str, begin: int) -> int:
    match = pattern.match(text, begin)
    # Every pattern given here also matches the empty text.
    assert match is not None  # noqa: S101
    return match.end()
