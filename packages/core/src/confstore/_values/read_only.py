"""
Values that cannot be changed, at the speed of a dict.

A proxy type would be slower, and neither `json.dumps` nor `isinstance(x, dict)` would know it; a
subclass of `dict` without slots of its own is read as fast as a dict. `.copy()`, `copy.copy`,
`copy.deepcopy` and `pickle` give ordinary mutable values, all the way down.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn, SupportsIndex

from confstore._values.types import Value, Values

__all__ = [
    "FillableDict",
    "ReadOnlyDict",
    "ReadOnlyList",
    "ReadOnlySet",
    "freeze",
    "freeze_value",
    "is_same",
    "thaw",
    "thaw_value",
]

# Looked up once: loading a store makes ten thousands of them.
_new_dict: Callable[..., Any] = dict.__new__
_fill_dict: Callable[..., None] = dict.update
_new_list: Callable[..., Any] = list.__new__
_fill_list: Callable[..., None] = list.extend


def _refuse(*_: object, **__: object) -> NoReturn:
    message = "a configuration is read-only: change a .copy() of it, or write to its store"
    raise TypeError(message)


class ReadOnlyDict(dict[str, Any]):
    """A dict whose mutators raise `TypeError`."""

    __slots__ = ()

    # Filled here and not in __init__, which anybody may call again on a dict that exists.
    def __new__(cls, entries: Mapping[str, Any] | Iterable[tuple[str, Any]] = ()) -> ReadOnlyDict:
        self: ReadOnlyDict = _new_dict(cls)
        _fill_dict(self, entries)
        return self

    if TYPE_CHECKING:

        def __init__(self, *_: object, **__: object) -> None: ...
    else:
        # Does nothing, as one in Python would, which is half of the time that making a dict takes.
        __init__ = object.__init__

    def copy(self) -> dict[str, Any]:
        """An ordinary, mutable copy, all the way down."""
        return thaw(self)

    __copy__ = copy

    def __deepcopy__(self, memo: object) -> dict[str, Any]:
        return thaw(self)

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        return dict, (thaw(self),)

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse


class FillableDict(dict[str, Any]):
    """A dict that can be filled until it becomes a `ReadOnlyDict`, without a copy."""

    __slots__ = ()

    def as_read_only(self) -> ReadOnlyDict:
        """Become read-only, for whoever holds it, and return this same dict."""
        self.__class__ = ReadOnlyDict  # type: ignore[assignment]  # of the same shape
        return self  # type: ignore[return-value]


class ReadOnlyList(list[Any]):
    """A list whose mutators raise `TypeError`."""

    __slots__ = ()

    def __new__(cls, entries: Iterable[Any] = ()) -> ReadOnlyList:
        self: ReadOnlyList = _new_list(cls)
        _fill_list(self, entries)
        return self

    if TYPE_CHECKING:

        def __init__(self, *_: object) -> None: ...
    else:
        # See ReadOnlyDict.
        __init__ = object.__init__

    def copy(self) -> list[Any]:
        """An ordinary, mutable copy, all the way down."""
        return [thaw_value(entry) for entry in self]

    __copy__ = copy

    def __deepcopy__(self, memo: object) -> list[Any]:
        return self.copy()

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        return list, (self.copy(),)

    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse
    append = extend = insert = remove = pop = clear = _refuse
    reverse = sort = _refuse


class ReadOnlySet(set[Any]):
    """A set whose mutators raise `TypeError`; for a typed field that a frozenset does not fit."""

    __slots__ = ()

    def __new__(cls, entries: Iterable[Any] = ()) -> ReadOnlySet:
        self: ReadOnlySet = set.__new__(cls)
        set.update(self, entries)
        return self

    if TYPE_CHECKING:

        def __init__(self, *_: object) -> None: ...
    else:
        # See ReadOnlyDict.
        __init__ = object.__init__

    def copy(self) -> set[Any]:
        """An ordinary, mutable copy."""
        return set(self)

    def __copy__(self) -> set[Any]:
        return set(self)

    def __deepcopy__(self, memo: object) -> set[Any]:
        return set(self)

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[Any, ...]:
        return set, (list(self),)

    __iand__ = __ior__ = __isub__ = __ixor__ = _refuse
    add = clear = discard = pop = remove = update = _refuse
    difference_update = intersection_update = symmetric_difference_update = _refuse


# Any: a type checker would take a look at the class for a proof of the value's type.
_IMMUTABLE: Any = frozenset({bool, bytes, Decimal, float, int, str, type(None)})


def freeze(values: Mapping[str, Any]) -> ReadOnlyDict:
    """
    The read-only form of canonical values.

    Key names are interned: at 10,000 options a read of an interned name takes less than half the
    time (its hash and identity are at hand).
    """
    return ReadOnlyDict((sys.intern(key), freeze_value(value)) for key, value in values.items())


def freeze_value(value: Value) -> Any:
    """The read-only form of one canonical value."""
    # Nothing in them can be changed either.
    if value.__class__ is ReadOnlyDict or value.__class__ is ReadOnlyList:
        return value
    if isinstance(value, dict):
        return freeze(value)
    if isinstance(value, list):
        return ReadOnlyList([freeze_value(entry) for entry in value])
    if isinstance(value, set):
        return frozenset(value)
    return value


def thaw(values: Mapping[str, Any]) -> Values:
    """An ordinary, mutable copy of values that may be read-only."""
    # The test here saves a call for most values, and so half of the time.
    return {
        key: value if value.__class__ in _IMMUTABLE else thaw_value(value)
        for key, value in values.items()
    }


def thaw_value(value: Any) -> Any:
    """An ordinary, mutable copy of one value."""
    if isinstance(value, dict):
        return thaw(value)
    if isinstance(value, list):
        return [thaw_value(entry) for entry in value]
    if isinstance(value, frozenset | set):
        return set(value)
    return value


def is_same(one: Any, other: Any) -> bool:
    """
    Compare two canonical values, types included.

    For Python `1 == True` and `{"a": 1} == {"a": True}`, but a limit that went from `True` to `1`
    has changed. A value and its read-only form are the same.
    """
    if one is other:
        return True
    if isinstance(one, dict):
        return (
            isinstance(other, dict)
            and len(one) == len(other)
            and all(key in other and is_same(value, other[key]) for key, value in one.items())
        )
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(is_same, one, other))
    if isinstance(one, set | frozenset):
        return isinstance(other, set | frozenset) and _typed(one) == _typed(other)
    return type(one) is type(other) and bool(one == other)


def _typed(entries: Iterable[Any]) -> set[tuple[type, Any]]:
    # A Decimal can equal the exact binary value of a float that is written with fewer digits.
    return {(type(entry), entry) for entry in entries}
