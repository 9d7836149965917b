"""
Options as the content of files, for `export`, `import` and `diff`.

`json`, `yaml` and `toml` hold whole options with the types of their values. Values that a format
lacks are tagged in the same way in all of them, and as in the file of a `file:` store: `{"$bytes":
"<base64>"}`, `{"$set": [...]}`, `{"$decimal": "..."}`, and `{"$dict": {...}}` for a dict of the
user's own that has a single key with a `$` in front.

`dotenv` and `shell` hold environment variables, which are text without types.

The module of a format is imported when it is used: a command that prints one value pays for no
parser.
"""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Protocol, cast

import attrs

from confstore import Values
from confstore._cli.formats.document import document_text
from confstore.errors import InvalidDocumentError

if TYPE_CHECKING:
    from confstore._cli.formats.environment import Naming

__all__ = ["FORMATS", "Format", "dumps", "format_of", "loads"]


@attrs.frozen
class Format:
    """
    A format by its name on the command line.

    Attributes:
        name: The value of `--format`.
        suffixes: The endings of its files' names.
        is_importable: True if it can be read, and not only written.
        needs_option: Whether its file is one option, whose name the reader must be given.
        has_variables: Whether it holds environment variables, whose names `dumps` can be told.
    """

    name: str
    suffixes: tuple[str, ...]
    is_importable: bool = True
    needs_option: bool = False
    has_variables: bool = False


_SAMPLE = re.compile(r"\.(?:default|dist|example|local|sample|template)\Z")

FORMATS = {
    "json": Format("json", (".json",)),
    "yaml": Format("yaml", (".yaml", ".yml")),
    "toml": Format("toml", (".toml",)),
    "dotenv": Format("dotenv", (".env", ".dotenv"), needs_option=True, has_variables=True),
    "shell": Format("shell", (".sh",), is_importable=False, has_variables=True),
}
"""Every format; the first one holds everything and needs no further package."""


class _Module(Protocol):
    """The module of a format."""

    def dumps(self, options: Mapping[str, Mapping[str, Any]], *naming: Naming) -> str: ...

    def loads(
        self,
        text: str,
        source: str,
        option: str | None,
        sections: Sequence[str],
        **told: str,
    ) -> dict[str, Values]: ...


def _module(format: str) -> _Module:
    name = FORMATS[format].name
    return cast("_Module", importlib.import_module(f"confstore._cli.formats.{name}"))


def format_of(path: str | os.PathLike[str]) -> Format | None:
    """
    The format of a file by its name; None if the name has no known suffix.

    `.env`, `prod.env` and `.env.prod` are dotenv; a sample such as `prod.yaml.example` is of the
    format before its ending.
    """
    name = PurePath(path).name.lower()
    while (plain := _SAMPLE.sub("", name)) != name:
        name = plain
    if name == ".env" or name.startswith(".env."):
        return FORMATS["dotenv"]
    suffix = PurePath(name).suffix
    return next((format for format in FORMATS.values() if suffix in format.suffixes), None)


def dumps(
    options: Mapping[str, Mapping[str, Any]], format: str, naming: Naming | None = None
) -> str:
    """
    Options as the text of a file, or an `InvalidValueError` with option, key and advice.

    Args:
        options: Option to values, in canonical form.
        format: One of `FORMATS`.
        naming: The names of variables, for the formats that have them.
    """
    # Not at the top: it is part of the formats that have variables.
    from confstore._cli.formats.environment import Naming

    named = [naming or Naming()] if FORMATS[format].has_variables else []
    return _module(format).dumps(options, *named)


def loads(
    content: str | bytes,
    format: str,
    *,
    source: str,
    option: str | None = None,
    sections: Sequence[str] = (),
    remedy: str | None = None,
) -> dict[str, Values]:
    """
    Every option of a file, in canonical form: each can be written to any backend.

    Args:
        content: The content of the file; bytes are UTF-8. A byte order mark is left out.
        format: One of `FORMATS`.
        source: The name of the file in errors.
        option: The one option whose keys are those of the whole file, or of the sections; dotenv
            needs it.
        sections: The parts of the file to take instead of the whole; of the same key of an option,
            the last one's counts.
        remedy: What to do about a value that stands where options do, for errors.

    Raises:
        InvalidDocumentError: The file is not of the format, or no backend can hold its values; it
            begins with source, line and column, or names option and key for TOML, whose reader
            gives no places.
    """
    chosen = FORMATS[format]
    if not chosen.is_importable:
        reason = f"{format} can only be exported: import json, yaml, toml or dotenv"
        raise InvalidDocumentError(source, reason)
    if chosen.needs_option and option is None:
        reason = f"a {format} file holds the keys of one option: give the name of that option"
        raise InvalidDocumentError(source, reason)
    if sections and chosen.needs_option:
        reason = f"a {format} file has no sections"
        raise InvalidDocumentError(source, reason)
    told = {} if remedy is None else {"remedy": remedy}
    text = document_text(content, source)
    return _module(format).loads(text, source, option, sections, **told)
