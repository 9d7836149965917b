"""Applies the types of a schema to the options of a store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from confstore._schemas.fields import (
    Problem,
    forbids_others,
    is_root_model,
    renamed,
    takes_others,
    unknown_reason,
)
from confstore._schemas.frozen import make_read_only
from confstore._schemas.kinds import is_mapping, plain_type, type_arguments, type_name
from confstore._schemas.secrets import holds_secrets, is_secret, secret_values
from confstore._schemas.types import Typed
from confstore._schemas.unknown import Unknown, class_within, unknown_keys, unknown_text
from confstore._values.faulty import FaultyOption
from confstore._values.names import closest
from confstore._values.read_only import ReadOnlyDict
from confstore.errors import SchemaError, SchemaProblem

__all__ = ["EMPTY", "OptionsSchema", "Shaped", "StoreSchema", "schema_of"]

EMPTY = "is empty: is its name right?"
"""The reason for the problem that a store has no options."""


def schema_of(
    schema: type[Any] | Mapping[str, type[Any]] | None,
    names: Mapping[str, str] | None,
    store: str,
    *,
    is_strict: bool = False,
) -> OptionsSchema | StoreSchema | None:
    """
    Prepare the type of the whole store, or of some options by name; None without one.

    `names`, field to option, are for a type of the whole store; `store` is its name, for errors. A
    strict schema refuses the options and keys that it does not know.

    Raises:
        TypeError: It cannot be built, or stands for a whole store and is a RootModel; or there is
            no use for the names or for `is_strict`.
    """
    if names and (schema is None or isinstance(schema, Mapping)):
        message = "schema_names names the fields of a schema of the whole store"
        raise TypeError(message)
    if schema is None:
        if is_strict:
            message = "strict=True refuses what a schema does not know: give a schema"
            raise TypeError(message)
        return None
    if isinstance(schema, Mapping):
        types = {option: Typed.of(type_) for option, type_ in schema.items()}
        return OptionsSchema(store, is_strict, types, _identifiers(schema))
    if is_root_model(schema):
        message = (
            f"{type_name(schema)} is a RootModel, which has no field for an option: give a model "
            "with a field for each option, or types of some options by name"
        )
        raise TypeError(message)
    type_ = Typed.of(schema)
    return StoreSchema(store, is_strict, type_, _by_option(type_, names or {}))


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


@attrs.frozen(eq=False, repr=False)
class Shaped:
    """
    The options of a store in the types of a schema.

    Attributes:
        current: The value of `config.current`.
        typed: The typed options, by name.
        attributes: Further attributes of a config, by name.
        unknown: The options and keys that the schema does not know.
    """

    current: Any
    typed: Mapping[str, Any]
    attributes: Mapping[str, Any]
    unknown: tuple[Unknown, ...]


@attrs.frozen(eq=False)
class _Schema:
    """
    Each schema has two methods.

    `check` lists what does not fit (a path begins with the option, an empty one is the store), and
    says which options and keys are unknown where that is not a problem. `apply` gives the options
    in their types, or raises a SchemaError that names every problem and no value.
    """

    _store: str
    _is_strict: bool

    def check(self, options: ReadOnlyDict) -> tuple[list[Problem], list[str]]:
        shaped, problems = self._shaped(options)
        paths = {path for path, _ in problems}
        return problems, [unknown_text(one) for one in shaped.unknown if one[0] not in paths]

    def apply(self, options: ReadOnlyDict) -> Shaped:
        shaped, problems = self._shaped(options)
        if problems and not options:
            # Where a store is a name and no file, a mistyped one is an empty one.
            problems.append(((), EMPTY))
        if problems:
            raise SchemaError(self._store, tuple(_problem(*one) for one in problems))
        return shaped

    def secrets(self, options: ReadOnlyDict) -> frozenset[tuple[str, str]]:
        """Option and key of every value that the types name as a secret."""
        return frozenset(self._secrets(options))

    def _shaped(self, options: ReadOnlyDict) -> tuple[Shaped, list[Problem]]:
        shaped, problems = self._fitted(options)
        known = {path for path, _ in problems}
        others = [one for one in shaped.unknown if one[0] not in known]
        if self._is_strict:
            return shaped, problems + [(path, unknown_reason(close)) for path, close in others]
        mistyped = {(*path[:-1], close): path[-1] for path, close in others}
        return shaped, [
            (path, f"is missing: is it mistyped as {mistyped[path]!r}?")
            if path in mistyped and reason == "is missing"
            else (path, reason)
            for path, reason in problems
        ]

    if TYPE_CHECKING:

        def _fitted(self, options: ReadOnlyDict) -> tuple[Shaped, list[Problem]]: ...

        def _secrets(self, options: ReadOnlyDict) -> Iterator[tuple[str, str]]: ...


def _types_of(type_: Typed) -> dict[str | None, Any]:
    """The types of a class's fields, by the names under which they are given."""
    # A field with a converter takes what it was written for, and that is often text.
    return {
        name: field.type
        for name, field in type_.fields.items()
        if not (field.is_part or field.has_converter)
    }


