r"""
Dotenv: `NAME=value`, in the dialect of python-dotenv 1.2 without interpolation.

Where it can, a value is written so that `docker compose` and a shell (`set -a; . ./.env`) read the
same: bare if it is only letters, digits and `_@%+=:,./-`; else in single quotes; else, with a
single quote in it, in double quotes. What is beyond that has escapes, which each reader has its
own of, and is as python-dotenv reads it: a single quote together with one of ``$ ` " \``, two
backslashes in a row or one at the end (single quotes), and a carriage return (double quotes).
python-dotenv itself would replace `${NAME}` in all of them unless told `interpolate=False`.

Sources:
    python-dotenv 1.2.4, `parser.py`; compose-spec/compose-go, `dotenv/parser.go`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from confstore._cli._formats._document import document_error, options_from_tree
from confstore._cli._formats._environment import environment
from confstore._documents.tagged_json import JSONPathError
from confstore._documents.text_place import TextFault
from confstore._values.types import Values

__all__ = ["check", "dumps", "loads"]

_BARE = re.compile(r"[A-Za-z0-9_@%+=:,./-]*")
_SINGLE_QUOTED = re.compile(r"(?:[^'\\\r]|\\(?![\\'])(?!\Z))*")
_DOUBLE_QUOTED = re.compile(r'[^"$`\\\r]*')

_BLANKS = re.compile(r"(?:\s|#[^\r\n]*)*")
_NAME = re.compile(r"(?:export[^\S\r\n]+|(?!export[^\S\r\n]))([^=#\s'\"]+)[^\S\r\n]*")
_EQUALS = re.compile(r"(?:=[^\S\r\n]*)?")
_QUOTED = {
    "'": re.compile(r"'((?:\\.|[^'\\])*)'", re.DOTALL),
    '"': re.compile(r'"((?:\\.|[^"\\])*)"', re.DOTALL),
}
_BARE_VALUE = re.compile(r"[^\r\n]*")
# Only from the first blank of several: from each of them, many would take hours.
_COMMENT = re.compile(r"(?<!\s)\s+#.*")
_LINE_END = re.compile(r"[^\S\r\n]*(?:#[^\r\n]*)?(?=[\r\n]|\Z)")
_ESCAPES = {"'": re.compile(r"\\([\\'])"), '"': re.compile(r"\\([\\'\"abfnrtv])")}
_ESCAPED = dict(zip("\\'\"abfnrtv", "\\'\"\a\b\f\n\r\t\v", strict=True))


def check(options: Mapping[str, Mapping[str, Any]]) -> None:
    """
    Check that each key has a variable of its own.

    Raises:
        InvalidValueError: See `environment`.
    """
    environment(options)


def dumps(options: Mapping[str, Mapping[str, Any]]) -> str:
    """A variable for each key."""
    return "".join(f"{name}={_quoted(text)}\n" for name, text in environment(options).items())


def _quoted(text: str) -> str:
    if _BARE.fullmatch(text):
        return text
    if _SINGLE_QUOTED.fullmatch(text):
        return f"'{text}'"
    if _DOUBLE_QUOTED.fullmatch(text):
        return f'"{text}"'
    escaped = text.replace("\\", "\\\\")
    if "\r" in text:
        # A reader that opens the file as text would make \n of it.
        return '"{}"'.format(escaped.replace('"', '\\"').replace("\r", "\\r"))
    return "'{}'".format(escaped.replace("'", "\\'"))


def loads(text: str, source: str, option: str | None) -> dict[str, Values]:
    """
    One option, whose keys are the names as they are written, and whose values are all text.

    Raises:
        InvalidDocumentError: It is no dotenv file, or cannot be that option.
    """
    offsets: dict[tuple[Any, ...], int] = {(option,): 0}
    values: dict[str, str] = {}
    try:
        for offset, name, value in _variables(text):
            first = offsets.setdefault((option, name), offset)
            if first != offset:
                line = TextFault.at(text, first, "").line
                raise _FaultyTextError(offset, f"this name is there twice, first on line {line}")
            values[name] = value
        return options_from_tree({option: values})
    except _FaultyTextError as error:
        fault = TextFault.at(text, error.offset, error.reason)
    except JSONPathError as error:
        fault = TextFault.at(text, offsets[error.path], error.reason)
    raise document_error(source, fault)


class _FaultyTextError(Exception):
    """A fault at an offset of the text."""

    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(offset, reason)
        self.offset = offset
        self.reason = reason


def _variables(text: str) -> Iterator[tuple[int, str, str]]:
    """Each variable with the offset at which it begins."""
    at = _end(_BLANKS, text, 0)
    while at < len(text):
        begin = at
        name = _NAME.match(text, begin)
        if name is None:
            raise _FaultyTextError(begin, "a name is expected here: NAME=value")
        at = _end(_EQUALS, text, name.end())
        if at == name.end():
            raise _FaultyTextError(begin, "an = is missing behind this name: NAME=value")
        at, value = _value(text, at, name.end() + 1)
        yield begin, name[1], value
        at = _end(_BLANKS, text, at)


def _value(text: str, at: int, behind_equals: int) -> tuple[int, str]:
    """The value at an offset, and where its line ends."""
    quote = text[at : at + 1]
    if quote not in _QUOTED:
        end = _end(_BARE_VALUE, text, at)
        return end, _COMMENT.sub("", text[behind_equals:end]).strip()
    quoted = _QUOTED[quote].match(text, at)
    if quoted is None:
        raise _FaultyTextError(at, "this quote is not closed")
    ended = _LINE_END.match(text, quoted.end())
    if ended is None:
        raise _FaultyTextError(quoted.end(), "only a comment can stand behind the closing quote")
    return ended.end(), _ESCAPES[quote].sub(lambda escape: _ESCAPED[escape[1]], quoted[1])


def _end(pattern: re.Pattern[str], text: str, begin: int) -> int:
    """Where a pattern ends, which also matches the empty text."""
    match = pattern.match(text, begin)
    return match.end() if match else begin
