"""
Builds containers, enumerations and unions from plain values, for cattrs.

cattrs takes any iterable for a list and anything with `in` for a mapping: of `"localhost"` it makes
`["l", "o", "c", ...]` for a list of text, and of `True` an enumeration's member whose value is 1.
"""

from __future__ import annotations

import collections
import enum
import functools
import inspect
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from types import NoneType
from typing import Any, get_args, get_type_hints

import attrs

from confstore._schemas import kinds
from confstore._schemas.constraints import ConstraintError, attrs_problems, expected, refusal
from confstore._schemas.fields import Problem, is_class, resolve_types
from confstore._schemas.kinds import class_of, plain_type, type_arguments, union_members
from confstore._schemas.secrets import is_secret, secret_hook
from confstore._values.read_only import is_same

__all__ = ["enumeration", "register_containers"]


def register_containers(converter: Any) -> None:
    """Make a converter of cattrs build these kinds here, whatever the way they are spelled."""
    converter.register_structure_hook(enum.Enum, enumeration)
    hooks: list[tuple[Callable[[Any], bool], Callable[..., Any]]] = [
        (kinds.is_sequence, _sequence),
        (kinds.is_set, _set),
        (kinds.is_mapping, _mapping),
        (kinds.is_named_tuple, _named_tuple),
        (kinds.is_union, _union),
        (lambda type_: plain_type(type_) is not type_, _wrapped),
        (lambda type_: not kinds.is_union(plain_type(type_)) and is_secret(type_), secret_hook),
    ]
    for is_kind, hook in hooks:
        converter.register_structure_hook_func(is_kind, functools.partial(hook, converter))
    converter.register_structure_hook_func(kinds.is_literal, _literal)
    objects: list[tuple[Callable[[Any], bool], Callable[..., Any]]] = [
        (kinds.is_typed_dict, converter.gen_structure_typeddict),
        (is_class, converter.gen_structure_attrs_fromdict),
    ]
    for is_kind, generated in objects:
        factory = functools.partial(_object, converter, generated)
        converter.register_structure_hook_factory(is_kind, factory)


def enumeration(value: Any, type_: type[enum.Enum]) -> enum.Enum:
    """The member of a value; `True` is not the one of 1, which to Python it is."""
    member = type_(value)
    # A store keeps 1.0 as 1.
    is_number = type(value) is int and type(member.value) in (float, Decimal)
    # An enumeration that looks its members up in its own way may give one of another value.
    if member.value == value and not is_number and not is_same(member.value, value):
        raise TypeError
    return member


def _literal(value: Any, type_: Any) -> Any:
    for one in get_args(type_):
        if is_same(one.value if isinstance(one, enum.Enum) else one, value):
            return one
    raise TypeError


def _wrapped(converter: Any, value: Any, type_: Any) -> Any:
    return converter.structure(value, plain_type(type_))


def _object(
    converter: Any, generated: Callable[[Any], Callable[..., Any]], type_: Any
) -> Callable[..., Any]:
    from cattrs import ClassValidationError

    cls = class_of(type_)
    # cattrs before 26 cannot resolve the annotations of a generic class that has arguments.
    resolve_types(cls)
    build = generated(type_)

    def build_object(value: Any, type_: Any) -> Any:
        # An object whose fields all have defaults is not made of a text.
        if not isinstance(value, Mapping):
            raise TypeError
        try:
            return build(value, type_)
        except ClassValidationError as error:
            if not attrs.has(cls):
                raise
            others = _other_problems(converter, error, value, type_)
        raise others

    return build_object


def _other_problems(converter: Any, error: Any, values: Mapping[str, Any], type_: Any) -> Any:
    """
    The error with every problem of an attrs class, and not only the first of its validators.

    attrs runs converters and validators after all values have their types, and stops at the first
    that raises. `__attrs_post_init__` is run only by a class that has no other problem.
    """
    from cattrs import ClassValidationError

    noted, _ = error.group_exceptions()
    cls = class_of(type_)
    instance = cls.__new__(cls)
    failed = {note.name for _, note in noted}
    problems: list[Problem] = []
    built = []
    for field in attrs.fields(cls):
        if field.name in failed:
            continue
        try:
            value = _field_value(converter, field, instance, values, type_)
        except Exception as fault:
            problems.append(((field.name,), refusal(fault, "its converter")))
            continue
        if value is not attrs.NOTHING:
            object.__setattr__(instance, field.name, value)
            built.append((field, value))
    for field, value in built:
        if field.validator is not None:
            found = attrs_problems(field.validator, instance, field, value)
            problems += [((field.name, *path), reason) for path, reason in found]
    if not problems:
        return error
    parts = [inner for inner, _ in noted]
    return ClassValidationError(str(error), [*parts, ConstraintError(problems)], cls)


def _field_value(
    converter: Any, field: Any, instance: Any, values: Mapping[str, Any], type_: Any
) -> Any:
    """The value that a field of an attrs class gets; `attrs.NOTHING` if it gets none."""
    if field.init and field.name in values:
        value = values[field.name]
        if field.converter is None:
            return converter.structure(value, _with_arguments(field.type, type_))
    elif isinstance(field.default, attrs.Factory):  # type: ignore[arg-type]  # a class to attrs
        takes_self = field.default.takes_self
        value = field.default.factory(instance) if takes_self else field.default.factory()
    else:
        value = field.default
    convert: Any = field.converter
    if convert is None or value is attrs.NOTHING:
        return value
    # attrs before 24.1 has no Converter.
    takes_all = isinstance(convert, getattr(attrs, "Converter", ()))
    return convert(value, instance, field) if takes_all else convert(value)


