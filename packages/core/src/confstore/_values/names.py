"""The names that stores and options can have, and those of environment variables."""

from __future__ import annotations

from collections.abc import Iterable

from confstore.errors import InvalidNameError

__all__ = ["checked_option", "checked_store", "closest"]

# Source of the limits: AWS, "Quotas in Amazon DynamoDB": a partition key value has 1 to 2048
# bytes, a sort key value 1 to 1024, an attribute name 1 to 65,535 (the guide says 64 KB; the
# service's own refusal says "must be less than 65536 bytes"). Of a store's 2048 bytes, nine are
# left for the prefix of its journal's partition.
JOURNAL_PREFIX = "_journal:"
MAX_STORE_B = 2048 - len(JOURNAL_PREFIX)
MAX_OPTION_B = 1024


def checked_store(name: object) -> str:
    """
    Check the name of a store against the rules of every backend, and return it.

    Raises:
        InvalidNameError: Not 1 to 2039 bytes of UTF-8, or in the journals' own name space.
    """
    checked = _checked("store", name, MAX_STORE_B)
    if checked.startswith(JOURNAL_PREFIX):
        raise InvalidNameError(
            None, "store", checked, f"names that start with {JOURNAL_PREFIX!r} are taken"
        )
    return checked


def checked_option(name: object, *, store: str | None = None) -> str:
    """
    Check the name of an option against the rules of every backend, and return it.

    Args:
        name: The name of the option.
        store: The name of the store that has it, for the error; None if there is none yet.

    Raises:
        InvalidNameError: Not 1 to 1024 bytes of UTF-8.
    """
    return _checked("option", name, MAX_OPTION_B, store)


def _checked(kind: str, name: object, limit_b: int, store: str | None = None) -> str:
    if not isinstance(name, str):
        raise InvalidNameError(store, kind, type(name).__name__, "a name is a str")
    text = str.__str__(name)
    size_b = utf8_size(text)
    if size_b is None:
        reason = "it holds a lone surrogate, which UTF-8 cannot"
        raise InvalidNameError(store, kind, ascii(text), reason)
    if not 1 <= size_b <= limit_b:
        reason = f"a name has 1 to {limit_b} bytes of UTF-8, this one {size_b}"
        raise InvalidNameError(store, kind, text, reason)
    return text


def utf8_size(text: str) -> int | None:
    """The bytes of a text in UTF-8; None if it holds a lone surrogate."""
    try:
        return len(text) if text.isascii() else len(text.encode())
    except UnicodeEncodeError:
        return None


def closest(name: str, names: Iterable[str]) -> str | None:
    """The name that somebody may have meant; None if no name is close. Letter case is ignored."""
    # Not at the top: only a mistyped name needs it.
    import difflib

    folded = {known.casefold(): known for known in names}
    # At difflib's own cutoff of 0.6, two letters of which one is wrong have no match, and long
    # names have one that nobody meant.
    cutoff = 0.5 if len(name) <= 3 else 0.7
    found = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=cutoff)
    return folded[found[0]] if found else None
