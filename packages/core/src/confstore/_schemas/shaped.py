"""The options of a store in the types of a schema, and what every kind of schema does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from confstore._schemas.fields import Problem, renamed
from confstore._schemas.secrets import is_secret, secret_values
from confstore._schemas.types import Typed
from confstore._schemas.unknown import Unknown, unknown_reason, unknown_text
from confstore._values.read_only import ReadOnlyDict
from confstore.errors import SchemaError, SchemaProblem

__all__ = [
    "EMPTY",
    "Schema",
    "Shaped",
    "by_key",
    "keys_as_fields",
    "once",
    "secret_keys",
    "types_of",
]

EMPTY = "is empty: is its name right?"
"""The reason for the problem that a store has no options."""


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
class Schema:
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


def types_of(type_: Typed) -> dict[str | None, Any]:
    """The types of a class's fields, by the names under which they are given."""
    # A field with a converter takes what it was written for, and that is often text.
    return {
        name: field.type
        for name, field in type_.fields.items()
        if not (field.is_part or field.has_converter)
    }


def secret_keys(values: Mapping[str, Any], type_: Typed) -> Iterator[str]:
    """The keys of an option that a type names as secrets."""
    key_of, _ = renamed(values, type_.fields, {})
    yield from (key for field, key in key_of.items() if is_secret(type_.fields[field].type))


def once(first: list[Problem], others: list[Problem]) -> list[Problem]:
    """All problems, without a second one about a value that was not to be built at all."""
    told = {path for path, _ in first}
    return [*first, *(one for one in others if one[0] not in told)]


def keys_as_fields(
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


def by_key(path: tuple[str | int, ...], key_of: Mapping[str, str]) -> tuple[str | int, ...]:
    """A path that begins with the option's key, where a class names its field otherwise."""
    return (key_of.get(str(path[0]), path[0]), *path[1:]) if path else path


def _problem(path: tuple[str | int, ...], reason: str) -> SchemaProblem:
    return SchemaProblem(str(path[0]) if path else None, path[1:], reason)
