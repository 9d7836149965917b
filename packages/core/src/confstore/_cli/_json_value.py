"""A value from the JSON that somebody typed."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from confstore import Value
from confstore.adapter import JSONPathError, number_from_text, thaw, values_from_json
from confstore.errors import InvalidValueError

__all__ = ["value_from_json"]


def value_from_json(text: str, option: str, key: str) -> Value:
    """
    The value that a JSON text stands for, with the tags of a store's file.

    Args:
        text: The text.
        option: The option that is to be written, for errors.
        key: The key that it is the value of.

    Raises:
        InvalidValueError: It is no JSON, or stands for no value.
    """
    try:
        raw = json.loads(
            text,
            parse_float=number_from_text,
            parse_int=number_from_text,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        reason = f"this is not JSON, at {place}: {error.msg.lower()}; text is given as KEY=TEXT"
        raise InvalidValueError(option, key, reason) from None
    except RecursionError:
        raise InvalidValueError(option, key, "arrays and objects are nested too deep") from None
    except ValueError as error:
        # Ours, from the functions that were given to the decoder.
        raise InvalidValueError(option, key, str(error)) from None
    try:
        return thaw(values_from_json({key: raw}))[key]
    except JSONPathError as error:
        raise InvalidValueError(option, _path(error.path), error.reason) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    if len(entries) < len(pairs):
        raise ValueError("a key is in its object twice")
    return entries


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError("NaN and infinities are not JSON; null can stand for no number")


def _path(path: tuple[str | int, ...]) -> str:
    first, *rest = path
    return f"{first}" + "".join(f"[{part!r}]" for part in rest)
