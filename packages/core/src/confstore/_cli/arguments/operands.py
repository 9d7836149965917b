"""The two sides of `diff`: a store, a file, or a version of the journal."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping

import attrs

from confstore import Values, state_at
from confstore._cli.formats.files import FORMATS, format_of, loads
from confstore._cli.session import Session
from confstore._cli.terminal.exit_codes import CommandError

__all__ = ["FILE_FORMATS", "STDIN", "Operand", "options_of", "parse_operand"]

STDIN = "-"

FILE_FORMATS = tuple(
    name for name, one in FORMATS.items() if one.is_importable and not one.needs_option
)
"""The formats whose files hold whole options with their types."""

_VERSION = re.compile(r"[0-9]+", re.ASCII)
# One letter and a colon is a drive of Windows and not a scheme.
_URL = re.compile(r"[a-z][a-z0-9+.-]+:", re.IGNORECASE)


@attrs.frozen
class Operand:
    """
    One side of a comparison.

    Attributes:
        kind: `"store"`, `"version"` or `"file"`.
        text: Its URL, its number, or its name; `-` is standard input. None is the session's store.
        format: The format of a file.
    """

    kind: str
    text: str | None = attrs.field(repr=False)
    format: str = ""


def parse_operand(text: str | None, format: str | None) -> Operand:
    """
    Parse an argument, without reading anything.

    Args:
        text: The argument; None stands for the session's store.
        format: The format of files whose names do not tell.

    Raises:
        CommandError: It is a file of no known format.
    """
    if text is None:
        return Operand("store", None)
    if _VERSION.fullmatch(text):
        return Operand("version", text)
    if _URL.match(text):
        return Operand("store", text)
    named = None if text == STDIN else format_of(text)
    chosen = named.name if named is not None and named.name in FILE_FORMATS else format
    if chosen is not None:
        return Operand("file", text, chosen)
    formats = ", ".join(FILE_FORMATS)
    if text == STDIN:
        raise CommandError(f"the format of standard input is given by --format: {formats}")
    if named is not None:
        reason = f"a {named.name} file has no types to compare: its formats are {formats}"
        raise CommandError(f"{text!r}: {reason}")
    message = (
        f"{text!r} is not a version, a URL such as file:prod.json, or a file with a known suffix"
    )
    raise CommandError(f"{message}; for another file, give --format, one of {formats}")


def options_of(session: Session, operand: Operand) -> Mapping[str, Values]:
    """
    Read every option of one side.

    Raises:
        ConfigStoreError: It cannot be read, or the journal does not hold the version.
        OSError: The file cannot be read.
    """
    if operand.kind == "version":
        return state_at(session.journaled_store(), int(str(operand.text)))
    if operand.kind == "file":
        return _options_of_file(str(operand.text), operand.format)
    store = session.store() if operand.text is None else session.open(operand.text)
    return dict(store.items())


def _options_of_file(name: str, format: str) -> Mapping[str, Values]:
    if name == STDIN:
        return loads(sys.stdin.buffer.read(), format, source="standard input")
    with open(name, "rb") as file:
        content = file.read()
    return loads(content, format, source=name)
