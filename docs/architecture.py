"""
Draw the rooms of the code and who imports whom, from the imports themselves.

    python docs/architecture.py            writes docs/how/architecture.svg
    python docs/architecture.py --check    fails if that is not what it would write

The floors are those that import-linter enforces (pyproject.toml). An arrow is left out where other
arrows lead from its tail to its head.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import NamedTuple

import grimp

ROOT = Path(__file__).parent.parent
PICTURE = ROOT / "docs" / "how" / "architecture.svg"
CORE = "confstore"

WIDTH, MARGIN, GAP = 860, 24, 52
LEFT_OUT = {"__main__", "_lazy", "_version"}
"""Single modules that say nothing about the design."""

BOX_HEIGHT, FLOOR_HEIGHT = 32, 72
CHARACTER = 8.4
"""The width of a character of the font, in units of the picture; monospaced at 14."""

# White on it and it on white have a contrast of 7 and more; so has the page's dark ground.
FILLS = {"adapter": "#5b3f8c", "public": "#0b5c8a", "private": "#44546a"}
MEANINGS = {"adapter": "a package", "public": "public", "private": "private"}

STYLE = """
text { font: 14px ui-monospace, Menlo, Consolas, monospace; fill: #fff; text-anchor: middle }
path { fill: none; stroke: #8a8f98; stroke-width: 1.4 }
.frame { fill: none; stroke: #8a8f98; stroke-dasharray: 5 4 }
.name { fill: #8a8f98; text-anchor: start }
"""

MARKER = """<marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"
 orient="auto"><path d="M0 0L8 4L0 8z" style="fill:#8a8f98"/></marker>"""


class Box(NamedTuple):
    """One room in the picture."""

    x: float
    y: float
    width: float

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


def floors() -> list[list[str]]:
    """The modules of each floor, from the roof to the ground."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    of_packages, of_core = (
        contract["layers"]
        for contract in contracts
        if contract["type"] == "layers" and contract.get("containers", [CORE]) == [CORE]
    )
    packages = [rooms_of(floor) for floor in of_packages]
    core = [[f"{CORE}.{room}" for room in rooms_of(floor)] for floor in of_core]
    return [floor for floor in packages[:-1] + core if floor]


def rooms_of(floor: str) -> list[str]:
    """The names in a line of a contract."""
    rooms = (room.strip() for room in floor.replace(":", "|").split("|"))
    return [room for room in rooms if room not in LEFT_OUT]


def imports(rooms: list[str]) -> dict[str, set[str]]:
    """The rooms that each room imports, without those that it also reaches by another."""
    packages = sorted({room.partition(".")[0] for room in rooms})
    graph = grimp.build_graph(*packages, cache_dir=None)
    for room in rooms:
        if room in graph.modules and graph.find_children(room):
            graph.squash_module(room)
    direct = {
        room: graph.find_modules_directly_imported_by(room) & {*rooms} - {room} for room in rooms
    }
    return {
        room: {
            target
            for target in targets
            if not any(is_reached(direct, other, target) for other in targets - {target})
        }
        for room, targets in direct.items()
    }


def is_reached(direct: Mapping[str, set[str]], room: str, target: str) -> bool:
    """True if imports lead from a room to a target."""
    return target in direct[room] or any(
        is_reached(direct, other, target) for other in direct[room]
    )


def boxes_of(plan: list[list[str]]) -> dict[str, Box]:
    """A place for each room: one row for each floor."""
    boxes = {}
    for number, floor in enumerate(plan):
        widths = [len(shown(room)) * CHARACTER + 24 for room in floor]
        x = (WIDTH - sum(widths) - GAP * (len(floor) - 1)) / 2
        for room, width in zip(floor, widths, strict=True):
            boxes[room] = Box(x, MARGIN + number * FLOOR_HEIGHT, width)
            x += width + GAP
    return boxes


def shown(room: str) -> str:
    """The name in the picture."""
    return room.removeprefix(f"{CORE}.")


def picture() -> str:
    """The picture as SVG."""
    plan = floors()
    rooms = [room for floor in plan for room in floor]
    boxes = boxes_of(plan)
    height = MARGIN * 2 + FLOOR_HEIGHT * (len(plan) - 1) + BOX_HEIGHT
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
            "<title>The rooms of confstore: each imports only what stands below it</title>",
            f"<style>{STYLE}</style>",
            MARKER,
            *_frame(plan, height),
            *_arrows(boxes, imports(rooms)),
            *_drawn(boxes),
            "</svg>\n",
        ]
    )


def _frame(plan: list[list[str]], height: int) -> Iterator[str]:
    """A line around core, and what the colours mean."""
    above = sum(not floor[0].startswith(f"{CORE}.") for floor in plan)
    y = MARGIN + above * FLOOR_HEIGHT - 22
    yield (
        f'<rect class="frame" x="8" y="{y}" width="{WIDTH - 16}" height="{height - y - 6}" rx="8"/>'
    )
    yield f'<text class="name" x="20" y="{y + 22}">{CORE}</text>'
    for number, (kind, meaning) in enumerate(MEANINGS.items()):
        below = y + 42 + 24 * number
        yield f'<rect x="20" y="{below}" width="14" height="14" rx="3" fill="{FILLS[kind]}"/>'
        yield f'<text class="name" x="42" y="{below + 12}">{meaning}</text>'


def _arrows(boxes: Mapping[str, Box], arrows: Mapping[str, set[str]]) -> Iterator[str]:
    for room, targets in arrows.items():
        for target in sorted(targets):
            tail, head = boxes[room], boxes[target]
            y, end = tail.y + BOX_HEIGHT, head.y
            bend = (end - y) / 2
            yield (
                f'<path marker-end="url(#head)" d="M{tail.middle:.1f} {y}'
                f"C{tail.middle:.1f} {y + bend:.1f} {head.middle:.1f} {end - bend:.1f} "
                f'{head.middle:.1f} {end - 1}"/>'
            )


def _drawn(boxes: Mapping[str, Box]) -> Iterator[str]:
    for room, box in boxes.items():
        kind = "private" if shown(room).startswith("_") else "public"
        kind = "adapter" if not room.startswith(f"{CORE}.") else kind
        yield (
            f'<rect x="{box.x:.1f}" y="{box.y}" width="{box.width:.1f}" height="{BOX_HEIGHT}" '
            f'rx="6" fill="{FILLS[kind]}"/>'
            f'<text x="{box.middle:.1f}" y="{box.y + 21}">{escape(shown(room))}</text>'
        )


def main(arguments: list[str]) -> int:
    """Write the picture, or check it."""
    drawn = picture()
    if arguments != ["--check"]:
        PICTURE.parent.mkdir(exist_ok=True)
        PICTURE.write_text(drawn, encoding="utf-8")
        return 0
    if PICTURE.read_text(encoding="utf-8") == drawn:
        return 0
    print(f"{PICTURE.relative_to(ROOT)} is stale: python docs/architecture.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
