"""The tables of a Markdown document."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["ROOT", "rows_of"]

ROOT = Path(__file__).parent.parent


def rows_of(page: Path, section: str, head: str) -> list[list[str]]:
    """
    The cells of the rows of one table, without backticks.

    Args:
        page: The document.
        section: The heading above it, with its marks, such as `## Values`.
        head: The first cell of the table's head.
    """
    _, _, text = page.read_text(encoding="utf-8").partition(f"\n{section}\n")
    text = re.split(r"^#", text, maxsplit=1, flags=re.MULTILINE)[0]
    _, found, table = text.partition(f"| {head} |")
    assert found, (section, head)
    lines = table.partition("\n\n")[0].splitlines()[2:]
    return [
        [cell.strip().replace("`", "") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in lines
    ]
