"""
The one domain of values, checked before anything is written to any backend.

Every backend stores values that pass here, and gives them back equal: a value that a unit test
writes to memory cannot fail on DynamoDB in production. The checks are ours and not an emulator's:
emulators accept values that DynamoDB refuses, and refuse others that it accepts.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

from confstore._values.keys import RESERVED_KEYS, key_fault, key_names
from confstore._values.names import utf8_size
from confstore._values.numbers import canonical_number
from confstore._values.read_only import FillableDict, ReadOnlyDict, ReadOnlyList, freeze
from confstore._values.secret import Secret
from confstore._values.sizes import option_size_b
from confstore._values.types import Value
from confstore.errors import InvalidValueError

__all__ = [
    "MAX_DEPTH",
    "MAX_OPTION_SIZE_B",
    "canonical_update",
    "canonical_values",
    "check_size",
    "merge_update",
]

MAX_DEPTH = 31
"""
Lists and dicts inside one another in the value of a key.

Source: AWS, "Quotas in Amazon DynamoDB": 32 levels, of which the item is the first (seen with AWS's
own DynamoDB Local, which takes 31 nested containers in an attribute and refuses 32).
"""

MAX_OPTION_SIZE_B = 390_000
"""
Bytes of an option by DynamoDB's size rule, names included.

