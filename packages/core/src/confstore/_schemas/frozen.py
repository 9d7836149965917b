"""
Makes the containers inside of typed objects read-only.

All readers share one object. A list or dict in it becomes one whose mutators raise, which is equal
to it and of its class, so that the annotation holds.
"""

from __future__ import annotations

import collections
import dataclasses
import types
from collections.abc import MutableMapping, MutableSequence, MutableSet
from typing import Any

import attrs

from confstore._schemas.fields import Field, is_class, is_model
from confstore._values.read_only import ReadOnlyDict, ReadOnlyList, ReadOnlySet

__all__ = ["make_read_only"]

_READ_ONLY: dict[Any, Any] = {
    list: ReadOnlyList,
    set: ReadOnlySet,
    tuple: tuple,
    frozenset: frozenset,
}


def make_read_only(built: object) -> bool:
    """Make the containers in an object read-only: True if nothing in it can be changed any more."""
    walk = _Walk()
    walk.read_only(built)
    return walk.is_fixed


@attrs.define
class _Walk:
    is_fixed: bool = True
    _seen: set[int] = attrs.field(factory=set)

    def _enter(self, built: Any) -> None:
        # A parent may refer to its children, and they to it.
        if id(built) in self._seen:
            return
        self._seen.add(id(built))
        cls = type(built)
        if not _is_frozen(cls):
            self.is_fixed = False
        if is_model(cls):
            self._fill_dict(built.__dict__, cls.model_fields)
            if built.__pydantic_extra__:
                extra = self.read_only(built.__pydantic_extra__)
                object.__setattr__(built, "__pydantic_extra__", extra)
            return
        # A field that is not given may be the state of the object itself: a cache, say.
        for field in attrs.fields(cls) if attrs.has(cls) else dataclasses.fields(cls):
            value = getattr(built, field.name, None) if field.init else None
            read_only = self.read_only(value, getattr(field, "converter", None) is None)
            if read_only is not value:
                object.__setattr__(built, field.name, read_only)

    def read_only(self, value: Any, is_ours: bool = True) -> Any:
        cls = type(value)
        if cls in (ReadOnlyDict, ReadOnlyList):
            # A value of the store, for a field of any type.
            return value
        if cls in _READ_ONLY:
            return _READ_ONLY[cls]([self.read_only(entry, is_ours) for entry in value])
        if cls is dict:
            return ReadOnlyDict((k, self.read_only(entry, is_ours)) for k, entry in value.items())
        if cls is types.MappingProxyType:
            return types.MappingProxyType(self.read_only(dict(value), is_ours))
        if isinstance(value, tuple) and hasattr(cls, "_make"):
            return cls._make(self.read_only(entry, is_ours) for entry in value)
        if is_class(cls) or is_model(cls):
            # What a converter gives may be an object that the application shares and changes.
            if is_ours:
                self._enter(value)
            else:
                self.is_fixed = False
        elif isinstance(value, MutableSequence | MutableMapping | MutableSet):
            self.is_fixed = False
            if is_ours and isinstance(value, dict):
                self._fill_dict(value)
            elif is_ours and isinstance(value, list | collections.deque):
                for index, entry in enumerate(value):
                    value[index] = self.read_only(entry)
        return value

    def _fill_dict(self, values: dict[Any, Any], keys: Any = None) -> None:
        for key in list(values):
            if keys is None or key in keys:
                dict.__setitem__(values, key, self.read_only(values[key]))


def _is_frozen(cls: Any) -> bool:
    if is_model(cls):
        return bool(cls.model_config.get("frozen"))
    if attrs.has(cls):
        # The one that attrs gives to every frozen class.
        return bool(cls.__setattr__ is Field.__setattr__)
    return bool(cls.__dataclass_params__.frozen)
