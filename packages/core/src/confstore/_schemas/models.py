"""Builds pydantic models from plain values; pydantic is imported when a model is used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from confstore._schemas.constraints import (
    expected as expected_text,
    found_instead,
    pydantic_reason,
    refusal,
    value_at,
)
from confstore._schemas.fields import Problem, is_model, model_fields
from confstore._schemas.kinds import (
    is_enumeration,
    is_literal,
    is_mapping,
    is_sequence,
    is_set,
    plain_type,
    type_arguments,
    type_name,
    union_members,
)
from confstore._schemas.unknown import unknown_reason
from confstore._values.names import closest
from confstore._values.read_only import thaw_value

__all__ = ["build_model"]


def build_model(type_: Any, values: Mapping[str, Any]) -> tuple[Any, list[Problem]]:
    """
    Build an object of a pydantic model: the object, or None and the problems.

    Pydantic's errors quote the input, so only their paths, codes and constraints are kept.
    """
    from pydantic import ValidationError

    try:
        return type_.model_validate(thaw_value(values)), []
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
    except Exception as error:
        # A validator of the application raised an error that pydantic does not catch.
        return None, [((), refusal(error, type_name(type_)))]
    return None, [
        (
            detail["loc"],
            _reason(type_, values, detail["loc"], detail["type"], detail.get("ctx", {})),
        )
        for detail in details
    ]


def _reason(
    type_: Any,
    values: Mapping[str, Any],
    path: tuple[str | int, ...],
    code: str,
    context: Mapping[str, Any],
) -> str:
    expected, model = type_, type_
    for step in path:
        if not is_model(expected):
            entry = _entry_type(expected)
            # A union's path has the name of a member in it.
            if entry is None:
                break
            expected = entry
            continue
        model, field = expected, model_fields(expected).get(str(step))
        if field is not None and field.is_part:
            # Several fields may be parts of this value.
            return pydantic_reason(code, context, f"is refused by {type_name(model)}")
        if field is not None:
            expected = _model_within(field.type)
    if code == "extra_forbidden":
        return unknown_reason(closest(str(path[-1]), model_fields(model)))
    plain = plain_type(expected)
    if code in {"enum", "literal_error"} and (is_enumeration(plain) or is_literal(plain)):
        return expected_text(expected, value_at(values, path))
    if path[-1:] == ("[key]",):
        return pydantic_reason(code, context, "as a key: of another type than expected")
    is_of_kind = code.endswith(("_type", "_parsing")) or code == "int_from_float"
    found = found_instead(expected, value_at(values, path)) if is_of_kind else ""
    return pydantic_reason(code, context, f"expected {type_name(expected)}{found}")


def _model_within(type_: Any) -> Any:
    """The model of a type that may be None; any other type as it is."""
    members = union_members(type_)
    return members[0] if len(members) == 1 and is_model(members[0]) else type_


def _entry_type(type_: Any) -> Any:
    """The type of the entries of a container that may be None; None where they have none."""
    member, *others = union_members(type_)
    arguments = () if others else type_arguments(member)
    if is_mapping(member) and len(arguments) == 2:
        return _model_within(arguments[1])
    is_row = (is_sequence(member) or is_set(member)) and arguments[1:] in ((), (...,))
    return _model_within(arguments[0]) if is_row and arguments else None
