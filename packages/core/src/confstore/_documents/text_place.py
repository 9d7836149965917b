"""Places of faults in a text, and texts from bytes."""

from __future__ import annotations

import codecs

import attrs

__all__ = ["TextFault", "decode_text"]


@attrs.frozen
class TextFault:
    """
    A fault of a text.

    Attributes:
        line: Counted from 1.
        column: In characters, counted from 1.
        reason: What is wrong there, and what would be right; never a value.
    """

    line: int
    column: int
    reason: str

    @classmethod
    def at(cls, text: str, offset: int, reason: str) -> TextFault:
        """The fault at an offset of a text, in characters."""
        line = text.count("\n", 0, offset) + 1
        return cls(line, offset - text.rfind("\n", 0, offset), reason)


def decode_text(content: bytes) -> str | TextFault:
    """The text of a file without its byte order mark, or the fault that it is not UTF-8."""
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        before = content[: error.start].decode()
        reason = "this is not UTF-8: save the file in UTF-8"
        # Handed up and not raised here: the error of the decoder holds the whole content.
        return TextFault.at(before, len(before), reason)
