"""The text of a file to import, and the errors of its faults."""

from __future__ import annotations

import re

from confstore.documents import TextFault, decode_text
from confstore.errors import InvalidDocumentError

__all__ = ["document_error", "document_text", "foreign_line"]

_TEMPLATE = re.compile(r"\{\{|\{%|<%")
_EXPORT = re.compile(r"\s*export\s+\w+(=|\s*\Z)")


def document_text(content: str | bytes, source: str) -> str:
    """The text of a file without its byte order mark; it must be UTF-8."""
    text = decode_text(content) if isinstance(content, bytes) else content.removeprefix("\ufeff")
    if isinstance(text, TextFault):
        raise document_error(source, text)
    return text


def foreign_line(text: str, line: int) -> str | None:
    """The reason if a line at fault belongs to a template or a shell script; None for others."""
    content = text.split("\n")[line - 1 : line]
    if content and _TEMPLATE.search(content[0]):
        return "this is a template, whose places are not filled in: render it first"
    if content and _EXPORT.match(content[0]):
        return (
            "this is a line of a shell script: import NAME=value lines with --format dotenv "
            "--option NAME"
        )
    return None


def document_error(source: str, fault: TextFault) -> InvalidDocumentError:
    """The error for a fault of a file."""
    return InvalidDocumentError(f"{source}:{fault.line}:{fault.column}", fault.reason)
