"""What a row of the table says, and a goal of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

import attrs

__all__ = [
    "BYTES",
    "COUNT",
    "SECONDS",
    "UNITS",
    "Against",
    "Goal",
    "Growth",
    "Row",
    "Version",
    "families_of",
    "goal_on",
]

Version: TypeAlias = tuple[int, int]
Goal: TypeAlias = float | Mapping[Version, float]

SECONDS, BYTES, UNITS, COUNT = "s", "B", "units", ""


@attrs.frozen
class Against:
    """
    One comparison of a row.

    Attributes:
        name: With whom or with what.
        figure: The name of their figure, or a fixed one.
        goal: The most that our share of it may be, if it is a goal; it may depend on Python.
        is_limit: Whether it is no peer, but what could be had at best.
    """

    name: str
    figure: str | float
    goal: Goal | None = None
    is_limit: bool = attrs.field(default=False, kw_only=True)


@attrs.frozen
class Row:
    """
    One kind of work.

    Attributes:
        name: For the command line.
        work: What is done.
        unit: Of the figures: one of the constants above.
        ours: The name of our figure.
        against: Whose figures stand beside it.
    """

    name: str
    work: str
    unit: str
    ours: str
    against: tuple[Against, ...]


@attrs.frozen
class Growth:
    """
    How one kind of work grows with the number of options.

    Attributes:
        work: What is done.
        unit: Of the figures.
        figures: The names of the figures, with the size still open.
        goal: The greatest exponent. Linear work comes out a little above 1, since more options fit
            the processor's caches less: json.loads shows how much, and ours may grow as it does.
        is_limit: Whether it is no work of ours.
    """

    work: str
    unit: str
    figures: str
    goal: float = 1.1
    is_limit: bool = False


def goal_on(goal: Goal, version: Version) -> float:
    """The goal on a version of Python: that of the newest one not above it, else of the oldest."""
    if isinstance(goal, int | float):
        return goal
    return goal[max((known for known in goal if known <= version), default=min(goal))]


def families_of(row: Row) -> Iterator[str]:
    """The modules of `rows` that measure a row."""
    for figure in (row.ours, *(against.figure for against in row.against)):
        if isinstance(figure, str):
            yield figure.partition("/")[0]
