r"""
Dotenv: `NAME=value`, in the dialect of python-dotenv 1.2 without interpolation.

Where it can, a value is written so that `docker compose` and a shell (`set -a; . ./.env`) read the
same: bare if it is only letters, digits and `_@%+=:,./-`; else in single quotes; else, with a
single quote in it, in double quotes. Everything beyond needs escapes, which each reader has of its
own, and is written for python-dotenv: a single quote together with one of ``$ ` " \``, two
backslashes in a row or one at the end (single quotes), and a carriage return (double quotes).
python-dotenv itself replaces `${NAME}` in all of them unless told `interpolate=False`.

Sources:
    python-dotenv 1.2.4, `parser.py`; compose-spec/compose-go, `dotenv/parser.go`.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Any

from dotenv.parser import parse_stream

from confstore import Values
from confstore._cli.formats.document import document_error
from confstore._cli.formats.environment import Naming, environment
from confstore.documents import JSONPathError, TextFault, options_from_tree

__all__ = ["dumps", "loads"]

_COMMAND = re.compile(
    r"""
    (?: \. | alias | case | cd | declare | done | echo | elif | else | esac | eval | exec | exit
      | export (?=\s+\w) | fi | for | function | if | local | readonly | return | set | shopt
      | source | then | trap | typeset | ulimit | umask | unset | while )
    (?: [\s;] | \Z )
  | \[\[? \s
  | \w+ \s* \( \)
    """,
    re.VERBOSE,
)

_BARE = re.compile(r"[A-Za-z0-9_@%+=:,./-]*")
_SINGLE_QUOTED = re.compile(r"(?:[^'\\\r]|\\(?![\\'])(?!\Z))*")
_DOUBLE_QUOTED = re.compile(r'[^"$`\\\r]*')


def dumps(options: Mapping[str, Mapping[str, Any]], naming: Naming) -> str:
    """A variable for each key."""
    variables = environment(options, naming)
    return "".join(f"{name}={_quoted(text)}\n" for name, text in variables.items())


def _quoted(text: str) -> str:
    if _BARE.fullmatch(text):
        return text
    if _SINGLE_QUOTED.fullmatch(text):
        return f"'{text}'"
    if _DOUBLE_QUOTED.fullmatch(text):
        return f'"{text}"'
    escaped = text.replace("\\", "\\\\")
    if "\r" in text:
        # A reader that opens the file as text would make \n of it.
        return '"{}"'.format(escaped.replace('"', '\\"').replace("\r", "\\r"))
    return "'{}'".format(escaped.replace("'", "\\'"))


def loads(
    text: str, source: str, option: str | None, *_: object, **__: str
) -> Mapping[str, Values]:
    """One option, whose keys are the names as they are written, and whose values are all text."""
    offsets: dict[tuple[Any, ...], int] = {(option,): 0}
    values: dict[str, str] = {}
    at = 0
    for binding in parse_stream(io.StringIO(text, newline="")):
        original = binding.original.string
        begin = at + len(original) - len(original.lstrip())
        at += len(original)
        path, reason = (option, binding.key), ""
        if binding.error:
            reason = "this is not NAME=value: mend the name, the quotes or the text behind them"
            if _COMMAND.match(original.strip()):
                reason = "this is a command of a shell script, and not NAME=value: remove it"
        elif binding.key is None:
            continue
        elif binding.value is None:
            reason = "an = is missing behind this name: NAME=value"
            if original.split()[0] == "export":
                reason = "this exports a variable that the shell script sets elsewhere: remove it"
        elif path in offsets:
            line = TextFault.at(text, offsets[path], "").line
            reason = f"this name is there twice, first on line {line}"
        if reason:
            raise document_error(source, TextFault.at(text, begin, reason))
        offsets[path] = begin
        values[str(binding.key)] = str(binding.value)
    try:
        return options_from_tree({option: values})
    except JSONPathError as error:
        fault = TextFault.at(text, offsets[error.path], error.reason)
    raise document_error(source, fault)
