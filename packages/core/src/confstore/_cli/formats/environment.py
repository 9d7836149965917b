"""The environment variables of options: their names and their texts."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from confstore import variable_name
from confstore.documents import number_to_text
from confstore.errors import InvalidValueError

__all__ = ["environment"]

_INSTEAD = "rename it, leave its option out, or export json"


def environment(
    options: Mapping[str, Mapping[str, Any]],
    *,
    prefix: str = "",
    separator: str = "_",
    instead: str = _INSTEAD,
) -> dict[str, str]:
    """
    The variable of each key, named by `confstore.variable_name`.

    Text is taken as it is; a number is its digits, a Boolean `true` or `false`, None the empty
    text, bytes are base64, and a list, dict or set is compact JSON, in which a set is a sorted
    array and a Decimal text. The types are lost.

    Args:
        options: Option to values, in canonical form: as a store gives them.
        prefix: The beginning of each name.
        separator: What stands between option and key.
        instead: What to do about a key that has no variable, for the error.

    Raises:
        InvalidValueError: A key has no variable, because of its name or a NUL in its value, or two
            keys have the same one.
    """
    variables: dict[str, str] = {}
    owners: dict[str, tuple[str, str]] = {}
    for option, values in options.items():
        for key, value in values.items():
            name = variable_name(option, key, prefix=prefix, separator=separator)
            if name in owners:
                other_option, other_key = owners[name]
                reason = (
                    f"its variable {name} is that of option {other_option!r}, key {other_key!r}, "
                    f"too: {instead}"
                )
                raise InvalidValueError(None, option, key, reason)
            owners[name] = option, key
            variables[name] = _text(option, key, value, instead)
    return variables


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
