"""
Objects of attrs classes and dataclasses out of plain values, through cattrs.

cattrs is imported when such a class is used. Its errors quote the input, so they are taken apart
here and only paths and types come out.
"""

from __future__ import annotations

import functools
import traceback
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs

from confstore._schemas.fields import Problem, is_model, type_name
from confstore._schemas.kinds import misfits
from confstore._schemas.models import build_model

__all__ = ["build_class", "converter"]


class _MisfitError(Exception):
    """The problems of a model inside of a class."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__()
        self.problems = problems


def build_class(type_: type[Any], values: Mapping[str, Any]) -> tuple[Any, list[Problem]]:
    """An object of an attrs class or a dataclass: the object, or None and the problems."""
    if problems := list(misfits(values, type_)):
        return None, problems
    try:
        return converter().structure(values, type_), []
    except Exception as error:
        return None, list(_problems(error, (), type_name(type_), values))


@functools.cache
def converter() -> Any:
    """
    A converter that takes a value for what it is.

    cattrs as it comes would call `bool("no")`, which is True, and `int(1.5)`.

    Raises:
        ModuleNotFoundError: cattrs is not installed.
    """
    try:
        import cattrs
        from cattrs.strategies import configure_union_passthrough
    except ModuleNotFoundError:
        message = "a schema of attrs classes or dataclasses needs: pip install 'confstore[typed]'"
        raise ModuleNotFoundError(message) from None
    # What a field's own converter makes of a value is the application's business.
    made = cattrs.Converter(prefer_attrib_converters=True)
    for plain in (bool, int, str, bytes):
        made.register_structure_hook(plain, functools.partial(_exact, plain))
    made.register_structure_hook(float, _float)
    made.register_structure_hook(Decimal, _decimal)
    made.register_structure_hook(Path, _path)
    made.register_structure_hook_func(is_model, _model)
    configure_union_passthrough(bool | int | float | Decimal | str | bytes | None, made)
    return made


def _exact(plain: type[Any], value: Any, type_: type[Any]) -> Any:
    if type(value) is not plain:
        raise TypeError
    # The type itself, or an enumeration that extends it.
    return value if type_ is plain else type_(value)


def _float(value: Any, _: object) -> float:
    if type(value) not in (int, float):
        raise TypeError
    return float(value)


def _decimal(value: Any, _: object) -> Decimal:
    if type(value) not in (int, float, Decimal):
        raise TypeError
    return Decimal(str(value))


def _path(value: Any, _: object) -> Path:
    return Path(_exact(str, value, str))


def _model(value: Any, type_: Any) -> Any:
    model, problems = build_model(type_, value)
    if problems:
        raise _MisfitError(problems)
    return model


def _problems(
    error: BaseException, path: tuple[str | int, ...], expected: str, values: Any
) -> Iterator[Problem]:
    from cattrs import AttributeValidationNote, BaseValidationError, IterableValidationNote
    from cattrs.errors import StructureHandlerNotFoundError

    if isinstance(error, StructureHandlerNotFoundError):
        yield path, f"nothing builds {type_name(error.type_)}: give the field a converter"
        return
    if isinstance(error, _MisfitError):
        yield from (((*path, *inner), reason) for inner, reason in error.problems)
        return
    if not isinstance(error, BaseValidationError):
        is_missing = isinstance(error, KeyError) and _is_absent(values, path)
        yield path, "is missing" if is_missing else f"expected {expected}"
        return
    for inner_error in error.exceptions:
        for note in getattr(inner_error, "__notes__", ()):
            if isinstance(note, AttributeValidationNote):
                inner_path = (*path, note.name)
            elif isinstance(note, IterableValidationNote):
                inner_path = (*path, note.index)
            else:
                continue
            yield from _problems(inner_error, inner_path, type_name(note.type), values)
            break
        else:
            # Every value was of its type; the class itself, or a validator of it, refused them.
            yield (*path, *_validated(inner_error)), f"is refused by {expected}"


def _is_absent(values: Any, path: tuple[str | int, ...]) -> bool:
    for step in path:
        if isinstance(values, Mapping):
            if step not in values:
                return True
        elif not isinstance(values, list):
            return False
        values = values[step]
    return False


def _validated(error: BaseException) -> tuple[str, ...]:
    """The name of the field whose validator raised, if that can be seen."""
    # What it raises is its own affair; but attrs hands the attribute to every validator.
    for frame, _ in traceback.walk_tb(error.__traceback__):
        for local in frame.f_locals.values():
            if isinstance(local, attrs.Attribute):
                return (local.name,)
    return ()
