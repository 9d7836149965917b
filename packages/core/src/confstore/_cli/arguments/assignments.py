r"""
`KEY=VALUE` arguments.

```text
host=db.example         text
port:=27017             JSON: a number, true, null, a list, {"$bytes": "..."}
certificate=@cert.pem   the text of a file, exactly
limits:=@limits.json    the JSON of a file
password=-              standard input, without its last line feed; in a terminal, a hidden prompt
limits:=-               JSON from standard input
```

A backslash takes the meaning from what follows: `a\=b=c` is the key `a=b`, `a\:=c` the key `a:`,
and `a\\=b` the key `a\`; `user=\@ada` is the text `@ada`, `sign=\-` the text `-`.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Collection, Sequence
from typing import Any, NoReturn

import attrs
import click

from confstore import Value, Values
from confstore._cli.terminal.exit_codes import CommandError
from confstore._cli.terminal.text import visible
from confstore.documents import JSONPathError, number_from_text, values_from_json
from confstore.errors import InvalidValueError

__all__ = ["escaped_key", "values_from_arguments"]

_FORMS = "KEY=VALUE, KEY:=JSON, KEY=@FILE or KEY=- for standard input"

# A key, in which a backslash escapes a character that would end it, and the separator.
_ASSIGNMENT = re.compile(r"((?:\\.|[^\\=:]|:(?!=)|\\)*?)(:?=)(.*)", re.DOTALL)
_SPECIAL = re.compile(r"[\\=:]")
_ESCAPED = re.compile(r"\\([\\=:])")
# A value that would mean a file or standard input if there were no backslash before it.
_ESCAPED_VALUE = re.compile(r"\\+(?:@.*|-)", re.DOTALL)


@attrs.frozen
class _Assignment:
    """A key, and its value as text, or the file (or standard input) that holds it."""

    key: str
    is_json: bool
    source: str
    text: str = attrs.field(repr=False)


def _parsed(argument: str, number: int) -> _Assignment:
    """Parse one argument, given its place among them for errors, which show no more than a key."""
    match = _ASSIGNMENT.fullmatch(argument)
    if match is None:
        raise CommandError(f"assignment {number} is none of {_FORMS}")
    key, separator, text = match.groups()
    key = _ESCAPED.sub(r"\1", key)
    if not key:
        raise CommandError(f"assignment {number} has an empty key; it is one of {_FORMS}")
    source = "argument"
    if text.startswith("@"):
        source, text = "file", text[1:]
    elif text == "-":
        source = "stdin"
    elif _ESCAPED_VALUE.fullmatch(text):
        text = text[1:]
    return _Assignment(key, separator == ":=", source, text)


def escaped_key(key: str) -> str:
    """Escape a key for an assignment."""
    return _SPECIAL.sub(r"\\\g<0>", key)


def values_from_arguments(
    option: str, arguments: Sequence[str], *, secret: Collection[str] = ()
) -> Values:
    """
    Parse the assignments of a command, and read values from files and standard input.

    The keys in `secret` must not be given by the arguments themselves, which other users can see.
    """
    assignments = [_parsed(text, number) for number, text in enumerate(arguments, 1)]
    for one in assignments:
        if one.key in secret and one.source == "argument":
            message = f"key {one.key!r} is secret, and arguments can be seen by other users: give "
            advice = f"{one.key}=- for standard input, or {one.key}=@FILE"
            raise CommandError(message + advice)
    keys = [assignment.key for assignment in assignments]
    for key in keys:
        if keys.count(key) > 1:
            raise CommandError(f"key {key!r} is given twice")
    if not sys.stdin.isatty():
        piped = [one.key for one in assignments if one.source == "stdin"]
        if len(piped) > 1:
            raise CommandError(f"standard input cannot be both {piped[0]!r} and {piped[1]!r}")
    return {one.key: _value(option, one) for one in assignments}


def _value(option: str, assignment: _Assignment) -> Value:
    if assignment.source == "file":
        text = _file_text(option, assignment)
    elif assignment.source == "stdin":
        text = _stdin_text(option, assignment)
    else:
        text = assignment.text
    return _json_value(text, option, assignment.key) if assignment.is_json else text


def _json_value(text: str, option: str, key: str) -> Value:
    """The value of a JSON text, with the tags of a store's file."""
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
        raise InvalidValueError(None, option, key, reason) from None
    except RecursionError:
        raise InvalidValueError(
            None, option, key, "arrays and objects are nested too deep"
        ) from None
    except ValueError as error:
        # Ours, from the functions that were given to the decoder.
        raise InvalidValueError(None, option, key, str(error)) from None
    try:
        value: Value = values_from_json({key: raw}).copy()[key]
    except JSONPathError as error:
        first, *rest = error.path
        path = f"{first}" + "".join(f"[{part!r}]" for part in rest)
        raise InvalidValueError(None, option, path, error.reason) from None
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    if len(entries) < len(pairs):
        raise ValueError("a key is in its object twice")
    return entries


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError("NaN and infinities are not JSON; null can stand for no number")


def _file_text(option: str, assignment: _Assignment) -> str:
    try:
        with open(assignment.text, "rb") as file:
            content = file.read()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        # Without its name: a secret that begins with @ is no file's.
        advice = "a text that begins with @ is written KEY='\\@TEXT'"
        message = f"the file for key {assignment.key!r} cannot be read: {reason}; {advice}"
        raise CommandError(message) from None
    return _decoded(option, assignment, content)


def _stdin_text(option: str, assignment: _Assignment) -> str:
    if sys.stdin.isatty():
        prompt = visible(assignment.key)
        typed: str = click.prompt(prompt, default="", hide_input=True, show_default=False, err=True)
        return typed
    content = sys.stdin.buffer.read()
    if not content:
        # An empty secret means that the program before the pipe failed.
        message = f"standard input is empty for key {assignment.key!r}; an empty text is KEY="
        raise CommandError(message)
    text = _decoded(option, assignment, content)
    # `get` and `echo` add a line feed.
    return text.removesuffix("\n")


def _decoded(option: str, assignment: _Assignment, content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        reason = 'it is not text in UTF-8; bytes are given as KEY:={"$bytes": "BASE64"}'
        raise InvalidValueError(None, option, assignment.key, reason) from None
