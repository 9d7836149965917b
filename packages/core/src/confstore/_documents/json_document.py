"""A whole JSON document of options, read at once."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from confstore._documents.json_place import find_json_fault
from confstore._documents.tagged_json import JSONPathError, check_json_name, option_from_json
from confstore._documents.text_place import TextFault, decode_text
from confstore._values.numbers import number_from_text
from confstore._values.read_only import ReadOnlyDict
from confstore.errors import InvalidDocumentError

__all__ = ["options_from_json"]


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
        return _decoded(text)
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


def _decoded(text: str) -> dict[str, ReadOnlyDict]:
    raw = json.loads(
        text,
        object_pairs_hook=_object,
        parse_constant=_refuse_constant,
        parse_float=number_from_text,
    )
    if not isinstance(raw, dict):
        raise ValueError("the top level is not an object")  # noqa: TRY004 (of the text)
    for option in raw:
        check_json_name(option)
    return {option: option_from_json(option, values) for option, values in raw.items()}


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    if len(entries) < len(pairs):
        raise ValueError("a key is in its object twice")
    return entries


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError("NaN and infinities are not JSON")
