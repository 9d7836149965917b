"""The text of a file to import, and the errors of its faults."""

from __future__ import annotations

from confstore.documents import TextFault, decode_text
from confstore.errors import InvalidDocumentError

__all__ = ["document_error", "document_text"]


def document_text(content: str | bytes, source: str) -> str:
    """The text of a file without its byte order mark; it must be UTF-8."""
    text = decode_text(content) if isinstance(content, bytes) else content.removeprefix("\ufeff")
    if isinstance(text, TextFault):
        raise document_error(source, text)
    return text


def document_error(source: str, fault: TextFault) -> InvalidDocumentError:
    """The error for a fault of a file."""
    return InvalidDocumentError(f"{source}:{fault.line}:{fault.column}", fault.reason)
