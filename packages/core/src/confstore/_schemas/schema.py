"""Applies the types of a schema to the options of a store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from confstore._schemas.fields import Field, Problem, is_class, is_model, renamed
from confstore._schemas.frozen import make_read_only
from confstore._schemas.kinds import type_name, union_members
from confstore._schemas.types import Typed
from confstore._values.read_only import ReadOnlyDict
from confstore.errors import SchemaError

__all__ = ["OptionsSchema", "StoreSchema", "schema_of"]


def schema_of(
    schema: type[Any] | Mapping[str, type[Any]] | None,
    names: Mapping[str, str] | None,
    store: str,
) -> OptionsSchema | StoreSchema | None:
    """
    Prepare the type of the whole store, or of some options by name; None without one.

    `names`, field to option, are for a type of the whole store; `store` is its name, for errors.

    Raises:
        TypeError: It cannot be built, or there is no use for the names.
    """
    if names and (schema is None or isinstance(schema, Mapping)):
        message = "schema_names names the fields of a schema of the whole store"
        raise TypeError(message)
    if schema is None:
        return None
    if isinstance(schema, Mapping):
        types = {option: Typed.of(type_) for option, type_ in schema.items()}
        return OptionsSchema(store, types, _identifiers(schema))
    return StoreSchema(store, Typed.of(schema), _by_option(Typed.of(schema), names or {}))


def _identifiers(schema: Mapping[str, type[Any]]) -> dict[str, str]:
    """Additional attributes of typed options, where an option's own name is not an identifier."""
    identifiers: dict[str, str] = {}
    for option in schema:
        name = option.replace("-", "_")
        if name in identifiers:
            message = f"options {identifiers[name]!r} and {option!r} are both read as {name!r}"
            raise TypeError(message)
        identifiers[name] = option
    return identifiers


def _by_option(type_: Typed, names: Mapping[str, str]) -> dict[str, str]:
    # A field is named by its attribute, too, where it has an alias.
    field_of: dict[str, str] = {}
    for given, field in type_.fields.items():
        if not field.is_part:
            field_of.setdefault(field.attribute, given)
    field_of |= {given: given for given, field in type_.fields.items() if not field.is_part}
    unknown = names.keys() - field_of.keys()
    if unknown:
        message = f"{type_name(type_.cls)} has no field {', '.join(sorted(map(repr, unknown)))}"
        raise TypeError(message)
    by_option = {option: field_of[field] for field, option in names.items()}
    if len(by_option) < len(names):
        message = "schema_names gives one option to two fields"
        raise TypeError(message)
    return by_option


@attrs.frozen(eq=False)
class OptionsSchema:
    """
    Types of some options; the others stay plain.

    Each schema has two methods. `problems` lists what does not fit: a path begins with the option,
    an empty one is the store. `apply` gives the value of `config.current`, the typed options and
    further attributes, by name, or raises a SchemaError that names every problem and no value.
    """

    _store: str
    _types: Mapping[str, Typed]
    _identifiers: Mapping[str, str]
    # The last values and the object built from them: an unchanged option stays the same.
    _built: dict[str, tuple[object, object]] = attrs.field(factory=dict, repr=False)

    def problems(self, options: ReadOnlyDict) -> list[Problem]:
        return self._typed(options)[1]

    def apply(self, options: ReadOnlyDict) -> tuple[Any, dict[str, Any], dict[str, Any]]:
        typed, problems = self._typed(options)
        if problems:
            raise _error(self._store, problems)
        shown = {
            name: typed[option] for name, option in self._identifiers.items() if name not in options
        }
        return ReadOnlyDict({**options, **typed}), typed, shown

    def _typed(self, options: ReadOnlyDict) -> tuple[dict[str, Any], list[Problem]]:
        typed: dict[str, Any] = {}
        problems: list[Problem] = []
        for option, type_ in self._types.items():
            if option not in options:
                problems.append(((option,), "is missing"))
                continue
            typed[option], found = self._build(option, type_, options[option])
            problems += [((option, *path), reason) for path, reason in found]
        return typed, problems

    def _build(self, option: str, type_: Typed, values: ReadOnlyDict) -> tuple[Any, list[Problem]]:
        built_of, built = self._built.get(option, (None, None))
        if built_of is values:
            return built, []
        fields, problems = _keys_as_fields(values, type_)
        if not problems:
            built, problems = type_.build(fields)
        # One that somebody could have changed is built anew for each snapshot.
        if not problems and make_read_only(built):
            self._built[option] = values, built
        return built, problems


@attrs.frozen(eq=False)
class StoreSchema:
    """A type of the whole store, one field an option; options without a field stay plain."""

    _store: str
    _type: Typed
    _fields_by_option: Mapping[str, str]

    def problems(self, options: ReadOnlyDict) -> list[Problem]:
        return self._current(options)[2]

    def apply(self, options: ReadOnlyDict) -> tuple[Any, dict[str, Any], dict[str, Any]]:
        current, option_of, problems = self._current(options)
        if problems:
            raise _error(self._store, problems)
        typed: dict[str, Any] = {}
        shown = {name: getattr(current, name) for name in self._type.attributes}
        given: set[str] = set()
        for name, field in self._type.fields.items():
            if name in option_of and field.attribute not in given:
                # Of two options for one field, pydantic takes the first; the other stays plain.
                given.add(field.attribute)
                if not field.is_part:
                    typed[option_of[name]] = shown[field.attribute]
        return current, typed, shown

    def _current(self, options: ReadOnlyDict) -> tuple[Any, dict[str, str], list[Problem]]:
        option_of, problems = renamed(options, self._type.fields, self._fields_by_option)
        raw: dict[str, Any] = {}
        for name, option in option_of.items():
            inner = _inner(self._type.fields[name])
            raw[name], clashes = _keys_as_fields(options[option], inner)
            problems += [((name, *path), reason) for path, reason in clashes]
        current = None
        if not problems:
            current, problems = self._type.build(raw)
        if not problems:
            make_read_only(current)
        # An absent option has no name but its field's.
        named = {field: option for option, field in self._fields_by_option.items()} | option_of
        found = [
            ((named.get(str(path[0]), path[0]), *path[1:]) if path else (), reason)
            for path, reason in problems
        ]
        return current, option_of, found


def _inner(field: Field) -> Typed | None:
    """The class of a field, also where it may be None."""
    members = () if field.is_part else union_members(field.type)
    if len(members) == 1 and (is_class(members[0]) or is_model(members[0])):
        return Typed.of(members[0])
    return None


def _keys_as_fields(
    values: Mapping[str, Any], type_: Typed | None
) -> tuple[Mapping[str, Any], list[Problem]]:
    if type_ is None:
        return values, []
    key_of, problems = renamed(values, type_.fields, {})
    taken = set(key_of.values())
    others = {key: value for key, value in values.items() if key not in taken}
    return others | {field: values[key] for field, key in key_of.items()}, problems


def _error(store: str, problems: list[Problem]) -> SchemaError:
    return SchemaError(store, tuple(_line(path, reason) for path, reason in problems))


def _line(path: tuple[str | int, ...], reason: str) -> str:
    option, *keys = path or ("",)
    where = f"option {option!r}" if path else "the store"
    return f"{where}{', key ' if keys else ''}{'.'.join(map(str, keys))}: {reason}"
