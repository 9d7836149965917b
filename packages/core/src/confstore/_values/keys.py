"""The keys of an option, and the selection of some of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from confstore._values.names import utf8_size
from confstore._values.read_only import ReadOnlyDict

__all__ = ["RESERVED_KEYS", "checked_keys", "key_fault", "select", "select_all"]
D = TypeVar("D", bound=dict[str, Any])

MAX_KEY_B = 65_535

RESERVED_KEYS = frozenset({"_store", "_option", "_expires"})
"""Attributes of a DynamoDB item that are not the user's: its two keys and its time to live."""


def key_fault(key: object) -> str | None:
    """The reason why this cannot be a key, at any depth of an option; None if it can."""
    if not isinstance(key, str):
        return f"keys are str, not {type(key).__name__}"
    size_b = len(key) if key.isascii() else utf8_size(key)
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

    Names that no option can hold are left out: no such key exists.

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


def select(values: D, keys: Collection[str] | None) -> D:
    """
    Those of the keys that were asked for, in a dict of the same type.

    Args:
        values: An option's values.
        keys: Keys that `checked_keys` gave; None selects all.
    """
    if keys is None:
        return values
    return values.__class__({key: value for key, value in values.items() if key in keys})


def select_all(options: Mapping[str, Any], keys: Collection[str] | None) -> ReadOnlyDict:
    """Every option, with those of its keys that were asked for; see `checked_keys`."""
    wanted = checked_keys(keys)
    return ReadOnlyDict({option: select(values, wanted) for option, values in options.items()})