@attrs.frozen(eq=False)
class OptionsSchema(_Schema):
    """Types of some options; the others stay plain, and are no unknown ones."""

    _types: Mapping[str, Typed]
    _identifiers: Mapping[str, str]
    # The last values and the object built from them: an unchanged option stays the same.
    _built: dict[str, tuple[object, object]] = attrs.field(factory=dict, repr=False)

    def field_types(self) -> dict[str, dict[str | None, Any]]:
        """Option to key to type."""
        return {option: _types_of(type_) for option, type_ in self._types.items()}

    def _fitted(self, options: ReadOnlyDict) -> tuple[Shaped, list[Problem]]:
        typed: dict[str, Any] = {}
        problems: list[Problem] = []
        unknown: list[Unknown] = []
        for option, type_ in self._types.items():
            if option not in options:
                problems.append(((option,), "is missing"))
                continue
            values = options[option]
            typed[option], found = self._build(option, type_, values)
            problems += [((option, *path), reason) for path, reason in found]
            unknown += unknown_keys(type_.cls, typed[option], values, (option,), has_dashes=True)
        shown = {
            name: typed.get(option)
            for name, option in self._identifiers.items()
            if name not in options
        }
        current = ReadOnlyDict({**options, **typed})
        return Shaped(current, typed, shown, tuple(unknown)), problems

    def _secrets(self, options: ReadOnlyDict) -> Iterator[tuple[str, str]]:
        for option, type_ in self._types.items():
            yield from ((option, key) for key in secret_keys(options.get(option, {}), type_))

    def _build(self, option: str, type_: Typed, values: ReadOnlyDict) -> tuple[Any, list[Problem]]:
        built_of, built = self._built.get(option, (None, None))
        if built_of is values:
            return built, []
        fields, clashes, key_of = _keys_as_fields(values, type_)
        built, problems = type_.build(fields)
        problems = [(_by_key(path, key_of), reason) for path, reason in problems]
        # One that somebody could have changed is built anew for each snapshot.
        if make_read_only(built) and not problems and not clashes:
            self._built[option] = values, built
        return built, _once(clashes, problems)


