"""
TOML: tables of options.

It has no null, so None cannot be exported. Its integers have 64 bits: larger ones are tagged as
`{"$decimal": "..."}`, like the numbers that no float represents.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, time
from decimal import Decimal
from typing import Any

import tomli_w

from confstore import Values
from confstore._cli.formats.document import document_error, foreign_line
from confstore._cli.formats.sections import entries_of, laid_over, section_of
from confstore.documents import (
    MAX_NESTING,
    JSONPathError,
    TextFault,
    options_from_tree,
    values_to_json,
)
from confstore.errors import InvalidDocumentError, InvalidValueError

__all__ = ["dumps", "loads"]

_INT64 = range(-(2**63), 2**63)
_TOO_LARGE = Decimal("1E+1000")  # beyond every limit, as a number that no Decimal holds

# The end of a TOMLDecodeError's message; the rest may quote the document.
_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)\Z")
_REASONS = {
    "Cannot declare": "this table is there twice",
    "Cannot redefine": "this name is a table, or a list of tables, already",
    "Cannot overwrite": "this key is in its table twice",
    "Duplicate inline table key": "this key is in its table twice",
    "Cannot mutate": "this key belongs into the braces of its table",
    "Invalid hex value": "an escape needs 4 or 8 digits: put text with \\ in single quotes",
    "Escaped character": "this escape is of no character of Unicode",
    "Unterminated string": "this string is not closed",
    "Expected \"'": "this string is not closed",
    "Expected ']": "a ] is missing at the end of a table's name",
    "Invalid initial": "a key stands in quotes, or is letters and digits; {} is on one line",
    "Invalid statement": "this is neither KEY = VALUE nor the name of a [table]",
    "Found invalid": "a control character cannot stand here",
    "Unclosed": "a comma or the closing bracket is missing",
    "Unescaped": "this is no escape of TOML: put the text in single quotes",
    "Illegal character": "a line end or control character in a string is written as an escape",
    "Expected '=' after a key": "an = is missing, between a key and its value",
    "Expected newline": "nothing more can stand on this line",
    "Invalid value": "this is no value: text stands in quotes, and null is not TOML",
    "Invalid date": "this is no date, and no store could hold one: write it as text, in quotes",
}


def _check(option: str, path: str, value: Any) -> None:
    if value is None:
        reason = "TOML has no null: export json or yaml, or remove the key"
        raise InvalidValueError(None, option, path, reason)
    if isinstance(value, dict):
        for key, entry in value.items():
            _check(option, f"{path}[{key!r}]", entry)
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            _check(option, f"{path}[{index}]", entry)


def dumps(options: Mapping[str, Mapping[str, Any]]) -> str:
    """A table for each option; text of several lines as such where that is exact."""
    for option, values in options.items():
        for key, value in values.items():
            _check(option, key, value)
    return "\n".join(_table(option, values) for option, values in options.items())


def _table(option: str, values: Mapping[str, Any]) -> str:
    tree = {option: _with_small_ints(values_to_json(values))}
    text = tomli_w.dumps(tree)
    # In text of several lines tomli_w makes \n of \r\n.
    if "\\n" not in text or "\\r\\n" in text:
        return text
    return tomli_w.dumps(tree, multiline_strings=True)


def _with_small_ints(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _with_small_ints(entry) for key, entry in tree.items()}
    if isinstance(tree, list):
        return [_with_small_ints(entry) for entry in tree]
    if isinstance(tree, int) and tree not in _INT64:
        return {"$decimal": str(tree)}
    return tree


def loads(
    text: str, source: str, option: str | None, sections: Sequence[str], **told: str
) -> Mapping[str, Values]:
    """Every option of a document, or the one option that it is; or of sections of it."""
    tree = _tree(text, source)
    if not sections:
        return _options(tree, source, option, told)
    found = [section_of(tree, name, source, entries_of)[1] for name in sections]
    return laid_over([_options(section, source, option, told) for section in found])


def _tree(text: str, source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text, parse_float=_number)
    except tomllib.TOMLDecodeError as error:
        failure = document_error(source, _fault(text, str(error)))
    except ValueError:
        # Python's own limit, of 4,300 digits.
        failure = InvalidDocumentError(source, "an int has at most 38 digits, one here thousands")
    except RecursionError:
        failure = InvalidDocumentError(source, "arrays and tables are nested too deep")
    raise failure


def _options(
    tree: Mapping[str, Any], source: str, option: str | None, told: Mapping[str, str]
) -> Mapping[str, Values]:
    try:
        _check_types(tree, ())
        return options_from_tree(tree, option, **told)
    except JSONPathError as error:
        path = error.path if option is None else (option, *error.path)
        failure = InvalidDocumentError(source, f"{_named(path)}: {error.reason}")
    raise failure


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except ArithmeticError:
        return _TOO_LARGE


def _check_types(tree: Any, path: tuple[str | int, ...]) -> None:
    if isinstance(tree, date | time):
        reason = "this is a date or time, which no store can hold: write it as text, in quotes"
        raise JSONPathError(path, reason)
    # Deeper values are refused later.
    if len(path) > MAX_NESTING:
        return
    if isinstance(tree, dict):
        for key, entry in tree.items():
            _check_types(entry, (*path, key))
    elif isinstance(tree, list):
        for index, entry in enumerate(tree):
            _check_types(entry, (*path, index))


def _named(path: tuple[str | int, ...]) -> str:
    option, *rest = path
    if not rest:
        return f"option {option!r}"
    key, *inner = rest
    return f"option {option!r}, at {key}" + "".join(f"[{part!r}]" for part in inner)


def _fault(text: str, message: str) -> TextFault:
    known = (reason for begin, reason in _REASONS.items() if message.startswith(begin))
    reason = next(known, "this is not TOML")
    place = _PLACE.search(message)
    if place is None:
        return TextFault.at(text, len(text), reason)
    line, column = int(place[1]), int(place[2])
    return TextFault(line, column, foreign_line(text, line) or reason)
