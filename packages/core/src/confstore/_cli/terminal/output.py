"""Data on standard output, as JSON, YAML or a table."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Sequence
from typing import Any

from confstore._cli.terminal.text import visible

__all__ = ["print_json", "print_json_line", "print_table", "print_text", "print_yaml"]

# Legal in a JSON string as they are, and commands to a terminal: DEL, the C1 controls, line and
# paragraph separators, and characters that reverse the direction of text.
_COMMANDS = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")

# Rich folds at the terminal's edge; where there is none, a row is a line.
_UNBROKEN = frozenset({"VERSION", "TIME"})

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
    """Print a table of plain text: no markup and no escape sequence in it is obeyed."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    # See https://no-color.org; rich leaves the heads bold.
    style = "" if os.environ.get("NO_COLOR") else "table.header"
    table = Table(box=box.SIMPLE_HEAD if is_terminal else None, pad_edge=False, header_style=style)
    for column in columns:
        # A time that is broken into lines cannot be read, or copied.
        table.add_column(column, overflow="fold", no_wrap=column in _UNBROKEN)
    for row in rows:
        table.add_row(*(Text(visible(cell)) for cell in row))
    console = Console(width=None if is_terminal else _NO_EDGE, highlight=False, emoji=False)
    console.print(table, soft_wrap=not is_terminal)
