"""A type to build from values: an attrs class, a dataclass or a pydantic model."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from confstore._schemas.classes import build_class, converter
from confstore._schemas.fields import Field, Problem, fields_of, is_class, is_model
from confstore._schemas.kinds import type_name
from confstore._schemas.models import build_model

__all__ = ["Typed"]


@attrs.frozen(eq=False)
class Typed:
    """
    A type and its builder.

    Attributes:
        cls: The class.
        attributes: The names of its fields on an object.
        fields: Its fields, by the names under which it takes their values.
        build: Builds an object from values: the object, or None and the problems.
    """

    cls: type[Any]
    attributes: tuple[str, ...]
    fields: Mapping[str, Field]
    build: Callable[[Mapping[str, Any]], tuple[Any, list[Problem]]] = attrs.field(repr=False)

    @classmethod
    def of(cls, type_: type[Any]) -> Typed:
        """
        Prepare a type.

        Raises:
            TypeError: It is not an attrs class, a dataclass or a pydantic model.
            ModuleNotFoundError: cattrs is needed and not installed.
        """
        if is_model(type_):
            build = functools.partial(build_model, type_)
            return cls(type_, tuple(type_.model_fields), fields_of(type_), build)
        if is_class(type_):
            converter()
            fields = fields_of(type_)
            return cls(type_, tuple(fields), fields, functools.partial(build_class, type_))
        given: object = type_
        # Never the object: somebody may have given the options themselves.
        is_type = isinstance(given, type)
        kind = type_name(type_) if is_type else f"an object ({type(given).__name__})"
        message = f"a schema is an attrs class, a dataclass or a pydantic model, not {kind}"
        raise TypeError(message)
