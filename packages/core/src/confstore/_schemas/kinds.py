"""
The structure of an annotated type: what is around it, which kind of container it is, what it holds.

The class that an annotation means decides, and not the way that the annotation is spelled.
"""

from __future__ import annotations

import collections.abc
import enum
import functools
import operator
import types
from collections import UserString
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    NewType,
    TypeVar,
    Union,
    get_args,
    get_origin,
    is_typeddict,
)

__all__ = [
    "class_of",
    "is_enumeration",
    "is_literal",
    "is_mapping",
    "is_named_tuple",
    "is_sequence",
    "is_set",
    "is_typed_dict",
    "is_union",
    "plain_type",
    "type_arguments",
    "type_name",
    "union_members",
]

# Sequences of letters and numbers, which no list is made into.
_TEXTS = (str, bytes, bytearray, memoryview, range, UserString)
_ITERABLES = (
    collections.abc.Iterable,
    collections.abc.Collection,
    collections.abc.Container,
    collections.abc.Reversible,
)


def plain_type(type_: Any) -> Any:
    """The type inside of Annotated, Final, a NewType, an alias or a type variable."""
    while True:
        origin = get_origin(type_) or type_
        if origin in (Annotated, Final):
            type_ = (*get_args(type_), Any)[0]
        elif isinstance(type_, NewType):
            type_ = type_.__supertype__
        elif isinstance(type_, TypeVar):
            choices = type_.__constraints__ or (type_.__bound__ or Any,)
            type_ = functools.reduce(operator.or_, choices)
        # Also that of typing_extensions: `type Name = ...` needs Python 3.12.
        elif type(origin).__name__ == "TypeAliasType":
            arguments = get_args(type_)
            type_ = origin.__value__[arguments] if arguments else origin.__value__
        else:
            return Any if type_ is object else type_


def class_of(type_: Any) -> Any:
    """The class that a type means: `list` of `list[str]`; for what means no class, the type."""
    return get_origin(type_) or type_


def type_arguments(type_: Any) -> tuple[Any, ...]:
    """The types in the brackets of a type, or of the base of a class (`class Hosts(list[str])`)."""
    for one in (type_, *getattr(class_of(type_), "__orig_bases__", ())):
        if arguments := get_args(one):
            return arguments
    return ()


def is_union(type_: Any) -> bool:
    return get_origin(type_) in (Union, types.UnionType)


def union_members(type_: Any) -> tuple[Any, ...]:
    """The types of a union except None; for any other type, the type itself."""
    type_ = plain_type(type_)
    if not is_union(type_):
        return (type_,)
    return tuple(member for member in get_args(type_) if member is not types.NoneType)


def is_literal(type_: Any) -> bool:
    return get_origin(type_) is Literal


def is_enumeration(type_: Any) -> bool:
    return _is_subclass(type_, enum.Enum)


def is_typed_dict(type_: Any) -> bool:
    cls = class_of(type_)
    # That of typing_extensions is another class where Python's own lacks something.
    return is_typeddict(cls) or (_is_subclass(cls, dict) and hasattr(cls, "__required_keys__"))


def is_named_tuple(type_: Any) -> bool:
    return _is_subclass(type_, tuple) and hasattr(class_of(type_), "_fields")


def is_mapping(type_: Any) -> bool:
    return _is_subclass(type_, collections.abc.Mapping) and not is_typed_dict(type_)


def is_set(type_: Any) -> bool:
    return _is_subclass(type_, collections.abc.Set)


def is_sequence(type_: Any) -> bool:
    cls = class_of(type_)
    if cls in _ITERABLES:
        return True
    # ByteString has gone from Python 3.14.
    is_text = _is_subclass(cls, _TEXTS) or getattr(cls, "__name__", "") == "ByteString"
    return _is_subclass(cls, collections.abc.Sequence) and not is_text and not is_named_tuple(cls)


def _is_subclass(type_: Any, cls: Any) -> bool:
    found = class_of(type_)
    return isinstance(found, type) and issubclass(found, cls)


def type_name(type_: Any) -> str:
    """The name of a type in a message."""
    if isinstance(type_, type | NewType):
        return str(type_.__name__)
    return str(type_).replace("typing.", "")