Source: AWS, "Quotas in Amazon DynamoDB": an item has at most 400 KB (409,600 bytes); the rest is
left for the item's keys and for the commit around the option in a journal.
"""

_SEALED_BY_NOBODY = (
    "this store does not seal secrets: wrap it in a SealedStore, or open it by a URL with secrets="
)
_NOT_NESTED = "a Secret is the whole value of a key, and cannot be inside a list, a dict or a set"


# The store's name, if there is a store, and the option's: where an error is.
_Place: TypeAlias = tuple[str | None, str]


def canonical_values(
    option: str,
    values: Mapping[str, Any],
    *,
    store: str | None = None,
    reserved: Collection[str] = RESERVED_KEYS,
    allows_secrets: bool = False,
) -> ReadOnlyDict:
    """
    A copy of an option's values in canonical form, read-only.

    Args:
        option: The option that is to be written, already checked.
        values: The caller's values.
        store: The name of the store, for errors; None if they go to none.
        reserved: Keys that this backend needs for itself.
        allows_secrets: True where values are shown and not written: a Secret stays one.

    Raises:
        InvalidValueError: A value is outside the domain; the error says where and why.
    """
    canonical = _canonical_entries((store, option), values, reserved, allows_secrets)
    check_size(option, canonical, store=store)
    return canonical


def canonical_update(
    option: str,
    values: Mapping[str, Any],
    remove: Collection[str],
    *,
    store: str | None = None,
    reserved: Collection[str] = RESERVED_KEYS,
) -> tuple[ReadOnlyDict, frozenset[str]]:
    """
    The keys to set, in canonical form and read-only, and the keys to remove.

    The size of the new values is checked; `merge_update` checks that of the merged option.

    Raises:
        InvalidValueError: A value is outside the domain, or a key is both set and removed.
        TypeError: `remove` is a `str` or a mapping, or holds something that is not a `str`.
    """
    place = store, option
    removed = key_names(remove, "remove")
    for key in removed:
        if (fault := key_fault(key)) is not None:
            raise InvalidValueError(*place, "", fault)
        if key in reserved:
            raise _reserved_error(place, key)
    canonical = _canonical_entries(place, values, reserved)
    for key in canonical:
        if key in removed:
            raise InvalidValueError(*place, key, "the key is both set and removed: choose one")
    check_size(option, canonical, store=store)
    return canonical, removed


def merge_update(
    option: str,
    old: Mapping[str, Any] | None,
    changed: ReadOnlyDict,
    removed: Collection[str],
    *,
    store: str | None = None,
) -> ReadOnlyDict:
    """
    An option's values after an update, read-only.

    Args:
        option: The option that is updated.
        old: Its values before; None if it is absent.
        changed: The keys to set, as `canonical_update` gives them.
        removed: The keys to remove.
        store: The name of the store, for errors.

    Raises:
        InvalidValueError: The option would become too large.
    """
    merged = {**(old or {}), **changed}
    values = freeze({key: value for key, value in merged.items() if key not in removed})
    check_size(option, values, store=store)
    return values


def check_size(option: str, values: Mapping[str, Any], *, store: str | None = None) -> None:
    """Refuse an option in canonical form that has more than `MAX_OPTION_SIZE_B` bytes."""
    size_b = option_size_b(option, values)
    if size_b > MAX_OPTION_SIZE_B:
        reason = (
            f"the option has {size_b:,} bytes by DynamoDB's size rule, names included; "
            f"at most {MAX_OPTION_SIZE_B:,} fit: split it into several options"
        )
        raise InvalidValueError(store, option, "", reason)


def _canonical_entries(
    place: _Place,
    values: Mapping[str, Any],
    reserved: Collection[str],
    allows_secrets: bool = False,
) -> ReadOnlyDict:
    given: object = values
    if not isinstance(given, Mapping):
        reason = f"an option's values are a dict of key to value, not {type(given).__name__}"
        raise InvalidValueError(*place, "", reason)
    canonical = FillableDict()
    for key, value in values.items():
        if (fault := key_fault(key)) is not None:
            raise InvalidValueError(*place, "", fault)
        name = sys.intern(str.__str__(key))
        if name in reserved:
            raise _reserved_error(place, name)
        if allows_secrets and isinstance(value, Secret):
            canonical[name] = value
        else:
            canonical[name] = _canonical(place, name, value, depth=0)
    return canonical.as_read_only()


def _canonical(place: _Place, path: str, value: Any, depth: int) -> Value:
    # Subclasses (an IntEnum, a defaultdict, a namedtuple) become the type they extend.
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        if not value.isascii() and utf8_size(value) is None:
            reason = "the text holds a lone surrogate, which UTF-8 cannot"
            raise InvalidValueError(*place, path, reason)
        return str.__str__(value)
    if isinstance(value, int | float | Decimal):
        try:
            return canonical_number(value)
        except ValueError as error:
            raise InvalidValueError(*place, path, str(error)) from None
    if isinstance(value, bytes):
        return bytes(memoryview(value))
    if isinstance(value, set | frozenset):
        return _canonical_set(place, path, value)
    if isinstance(value, Secret):
        raise InvalidValueError(*place, path, _SEALED_BY_NOBODY if depth == 0 else _NOT_NESTED)
    if not isinstance(value, dict | list | tuple):
        reason = (
            f"{type(value).__name__} cannot be stored; "
            "None, bool, int, float, Decimal, str, bytes, list, dict and set can"
        )
        raise InvalidValueError(*place, path, reason)
    if depth == MAX_DEPTH:
        reason = f"lists and dicts are nested more than {MAX_DEPTH} deep"
        raise InvalidValueError(*place, path, reason)
    if isinstance(value, dict):
        return _canonical_dict(place, path, value, depth + 1)
    return ReadOnlyList(
        [
            _canonical(place, f"{path}[{index}]", entry, depth + 1)
            for index, entry in enumerate(value)
        ]
    )


def _canonical_dict(place: _Place, path: str, value: dict[Any, Any], depth: int) -> Value:
    canonical = FillableDict()
    for key, entry in value.items():
        if (fault := key_fault(key)) is not None:
            raise InvalidValueError(*place, path, fault)
        name = sys.intern(str.__str__(key))
        canonical[name] = _canonical(place, f"{path}[{name!r}]", entry, depth)
    return canonical.as_read_only()


def _canonical_set(place: _Place, path: str, value: Collection[Any]) -> Value:
    if not value:
        reason = "a set is empty, which DynamoDB cannot hold; an empty list can stand for it"
        raise InvalidValueError(*place, path, reason)
    if any(isinstance(entry, Secret) for entry in value):
        raise InvalidValueError(*place, path, _NOT_NESTED)
    kinds = {_set_kind(entry) for entry in value}
    if len(kinds) > 1 or None in kinds:
        types = ", ".join(sorted({type(entry).__name__ for entry in value}))
        reason = f"a set holds only str, only bytes or only numbers, not {types}"
        raise InvalidValueError(*place, path, reason)
    # A set is not a level of nesting: DynamoDB counts lists and maps.
    canonical = frozenset(_canonical(place, path, entry, depth=0) for entry in value)
    if len(canonical) < len(value):
        # A Decimal can be a float's exact binary value, and another the float as it is written.
        reason = "two numbers of a set are the same for Python when they are read back"
        raise InvalidValueError(*place, path, reason)
    return canonical  # type: ignore[return-value]  # of one kind


def _set_kind(entry: object) -> type | None:
    if isinstance(entry, str):
        return str
    if isinstance(entry, bytes):
        return bytes
    if isinstance(entry, int | float | Decimal) and not isinstance(entry, bool):
        return int
    return None


def _reserved_error(place: _Place, key: str) -> InvalidValueError:
    reason = "the key is reserved, because a DynamoDB item needs it for itself: rename it"
    return InvalidValueError(*place, key, reason)
