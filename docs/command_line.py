"""
Make the reference page from the commands.

`python docs/command_line.py` writes it.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import click

from confstore._cli.commands.command import StoreCommand
from confstore._cli.shell.app import COMMANDS, PROGRAM, app
from confstore._cli.terminal.exit_codes import MEANINGS

__all__ = ["MARK", "page", "reference"]

MARK = "<!-- The rest of this page is made from the commands: python docs/command_line.py -->"


def page(text: str) -> str:
    """Replace everything below the mark of a page."""
    return text.partition(MARK)[0] + MARK + "\n\n" + reference()


def reference() -> str:
    """All commands with their flags and examples, and the exit codes, as Markdown."""
    context = click.Context(app, info_name=PROGRAM)
    shared = _flags(app)
    lines = ["## Flags of every command", "", *_table("flag", shared), ""]
    names = {name for name, _ in shared}
    for name in COMMANDS:
        command = app.get_command(context, name)
        assert isinstance(command, StoreCommand)
        lines += _section(command, context, names)
    lines += ["## Exit codes", ""]
    lines += _table("code", [(str(int(code)), text) for code, text in MEANINGS.items()])
    return "\n".join(lines) + "\n"


def _section(command: StoreCommand, parent: click.Context, shared: set[str]) -> Iterator[str]:
    context = click.Context(command, info_name=command.name, parent=parent)
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    yield from (f"## {command.name}", "", "```console", usage, "```", "")
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        yield from (" ".join(paragraph.split()), "")
    own = [(name, says) for name, says in _flags(command) if name not in shared]
    if own:
        yield from (*_table("flag", own), "")
    yield "```console"
    for example in command.examples:
        yield from (f"# {example.says}", example.line)
    yield from ("```", "")


def _flags(command: click.Command) -> list[tuple[str, str]]:
    found = []
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            names = ", ".join(sorted(parameter.opts, key=len))
            takes = "" if parameter.is_flag else f" {_metavar(parameter)}"
            found.append((f"`{names}{takes}`", parameter.help or ""))
    return found


def _metavar(option: click.Option) -> str:
    if isinstance(option.type, click.Choice):
        return "|".join(map(str, option.type.choices))
    return option.metavar or option.type.name.upper()


def _table(heading: str, rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield from (f"| {heading} | |", "| --- | --- |")
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"


if __name__ == "__main__":
    path = Path(__file__).parent / "reference" / "command-line.md"
    path.write_text(page(path.read_text(encoding="utf-8")), encoding="utf-8")
