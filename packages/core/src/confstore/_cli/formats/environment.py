"""The environment variables of options: their names and their texts."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import attrs

from confstore import variable_name
from confstore.documents import number_to_text
from confstore.errors import InvalidValueError

__all__ = ["Naming", "Variable", "environment", "variables_of"]

_INSTEAD = "rename it, leave its option out, or export json"


@attrs.frozen
class Naming:
    """
    How variables are named.

    Attributes:
        prefix: The beginning of each name.
        separator: What stands between the parts of a name.
        bare: Options that are left out of the names of their variables, which are the keys as they
            are written.
        is_nested: Whether each value within a dict or list has a variable of its own.
    """

    prefix: str = ""
    separator: str = "_"
    bare: frozenset[str] = frozenset()
    is_nested: bool = False


@attrs.frozen
class Variable:
    """A variable without its text, and the value that it stands for."""

    name: str
    option: str
    path: str
    value: Any = attrs.field(repr=False)


def variables_of(
    options: Mapping[str, Mapping[str, Any]], naming: Naming | None = None
) -> Iterator[Variable]:
    """
    The variables of options, named by `confstore.variable_name`, in the order of the options.

    An empty dict or list, and a set, is one variable also where values are nested: there is nothing
    in them that an index could name.

    Raises:
        InvalidValueError: A key has no variable, because of its name.
    """
    naming = naming or Naming()
    for option, values in options.items():
        for key, value in values.items():
            for inner, leaf in _leaves(value) if naming.is_nested else [((), value)]:
                name = variable_name(
                    option,
                    key,
                    *inner,
                    prefix=naming.prefix,
                    separator=naming.separator,
                    is_bare=option in naming.bare,
                )
                path = key + "".join(f"[{part!r}]" for part in inner)
                yield Variable(name, option, path, leaf)


def _leaves(value: Any) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """The values within a value that hold no other, each with the keys and indices to it."""
    if value and isinstance(value, dict):
        entries: Iterable[tuple[str | int, Any]] = value.items()
    elif value and isinstance(value, list):
        entries = enumerate(value)
    else:
        yield (), value
        return
    for part, entry in entries:
        for inner, leaf in _leaves(entry):
            yield (part, *inner), leaf


def environment(
    options: Mapping[str, Mapping[str, Any]],
    naming: Naming | None = None,
    *,
    instead: str = _INSTEAD,
) -> dict[str, str]:
    """
    The variable of each key, and its text.

    Text is taken as it is; a number is its digits, a Boolean `true` or `false`, None the empty
    text, bytes are base64, and a list, dict or set is compact JSON, in which a set is a sorted
    array and a Decimal text. The types are lost.

    Args:
        options: Option to values, in canonical form: as a store gives them.
        naming: How the variables are named; None means option and key, in upper case.
        instead: What to do about a key that has no variable, for the error.

    Raises:
        InvalidValueError: A key has no variable, because of its name or a NUL in its value, or two
            keys have the same one.
    """
    texts: dict[str, str] = {}
    owners: dict[str, Variable] = {}
    for variable in variables_of(options, naming):
        name, option, path = variable.name, variable.option, variable.path
        other = owners.setdefault(name, variable)
        if other is not variable:
            reason = (
                f"its variable {name} is that of option {other.option!r}, key {other.path!r}, "
                f"too: {instead}"
            )
            raise InvalidValueError(None, option, path, reason)
        texts[name] = _text(option, path, variable.value, instead)
    return texts


def _text(option: str, key: str, value: Any, instead: str) -> str:
    plain = _plain(value)
    if plain is None:
        return ""
    if not isinstance(plain, str):
        return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
    if "\0" in plain:
        reason = f"the text holds a NUL character, which no variable can: {instead}"
        raise InvalidValueError(None, option, key, reason)
    return plain


def _plain(value: Any) -> Any:
    """A value in the types of JSON, without the tags by which it could be read back."""
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    if isinstance(value, set | frozenset):
        return [_plain(entry) for entry in sorted(value)]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Decimal):
        return number_to_text(value)
    return value
