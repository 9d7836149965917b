"""Which names stores, options and keys can have, and how the keys of a read are given."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from confstore.errors import InvalidNameError

__all__ = [
    "RESERVED_KEYS",
    "checked_keys",
    "checked_option",
    "checked_store",
    "key_fault",
]

# Source of the limits: AWS, "Quotas in Amazon DynamoDB": a partition key value has 1 to 2048
# bytes, a sort key value 1 to 1024, an attribute name 1 to 65,535 (the guide says 64 KB; the
# service's own refusal says "must be less than 65536 bytes"). Of a store's 2048 bytes, nine are
# left for the prefix of its journal's partition.
JOURNAL_PREFIX = "_journal:"
MAX_STORE_B = 2048 - len(JOURNAL_PREFIX)
MAX_OPTION_B = 1024
MAX_KEY_B = 65_535

RESERVED_KEYS = frozenset({"_store", "_option", "_expires"})
"""Attributes of a DynamoDB item that are not the user's: its two keys and its time to live."""


def checked_store(name: object) -> str:
    """
    The name of a store, if it can be one on every backend.

    Raises:
        InvalidNameError: Not 1 to 2039 bytes of UTF-8, or in the journals' own name space.
    """
    checked = _checked("store", name, MAX_STORE_B)
    if checked.startswith(JOURNAL_PREFIX):
        raise InvalidNameError(
            "store", checked, f"names that start with {JOURNAL_PREFIX!r} are taken"
        )
    return checked


def checked_option(name: object) -> str:
    """
    The name of an option, if it can be one on every backend.

    Raises:
        InvalidNameError: Not 1 to 1024 bytes of UTF-8.
    """
    return _checked("option", name, MAX_OPTION_B)


def _checked(kind: str, name: object, limit_b: int) -> str:
    if not isinstance(name, str):
        raise InvalidNameError(kind, type(name).__name__, "a name is a str")
    plain = str.__str__(name)
    size_b = utf8_size(plain)
    if size_b is None:
        raise InvalidNameError(kind, ascii(plain), "it holds a lone surrogate, which UTF-8 cannot")
    if not 1 <= size_b <= limit_b:
        reason = f"a name has 1 to {limit_b} bytes of UTF-8, this one {size_b}"
        raise InvalidNameError(kind, plain, reason)
    return plain


def key_fault(key: object) -> str | None:
    """Why this cannot be a key at any depth of an option; None if it can."""
    if not isinstance(key, str):
        return f"keys are str, not {type(key).__name__}"
    size_b = utf8_size(key)
    if size_b is None:
        return "a key holds a lone surrogate, which UTF-8 cannot"
    if not size_b:
        return "a key is empty"
    if size_b > MAX_KEY_B:
        return f"a key of {size_b} bytes is longer than {MAX_KEY_B} bytes of UTF-8"
    return None


def checked_keys(
    keys: Collection[str] | None, *, reserved: Collection[str] = RESERVED_KEYS
) -> frozenset[str] | None:
    """
    The keys that a read asks for; None for all of them.

    Names that no option can hold are left out: such a key does not exist.

    Raises:
        TypeError: A `str` or a mapping (both are collections of `str`, and never meant as one), or
            a collection that holds something else than `str`.
    """
    if keys is None:
        return None
    wanted = key_names(keys, "keys")
    return frozenset(key for key in wanted if key_fault(key) is None and key not in reserved)


def key_names(keys: Collection[str], parameter: str) -> frozenset[str]:
    """The given key names, each once; `parameter` names the argument in a TypeError."""
    if isinstance(keys, str | bytes | Mapping) or not isinstance(keys, Collection):
        message = (
            f"{parameter} is a collection of key names, such as a list, not {type(keys).__name__}"
        )
        raise TypeError(message)
    given: Collection[object] = keys
    for key in given:
        if not isinstance(key, str):
            message = f"{parameter} holds key names, which are str, not {type(key).__name__}"
            raise TypeError(message)
    return frozenset(map(str.__str__, keys))


def utf8_size(text: str) -> int | None:
    """The bytes of a text in UTF-8; None if it holds a lone surrogate."""
    try:
        return len(text) if text.isascii() else len(text.encode())
    except UnicodeEncodeError:
        return None
