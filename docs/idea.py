"""
Draw the idea of confstore: who writes, where the options are, and who reads.

`python docs/idea.py` writes `docs/idea.svg`. The picture brings its own ground and follows the
reader's light or dark setting, so that its text can be read on any page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

__all__ = ["PICTURE", "picture"]

PICTURE = Path(__file__).with_name("idea.svg")

WIDTH, HEIGHT = 960, 330
BOX_WIDTH, BOX_TOP, BOX_HEIGHT = 240, 74, 226
LEFTS = (20, 360, 700)
LINE = 22
# About the width of a letter of the font of code, at 12 units.
LETTER = 7.3

TITLE = "One set of options, written once, read by every process, the same code on every backend"

WRITERS = (
    "Who writes",
    ("confstore set, edit, deploy", "checked by your schema"),
    ("store.update(option, ...)", "scripts and tools"),
    ("AWS console, an editor", "people, by hand"),
)
STORE = (
    "A store, chosen by its URL",
    ("memory:test", "unit tests"),
    ("file:dev.json", "a laptop"),
    ("dynamodb://config/prod", "production"),
)
READERS = (
    "Who reads",
    ("config.current.db.host", "typed; as fast as a dict"),
    ("config.subscribe(...)", "rebuild a pool, a log level"),
    ("fallback=FILE", "start while the backend is down"),
)
ARROWS = (("commits", "with a journal"), ("refreshes", "what changed"))

STYLE = """
.ground { fill: #ffffff; stroke: #d0d7de; }
.box { fill: #f6f8fa; stroke: #d0d7de; }
.store { stroke: #0969da; stroke-width: 2; }
text { fill: #1f2328; font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; }
.title { font-size: 15px; font-weight: 600; }
.head { font-weight: 600; }
.code { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.faint { fill: #59636e; font-size: 12px; }
.arrow { stroke: #0969da; stroke-width: 2; fill: none; }
.tip { fill: #0969da; }
@media (prefers-color-scheme: dark) {
  .ground { fill: #0d1117; stroke: #30363d; }
  .box { fill: #151b23; stroke: #30363d; }
  .store { stroke: #4493f8; }
  text { fill: #e6edf3; }
  .faint { fill: #9198a1; }
  .arrow { stroke: #4493f8; }
  .tip { fill: #4493f8; }
}
"""


def picture() -> str:
    """The whole picture, as SVG."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {WIDTH} {HEIGHT}">',
        f"<title>{escape(TITLE)}</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="ground" x="0.5" y="0.5" width="{WIDTH - 1}" height="{HEIGHT - 1}" rx="6"/>',
        f'<text class="title" x="20" y="34">{escape(TITLE)}</text>',
    ]
    for left, kind, (head, *lines) in zip(
        LEFTS, ("box", "box store", "box"), (WRITERS, STORE, READERS), strict=True
    ):
        parts += box(left, kind, str(head), [(str(code), str(says)) for code, says in lines])
    for left, labels in zip(LEFTS, ARROWS, strict=False):
        parts += arrow(left + BOX_WIDTH, labels)
    return "\n".join([*parts, "</svg>", ""])


def box(left: int, kind: str, head: str, lines: Sequence[tuple[str, str]]) -> Iterator[str]:
    """One of the three parts: what it is, and for each of its lines what that is for."""
    yield (
        f'<rect class="{kind}" x="{left}" y="{BOX_TOP}" width="{BOX_WIDTH}" '
        f'height="{BOX_HEIGHT}" rx="6"/>'
    )
    yield f'<text class="head" x="{left + 16}" y="{BOX_TOP + 28}">{escape(head)}</text>'
    y = BOX_TOP + 28
    for code, says in lines:
        assert len(code) * LETTER <= BOX_WIDTH - 32, code
        y += LINE + 12
        yield f'<text class="code" x="{left + 16}" y="{y}">{escape(code)}</text>'
        y += LINE - 2
        yield f'<text class="faint" x="{left + 16}" y="{y}">{escape(says)}</text>'


def arrow(left: int, labels: tuple[str, str]) -> Iterator[str]:
    """From one part to the next, with a word above and one below."""
    y, right = BOX_TOP + BOX_HEIGHT // 2, left + LEFTS[1] - LEFTS[0] - BOX_WIDTH
    middle = (left + right) // 2
    yield f'<path class="arrow" d="M{left + 8} {y}H{right - 18}"/>'
    yield f'<path class="tip" d="M{right - 8} {y}l-12 -6v12z"/>'
    for label, at in zip(labels, (y - 12, y + 24), strict=True):
        yield f'<text class="faint" x="{middle}" y="{at}" text-anchor="middle">{label}</text>'


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
