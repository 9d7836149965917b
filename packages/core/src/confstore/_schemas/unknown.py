"""Finds the keys of a store that no field of a schema takes, and says which one may be meant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from confstore._schemas.fields import (
    Field,
    fields_of,
    is_class,
    is_model,
    is_root_model,
    renamed,
    takes_others,
)
from confstore._schemas.kinds import union_members
from confstore._values.names import closest

__all__ = ["Unknown", "class_within", "unknown_keys", "unknown_reason", "unknown_text"]

Path = tuple[str | int, ...]
Unknown = tuple[Path, str | None]
"""The path of an unknown name, and the closest one that the schema knows."""


def class_within(field: Field) -> Any:
    """The class or model of a field, also where it may be None; None for anything else."""
    members = () if field.is_part else union_members(field.type)
    if len(members) == 1 and (is_class(members[0]) or is_model(members[0])):
        return members[0]
    return None


def unknown_keys(
    type_: Any, built: Any, values: Any, path: Path = (), *, has_dashes: bool = False
) -> Iterator[Unknown]:
    """
    The keys in `values` that no field takes, at every depth.

    Args:
        type_: The class of the values, if there is one.
        built: The object that was made of them; None if they do not fit. It tells the classes of
            the entries of containers, and which one of a union the values are.
        values: The values.
        path: Where they are.
        has_dashes: True if a field takes the key that is written with `-` for its `_`, too.
    """
    cls = type_ if built is None else type(built)
    if is_class(cls) or is_model(cls):
        yield from _of_object(cls, built, values, path, has_dashes)
    elif isinstance(built, Mapping) and isinstance(values, Mapping):
        for key in values:
            yield from unknown_keys(None, built.get(key), values[key], (*path, key))
    elif isinstance(built, Sequence) and isinstance(values, list):
        for index, (entry, value) in enumerate(zip(built, values, strict=False)):
            yield from unknown_keys(None, entry, value, (*path, index))


def _of_object(
    cls: Any, built: Any, values: Any, path: Path, has_dashes: bool
) -> Iterator[Unknown]:
    if is_root_model(cls):
        yield from unknown_keys(None, getattr(built, "root", None), values, path)
    elif isinstance(values, Mapping):
        fields = fields_of(cls)
        key_of = {key: key for key in values if key in fields}
        if has_dashes:
            key_of, _ = renamed(values, fields, {})
        taken = set(key_of.values())
        if not takes_others(cls):
            given = {fields[name].attribute for name in key_of}
            free = [name for name, field in fields.items() if field.attribute not in given]
            yield from (((*path, key), closest(key, free)) for key in values if key not in taken)
        for name, key in key_of.items():
            field = fields[name]
            # What a converter makes need not have the shape of the value.
            if not field.has_converter and not field.is_part:
                inner = getattr(built, field.attribute, None)
                yield from unknown_keys(class_within(field), inner, values[key], (*path, key))


def unknown_reason(close: str | None) -> str:
    """Say that a name is not in the schema, with the closest one that is."""
    return "is unknown" if close is None else f"is unknown: did you mean {close!r}?"


def unknown_text(unknown: Unknown) -> str:
    """Say in one sentence where an unknown name is, and which one may be meant."""
    (*outer, name), close = unknown
    close = "" if close is None else f": did you mean {close!r}?"
    if not outer:
        return f"there is the unknown option {name!r}{close}"
    option, *keys = outer
    inside = f", key {'.'.join(map(str, keys))}," if keys else ""
    return f"option {option!r}{inside} has the unknown key {name!r}{close}"
