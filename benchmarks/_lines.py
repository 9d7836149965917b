"""The figures as the lines of one table: each a comparison, with what came of it."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from benchmarks._row import Against, Growth, Row, Version, goal_on
from benchmarks._runner import Figures
from benchmarks._statistics import Summary, exponent, ratios, summary

__all__ = ["GrowthLine", "Line", "growth_lines", "lines_of"]

FITTED = 3
"""How many of the largest sizes the exponent is fitted through: below, fixed costs prevail."""


@attrs.frozen
class Line:
    """
    One comparison.

    Attributes:
        row: The row that it belongs to.
        against: With whom.
        ours: Our figures in short; None if there are none.
        theirs: The same of theirs.
        ratio: Ours to theirs, round by round, in short.
        goal: The most that the ratio may be.
        problem: Why there is no ratio; empty if there is one.
    """

    row: Row
    against: Against
    ours: Summary | None
    theirs: Summary | None
    ratio: Summary | None
    goal: float | None
    problem: str = ""

    @property
    def is_reached(self) -> bool | None:
        """Whether the goal is; None if there is no goal, or no ratio."""
        if self.goal is None or self.ratio is None:
            return None
        return self.ratio.median <= self.goal


def lines_of(rows: Iterable[Row], figures: Figures, version: Version) -> list[Line]:
    """Every comparison of the rows, with the goals of a version of Python."""
    return [line_of(row, against, figures, version) for row in rows for against in row.against]


def line_of(row: Row, against: Against, figures: Figures, version: Version) -> Line:
    """One comparison."""
    goal = None if against.goal is None else goal_on(against.goal, version)
    ours = figures.samples.get(row.ours, [])
    if isinstance(against.figure, str):
        theirs = figures.samples.get(against.figure, [])
    else:
        theirs = [against.figure] * len(ours)
    # A subject that failed in a later round has fewer samples; the rounds are the same from the
    # first on.
    rounds = min(len(ours), len(theirs))
    if rounds == 0:
        problem = figures.problem(row.ours if not ours else str(against.figure))
        known = [summary(samples) if samples else None for samples in (ours, theirs)]
        return Line(row, against, known[0], known[1], None, goal, problem)
    ratio = summary(ratios(ours[:rounds], theirs[:rounds]))
    return Line(row, against, summary(ours), summary(theirs), ratio, goal)


@attrs.frozen
class GrowthLine:
    """
    What one kind of work costs at every size.

    Attributes:
        growth: The work.
        costs: The medians, by number of options.
        exponent: Fitted through the largest sizes; None where there are too few figures.
        goal: The greatest exponent that counts as linear; None of what is not ours.
    """

    growth: Growth
    costs: dict[int, float]
    exponent: float | None
    goal: float | None

    @property
    def is_reached(self) -> bool | None:
        """Whether it grows no faster than it may; None if that is not known, or not ours."""
        if self.exponent is None or self.goal is None:
            return None
        return self.exponent <= self.goal


def growth_lines(
    growths: Iterable[Growth], sizes: Iterable[int], figures: Figures
) -> list[GrowthLine]:
    """
    Every kind of work, at every size that was measured.

    Ours may grow as the limit does in the same run, where that is more than its goal: on some
    machines the caches make json.loads itself look worse than linear.
    """
    sizes = list(sizes)
    fitted = [(growth, *fit(growth, sizes, figures)) for growth in growths]
    least = max((slope for growth, _, slope in fitted if growth.is_limit and slope), default=0.0)
    return [
        GrowthLine(growth, costs, slope, None if growth.is_limit else max(growth.goal, least))
        for growth, costs, slope in fitted
    ]


def fit(
    growth: Growth, sizes: Iterable[int], figures: Figures
) -> tuple[dict[int, float], float | None]:
    """The medians by size, and the exponent if there are enough of them."""
    samples = {size: figures.samples.get(growth.figures.format(size)) for size in sizes}
    costs = {size: summary(given).median for size, given in samples.items() if given}
    largest = sorted(costs)[-FITTED:]
    if len(largest) < FITTED:
        return costs, None
    return costs, exponent(largest, [costs[size] for size in largest])
