"""An option that two people have edited at the same time, merged key by key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from confstore import MISSING, Values
from confstore._cli.arguments.written import Problem
from confstore._cli.terminal.text import json_text
from confstore.adapter import is_same

__all__ = ["merged_option"]


def merged_option(
    name: str, old: Values | None, mine: Values | None, theirs: Values | None, who: str
) -> tuple[Values | None, list[Problem]]:
    """One option as two have changed it, key by key, and what to tell about it."""
    if is_same(old, theirs) or is_same(mine, theirs):
        return mine, []
    if is_same(old, mine):
        return theirs, [((name,) if theirs else (), f"{who} changed option {name!r}: taken over")]
    if mine is None:
        # It stays until somebody who has seen the new values removes it.
        return theirs, [((name,), f"{who} changed this option, which you removed: remove it again")]
    if theirs is None:
        return mine, [((name,), f"{who} deleted this option: this is yours")]
    return _merged_keys(name, old or {}, mine, theirs, who)


def _merged_keys(
    name: str, old: Mapping[str, Any], mine: Values, theirs: Values, who: str
) -> tuple[Values, list[Problem]]:
    merged: dict[str, Any] = {}
    reasons: list[Problem] = []
    for key in [*mine, *(key for key in theirs if key not in mine)]:
        sides = [side.get(key, MISSING) for side in (old, mine, theirs)]
        before, ours, their = sides
        kept = their if _is_equal(before, ours) else ours
        if kept is not MISSING:
            merged[key] = kept
        if _is_equal(before, their) or _is_equal(ours, their):
            continue
        told = "removed" if their is MISSING else f"set to {json_text(their)}"
        if kept is their:
            reasons.append(((name, key), f"{who} {told.partition(' ')[0]} key {key!r}: taken over"))
        else:
            reasons.append(((name, key), f"{who} {told}, too, key {key!r}: yours is kept"))
    return merged, reasons


def _is_equal(one: Any, other: Any) -> bool:
    if one is MISSING or other is MISSING:
        return one is other
    return is_same(one, other)
