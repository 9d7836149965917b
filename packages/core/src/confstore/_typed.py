"""
Objects of one type out of plain values: attrs classes, dataclasses and pydantic models.

cattrs and pydantic are imported when a type of theirs is used, never before. Their errors quote the
input, so they are taken apart here and only paths and types come out.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, get_type_hints

import attrs

from confstore._read_only import thaw

__all__ = ["Field", "Problem", "Typed", "renamed"]

Problem = tuple[tuple[str | int, ...], str]
"""Where something does not fit, and what was expected there."""


@attrs.frozen
class Field:
    """
    A field of a type.

    Attributes:
        attribute: Its name on the object.
        type: What is annotated.
    """

    attribute: str
    type: Any


@attrs.frozen(eq=False)
class Typed:
    """
    One type, and how to build it.

    Attributes:
        cls: The class.
        fields: Its fields, by the names under which it takes their values.
        build: Builds an object from values: the object, or None and the problems.
    """

    cls: type[Any]
    fields: Mapping[str, Field]
    build: Callable[[Mapping[str, Any]], tuple[Any, list[Problem]]] = attrs.field(repr=False)

    @staticmethod
    def can_be(type_: Any) -> bool:
        """Whether this is a type that can be built here."""
        return isinstance(type_, type) and (
            hasattr(type_, "model_validate") or attrs.has(type_) or dataclasses.is_dataclass(type_)
        )

    @classmethod
    def of(cls, type_: type[Any]) -> Typed:
        """
        Make a type ready.

        Raises:
            TypeError: It is no attrs class, dataclass or pydantic model.
            ModuleNotFoundError: cattrs is needed and not installed.
        """
        if not cls.can_be(type_):
            message = f"a schema is an attrs class, a dataclass or a pydantic model, not {type_!r}"
            raise TypeError(message)
        if hasattr(type_, "model_validate"):
            return cls(type_, _pydantic_fields(type_), functools.partial(_build_pydantic, type_))
        _converter()
        return cls(type_, _class_fields(type_), functools.partial(_build_class, type_))


def renamed(
    values: Mapping[str, Any], fields: Mapping[str, Field], names: Mapping[str, str]
) -> tuple[dict[str, str], list[Problem]]:
    """
    Which of the given names goes into which field.

    A name that no field has is tried with `_` for `-`, for which Python has no identifiers.

    Args:
        values: What is to be assigned, by name.
        fields: The fields of the type.
        names: Name to field, where that is said explicitly.

    Returns:
        Field to name, and two names for one field as problems. Names without a field are left out.
    """
    assigned: dict[str, str] = {}
    problems: list[Problem] = []
    for name in values:
        field = names.get(name, name)
        if field not in fields:
            field = field.replace("-", "_")
        if field not in fields:
            continue
        if field in assigned:
            problems.append(((name,), f"fits the same field as {assigned[field]!r}"))
        assigned[field] = name
    return assigned, problems


def type_name(type_: Any) -> str:
    """How a type is named in a message."""
    return type_.__name__ if isinstance(type_, type) else str(type_).replace("typing.", "")


# -- attrs and dataclasses ---------------------------------------------------------------


def _class_fields(type_: type[Any]) -> dict[str, Field]:
    hints = get_type_hints(type_)
    fields = attrs.fields(type_) if attrs.has(type_) else dataclasses.fields(type_)
    return {
        field.name: Field(field.name, hints.get(field.name, Any)) for field in fields if field.init
    }


def _build_class(type_: type[Any], values: Mapping[str, Any]) -> tuple[Any, list[Problem]]:
    try:
        return _converter().structure(values, type_), []
    except Exception as error:
        return None, list(_class_problems(error, (), type_name(type_)))


@functools.cache
def _converter() -> Any:
    """
    A converter that takes a value for what it is.

    cattrs as it comes would call `bool("no")`, which is True, and `int(1.5)`.
    """
    try:
        import cattrs
        from cattrs.strategies import configure_union_passthrough
    except ModuleNotFoundError:
        message = "a schema of attrs classes or dataclasses needs: pip install 'confstore[typed]'"
        raise ModuleNotFoundError(message) from None
    # What a field's own converter makes of a value is the application's business.
    converter = cattrs.Converter(prefer_attrib_converters=True)
    for exact in (bool, int, str, bytes):
        converter.register_structure_hook(exact, _exact)
    converter.register_structure_hook(float, _float)
    converter.register_structure_hook(Decimal, _decimal)
    converter.register_structure_hook(Path, _path)
    configure_union_passthrough(bool | int | float | Decimal | str | bytes | None, converter)
    return converter


def _exact(value: Any, type_: type[Any]) -> Any:
    if type(value) is not type_:
        raise TypeError
    return value


def _float(value: Any, _: object) -> float:
    if type(value) not in (int, float):
        raise TypeError
    return float(value)


def _decimal(value: Any, _: object) -> Decimal:
    if type(value) not in (int, float, Decimal):
        raise TypeError
    return Decimal(str(value))


def _path(value: Any, _: object) -> Path:
    return Path(_exact(value, str))


def _class_problems(
    error: BaseException, path: tuple[str | int, ...], expected: str
) -> Iterator[Problem]:
    from cattrs import AttributeValidationNote, BaseValidationError, IterableValidationNote

    if not isinstance(error, BaseValidationError):
        yield _leaf(error, path, expected)
        return
    for inner in error.exceptions:
        for note in getattr(inner, "__notes__", ()):
            if isinstance(note, AttributeValidationNote):
                yield from _class_problems(inner, (*path, note.name), type_name(note.type))
                break
            if isinstance(note, IterableValidationNote):
                yield from _class_problems(inner, (*path, note.index), type_name(note.type))
                break
        else:
            # Every value was of its type; the class itself, or a validator of it, refused them.
            yield _leaf(inner, path, expected, verb="is refused by")


def _leaf(
    error: BaseException, path: tuple[str | int, ...], expected: str, verb: str = "expected"
) -> Problem:
    if isinstance(error, KeyError):
        return path, "is missing"
    # attrs' own validators put the attribute second in what they raise, and the value last.
    attribute = error.args[1] if len(error.args) > 1 else None
    if isinstance(attribute, attrs.Attribute):
        return (*path, attribute.name), "is refused by its validator"
    return path, f"{verb} {expected}"


# -- pydantic ----------------------------------------------------------------------------


def _pydantic_fields(type_: Any) -> dict[str, Field]:
    return {
        field.alias or name: Field(name, field.annotation)
        for name, field in type_.model_fields.items()
    }


def _build_pydantic(type_: Any, values: Mapping[str, Any]) -> tuple[Any, list[Problem]]:
    from pydantic import ValidationError

    try:
        return type_.model_validate(thaw(values)), []
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
    except Exception:
        return None, [((), f"expected {type_name(type_)}")]
    return None, [
        (detail["loc"], _pydantic_reason(type_, detail["loc"], detail["type"]))
        for detail in details
    ]


def _pydantic_reason(type_: Any, path: tuple[str | int, ...], code: str) -> str:
    if code == "missing":
        return "is missing"
    expected = type_
    for step in path:
        if not hasattr(expected, "model_fields"):
            break
        field = _pydantic_fields(expected).get(str(step))
        expected = expected if field is None else field.type
    return f"expected {type_name(expected)} ({code})"
