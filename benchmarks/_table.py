"""The lines as text: a table to look at, and the same in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks._lines import GrowthLine, Line
from benchmarks._statistics import Summary

__all__ = ["growth_table", "in_markdown", "in_text", "quantity", "table", "verdict"]

HEAD = ("work", "ours", "against", "theirs", "ratio", "spread", "goal", "reached")
SCALES = {
    "s": ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")),
    "B": ((1e6, "MB"), (1e3, "KB"), (1.0, "B")),
}

Cells = Sequence[str]


def digits(number: float) -> str:
    """Three significant digits, without an exponent."""
    if number == 0:
        return "0"
    if abs(number) >= 100:
        return f"{number:,.0f}"
    if abs(number) >= 10:
        return f"{number:.1f}"
    if abs(number) >= 1:
        return f"{number:.2f}"
    return f"{number:.2g}" if abs(number) < 0.1 else f"{number:.2f}"


def quantity(number: float, unit: str) -> str:
    """A figure in the unit that suits its size."""
    if unit not in SCALES:
        return f"{number:,.4g}"
    for scale, name in SCALES[unit]:
        if abs(number) >= scale:
            return f"{digits(number / scale)} {name}"
    return f"{digits(number / scale)} {name}"


def verdict(is_reached: bool | None) -> str:
    """Whether a goal is reached, in a word."""
    return {True: "yes", False: "NO", None: ""}[is_reached]


def table(lines: Iterable[Line]) -> list[Cells]:
    """Head and cells; of a row's lines only the first names the work."""
    cells: list[Cells] = [HEAD]
    last = ""
    for line in lines:
        is_first = line.row.name != last
        last = line.row.name
        against = line.against.name
        cells.append(
            (
                line.row.work if is_first else "",
                shown(line.ours, line.row.unit) if is_first else "",
                f"limit: {against}" if line.against.is_limit else against,
                shown(line.theirs, line.row.unit),
                "" if line.ratio is None else digits(line.ratio.median),
                spread(line.ratio),
                "" if line.goal is None else f"≤ {line.goal:g}",
                line.problem or verdict(line.is_reached),
            )
        )
    return cells


def shown(figure: Summary | None, unit: str) -> str:
    return "" if figure is None else quantity(figure.median, unit)


def spread(ratio: Summary | None) -> str:
    """The least and the greatest ratio of a round, unless they are one."""
    if ratio is None or ratio.low == ratio.high:
        return ""
    return f"{digits(ratio.low)} to {digits(ratio.high)}"


def growth_table(lines: Iterable[GrowthLine], sizes: Sequence[int]) -> list[Cells]:
    """Head and cells: a column for every size."""
    cells: list[Cells] = [("work", *(f"{size:,}" for size in sizes), "exponent", "goal", "reached")]
    for line in lines:
        costs = (
            quantity(line.costs[size], line.growth.unit) if size in line.costs else ""
            for size in sizes
        )
        limit = "limit: " if line.growth.is_limit else ""
        cells.append(
            (
                limit + line.growth.work,
                *costs,
                "" if line.exponent is None else f"{line.exponent + 0.0:.2f}",
                "" if line.goal is None else f"≤ {line.goal:.3g}",
                verdict(line.is_reached),
            )
        )
    return cells


def in_text(cells: Sequence[Cells]) -> str:
    """Columns side by side; what stands in the work column in Markdown's marks is left so."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    rows = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
    return "\n".join([rows[0], "  ".join("-" * width for width in widths), *rows[1:]])


def in_markdown(cells: Sequence[Cells]) -> str:
    """A table in Markdown; a goal that is not reached stands out."""
    rows = [f"| {' | '.join(escaped(cell) for cell in row)} |" for row in cells]
    return "\n".join([rows[0], "| " + " | ".join("---" for _ in cells[0]) + " |", *rows[1:]])


def escaped(cell: str) -> str:
    cell = cell.replace("|", "\\|")
    return f"**{cell}**" if cell == "NO" else cell
