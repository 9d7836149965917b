"""What is well with a store and what is not, one finding after another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import attrs

from confstore._store import Store

__all__ = ["DiagnosableStore", "Finding"]


def _one_line(text: str) -> str:
    # A path may hold a line break.
    return " ".join(text.split())


@attrs.frozen
class Finding:
    """
    One thing that was looked at.

    Attributes:
        check: What was looked at: `endpoint`, `clock`, `credentials`, `table`, `key schema`,
            `permissions`, `journal`, `options`, `drift`, `file`, ...
        is_ok: Whether it is as it should be; None if that could not be found out.
        text: What was found, on one line; names, sizes and times, and never a value.
        advice: What to do about it, on one line; empty if nothing needs doing. With something that
            is as it should be, it is a note: worth a thought, and no fault.
    """

    check: str
    is_ok: bool | None
    text: str = attrs.field(converter=_one_line)
    advice: str = attrs.field(default="", converter=_one_line)


class DiagnosableStore(Store, Protocol):
    """A store that can look at itself."""

    def diagnose(self) -> Iterator[Finding]:
        """
        What is well and what is not; nothing is written.

        Each finding is given as soon as it is known. What is wrong is a finding and no error; what
        makes further looks pointless, such as a backend that does not answer, is the last one.

        Raises:
            StoreClosedError: The store was closed.
        """
        ...
