"""Data on standard output, as JSON, YAML or a table."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from confstore._cli.terminal.text import visible

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["print_json", "print_json_line", "print_table", "print_text", "print_yaml"]

# Legal in a JSON string as they are, and commands to a terminal: DEL, the C1 controls, line and
# paragraph separators, and characters that reverse the direction of text.
_COMMANDS = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")

_UNBROKEN = frozenset({"VERSION", "TIME"})

_LONG_WORD = 24
"""Columns of a word from which on it may be broken: a key in base64 is; a guess."""

_BESIDE = 3
"""Columns that a table's box and padding take for each column of it; see `rich.box.SIMPLE_HEAD`."""

# Without a terminal a row is a line.
_NO_EDGE = 1_000_000


def print_json(data: Any) -> None:
    """Print JSON for people: one entry a line, Unicode as it is."""
    print_json_line(data, indent=2)


def print_json_line(data: Any, indent: int | None = None) -> None:
    """Print JSON as one line, for programs that read line by line."""
    text = json.dumps(data, ensure_ascii=False, indent=indent)
    sys.stdout.write(_COMMANDS.sub(lambda match: f"\\u{ord(match[0]):04x}", text) + "\n")


def print_yaml(data: Any) -> None:
    """Print YAML, in the order of the data."""
    from confstore._cli.formats.yaml import text_from_tree

    sys.stdout.write(text_from_tree(data))


def print_text(text: str) -> None:
    """Print text as it is; in a terminal, escape sequences in it are shown and not obeyed."""
    sys.stdout.write(visible(text, keep="\n\t") if sys.stdout.isatty() else text)


def print_table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, is_terminal: bool
) -> None:
    """
    Print a table of plain text: no markup and no escape sequence in it is obeyed.

    In a terminal that is too narrow for it, long cells have several lines. Where even that would
    break words, each row is a block of lines, one for each cell.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(width=None if is_terminal else _NO_EDGE, highlight=False, emoji=False)
    cells = [[visible(cell) for cell in row] for row in rows]
    widths = _widths(columns, cells, console.width) if is_terminal else [None] * len(columns)
    # See https://no-color.org; rich leaves the heads bold.
    style = "" if os.environ.get("NO_COLOR") else "table.header"
    if widths is None:
        _print_blocks(console, columns, cells, style)
        return
    table = Table(box=box.SIMPLE_HEAD if is_terminal else None, pad_edge=False, header_style=style)
    for column, width in zip(columns, widths, strict=True):
        table.add_column(column, overflow="fold", width=width)
    for row in cells:
        table.add_row(*map(Text, row))
    console.print(table, soft_wrap=not is_terminal)


def _widths(
    columns: Sequence[str], rows: Sequence[Sequence[str]], available: int
) -> Sequence[int | None] | None:
    """The width of each column so that no short word is broken; None if that is impossible."""
    from rich.cells import cell_len

    wanted: list[int] = []
    least: list[int] = []
    for position, head in enumerate(columns):
        texts = [head, *(row[position] for row in rows)]
        wanted.append(max(map(cell_len, texts)))
        words = [cell_len(word) for text in texts for word in text.split()]
        # A time that is broken into lines cannot be read, or copied.
        is_whole = head in _UNBROKEN
        least.append(wanted[-1] if is_whole else min(max(words, default=0), _LONG_WORD))
    spare = available - sum(least) - _BESIDE * len(columns)
    if spare < 0:
        return None
    # What lacks least is given first, so that as many columns as possible are whole.
    widths = list(least)
    by_lack = sorted(range(len(columns)), key=lambda position: wanted[position] - least[position])
    for index, position in enumerate(by_lack):
        share = spare // (len(columns) - index)
        given = min(share, wanted[position] - least[position])
        widths[position] += given
        spare -= given
    return widths


def _print_blocks(
    console: Console, columns: Sequence[str], rows: Sequence[Sequence[str]], style: str
) -> None:
    """Print each row as lines of head and cell, without empty ones, and with a line in between."""
    from rich.table import Table
    from rich.text import Text

    for index, row in enumerate(rows):
        if index:
            console.print()
        block = Table.grid(padding=(0, 2, 0, 0))
        block.add_column(no_wrap=True, style=style)
        block.add_column(overflow="fold")
        for head, cell in zip(columns, row, strict=True):
            if cell:
                block.add_row(head, Text(cell))
        console.print(block)
