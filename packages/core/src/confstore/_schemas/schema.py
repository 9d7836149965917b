"""The schema of a store: a type of the whole store, or types of some of its options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from confstore._schemas.fields import Problem, is_root_model
from confstore._schemas.frozen import make_read_only
from confstore._schemas.kinds import type_name
from confstore._schemas.shaped import (
    Schema,
    Shaped,
    by_key,
    keys_as_fields,
    once,
    secret_keys,
    types_of,
)
from confstore._schemas.types import Typed
from confstore._schemas.unknown import Unknown, unknown_keys
from confstore._schemas.whole_store import StoreSchema
from confstore._values.read_only import ReadOnlyDict

__all__ = ["OptionsSchema", "StoreSchema", "schema_of"]


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


@attrs.frozen(eq=False)
class OptionsSchema(Schema):
    """Types of some options; the others stay plain, and are no unknown ones."""

    _types: Mapping[str, Typed]
    _identifiers: Mapping[str, str]
    # The last values and the object built from them: an unchanged option stays the same.
    _built: dict[str, tuple[object, object]] = attrs.field(factory=dict, repr=False)

    def field_types(self) -> dict[str, dict[str | None, Any]]:
        """Option to key to type."""
        return {option: types_of(type_) for option, type_ in self._types.items()}

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
        fields, clashes, key_of = keys_as_fields(values, type_)
        built, problems = type_.build(fields)
        problems = [(by_key(path, key_of), reason) for path, reason in problems]
        # One that somebody could have changed is built anew for each snapshot.
        if make_read_only(built) and not problems and not clashes:
            self._built[option] = values, built
        return built, once(clashes, problems)
