"""The line of a text on which an option, or a part of it, stands."""

from __future__ import annotations

import ast
import json
import re

from confstore.documents import find_json_fault
from confstore.errors import InvalidDocumentError

__all__ = ["line_of", "line_of_error"]

_PLACE = re.compile(r":([0-9]+):[0-9]+\Z")
# TOML's reader gives no places, so its errors begin with names.
_NAMES = re.compile(r"""option ('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")(?:, at ([^:\[]*))?""")

_PART = r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|[\w-]+)"""
_PARTS = re.compile(_PART)
_HEAD = re.compile(rf"\s*\[+\s*({_PART}(?:\s*\.\s*{_PART})*)\s*\]")
_KEY = re.compile(rf"\s*({_PART})\s*[.=]")


def line_of(text: str, format: str, path: tuple[str | int, ...]) -> int:
    """
    The line, from 1, of the last part of a path that stands in a text; 1 for an empty path.

    Args:
        text: A sound document.
        format: `json`, `yaml` or `toml`.
        path: An option, a key of it, and the rest of a path into its value.
    """
    if format == "yaml":
        # Not at the top: a command without YAML does not need it.
        from confstore._cli.formats.yaml_tree import compose, place_of

        return place_of(compose(text), path)[0]
    if format == "toml":
        return _line_of_toml(text, path)
    if not path:
        return 1
    try:
        fault = find_json_fault(text, path)
    except KeyError:
        # A part that is not there, such as a key that a schema misses.
        return line_of(text, format, path[:-1])
    return fault.line if fault else 1


def line_of_error(text: str, error: InvalidDocumentError) -> int:
    """The line of a document's fault."""
    place = _PLACE.search(error.place)
    if place is not None:
        return int(place[1])
    names = _NAMES.match(error.reason)
    if names is None:
        return 1
    option = ast.literal_eval(names[1])
    return _line_of_toml(text, (option,) if names[2] is None else (option, names[2]))


def _line_of_toml(text: str, path: tuple[str | int, ...]) -> int:
    """By the heads of tables and the keys at the beginnings of lines, as `dumps` writes them."""
    if not path:
        return 1
    option, *keys = path
    found, table = 1, ""
    for number, line in enumerate(text.split("\n"), 1):
        head, key = _HEAD.match(line), _KEY.match(line)
        if head is not None:
            table, *inner = map(_unquoted, _PARTS.findall(head[1]))
            here, named = table, inner[:1]
        elif key is not None:
            name = _unquoted(key[1])
            here, named = (table, [name]) if table else (name, [])
        else:
            continue
        if here == option and keys and named == keys[:1]:
            return number
        if here == option and found == 1:
            found = number
    return found


def _unquoted(name: str) -> str:
    if not name.startswith('"'):
        return name.strip("'")
    try:
        return str(json.loads(name))
    except ValueError:
        # A line of a text, or an escape that JSON lacks: it is no name that is looked for.
        return name
