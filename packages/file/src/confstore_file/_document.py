"""The text of a store: one JSON object of option to object of values."""

from __future__ import annotations

import codecs
import json
import sys
from collections.abc import Mapping
from typing import Any, NoReturn

from confstore.adapter import (
    JSONPathError,
    ReadOnlyDict,
    TextFault,
    check_json_name,
    decode_text,
    find_json_fault,
    option_from_json,
    values_to_json,
)
from confstore.errors import CorruptStoreError
from confstore_file._plain import ObjectReader, PlainText, number_from_json

__all__ = ["is_blank", "options_from_bytes", "options_to_bytes"]


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _refuse_repeated(pairs: list[tuple[str, Any]]) -> None:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key is in its object twice")


def is_blank(content: bytes) -> bool:
    """Whether a file holds nothing: what an editor leaves for a moment while it saves."""
    return not content.removeprefix(codecs.BOM_UTF8).strip()


def options_from_bytes(content: bytes, file: str) -> dict[str, ReadOnlyDict]:
    """
    Every option of a store, read-only.

    A byte order mark and any line ends are accepted.

    Args:
        content: What the file holds.
        file: The file's name, for errors.

    Raises:
        CorruptStoreError: It is not the JSON of a store; its text begins `FILE:LINE:COLUMN:`.
    """
    text = decode_text(content)
    if isinstance(text, TextFault):
        raise _corrupt(file, text)
    try:
        return _options(text, content)
    except JSONPathError as error:
        fault = find_json_fault(text, error.path, error.reason)
    except ValueError:
        fault = find_json_fault(text)
    except RecursionError:
        fault = find_json_fault(text)
        # A sound text: it is the caller who stands at the limit.
        if fault is None:
            raise
    raise _corrupt(file, fault or TextFault(1, 1, "this is not the JSON of a store"))


def _corrupt(file: str, fault: TextFault) -> CorruptStoreError:
    return CorruptStoreError(f"{file}:{fault.line}:{fault.column}", fault.reason)


def _options(text: str, content: bytes) -> dict[str, ReadOnlyDict]:
    reader = ObjectReader()
    raw = json.loads(
        text,
        object_hook=reader.read,
        parse_constant=_refuse_constant,
        parse_float=number_from_json,
    )
    if raw.__class__ is not ReadOnlyDict:
        raise ValueError("the top level is not an object")
    # A decoder that looks at each pair takes twice as long.
    if reader.may_have_lost_keys(content):
        json.loads(text, object_pairs_hook=_refuse_repeated)
    plain = PlainText(content, raw)
    if not plain.has_plain_names:
        for option in raw:
            check_json_name(option)
    checked = {
        option: option_from_json(option, values)
        for option, values in raw.items()
        if values.__class__ is not ReadOnlyDict or not plain.has_plain(values)
    }
    return dict(zip(map(sys.intern, raw), {**raw, **checked}.values(), strict=True))


def options_to_bytes(options: Mapping[str, Mapping[str, Any]]) -> bytes:
    """The text of a store, for people too: two-space indent, UTF-8, a final newline."""
    document = {option: values_to_json(values) for option, values in options.items()}
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2)
    return f"{text}\n".encode()
