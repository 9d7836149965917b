"""Differences key by key: as the rows of a table, as data, and printed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs

from confstore import MISSING, Difference
from confstore._cli.session import Session
from confstore._cli.terminal.text import json_text, json_value, type_name

__all__ = ["COLUMNS", "by_key", "record_of", "row_of", "show_differences"]

COLUMNS = ("OPTION", "KEY", "CHANGE", "OLD", "NEW")

_NONE = "-"


def show_differences(
    session: Session, differences: Iterable[Difference], *, has_values: bool
) -> None:
    """Print differences to standard output, one a key, with values or with their types alone."""
    found = [key for difference in differences for key in by_key(difference)]
    rows = [row_of(one, has_values=has_values) for one in found]
    data = [record_of(one, has_values=has_values) for one in found]
    session.show(data, COLUMNS, rows, empty="there is no difference")


def by_key(difference: Difference) -> Iterator[Difference]:
    """Split a whole option into its keys; an option without keys stays as it is."""
    keys: Mapping[str, Any] = {}
    if difference.key is None:
        keys = difference.old if difference.new is MISSING else difference.new
    for key in sorted(keys):
        old = MISSING if difference.old is MISSING else difference.old[key]
        new = MISSING if difference.new is MISSING else difference.new[key]
        yield attrs.evolve(difference, key=key, old=old, new=new)
    if not keys:
        yield difference


def row_of(one: Difference, *, has_values: bool) -> tuple[str, ...]:
    """One key as the cells of a table: option, key, kind of change, old, new."""
    show = json_text if has_values else type_name
    sides = (_NONE if side is MISSING else show(side) for side in (one.old, one.new))
    return (one.option, _NONE if one.key is None else one.key, one.kind, *sides)


def record_of(one: Difference, *, has_values: bool) -> dict[str, Any]:
    """One key as data; a side on which it is absent has neither type nor value."""
    entry = {"option": one.option, "key": one.key, "change": one.kind}
    for side, value in (("old", one.old), ("new", one.new)):
        if value is not MISSING:
            entry[f"{side}_type"] = type_name(value)
            if has_values:
                entry[side] = json_value(value)
    return entry
