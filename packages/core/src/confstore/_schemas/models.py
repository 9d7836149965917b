"""Builds pydantic models from plain values; pydantic is imported when a model is used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from confstore._schemas.fields import Problem, is_model, model_fields
from confstore._schemas.kinds import type_name
from confstore._values.read_only import thaw_value

__all__ = ["build_model"]


def build_model(type_: Any, values: Mapping[str, Any]) -> tuple[Any, list[Problem]]:
    """
    Build an object of a pydantic model: the object, or None and the problems.

    Pydantic's errors quote the input, so only their paths, types and codes are kept.
    """
    from pydantic import ValidationError

    try:
        return type_.model_validate(thaw_value(values)), []
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
    except Exception:
        # A validator of the application raised an error that pydantic does not catch.
        return None, [((), f"is refused by {type_name(type_)}")]
    return None, [
        (detail["loc"], _reason(type_, detail["loc"], detail["type"])) for detail in details
    ]


def _reason(type_: Any, path: tuple[str | int, ...], code: str) -> str:
    if code == "missing":
        return "is missing"
    expected = type_
    for step in path:
        if not is_model(expected):
            break
        field = model_fields(expected).get(str(step))
        if field is not None and field.is_part:
            # Several fields may be parts of this value.
            return f"is refused by {type_name(expected)} ({code})"
        expected = expected if field is None else field.type
    return f"expected {type_name(expected)} ({code})"
