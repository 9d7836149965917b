"""Numbers of things, as people write them."""

from __future__ import annotations

__all__ = ["counted"]


def counted(count: int, one: str, many: str = "") -> str:
    """A number and a noun: `1 option`, `2,000 options`; `many` where it does not end in `s`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
