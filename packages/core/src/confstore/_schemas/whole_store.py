"""A type of the whole store, with a field for each option."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from confstore._schemas.fields import (
    Problem,
    forbids_others,
    renamed,
    takes_others,
)
from confstore._schemas.frozen import make_read_only
from confstore._schemas.kinds import is_mapping, plain_type, type_arguments
from confstore._schemas.secrets import holds_secrets
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
from confstore._schemas.unknown import Unknown, class_within, unknown_keys, unknown_reason
from confstore._values.faulty import FaultyOption
from confstore._values.names import closest
from confstore._values.read_only import ReadOnlyDict

__all__ = ["StoreSchema"]


@attrs.frozen(eq=False)
class StoreSchema(Schema):
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
                keys = types_of(Typed.of(cls))
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
            raw[name], clashes, keys_of[name] = keys_as_fields(
                options[option], cls and Typed.of(cls)
            )
            problems += [((name, *path), reason) for path, reason in clashes]
        others = [option for option in options if option not in set(option_of.values())]
        if takes_others(self._type.cls):
            raw |= {other: options[other] for other in others if other not in self._type.fields}
        current, found = self._type.build(raw)
        make_read_only(current)
        found = [
            ((*path[:1], *by_key(path[1:], keys_of.get(str(path[0]), {}))), reason)
            if path
            else (path, reason)
            for path, reason in found
        ]
        # An absent option has no name but its field's.
        named = {field: option for option, field in self._fields_by_option.items()} | option_of
        problems = [
            ((named.get(str(path[0]), path[0]), *path[1:]) if path else (), reason)
            for path, reason in once(problems, found)
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
