"""What is computed from the samples."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

import attrs

__all__ = ["Summary", "exponent", "percentile", "ratios", "summary"]


@attrs.frozen
class Summary:
    """
    The samples of several rounds in short.

    Attributes:
        median: The middle one.
        low: The least.
        high: The greatest.
    """

    median: float
    low: float
    high: float


def summary(samples: Sequence[float]) -> Summary:
    """
    Median and range.

    Raises:
        ValueError: There are none.
    """
    if not samples:
        raise ValueError("no samples")
    return Summary(median(samples), min(samples), max(samples))


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """
    Ours to theirs, round by round.

    Both samples of a round were taken within seconds, so that a machine which is slow for a minute
    is slow for both.

    Raises:
        ValueError: There are not as many of the one as of the other.
    """
    return [one / other for one, other in zip(ours, theirs, strict=True)]


def percentile(samples: Sequence[float], percent: float) -> float:
    """
    The least sample that so many percent of all do not exceed.

    Raises:
        ValueError: There are no samples.
    """
    if not samples:
        raise ValueError("no samples")
    rank = math.ceil(len(samples) * percent / 100)
    return sorted(samples)[max(rank, 1) - 1]


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """
    The k of cost = c * size ** k: the slope of the least-squares line through the logarithms.

    Raises:
        ValueError: There are fewer than two sizes, or not as many costs.
    """
    if len(sizes) < 2:
        raise ValueError("an exponent needs two sizes")
    points = [(math.log(size), math.log(cost)) for size, cost in zip(sizes, costs, strict=True)]
    x_mean = sum(x for x, _ in points) / len(points)
    y_mean = sum(y for _, y in points) / len(points)
    return sum((x - x_mean) * (y - y_mean) for x, y in points) / sum(
        (x - x_mean) ** 2 for x, _ in points
    )
