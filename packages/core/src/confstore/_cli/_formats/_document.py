"""From the tree that a format's reader gives to options, and from its faults to errors."""

from __future__ import annotations

from typing import Any

from confstore._documents.tagged_json import JSONPathError, OptionReader
from confstore._documents.text_place import TextFault, decode_text
from confstore._values.read_only import thaw
from confstore._values.types import Values
from confstore.errors import InvalidDocumentError

__all__ = ["document_error", "document_text", "options_from_tree"]


def document_text(content: str | bytes, source: str) -> str:
    """
    The text of a file without its byte order mark.

    Raises:
        InvalidDocumentError: It is not UTF-8.
    """
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
        JSONPathError: Something in it is no option or no value; the path begins with the option.
    """
    if not isinstance(tree, dict):
        raise JSONPathError((), "a document holds option to values: it is no list and no scalar")
    reader = OptionReader()
    return {option: thaw(reader.option(option, raw)) for option, raw in tree.items()}
