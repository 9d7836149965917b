"""The two sides of `diff`: a store, a file, or a version of the journal."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping

from confstore import JournaledStore, SealingStore, Values, ability, state_at
from confstore._cli.formats.files import FORMATS, format_of, loads
from confstore._cli.session import Session
from confstore._cli.terminal.exit_codes import CommandError

__all__ = ["FILE_FORMATS", "STDIN", "parse_side"]

STDIN = "-"

FILE_FORMATS = tuple(
    name for name, one in FORMATS.items() if one.is_importable and not one.needs_option
)
"""The formats whose files hold whole options with their types."""

_VERSION = re.compile(r"[0-9]+", re.ASCII)
# One letter and a colon is a drive of Windows and not a scheme.
_URL = re.compile(r"[a-z][a-z0-9+.-]+:", re.IGNORECASE)


def parse_side(text: str | None, format: str | None) -> Callable[[Session], Mapping[str, Values]]:
    """
    Parse one side of a comparison, without reading anything.

    Args:
        text: The URL of a store, the number of a version, the name of a file, or `-` for standard
            input; None stands for the session's store.
        format: The format of files without a known suffix.

    Returns:
        A function that reads every option of that side.

    Raises:
        CommandError: It is a file of no known format.
    """
    if text is None:
        return lambda session: dict(session.store().items())
    if _VERSION.fullmatch(text):
        version = int(text)
        return lambda session: _state_at(session.journaled_store(), version)
    if _URL.match(text):
        return lambda session: dict(session.open(text).items())
    named = None if text == STDIN else format_of(text)
    chosen = named.name if named is not None and named.name in FILE_FORMATS else format
    if chosen is not None:
        return lambda _: _options_of_file(text, chosen)
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


def _state_at(store: JournaledStore, version: int) -> Mapping[str, Values]:
    """Every option at a version, with secrets as a store that seals gives them."""
    states = state_at(store, version)
    sealing: SealingStore | None = ability(store, SealingStore)
    if sealing is None:
        return states
    return {option: dict(sealing.unsealed(option, values)) for option, values in states.items()}


def _options_of_file(name: str, format: str) -> Mapping[str, Values]:
    if name == STDIN:
        return loads(sys.stdin.buffer.read(), format, source="standard input")
    with open(name, "rb") as file:
        content = file.read()
    return loads(content, format, source=name)
