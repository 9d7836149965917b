"""The name that somebody may have meant."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["did_you_mean"]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A question to append to an error, with the closest of the known names; empty without one."""
    # Not at the top: only who mistypes has to wait for it.
    import difflib

    folded = {one.casefold(): one for one in known}
    # Below difflib's own cutoff of 0.6, at which two letters of which one is wrong have no match.
    close = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.5)
    return f"; did you mean {folded[close[0]]!r}?" if close else ""
