"""Options from the tree of a format's reader, and errors from its faults."""

from __future__ import annotations

from typing import Any

from confstore import Values
from confstore._documents.tagged_json import OptionReader
from confstore.adapter import JSONPathError, TextFault, decode_text, thaw
from confstore.errors import InvalidDocumentError

__all__ = ["document_error", "document_text", "options_from_tree"]


def document_text(content: str | bytes, source: str) -> str:
    """The text of a file without its byte order mark; it must be UTF-8."""
    text = decode_text(content) if isinstance(content, bytes) else content.removeprefix("\ufeff")
    if isinstance(text, TextFault):
        raise document_error(source, text)
    return text


def document_error(source: str, fault: TextFault) -> InvalidDocumentError:
    """The error for a fault of a file."""
    return InvalidDocumentError(f"{source}:{fault.line}:{fault.column}", fault.reason)


def options_from_tree(tree: Any) -> dict[str, Values]:
    """
    Options from the dicts, lists and scalars that JSON has, its tags included.

    Raises:
        JSONPathError: A part of it is not an option or a value; the path begins with the option.
    """
    if not isinstance(tree, dict):
        raise JSONPathError((), "a document holds option to values: it is not a list or a scalar")
    reader = OptionReader()
    return {option: thaw(reader.option(option, raw)) for option, raw in tree.items()}
