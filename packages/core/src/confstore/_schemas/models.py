"""Builds pydantic models from plain values; pydantic is imported when a model is used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from confstore._schemas.constraints import pydantic_reason, refusal
from confstore._schemas.fields import Problem, is_model, model_fields, unknown_reason
from confstore._schemas.kinds import type_name, union_members
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
        (detail["loc"], _reason(type_, detail["loc"], detail["type"], detail.get("ctx", {})))
        for detail in details
    ]


def _reason(type_: Any, path: tuple[str | int, ...], code: str, context: Mapping[str, Any]) -> str:
    expected, model = type_, type_
    for step in path:
        if not is_model(expected):
            break
        model, field = expected, model_fields(expected).get(str(step))
        if field is not None and field.is_part:
            # Several fields may be parts of this value.
            return pydantic_reason(code, context, f"is refused by {type_name(model)}")
        if field is not None:
            # A model that may be None.
            members = union_members(field.type)
            expected = members[0] if len(members) == 1 and is_model(members[0]) else field.type
    if code == "extra_forbidden":
        return unknown_reason(closest(str(path[-1]), model_fields(model)))
    return pydantic_reason(code, context, f"expected {type_name(expected)}")