def _sequence(converter: Any, value: Any, type_: Any) -> Any:
    if not isinstance(value, list):
        raise TypeError
    cls = class_of(type_)
    arguments = type_arguments(type_)
    entry_types: Iterable[Any]
    if issubclass(cls, tuple) and arguments and arguments[1:] != (...,):
        if len(value) != len(arguments):
            raise TypeError
        entry_types = arguments
    else:
        entry_types = itertools.repeat(arguments[0] if arguments else Any)
    entries = _each(converter, zip(itertools.count(), value, entry_types))
    if inspect.isabstract(cls):
        return entries if hasattr(cls, "append") else tuple(entries)
    return cls(entries)


def _set(converter: Any, value: Any, type_: Any) -> Any:
    # Also a list: a store cannot hold an empty set.
    if not isinstance(value, set | frozenset | list):
        raise TypeError
    cls = class_of(type_)
    (entry_type,) = type_arguments(type_) or (Any,)
    if isinstance(value, list):
        entries = _each(converter, ((*entry, entry_type) for entry in enumerate(value)))
    else:
        entries = [converter.structure(entry, entry_type) for entry in value]
    if inspect.isabstract(cls):
        return set(entries) if hasattr(cls, "add") else frozenset(entries)
    return cls(entries)


def _mapping(converter: Any, value: Any, type_: Any) -> Any:
    if not isinstance(value, Mapping):
        raise TypeError
    cls = class_of(type_)
    arguments = type_arguments(type_)
    if issubclass(cls, collections.Counter):
        arguments = (*arguments, int)[:2]
    key_type = arguments[0] if len(arguments) > 1 else Any
    value_type = arguments[-1] if arguments else Any
    keys = _each(converter, ((key, key, key_type) for key in value), are_keys=True)
    values = _each(converter, ((*entry, value_type) for entry in value.items()))
    entries = dict(zip(keys, values, strict=True))
    if inspect.isabstract(cls):
        return entries
    if issubclass(cls, collections.defaultdict):
        return cls(class_of(plain_type(value_type)) if arguments else None, entries)
    return cls(entries)


def _named_tuple(converter: Any, value: Any, type_: Any) -> Any:
    cls = class_of(type_)
    least = len(cls._fields) - len(cls._field_defaults)
    if not isinstance(value, list) or not least <= len(value) <= len(cls._fields):
        raise TypeError
    hints = get_type_hints(cls)
    entry_types = [_with_arguments(hints.get(name, Any), type_) for name in cls._fields]
    return cls(*_each(converter, zip(itertools.count(), value, entry_types)))


def _with_arguments(hint: Any, type_: Any) -> Any:
    """The type of a field of a generic class, with the class's arguments in it."""
    given = dict(zip(getattr(class_of(type_), "__parameters__", ()), get_args(type_), strict=False))
    if hint in given:
        return given[hint]
    inner = tuple(given.get(one, one) for one in getattr(hint, "__parameters__", ()))
    return hint[inner] if inner else hint


def _each(
    converter: Any, entries: Iterable[tuple[int | str, Any, Any]], *, are_keys: bool = False
) -> list[Any]:
    """Build the entries of a container, and raise all of their errors, each with its place."""
    from cattrs import IterableValidationError, IterableValidationNote

    built = []
    errors: list[Exception] = []
    for place, value, type_ in entries:
        try:
            built.append(converter.structure(value, type_))
        except Exception as fault:
            error = fault
            if are_keys:
                # Its place is that of the value, of which another kind may be expected.
                error = ConstraintError([((), f"as a key: {expected(type_, value)}")])
            error.add_note(IterableValidationNote("", place, type_))
            errors.append(error)
    if errors:
        raise IterableValidationError("", errors, list)
    return built


def _union(converter: Any, value: Any, type_: Any) -> Any:
    """Build the member that the value has the type of, else the first that it fits."""
    if value is None and NoneType in get_args(type_):
        return None
    members = union_members(type_)
    if len(members) == 1:
        return converter.structure(value, members[0])
    if type(value) in map(plain_type, members):
        return value
    fitting, errors = [], []
    for member in _sets_last(members):
        try:
            fitting.append((member, converter.structure(value, member)))
        except Exception as error:
            errors.append(error)
    if fitting:
        # Classes take values that have other keys, too: the one that knows the most is meant.
        return max(fitting, key=lambda fit: _known_keys(value, fit[0]))[1]
    # Of a value that is of one member's kind, the wrong parts are named.
    deeper = [error for error in errors if hasattr(error, "exceptions")]
    raise deeper[0] if len(deeper) == 1 else TypeError


def _sets_last(members: tuple[Any, ...]) -> Iterator[Any]:
    # A set takes a list, too, and would drop its order.
    last = [member for member in members if kinds.is_set(plain_type(member))]
    yield from (member for member in members if member not in last)
    yield from last


def _known_keys(value: Any, type_: Any) -> int:
    type_ = plain_type(type_)
    if not isinstance(value, Mapping) or not (is_class(type_) or kinds.is_typed_dict(type_)):
        return 0
    return len(value.keys() & get_type_hints(class_of(type_)).keys())
