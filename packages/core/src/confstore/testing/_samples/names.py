"""Names that a careless backend confuses with one another, or with a path or an expression."""

from __future__ import annotations

import unicodedata

__all__ = ["FAMILIES", "HOSTILE_NAMES", "relatives"]

HOSTILE_NAMES = (
    # Paths and files.
    *(".", "..", "/", "a/b", "../a", "\\", "~", "CON", "nul.txt", "a.json", "*", "-"),
    # Expressions, templates, URLs and separators.
    *("a.b", "a[0]", "#", "#0", ":", ":v", "$", "$set", "$dict", "%", "%2F", "%s", "{0}", "${a}"),
    *("a=b", "?a&b", ",", ";", "'", '"', "`", "!", "a:b", "a b"),
    # Ends of a line, of a terminal command and of a C string; blanks.
    *(" ", " a", "a ", "\n", "a\nb", "\t", "\r", "\0", "a\0", "\x1b[0m", "\x7f"),
    # Beyond ASCII: two forms of one letter, letters whose case has another length, both ends.
    *("\u00e9", "e\u0301", "\u00df", "\u0130", "\ufb01", "\u65e5\u672c", "\U0001f600"),
    *("\u202e", "\ufeff", "\u200b", "\ud7ff", "\uffff", "\U0010ffff"),
    # Names that Python, JSON or DynamoDB use.
    *("__class__", "__dict__", "get", "items", "name", "size", "None", "null", "true", "0", "1.0"),
    *("_journal:prod", "_store", "_option", "_expires", "_Store", "000000000001"),
)
"""Names that are legal at least for an option, and that a careless backend gets wrong."""

FAMILIES = (
    # Case, normal forms and compatible letters.
    (
        *("name", "Name", "NAME", "caf\u00e9", "cafe\u0301", "CAF\u00c9", "stra\u00dfe", "strasse"),
        *("file", "\ufb01le", "\uff46\uff49\uff4c\uff45", "i", "\u0131", "I", "\u0130"),
    ),
    # Blanks and what cannot be seen; prefixes and suffixes.
    (
        *("name", " name", "name ", "name\n", "\tname", "na me", "name\0", "na\u200bme"),
        *("\ufeffname", "na", "nam", "names", "namename"),
    ),
    # Separators and their escapes.
    (
        *("a.b", "a/b", "a:b", "a#b", "a_b", "a-b", "a b", "a\\b", "a%2Fb", "a%b", "a+b"),
        *("a\0b", "ab"),
    ),
    # Numbers and words that are more than text elsewhere; names that differ in the last byte.
    (
        *("1", "01", "1.0", "+1", "1e0", "\uff11", "True", "true", "None", "null"),
        *("a" * 1023, "a" * 1024, "a" * 1023 + "b"),
    ),
)
"""Groups of names that are nearly equal; legal for options and for keys."""


def relatives(name: str) -> list[str]:
    """List names that are nearly equal: by case, normal form, blanks, prefix and suffix."""
    near = [
        *(name.swapcase(), name.casefold()),
        *(unicodedata.normalize(form, name) for form in ("NFC", "NFD")),
        name[:-1],
        *(name + suffix for suffix in ("x", " ", "\n", "\0", "/", ".json")),
        *(prefix + name for prefix in ("x", " ", "_")),
    ]
    return [other for other in dict.fromkeys(near) if other and other != name]
