"""The fields of the types that a schema is made of."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, get_type_hints

import attrs

from confstore._schemas.kinds import class_of

__all__ = [
    "Field",
    "Problem",
    "class_fields",
    "fields_of",
    "forbids_others",
    "is_class",
    "is_model",
    "is_root_model",
    "model_fields",
    "renamed",
    "resolve_types",
    "takes_others",
]

Problem = tuple[tuple[str | int, ...], str]
"""The path of a value that does not fit, and what was expected there."""


@attrs.frozen
class Field:
    """
    A field of a type.

    Attributes:
        attribute: Its name on the object.
        type: The annotated type.
        has_converter: True if the class itself converts the given value.
        is_part: True if the field is a part of the value of that name.
    """

    attribute: str
    type: Any
    has_converter: bool = False
    is_part: bool = False


def is_class(type_: Any) -> bool:
    """True for an attrs class or a dataclass."""
    cls = class_of(type_)
    return isinstance(cls, type) and (attrs.has(cls) or dataclasses.is_dataclass(cls))


def resolve_types(cls: Any) -> None:
    """
    Give the fields of an attrs class or a dataclass types for the names in their annotations.

    cattrs does it where an annotation as a whole is a text, and not for `list["Host"]`; nor for
    `Host` alone, which from Python 3.14 on may be defined after the class that names it.
    """
    if attrs.has(cls):
        attrs.resolve_types(cls)
    elif dataclasses.is_dataclass(cls):
        hints = get_type_hints(cls, include_extras=True)
        for field in dataclasses.fields(cls):
            field.type = hints[field.name]


def is_model(type_: Any) -> bool:
    """True for a pydantic model; pydantic is not imported for this."""
    return isinstance(type_, type) and hasattr(type_, "model_validate")


def is_root_model(type_: Any) -> bool:
    """True for a pydantic RootModel, which has one value and no named fields."""
    return getattr(type_, "__pydantic_root_model__", False) is True


def class_fields(type_: type[Any]) -> dict[str, Field]:
    """The fields of an attrs class or a dataclass, by the names under which they are given."""
    cls = class_of(type_)
    hints = get_type_hints(cls)
    fields: tuple[Any, ...] = attrs.fields(cls) if attrs.has(cls) else dataclasses.fields(cls)
    return {
        field.name: Field(
            field.name,
            hints.get(field.name, Any),
            getattr(field, "converter", None) is not None,
        )
        for field in fields
        if field.init
    }


def model_fields(type_: Any) -> dict[str, Field]:
    """The fields of a pydantic model, by each name that it takes, the preferred ones first."""
    fields: dict[str, Field] = {}
    for attribute, field in type_.model_fields.items():
        for name, *inner in _model_paths(type_.model_config, attribute, field.validation_alias):
            # What takes the whole value comes before what takes a part of it.
            if name not in fields or (fields[name].is_part and not inner):
                fields[name] = Field(attribute, field.annotation, is_part=bool(inner))
    return fields


def fields_of(type_: Any) -> dict[str, Field]:
    """The fields of a class or a model, by the names under which they are given."""
    return model_fields(type_) if is_model(type_) else class_fields(type_)


def takes_others(type_: Any) -> bool:
    """True for a pydantic model that keeps the names that it does not know."""
    return is_model(type_) and type_.model_config.get("extra") == "allow"


def forbids_others(type_: Any) -> bool:
    """True for a pydantic model that refuses the names that it does not know."""
    return is_model(type_) and type_.model_config.get("extra") == "forbid"


def _model_paths(config: Mapping[str, Any], attribute: str, alias: Any) -> Iterator[list[Any]]:
    is_by_alias = alias is not None and config.get("validate_by_alias", True)
    if is_by_alias:
        # An alias is a text, an AliasPath, or the AliasChoices of both.
        for choice in getattr(alias, "choices", [alias]):
            yield getattr(choice, "path", [choice])
    if not is_by_alias or config.get("populate_by_name") or config.get("validate_by_name"):
        yield [attribute]


def renamed(
    values: Mapping[str, Any], fields: Mapping[str, Field], names: Mapping[str, str]
) -> tuple[dict[str, str], list[Problem]]:
    """
    Find the field of each name in `values`.

    A name that no field has is tried again with `_` for `-`, which no identifier can hold. A field
    that `names` (name to field) holds takes no other name. Of several names that a pydantic model
    has for one field, pydantic chooses.

    Returns:
        Field to name, and two names for one field as problems. Names without a field are left out.
    """
    closed = {fields[field].attribute for field in names.values()}
    open_fields = {name for name, field in fields.items() if field.attribute not in closed}
    assigned: dict[str, str] = {}
    problems: list[Problem] = []
    for name in values:
        if name in names:
            field = names[name]
        else:
            field = name if name in open_fields else name.replace("-", "_")
            if field not in open_fields:
                continue
        if field in assigned:
            problems.append(((name,), f"fits the same field as {assigned[field]!r}"))
        assigned[field] = name
    return assigned, problems
