"""The text of a store: one JSON object of option to object of values."""

from __future__ import annotations

import codecs
import json
from collections.abc import Mapping
from typing import Any

from confstore import ReadOnlyDict
from confstore.documents import options_from_json, values_to_json
from confstore.errors import CorruptStoreError, InvalidDocumentError

__all__ = ["is_blank", "options_from_bytes", "options_to_bytes"]


def is_blank(content: bytes) -> bool:
    """True if a file holds nothing, as for a moment while an editor saves it."""
    return not content.removeprefix(codecs.BOM_UTF8).strip()


def options_from_bytes(content: bytes, file: str) -> dict[str, ReadOnlyDict]:
    """Every option of a store, read-only; an error begins with `FILE:LINE:COLUMN:`."""
    try:
        return options_from_json(content, file)
    except InvalidDocumentError as error:
        raise CorruptStoreError(error.place, error.reason) from None


def options_to_bytes(options: Mapping[str, Mapping[str, Any]]) -> bytes:
    """The text of a store, made for people too: two-space indent, UTF-8, a final newline."""
    document = {option: values_to_json(values) for option, values in options.items()}
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2)
    return f"{text}\n".encode()
