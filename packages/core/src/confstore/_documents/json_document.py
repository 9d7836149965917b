"""A whole JSON document of options, read at once."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from typing import Any, NoReturn

from confstore._documents.json_place import find_json_fault
from confstore._documents.tagged_json import AN_OPTION, JSONPathError, OptionReader
from confstore._documents.text_place import TextFault, decode_text
from confstore._values.numbers import MAX_DIGITS, Number, number_from_text
from confstore._values.read_only import ReadOnlyDict
from confstore.errors import InvalidDocumentError

__all__ = ["options_from_json"]

_SCALARS = frozenset({str, bool, int, float, Decimal, type(None)})
_DIGITS_AS_ZEROS = bytes.maketrans(b"123456789", b"000000000")
_LONG_INT = b"0" * (MAX_DIGITS + 1)
_WINDOW_B = 1_000


def options_from_json(
    content: bytes, source: str, *, option: str | None = None, remedy: str = AN_OPTION
) -> dict[str, ReadOnlyDict]:
    """
    Every option of a document, read-only and canonical.

    A byte order mark and any line ends are accepted.

    Args:
        content: The document.
        source: The name of its file, for errors.
        option: The name of the one option that the document is; else it holds options.
        remedy: What to do about a value that stands where options do, for errors.

    Raises:
        InvalidDocumentError: It is not the JSON of a store's options; it says where and why, and
            quotes no value.
    """
    options = _options(content, option, remedy)
    if isinstance(options, TextFault):
        # Raised here and not in the handlers: an exception of the decoder may quote the text.
        raise InvalidDocumentError(f"{source}:{options.line}:{options.column}", options.reason)
    return options


def _options(
    content: bytes, option: str | None, remedy: str
) -> dict[str, ReadOnlyDict] | TextFault:
    text = decode_text(content)
    if isinstance(text, TextFault):
        return text
    try:
        return _decoded(text, content, option, remedy)
    except JSONPathError as error:
        fault = find_json_fault(text, error.path, error.reason)
    except ValueError:
        fault = find_json_fault(text)
    except RecursionError:
        fault = find_json_fault(text)
        # The text has no fault: the caller's own stack is at the limit.
        if fault is None:
            raise
    return fault or TextFault(1, 1, "this is not the JSON of options")


def _decoded(text: str, content: bytes, option: str | None, remedy: str) -> dict[str, ReadOnlyDict]:
    raw = json.loads(
        text, object_hook=ReadOnlyDict, parse_constant=_refuse_constant, parse_float=_number
    )
    if not isinstance(raw, ReadOnlyDict):
        raise ValueError("the top level is not an object")  # noqa: TRY004 (of the text)
    option_count = len(raw) if option is None else 0
    reader = _reader(content, option_count, remedy)
    if option is None:
        options = {sys.intern(name): reader.option(name, values) for name, values in raw.items()}
    else:
        options = {option: reader.only_option(option, raw)}
    # A decoder that looks at each pair takes half as long again.
    if _may_repeat_keys(content, option_count + reader.key_count):
        json.loads(text, object_pairs_hook=_refuse_repeated)
    return options


def _may_repeat_keys(content: bytes, key_count: int) -> bool:
    """
    True if the decoder may have dropped a key that is in its object twice.

    Each key of a text has a colon behind it and, without the blanks, a quote before that. Where no
    more of these are there than keys were read, every key was read.
    """
    if content.count(b":") == key_count:
        return False
    return content.translate(None, b" \t\n\r").count(b'":') != key_count


def _reader(content: bytes, option_count: int, remedy: str) -> OptionReader:
    # Only an escape makes a lone surrogate, and only a long row of digits an int of so many.
    is_ordinary = b"\\u" not in content and _LONG_INT not in content.translate(_DIGITS_AS_ZEROS)
    # A string of JSON has no line break in it. So if each window of the text has one, a key and its
    # value have less than four windows of bytes.
    has_breaks = all(
        content.find(b"\n", begin, begin + _WINDOW_B) >= 0
        for begin in range(0, len(content), _WINDOW_B)
    )
    # One brace for the document and one for each option: none are left for their values.
    has_containers = b"[" in content or content.count(b"{") > 1 + option_count
    return OptionReader(
        _SCALARS if is_ordinary else _SCALARS - {str, int},
        4 * _WINDOW_B if has_breaks else None,
        is_flat=is_ordinary and not has_containers,
        remedy=remedy,
    )


def _number(text: str) -> Number:
    """The number that JSON writes with a point or an exponent."""
    number = float(text)
    # A float keeps any 15 digits, and the shortest form of a float is its own.
    is_exact = len(text) <= 16 or repr(number) == text
    # A number with a fraction is below 2**53, far within the limits.
    if is_exact and 1e-100 < abs(number) < 1e16 and not number.is_integer():
        return number
    return number_from_text(text)


def _refuse_repeated(pairs: list[tuple[str, Any]]) -> None:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key is in its object twice")


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError("NaN and infinities are not JSON")
