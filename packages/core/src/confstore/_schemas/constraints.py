"""
Names the constraint that a value breaks: of attrs's validators, of pydantic, of a class's own code.

The text of an exception may quote the value, so it is shown only if it is a literal of the function
that raised it. Otherwise its type and its place in the source are shown.
"""

from __future__ import annotations

import contextlib
import os
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, get_args

import attrs
from attrs import validators

from confstore._schemas.fields import Problem, is_class
from confstore._schemas.kinds import (
    is_enumeration,
    is_literal,
    is_mapping,
    is_named_tuple,
    is_sequence,
    is_set,
    is_typed_dict,
    plain_type,
    type_name,
)
from confstore._values.counted import counted
from confstore._values.secret import Secret

__all__ = [
    "ConstraintError",
    "attrs_problems",
    "expected",
    "found_instead",
    "pydantic_reason",
    "refusal",
    "value_at",
]

_HERE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "")
_MOST_CHOICES = 20
_UNITS: dict[type[Any], tuple[str, str]] = {
    str: ("character", "characters"),
    bytes: ("byte", "bytes"),
}


class ConstraintError(Exception):
    """The problems inside of a value, each with its path from there."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__()
        self.problems = problems


def _one_of(choices: Iterable[Any]) -> str:
    shown = [repr(choice) for choice in choices]
    more = f" and {len(shown) - _MOST_CHOICES} more" if len(shown) > _MOST_CHOICES else ""
    return f"one of {', '.join(shown[:_MOST_CHOICES])}{more}"


def expected(type_: Any, value: Any) -> str:
    """Say which type a value must have, or which values if there are only some, and its kind."""
    plain = plain_type(type_)
    if is_literal(plain) or is_enumeration(plain):
        members = get_args(plain) if is_literal(plain) else plain
        choices = [getattr(one, "value", one) for one in members]
        found = "" if _kind_of(value) in map(_kind_of, choices) else found_instead(type_, value)
        return f"must be {_one_of(choices)}{found}"
    return f"expected {type_name(type_)}{found_instead(type_, value)}"


def value_at(values: Any, path: Iterable[str | int]) -> Any:
    """The value at a path, as far as it leads: that of a union ends with the name of a member."""
    for step in path:
        try:
            values = values[step]
        except (IndexError, KeyError, TypeError):
            break
    return values


def found_instead(type_: Any, value: Any) -> str:
    """Name the kind of a value, to append to what was expected; empty where that says nothing."""
    kind, plain = _kind_of(value), plain_type(type_)
    is_of_type = (
        (kind == "list" and (is_sequence(plain) or is_named_tuple(plain) or is_set(plain)))
        or (kind == "set" and is_set(plain))
        or (kind == "dict" and (is_mapping(plain) or is_typed_dict(plain) or is_class(plain)))
    )
    # Of a secret not even the kind is told.
    return "" if is_of_type or kind == "secret" else f", found {kind}"


_KINDS: tuple[tuple[Any, str], ...] = (
    (str, "text"),
    (bytes, "bytes"),
    (Mapping, "dict"),
    (list, "list"),
    (set | frozenset, "set"),
    (Secret, "secret"),
)


def _kind_of(value: Any) -> str:
    names = (name for kind, name in _KINDS if isinstance(value, kind))
    return next(names, "None" if value is None else type(value).__name__)


def refusal(error: BaseException, by: str) -> str:
    """Say who refused a value, and how, without what the exception may quote."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    text = error.args[0] if error.args else None
    # A text with a value in it is no constant of the code. One word may be both.
    if frames and isinstance(text, str) and " " in text and text in frames[-1].f_code.co_consts:
        return f"is refused by {by}: {text}"
    places = [
        (frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    # Generated code has names like `<attrs generated ...>`.
    own = [place for place in places if not place[0].startswith(("<", _HERE))]
    where = f" at {os.path.basename(own[-1][0])}:{own[-1][1]}" if own else ""
    return f"is refused by {by}: {type(error).__name__}{where}"


def _number(validator: Any, _: Any) -> str:
    words = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}
    return f"must be {words[validator.compare_op]} {validator.bound!r}"


def _instance(validator: Any, value: Any) -> str:
    kinds = validator.type if isinstance(validator.type, tuple) else (validator.type,)
    return f"expected {' or '.join(map(type_name, kinds))}, found {_kind_of(value)}"


def _length(limit: str, length: int, value: Any) -> str:
    one, many = _UNITS.get(type(value), ("entry", "entries"))
    return f"must have {limit} {counted(length, one, many)}"


# attrs has no public names for the classes of its validators.
_TEXTS: dict[type[Any], Callable[[Any, Any], str]] = {
    type(validators.ge(0)): _number,
    type(validators.min_len(0)): lambda one, value: _length("at least", one.min_length, value),
    type(validators.max_len(0)): lambda one, value: _length("at most", one.max_length, value),
    type(validators.matches_re("")): lambda one, _: f"must match {one.pattern.pattern!r}",
    type(validators.in_(())): lambda one, _: f"must be {_one_of(one.options)}",
    type(validators.instance_of(int)): _instance,
}
_AND: type[Any] = type(validators.and_())
_OPTIONAL = type(validators.optional(validators.ge(0)))
_ENTRIES = type(validators.deep_iterable(validators.ge(0)))
_MAPPING = type(validators.deep_mapping(validators.ge(0), validators.ge(0)))


def attrs_problems(validator: Any, instance: Any, field: Any, value: Any) -> Iterator[Problem]:
    """
    Every constraint of an attribute's validator that a value breaks.

    attrs itself stops at the first one. An AttributeError of a validator that looks at other
    attributes is left out if `instance` is incomplete: the ones that it lacks are problems already.
    """
    kind = type(validator)
    if kind is _AND:
        (parts,) = attrs.astuple(validator, recurse=False)
        for one in parts:
            yield from attrs_problems(one, instance, field, value)
    elif kind is _OPTIONAL:
        if value is not None:
            yield from attrs_problems(validator.validator, instance, field, value)
    elif kind is _ENTRIES:
        if validator.iterable_validator is not None:
            yield from attrs_problems(validator.iterable_validator, instance, field, value)
        for index, entry in enumerate(value):
            path = () if isinstance(value, set | frozenset) else (index,)
            inner = attrs_problems(validator.member_validator, instance, field, entry)
            yield from (((*path, *rest), reason) for rest, reason in inner)
    elif kind is _MAPPING:
        if validator.mapping_validator is not None:
            yield from attrs_problems(validator.mapping_validator, instance, field, value)
        for key, entry in value.items():
            for one, part in ((validator.key_validator, key), (validator.value_validator, entry)):
                if one is not None:
                    inner = attrs_problems(one, instance, field, part)
                    yield from (((key, *rest), reason) for rest, reason in inner)
    else:
        yield from _broken(validator, instance, field, value)


def _broken(validator: Any, instance: Any, field: Any, value: Any) -> Iterator[Problem]:
    try:
        validator(instance, field, value)
    except Exception as error:
        if isinstance(error, AttributeError) and not _is_complete(instance):
            return
        text = _TEXTS.get(type(validator))
        yield (), refusal(error, "its validator") if text is None else text(validator, value)


def _is_complete(instance: Any) -> bool:
    return all(hasattr(instance, field.name) for field in attrs.fields(type(instance)))


# By the codes of pydantic's errors. A code that is not here, or that has the value in its context,
# is shown as it is.
_PYDANTIC = {
    "enum": "must be one of {expected}",
    "finite_number": "must be finite",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be one of {expected}",
    "missing": "is missing",
    "multiple_of": "must be a multiple of {multiple_of}",
    "string_pattern_mismatch": "must match {pattern!r}",
}
# By those that count something: which bound it has, its name in the context, and what is counted.
_PYDANTIC_COUNTS = {
    "bytes_too_long": ("at most", "max_length", "byte", "bytes"),
    "bytes_too_short": ("at least", "min_length", "byte", "bytes"),
    "decimal_max_digits": ("at most", "max_digits", "digit", "digits"),
    "decimal_max_places": ("at most", "decimal_places", "decimal place", "decimal places"),
    "string_too_long": ("at most", "max_length", "character", "characters"),
    "string_too_short": ("at least", "min_length", "character", "characters"),
    "too_long": ("at most", "max_length", "entry", "entries"),
    "too_short": ("at least", "min_length", "entry", "entries"),
}


def pydantic_reason(code: str, context: Mapping[str, Any], otherwise: str) -> str:
    """Say what an error of pydantic means, from its code and its context, or else this."""
    # Somebody's own PydanticCustomError may have a code of pydantic's, and no such context.
    with contextlib.suppress(KeyError):
        if code in _PYDANTIC_COUNTS:
            bound, name, one, many = _PYDANTIC_COUNTS[code]
            return f"must have {bound} {counted(context[name], one, many)}"
        return _PYDANTIC[code].format(**context)
    error = context.get("error")
    if code in ("value_error", "assertion_error") and isinstance(error, Exception):
        return refusal(error, "its validator")
    return f"{otherwise} ({code})"
