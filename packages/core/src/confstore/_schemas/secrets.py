"""Secrets in a schema: `Secret[T]`, and pydantic's `SecretStr` and `SecretBytes`."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from confstore._schemas.fields import Field, Problem
from confstore._schemas.kinds import (
    class_of,
    is_mapping,
    plain_type,
    type_arguments,
    type_name,
    union_members,
)
from confstore._values.converted import converted
from confstore._values.secret import PREFIX, Secret

__all__ = ["holds_secrets", "is_secret", "secret_hook", "secret_values"]

# By name: pydantic is not imported for this.
_PYDANTIC = {"SecretStr": str, "SecretBytes": bytes}


def is_secret(type_: Any) -> bool:
    """True for `Secret`, `Secret[T]`, and pydantic's secrets, also where they may be None."""
    members = union_members(type_)
    return all(_is_ours(one) or _text_type(one) is not None for one in members)


def holds_secrets(type_: Any) -> bool:
    """True for a mapping whose values are secrets, such as `dict[str, Secret[str]]`."""
    members = union_members(type_)
    if len(members) != 1 or not is_mapping(members[0]):
        return False
    arguments = type_arguments(members[0])
    return len(arguments) == 2 and is_secret(arguments[1])


def _is_ours(type_: Any) -> bool:
    cls = class_of(plain_type(type_))
    return isinstance(cls, type) and issubclass(cls, Secret)


def _text_type(type_: Any) -> type | None:
    """The type of the value in one of pydantic's secrets; None for any other type."""
    cls = plain_type(type_)
    for one in cls.__mro__ if isinstance(cls, type) else ():
        if one.__name__ in _PYDANTIC and one.__module__.startswith("pydantic"):
            return _PYDANTIC[one.__name__]
    return None


def secret_values(
    values: Mapping[str, Any], fields: Mapping[str, Field], key_of: Mapping[str, str]
) -> tuple[dict[str, Any], list[Problem]]:
    """
    The secrets of an option as its fields take them.

    Args:
        values: The option's values.
        fields: The fields of its type.
        key_of: The key of each field.

    Returns:
        What replaces a value, by its field; and a problem for each secret in a field for settings.
    """
    replaced: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, key in key_of.items():
        value, field = values[key], fields[name]
        if isinstance(value, str) and value.startswith(PREFIX):
            problems.append(((key,), "is a secret: open the store with secrets= or references="))
        elif isinstance(value, Secret) and (field.is_part or not is_secret(field.type)):
            problems.append(((key,), "is a secret: give the field the type Secret[...]"))
        elif isinstance(value, Secret):
            texts = [one for one in union_members(field.type) if _text_type(one) is not None]
            if texts:
                replaced[name] = _for_pydantic(value, plain_type(texts[0]))
    return replaced, problems


def _for_pydantic(secret: Secret[Any], cls: Any) -> Any:
    """The input of pydantic's own secret: the value, or an object that opens it later."""
    return secret.reveal() if secret._origin.is_open else _opening_later(cls)(secret)


@functools.cache
def _opening_later(cls: Any) -> Any:
    class OpeningLater(cls):  # type: ignore[misc]  # a class of pydantic's
        """A secret that is opened when its value is asked for, and raises what fails then."""

        def __init__(self, secret: Secret[Any]) -> None:
            self._secret = secret

        def get_secret_value(self) -> Any:
            return self._secret.reveal()

        def __len__(self) -> int:
            return len(self.get_secret_value())

        def __hash__(self) -> int:
            return hash(self._secret)

        def __eq__(self, other: object) -> bool:
            if isinstance(other, OpeningLater):
                return self._secret == other._secret
            return bool(
                isinstance(other, cls) and self.get_secret_value() == other.get_secret_value()
            )

        def _display(self) -> Any:
            # Without opening it.
            return cls("*" if _text_type(cls) is str else b"*")._display()

    OpeningLater.__name__ = cls.__name__
    return OpeningLater


def secret_hook(converter: Any, value: Any, type_: Any) -> Any:
    """Structure a secret, for cattrs; a plain value becomes one."""
    type_ = plain_type(type_)
    text_type = _text_type(type_)
    if text_type is not None:
        if isinstance(value, type_):
            return value
        if type(value) is not text_type:
            raise TypeError
        return type_(value)
    (inner, *_) = (*type_arguments(type_), Any)
    if not isinstance(value, Secret):
        return Secret(converter.structure(value, inner))
    if inner is Any:
        return value
    try:
        return converted(value, lambda revealed: converter.structure(revealed, inner))
    except Exception:
        # The paths of its problems would lead into the secret.
        raise TypeError(type_name(inner)) from None
