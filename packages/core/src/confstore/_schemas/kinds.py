"""
Finds values of the wrong kind for their type, before cattrs sees them.

cattrs takes any iterable for a list and anything with `in` for a mapping: of `"localhost"` it makes
`["l", "o", "c", ...]` for a list of text, and an object full of defaults for a class.
"""

from __future__ import annotations

import collections.abc
import types
from collections.abc import Iterator, Mapping
from typing import Any, Literal, Union, get_args, get_origin

from confstore._schemas.fields import Problem, class_fields, is_class, is_model, type_name

__all__ = ["misfits", "union_members"]

_SEQUENCES = (list, tuple, collections.abc.Sequence, collections.abc.MutableSequence)
_SETS = (set, frozenset, collections.abc.Set, collections.abc.MutableSet)
_MAPPINGS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)


def union_members(type_: Any) -> tuple[Any, ...]:
    """The types of a union except None; for any other type, the type itself."""
    if get_origin(type_) not in (Union, types.UnionType):
        return (type_,)
    return tuple(member for member in get_args(type_) if member is not types.NoneType)


def misfits(value: Any, type_: Any, path: tuple[str | int, ...] = ()) -> Iterator[Problem]:
    """Find a value of the wrong kind, or one inside it; one of the right kind may still not fit."""
    members = union_members(type_)
    if members != (type_,) and value is None:
        # cattrs refuses it where None is not a member.
        return
    if len(members) > 1:
        # To Python, a bool is an int.
        if isinstance(value, bool) and bool not in members:
            yield path, f"expected {type_name(type_)}"
    elif not _is_of_kind(value, members[0]):
        yield path, f"expected {type_name(type_)}"
    else:
        for step, inner, inner_type in _inside(value, members[0]):
            yield from misfits(inner, inner_type, (*path, step))


def _is_of_kind(value: Any, type_: Any) -> bool:
    kind = get_origin(type_) or type_
    if kind is Literal:
        return any(type(value) is type(one) and value == one for one in get_args(type_))
    if kind in _SEQUENCES:
        return isinstance(value, list)
    if kind in _SETS:
        # Also a list: a store cannot hold an empty set.
        return isinstance(value, set | frozenset | list)
    if kind in _MAPPINGS or is_class(type_) or is_model(type_):
        return isinstance(value, Mapping)
    return True


def _inside(value: Any, type_: Any) -> Iterator[tuple[str | int, Any, Any]]:
    kind = get_origin(type_) or type_
    arguments = get_args(type_)
    if is_class(type_):
        for name, field in class_fields(type_).items():
            if name in value and not field.has_converter:
                yield name, value[name], field.type
    elif kind in _MAPPINGS and arguments:
        for key, inner in value.items():
            yield key, inner, arguments[1]
    elif kind in _SEQUENCES and arguments and arguments[1:] in ((), (...,)):
        for index, inner in enumerate(value):
            yield index, inner, arguments[0]