@attrs.frozen(eq=False)
class StoreSchema(_Schema):
    """A type of the whole store, one field an option; options without a field stay plain."""

    _type: Typed
    _fields_by_option: Mapping[str, str]

    def field_types(self) -> dict[str, dict[str | None, Any]]:
        """Option to key to type; the key None stands for every key of an option that is a dict."""
        types: dict[str, dict[str | None, Any]] = {}
        options_of: dict[str, list[str]] = {}
        for option, name in self._fields_by_option.items():
            options_of.setdefault(name, []).append(option)
        for name, field in self._type.fields.items():
            cls = class_within(field)
            if cls is not None:
                keys = _types_of(Typed.of(cls))
            else:
                (*_, entry) = (Any, *type_arguments(plain_type(field.type)))
                keys = {None: entry} if is_mapping(plain_type(field.type)) else {}
            types |= dict.fromkeys(options_of.get(name, [name]), keys)
        return types

    def _fitted(self, options: ReadOnlyDict) -> tuple[Shaped, list[Problem]]:
        option_of, problems = renamed(options, self._type.fields, self._fields_by_option)
        raw: dict[str, Any] = {}
        keys_of: dict[str, Mapping[str, str]] = {}
        for name, option in option_of.items():
            # Here, and not within a model, whose error would be another.
            _check_fault(options[option])
            cls = class_within(self._type.fields[name])
            raw[name], clashes, keys_of[name] = _keys_as_fields(
                options[option], cls and Typed.of(cls)
            )
            problems += [((name, *path), reason) for path, reason in clashes]
        others = [option for option in options if option not in set(option_of.values())]
        if takes_others(self._type.cls):
            raw |= {other: options[other] for other in others if other not in self._type.fields}
        current, found = self._type.build(raw)
        make_read_only(current)
        found = [
            ((*path[:1], *_by_key(path[1:], keys_of.get(str(path[0]), {}))), reason)
            if path
            else (path, reason)
            for path, reason in found
        ]
        # An absent option has no name but its field's.
        named = {field: option for option, field in self._fields_by_option.items()} | option_of
        problems = [
            ((named.get(str(path[0]), path[0]), *path[1:]) if path else (), reason)
            for path, reason in _once(problems, found)
        ]
        unknown = [*self._unknown_options(others, named, option_of)]
        if forbids_others(self._type.cls):
            problems += [(path, unknown_reason(close)) for path, close in unknown]
        unknown += self._unknown_keys(current, options, option_of)
        return Shaped(current, *self._attributes(current, option_of), tuple(unknown)), problems

    def _secrets(self, options: ReadOnlyDict) -> Iterator[tuple[str, str]]:
        option_of, _ = renamed(options, self._type.fields, self._fields_by_option)
        for name, option in option_of.items():
            field = self._type.fields[name]
            cls = class_within(field)
            if cls is not None:
                keys = secret_keys(options[option], Typed.of(cls))
                yield from ((option, key) for key in keys)
            elif holds_secrets(field.type):
                yield from ((option, key) for key in options[option])

    def _unknown_options(
        self, others: list[str], named: Mapping[str, str], option_of: Mapping[str, str]
    ) -> Iterator[Unknown]:
        if not takes_others(self._type.cls):
            given = {self._type.fields[name].attribute for name in option_of}
            free = [
                named.get(name, name)
                for name, field in self._type.fields.items()
                if field.attribute not in given
            ]
            yield from (((other,), closest(other, free)) for other in others)

    def _unknown_keys(
        self, current: Any, options: ReadOnlyDict, option_of: Mapping[str, str]
    ) -> Iterator[Unknown]:
        for name, option in option_of.items():
            field = self._type.fields[name]
            if not field.has_converter and not field.is_part:
                built = getattr(current, field.attribute, None)
                cls = class_within(field)
                has_dashes = cls is not None
                yield from unknown_keys(
                    cls, built, options[option], (option,), has_dashes=has_dashes
                )

    def _attributes(
        self, current: Any, option_of: Mapping[str, str]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        if current is None:
            return {}, {}
        shown = {name: getattr(current, name) for name in self._type.attributes}
        typed: dict[str, Any] = {}
        given: set[str] = set()
        for name, field in self._type.fields.items():
            if name in option_of and field.attribute not in given:
                # Of two options for one field, pydantic takes the first; the other stays plain.
                given.add(field.attribute)
                if not field.is_part:
                    typed[option_of[name]] = shown[field.attribute]
        return typed, shown


def _check_fault(values: Mapping[str, Any]) -> None:
    if isinstance(values, FaultyOption):
        raise values.fault.with_traceback(None)


def secret_keys(values: Mapping[str, Any], type_: Typed) -> Iterator[str]:
    """The keys of an option that a type names as secrets."""
    key_of, _ = renamed(values, type_.fields, {})
    yield from (key for field, key in key_of.items() if is_secret(type_.fields[field].type))


def _once(first: list[Problem], others: list[Problem]) -> list[Problem]:
    """All problems, without a second one about a value that was not to be built at all."""
    told = {path for path, _ in first}
    return [*first, *(one for one in others if one[0] not in told)]


def _keys_as_fields(
    values: Mapping[str, Any], type_: Typed | None
) -> tuple[Mapping[str, Any], list[Problem], Mapping[str, str]]:
    """The values by the fields that take them, what does not fit, and the key of each field."""
    if type_ is None:
        return values, [], {}
    key_of, problems = renamed(values, type_.fields, {})
    taken = set(key_of.values())
    others = {key: value for key, value in values.items() if key not in taken}
    replaced, found = secret_values(values, type_.fields, key_of)
    given = {field: values[key] for field, key in key_of.items()}
    return {**others, **given, **replaced}, [*problems, *found], key_of


def _by_key(path: tuple[str | int, ...], key_of: Mapping[str, str]) -> tuple[str | int, ...]:
    """A path that begins with the option's key, where a class names its field otherwise."""
    return (key_of.get(str(path[0]), path[0]), *path[1:]) if path else path


def _problem(path: tuple[str | int, ...], reason: str) -> SchemaProblem:
    return SchemaProblem(str(path[0]) if path else None, path[1:], reason)
