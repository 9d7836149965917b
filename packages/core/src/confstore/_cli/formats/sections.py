"""Sections: the parts of a file that `import --section` takes, laid over each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from confstore import Values
from confstore.adapter import canonical_values, closest
from confstore.errors import InvalidDocumentError

__all__ = ["entries_of", "laid_over", "section_of"]

_Tree = TypeVar("_Tree")


def section_of(
    tree: _Tree, name: str, source: str, entries: Callable[[_Tree], Mapping[str, _Tree] | None]
) -> tuple[tuple[str, ...], _Tree]:
    """
    The path and the content of a section.

    `a.b` is the part `b` of the part `a`; a key that has the dot itself comes first.

    Args:
        tree: The document.
        name: The name of the section.
        source: The name of the file in errors.
        entries: The parts of a mapping; None for anything else.

    Raises:
        InvalidDocumentError: There is no such section, or it is not a mapping.
    """
    found = next(_paths(tree, name, entries), None)
    if found is None:
        known = closest(name, entries(tree) or {})
        advice = "" if known is None else f"; did you mean {known!r}?"
        reason = f"there is no section {name!r}{advice}"
        raise InvalidDocumentError(source, reason)
    if entries(found[1]) is None:
        reason = f"section {name!r} is no mapping: a section holds options, or keys with --option"
        raise InvalidDocumentError(source, reason)
    return found


def _paths(
    tree: _Tree, name: str, entries: Callable[[_Tree], Mapping[str, _Tree] | None]
) -> Iterator[tuple[tuple[str, ...], _Tree]]:
    parts = entries(tree) or {}
    if name in parts:
        yield (name,), parts[name]
    # The longest key first.
    at = name.rfind(".")
    while at >= 0:
        first = name[:at]
        if first in parts:
            for path, part in _paths(parts[first], name[at + 1 :], entries):
                yield (first, *path), part
        at = name.rfind(".", 0, at)


def entries_of(tree: Any) -> Mapping[str, Any] | None:
    """The entries of a dict, for `section_of`; None for anything else."""
    return tree if isinstance(tree, dict) else None


def laid_over(parts: Iterable[Mapping[str, Values]]) -> dict[str, Values]:
    """
    Options of several sections as one: of the same key of an option, the last section's counts.

    Raises:
        InvalidValueError: The keys of an option do not fit it together.
    """
    first, *others = parts
    merged = dict(first)
    for part in others:
        for option, values in part.items():
            both = {**merged.get(option, {}), **values}
            merged[option] = canonical_values(option, both)
    return merged
