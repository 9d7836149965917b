"""
The goals as a picture: each a line, with our ratio as a dot on a logarithmic scale.

The picture brings its own ground and follows the reader's light or dark setting, so that its text
can be read on any page.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from html import escape

import attrs

from benchmarks._lines import Line
from benchmarks._table import digits

__all__ = ["chart"]

WIDTH = 960
LABELS = 520
FIGURES = 96
MARGIN = 20
END = WIDTH - MARGIN - FIGURES
TOP = 74
STEP = 22
DOT = 5

TITLE = "Our cost as a share of theirs: less is better; the bar is the goal, a ring misses it"

STYLE = """
.ground { fill: #ffffff; stroke: #d0d7de; }
.title { font-size: 15px; font-weight: 600; }
text { fill: #1f2328; font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; }
.faint { fill: #59636e; }
.grid { stroke: #d8dee4; }
.even { stroke: #59636e; stroke-dasharray: 3 3; }
.goal { stroke: #1f2328; stroke-width: 2.5; }
.yes { fill: #1a7f37; stroke: #1a7f37; }
.no { fill: #ffffff; stroke: #cf222e; }
.yes, .no { stroke-width: 2; }
@media (prefers-color-scheme: dark) {
  .ground { fill: #0d1117; stroke: #30363d; }
  text { fill: #e6edf3; }
  .faint { fill: #9198a1; }
  .grid { stroke: #30363d; }
  .even { stroke: #9198a1; }
  .goal { stroke: #e6edf3; }
  .yes { fill: #3fb950; stroke: #3fb950; }
  .no { fill: #0d1117; stroke: #f85149; }
}
"""


@attrs.frozen
class Scale:
    """
    Ratios to places across, logarithmically.

    Attributes:
        least: The power of ten at the left end.
        greatest: That at the right end.
    """

    least: int
    greatest: int

    @classmethod
    def over(cls, ratios: Iterable[float]) -> Scale:
        """The whole powers of ten that hold all of them, and 1."""
        powers = [0.0, *map(math.log10, ratios)]
        return cls(math.floor(min(powers)), max(math.ceil(max(powers)), 1))

    def x(self, ratio: float) -> float:
        """The place of a ratio."""
        left = LABELS
        width = END - left
        share = (math.log10(ratio) - self.least) / (self.greatest - self.least)
        return round(left + width * share, 1)


def chart(lines: Iterable[Line], caption: str) -> str:
    """
    The comparisons that have a goal and a ratio above zero, as SVG.

    Args:
        lines: All comparisons.
        caption: What was measured where.
    """
    shown = [line for line in lines if line.goal and line.ratio is not None and line.ratio.low > 0]
    known = [ratio for line in shown for ratio in drawn(line)]
    scale = Scale.over(known)
    height = TOP + STEP * len(shown) + MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {WIDTH} {height}">',
        "<title>confstore's cost as a share of others', with the goals</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="ground" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="6"/>',
        f'<text class="title" x="{MARGIN}" y="26">{TITLE}</text>',
        f'<text class="faint" x="{MARGIN}" y="46">{escape(caption)}</text>',
        *axis(scale, height),
    ]
    for number, line in enumerate(shown):
        parts += bar(line, scale, TOP + STEP * number + STEP / 2)
    return "\n".join([*parts, "</svg>", ""])


def drawn(line: Line) -> Iterator[float]:
    """Every ratio that has a place in the line."""
    assert line.goal is not None
    assert line.ratio is not None
    yield from (line.goal, line.ratio.median, line.ratio.low, line.ratio.high)


def axis(scale: Scale, height: int) -> Iterator[str]:
    """The powers of ten."""
    for power in range(scale.least, scale.greatest + 1):
        x = scale.x(10.0**power)
        kind = "even" if power == 0 else "grid"
        label = f"{10.0**power:g}" if power else "1 = equal"
        yield f'<line class="{kind}" x1="{x}" x2="{x}" y1="{TOP - 4}" y2="{height - MARGIN + 6}"/>'
        yield f'<text class="faint" x="{x}" y="{TOP - 10}" text-anchor="middle">{label}</text>'


def bar(line: Line, scale: Scale, y: float) -> Iterator[str]:
    """One comparison: its name, spread, dot and goal."""
    assert line.goal is not None
    assert line.ratio is not None
    kind = "yes" if line.is_reached else "no"
    label = f"{line.row.work} / {line.against.name}".replace("`", "")
    low, middle, high, goal = (
        scale.x(ratio) for ratio in (line.ratio.low, line.ratio.median, line.ratio.high, line.goal)
    )
    yield (
        f'<text x="{LABELS - 14}" y="{y + 4}" text-anchor="end"'
        f"{fitted(label)}>{escape(label)}</text>"
    )
    yield f'<line class="grid" x1="{LABELS}" x2="{END}" y1="{y}" y2="{y}"/>'
    yield f'<line class="{kind}" x1="{low}" x2="{high}" y1="{y}" y2="{y}"/>'
    yield f'<line class="goal" x1="{goal}" x2="{goal}" y1="{y - 8}" y2="{y + 8}"/>'
    yield f'<circle class="{kind}" cx="{middle}" cy="{y}" r="{DOT}"/>'
    figures = f"{digits(line.ratio.median)} (≤ {line.goal:g})"
    yield f'<text x="{WIDTH - MARGIN}" y="{y + 4}" text-anchor="end">{figures}</text>'


def fitted(label: str) -> str:
    """Makes a long label as narrow as its place; about 6.6 units a letter."""
    room = LABELS - 14 - MARGIN
    if len(label) * 6.6 <= room:
        return ""
    return f' textLength="{room}" lengthAdjust="spacingAndGlyphs"'
