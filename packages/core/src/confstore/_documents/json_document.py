"""A whole JSON document of options, read at once."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from confstore._documents.json_place import find_json_fault
from confstore._documents.plain_options import plain_options
from confstore._documents.tagged_json import JSONPathError, check_json_name, option_from_json
from confstore._documents.text_place import TextFault, decode_text
from confstore._values.names import MAX_OPTION_B
from confstore._values.numbers import Number, number_from_text
from confstore._values.read_only import ReadOnlyDict
from confstore.errors import InvalidDocumentError

__all__ = ["options_from_json"]


# Looked up once: loading a store makes ten thousands of them.
_new_dict: Callable[..., Any] = dict.__new__
_fill_dict: Callable[..., None] = dict.update


def options_from_json(content: bytes, source: str) -> dict[str, ReadOnlyDict]:
    """
    Every option of a document, read-only and canonical.

    A byte order mark and any line ends are accepted.

    Args:
        content: The document.
        source: The name of its file, for errors.

    Raises:
        InvalidDocumentError: It is not the JSON of a store's options; it says where and why, and
            quotes no value.
    """
    options = _options(content)
    if isinstance(options, TextFault):
        # Raised here and not in the handlers: an exception of the decoder may quote the text.
        raise InvalidDocumentError(f"{source}:{options.line}:{options.column}", options.reason)
    return options


def _options(content: bytes) -> dict[str, ReadOnlyDict] | TextFault:
    text = decode_text(content)
    if isinstance(text, TextFault):
        return text
    try:
        return _decoded(text, content)
    except JSONPathError as error:
        fault = find_json_fault(text, error.path, error.reason)
    except ValueError:
        fault = find_json_fault(text)
    except RecursionError:
        fault = find_json_fault(text)
        # A sound text: it is the caller who stands at the limit.
        if fault is None:
            raise
    return fault or TextFault(1, 1, "this is not the JSON of options")


def _decoded(text: str, content: bytes) -> dict[str, ReadOnlyDict]:
    key_count = 0

    def read_only(entries: dict[str, Any]) -> Any:
        nonlocal key_count
        key_count += len(entries)
        made = _new_dict(ReadOnlyDict)
        _fill_dict(made, entries)
        return made

    raw = json.loads(
        text,
        object_hook=read_only,
        parse_constant=_refuse_constant,
        parse_float=_number,
    )
    if not isinstance(raw, ReadOnlyDict):
        raise ValueError("the top level is not an object")  # noqa: TRY004 (of the text)
    # A decoder that sees each pair of an object takes half as long again.
    if _may_repeat_keys(content, key_count):
        json.loads(text, object_pairs_hook=_refuse_repeated)
    names = "".join(raw)
    if not names.isascii() or "" in raw or max(map(len, raw), default=0) > MAX_OPTION_B:
        for option in raw:
            check_json_name(option)
    plain = plain_options(raw)
    return {
        sys.intern(option): plain[option] if option in plain else option_from_json(option, values)
        for option, values in raw.items()
    }


def _number(text: str) -> Number:
    """The number that JSON writes with a point or an exponent."""
    number = float(text)
    # A float keeps any 15 digits, and the shortest form of a float is its own.
    is_exact = len(text) <= 16 or repr(number) == text
    # Far within the limits; a number with a fraction is below 2**53.
    if is_exact and 1e-100 < abs(number) < 1e16 and not number.is_integer():
        return number
    return number_from_text(text)


def _may_repeat_keys(content: bytes, key_count: int) -> bool:
    """
    True if an object may hold a key twice, of which the decoder keeps the last.

    Behind each key of the text stands a colon, and without the blanks it follows a quote. If no
    more of these are in the text than keys were kept, every key was kept.
    """
    if content.count(b":") == key_count:
        return False
    return content.translate(None, b" \t\n\r").count(b'":') != key_count


def _refuse_repeated(pairs: list[tuple[str, Any]]) -> None:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key is in its object twice")


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError("NaN and infinities are not JSON")
