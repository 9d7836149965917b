"""
What a plain scalar of YAML is: one that stands there without quotes.

YAML 1.1 and YAML 1.2 read many of them differently: `no`, `0755`, `1e3`, `22:22`. A configuration
must not depend on the reader's version, so what is not the same in both is neither read (quotes
make it text) nor written.

Sources:
    YAML 1.1 with its "Language-Independent Types", 2005, as PyYAML reads them; YAML 1.2.2,
    section 10.3, "Core Schema", 2021.
"""

from __future__ import annotations

import re
from decimal import Decimal

from confstore._values.numbers import number_from_text

__all__ = ["MERGE_KEY", "is_surely_text", "plain_scalar"]

MERGE_KEY = "<<"

_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_OTHER_WORDS = frozenset(
    form
    for word in ("yes", "no", "on", "off")
    for form in (word, word.capitalize(), word.upper())
) | {MERGE_KEY, "="}  # fmt: skip
# By the text of YAML 1.1 Booleans, which PyYAML and most other readers take for text.
_LETTERS = frozenset("yYnN")

_NUMBER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]*(?:[eE][-+][0-9]+)?)?")
_OTHER_NUMBER = re.compile(
    r"""
    [-+]? (?:
        0b[01_]+ | 0o[0-7]+ | 0x[0-9a-fA-F_]+
      | (?: [0-9][0-9_]* (?: :[0-5]?[0-9] )* (?: \.[0-9_]* )? | \.[0-9][0-9_]* )
        (?: [eE][-+]?[0-9]+ )?
    )
    """,
    re.VERBOSE,
)
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_DATE = re.compile(r"[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?(?:(?:[Tt]|[ \t]+)[0-9][0-9]?:.*)?")


def plain_scalar(text: str) -> str | int | float | Decimal | None:
    """
    The value of a plain scalar, where both versions of YAML agree on it.

    Raises:
        ValueError: They do not, or it is a date or a number that cannot be kept; the text of the
            error says what to write, and never quotes the scalar.
    """
    if text in _WORDS:
        return _WORDS[text]
    # What is not text begins with one of these; most of what is text does not.
    if text[0] not in "-+.0123456789=<yYnNoO":
        return text
    if _NUMBER.fullmatch(text):
        return number_from_text(text)
    if _NOT_FINITE.fullmatch(text):
        raise ValueError("NaN and infinities are not numbers here; null can stand for no number")
    if _DATE.fullmatch(text):
        raise ValueError("this is a date, which no store can hold: write it as text, in quotes")
    if text in _OTHER_WORDS or _OTHER_NUMBER.fullmatch(text):
        raise ValueError(
            "YAML 1.1 and YAML 1.2 do not read this alike: write text in quotes, "
            "a Boolean as true or false, a number in decimal digits"
        )
    return text


def is_surely_text(text: str) -> bool:
    """Whether every reader of YAML takes this for text, if the syntax allows it without quotes."""
    if text in _LETTERS:
        return False
    try:
        return plain_scalar(text) == text
    except ValueError:
        return False
