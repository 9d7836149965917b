"""Values and names as text that a terminal shows and does not obey."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

from confstore import Secret
from confstore.adapter import closest
from confstore.documents import values_to_json

__all__ = [
    "counted",
    "did_you_mean",
    "json_text",
    "json_value",
    "reason_of",
    "shown",
    "shown_url",
    "type_name",
    "visible",
]


def visible(text: str, *, keep: str = "") -> str:
    r"""
    Replace every character that prints nothing by its escape, such as `\x1b`; keep some.

    An escape sequence in a name or a value could rewrite the screen, and a line feed could make a
    second line of an error.
    """
    if text.isprintable():
        return text
    return "".join(
        character
        if character.isprintable() or character in keep
        else character.encode("unicode_escape").decode()
        for character in text
    )


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A question to append to an error, with the closest of the known names; empty without one."""
    found = closest(name, known)
    return "" if found is None else f"; did you mean {found!r}?"


# The parameters that tell two stores apart; others can hold credentials.
_SHOWN_PARAMETERS = ("region=", "endpoint_url=", "profile=")
_CREDENTIALS = re.compile(r"(?<=//)[^/@]*@")


def shown_url(url: str) -> str:
    """The URL of a store, or those of layers, without credentials."""
    return " ".join(map(_shown_one, url.split())) or url


def _shown_one(url: str) -> str:
    place, _, query = url.partition("?")
    kept = [part for part in query.split("&") if part.startswith(_SHOWN_PARAMETERS)]
    return _CREDENTIALS.sub("", "?".join([place, "&".join(kept)] if kept else [place]))


def counted(count: int, what: str) -> str:
    """A number and a noun, such as `1 option` or `2 options`."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def reason_of(error: OSError) -> str:
    """The reason for an error of the operating system, without the name of a file."""
    return os.strerror(error.errno) if error.errno else type(error).__name__


def type_name(value: Any) -> str:
    """The name of a value's type, in JSON's words where JSON has the type."""
    if isinstance(value, Secret):
        return "secret"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, bytes):
        return "bytes"
    if isinstance(value, Mapping):
        return "object"
    if isinstance(value, list):
        return "array"
    return "set" if isinstance(value, set | frozenset) else "number"


def json_value(value: Any) -> Any:
    """Convert a value to what `json.dumps` takes, tagged as in a store's file; mask a secret."""
    if isinstance(value, Secret):
        return str(value)
    return values_to_json({"": value})[""]


def json_text(value: Any) -> str:
    """Convert a value to one line of JSON, tagged as in a store's file."""
    return json.dumps(json_value(value), ensure_ascii=False)


def shown(value: Any) -> str:
    """A value in a table whose next column names its type: text needs no quotes."""
    return str(value) if isinstance(value, str | Secret) else json_text(value)
