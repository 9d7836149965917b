"""Whose data a value is: the reader's own, or nobody's to change."""

# ruff: noqa: S101 (a contract is made of assertions)

from __future__ import annotations

from typing import Any

from confstore._values.read_only import ReadOnlyDict, ReadOnlyList

__all__ = ["assert_plain", "assert_read_only", "spoil"]


def spoil(value: Any) -> None:
    """Change every dict, list and set inside a value, as a careless owner might."""
    if isinstance(value, dict):
        for entry in value.values():
            spoil(entry)
        value["spoiled"] = True
    elif isinstance(value, list):
        for entry in value:
            spoil(entry)
        value.append("spoiled")
    elif isinstance(value, set):
        value.clear()


def assert_plain(value: Any) -> None:
    """Check that what `get` or `items` gave is made of plain dicts, lists and sets."""
    if isinstance(value, dict):
        assert type(value) is dict, f"a reader is given a {type(value).__name__}, not a plain dict"
        for entry in value.values():
            assert_plain(entry)
    elif isinstance(value, list):
        assert type(value) is list, f"a reader is given a {type(value).__name__}, not a plain list"
        for entry in value:
            assert_plain(entry)
    else:
        assert not isinstance(value, frozenset), "a reader is given a frozenset, not a plain set"


def assert_read_only(value: Any) -> None:
    """Check that values are made of core's read-only dicts and lists, and frozensets."""
    if isinstance(value, dict):
        assert type(value) is ReadOnlyDict, (
            f"read-only values hold a {type(value).__name__}, not a ReadOnlyDict"
        )
        for entry in value.values():
            assert_read_only(entry)
    elif isinstance(value, list):
        assert type(value) is ReadOnlyList, (
            f"read-only values hold a {type(value).__name__}, not a ReadOnlyList"
        )
        for entry in value:
            assert_read_only(entry)
    else:
        assert not isinstance(value, set), "read-only values hold a set, not a frozenset"
