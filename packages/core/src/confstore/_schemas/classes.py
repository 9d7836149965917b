"""
Builds objects of attrs classes and dataclasses from plain values, with cattrs.

cattrs is imported when such a class is used. Its errors quote the input, so only their paths and
types are kept. Not `cattrs.transform_error`: it gives a path as one text, in which an option or a
key cannot be told from its parts, and its formatter does not see the path, by which a missing key
is told from a `KeyError` of a converter.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from confstore._schemas.constraints import ConstraintError, expected, refusal, value_at
from confstore._schemas.containers import enumeration, register_containers
from confstore._schemas.fields import Problem, is_model
from confstore._schemas.kinds import is_enumeration, type_name
from confstore._schemas.models import build_model

__all__ = ["build_class", "converter"]


def build_class(type_: type[Any], values: Mapping[str, Any]) -> tuple[Any, list[Problem]]:
    """Build an object of an attrs class or a dataclass: the object, or None and the problems."""
    try:
        return converter().structure(values, type_), []
    except Exception as error:
        return None, list(_problems(error, (), type_, values))


@functools.cache
def converter() -> Any:
    """
    A converter that converts nothing silently.

    The default of cattrs would call `bool("no")`, which is True, and `int(1.5)`.

    Raises:
        ModuleNotFoundError: cattrs is not installed.
    """
    try:
        import cattrs
    except ModuleNotFoundError:
        message = "a schema of attrs classes or dataclasses needs: pip install 'confstore[typed]'"
        raise ModuleNotFoundError(message) from None
    # A field's own converter may convert: the application asked for it.
    made = cattrs.Converter(prefer_attrib_converters=True)
    for plain in (bool, int, str, bytes):
        made.register_structure_hook(plain, functools.partial(_exact, plain))
    for convertible in (float, Decimal, Path):
        made.register_structure_hook(convertible, _converted)
    register_containers(made)
    made.register_structure_hook_func(is_model, _model)
    return made


def _exact(plain: type[Any], value: Any, type_: type[Any]) -> Any:
    if is_enumeration(type_):
        return enumeration(value, type_)
    if type(value) is not plain:
        raise TypeError
    return value if type_ is plain else type_(value)


# A store keeps 1.0 as 1, and a path as text.
_SOURCES = {float: (int, float), Decimal: (int, float, Decimal), Path: (str,)}


def _converted(value: Any, type_: type[Any]) -> Any:
    if is_enumeration(type_):
        return enumeration(value, type_)
    (sources,) = (sources for cls, sources in _SOURCES.items() if issubclass(type_, cls))
    if type(value) not in sources:
        raise TypeError
    return type_(str(value) if issubclass(type_, Decimal) else value)


def _model(value: Any, type_: Any) -> Any:
    model, problems = build_model(type_, value)
    if problems:
        raise ConstraintError(problems)
    return model


def _problems(
    error: BaseException, path: tuple[str | int, ...], type_: Any, values: Any
) -> Iterator[Problem]:
    from cattrs import ClassValidationError, IterableValidationError, IterableValidationNote
    from cattrs.errors import StructureHandlerNotFoundError

    if isinstance(error, StructureHandlerNotFoundError):
        yield path, f"nothing builds {type_name(error.type_)}: give the field a converter"
    elif isinstance(error, ConstraintError):
        yield from (((*path, *inner), reason) for inner, reason in error.problems)
    elif isinstance(error, ClassValidationError | IterableValidationError):
        noted, others = error.group_exceptions()
        for inner, note in noted:
            step = note.index if isinstance(note, IterableValidationNote) else note.name
            yield from _problems(inner, (*path, step), note.type, values)
        for inner in others:
            if isinstance(inner, ConstraintError):
                yield from _problems(inner, path, type_, values)
            else:
                # Every value was of its type; the class itself refused them.
                yield path, refusal(inner, type_name(type_))
    elif isinstance(error, KeyError) and _is_absent(values, path):
        yield path, "is missing"
    else:
        yield path, expected(type_, value_at(values, path))


def _is_absent(values: Any, path: tuple[str | int, ...]) -> bool:
    for step in path:
        if isinstance(values, Mapping) and step not in values:
            return True
        values = values[step]
    return False
