"""The lines of a journal: a header, then one commit on each line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn

import attrs

from confstore import Change, Commit
from confstore.adapter import checked_option
from confstore.documents import (
    JSONPathError,
    find_json_fault,
    number_from_text,
    values_from_json,
    values_to_json,
)

__all__ = [
    "Line",
    "header_from_bytes",
    "header_to_line",
    "is_continued",
    "line_from_bytes",
    "line_to_bytes",
]


@attrs.frozen
class Line:
    """
    A commit in a journal.

    Attributes:
        commit: The commit.
        digest_before: SHA-256, in hexadecimal digits, of the options file before it; of no bytes
            where there was no file. It can differ from the `digest` of the commit before: people
            edit the file.
        digest: The same of the options file after it.
        more: The commits of the same write that follow. They have the two digests in common, and
            are made together, by the line of the last one.
    """

    commit: Commit
    digest_before: str
    digest: str
    more: int = 0


def header_to_line(baseline: int) -> bytes:
    """The first line of a journal, with the last version that only recorded what there was."""
    return _line({"journal": 1, "baseline": baseline})


def line_to_bytes(line: Line) -> bytes:
    """The bytes of a commit's line."""
    commit = line.commit
    return _line(
        {
            # First: `is_continued` looks at the beginning.
            **({"more": line.more} if line.more else {}),
            "version": commit.version,
            "id": commit.id,
            "previous": commit.previous,
            "at": commit.at.isoformat(),
            "by": commit.author,
            "comment": commit.comment,
            "changes": [_change_to_json(change) for change in commit.changes],
            "sha256_before": line.digest_before,
            "sha256": line.digest,
        }
    )


def is_continued(text: bytes) -> bool:
    """True for the line of a commit that is not the last one of its write, whole or torn."""
    return text.startswith(b'{"more":')


def _line(content: Mapping[str, Any]) -> bytes:
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return f"{text}\n".encode()


def _change_to_json(change: Change) -> dict[str, Any]:
    if change.values is None:
        return {"option": change.option, "action": "delete"}
    return {"option": change.option, "action": "set", "values": values_to_json(change.values)}


def header_from_bytes(text: bytes) -> int:
    """The baseline in the first line of a journal; a ValueError never quotes the line."""
    try:
        content = json.loads(text)
        if content["journal"] == 1:
            baseline: int = _field(content, "baseline", int)
            return baseline
    except (KeyError, TypeError, ValueError, RecursionError):
        pass
    raise ValueError("this is not the first line of a journal that this version can read")


def line_from_bytes(text: bytes) -> Line:
    """The commit in a line; a ValueError never quotes the line."""
    try:
        return _line_from_json(
            json.loads(text, parse_float=number_from_text, parse_constant=_refuse_constant)
        )
    except JSONPathError as error:
        fault = f"this is not a commit: {error.reason}"
    except (KeyError, TypeError, ValueError):
        fault = "this is not a commit"
    except RecursionError:
        fault = "this is not a commit: it is nested too deep"
        # The text has no fault: the caller's own stack is at the limit.
        if find_json_fault(text.decode(errors="replace")) is None:
            raise
    raise ValueError(fault)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _line_from_json(content: Any) -> Line:
    at = datetime.fromisoformat(_field(content, "at", str))
    if at.tzinfo is None:
        raise ValueError("a time without its zone")
    commit = Commit(
        _field(content, "version", int),
        _field(content, "id", str),
        at.astimezone(UTC),
        _field(content, "by", str, type(None)),
        _field(content, "comment", str),
        tuple(map(_change_from_json, _field(content, "changes", list))),
        _field(content, "previous", str, type(None)),
    )
    return Line(
        commit,
        _field(content, "sha256_before", str),
        _field(content, "sha256", str),
        _field(content, "more", int) if "more" in content else 0,
    )


def _field(content: Any, name: str, *kinds: type) -> Any:
    entry = content[name]
    if type(entry) not in kinds:
        raise TypeError(name)
    return entry


def _change_from_json(raw: Any) -> Change:
    option = checked_option(raw["option"])
    if raw["action"] == "delete":
        return Change(option, None)
    if raw["action"] != "set":
        raise ValueError("an action of another version")
    return Change(option, values_from_json(raw["values"]))
