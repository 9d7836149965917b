"""Common parts of all commands: shared flags, examples in the help, strict arguments."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import attrs
import click

from confstore._cli.session import FORMATS, Session
from confstore._cli.terminal.text import counted

__all__ = ["Example", "StoreCommand", "command", "shared_flags"]

_Function = TypeVar("_Function", bound=Callable[..., Any])


@attrs.frozen
class Example:
    """A line that the help shows, and its effect; the tests run it as printed if they can."""

    line: str
    says: str
    is_run: bool = True


class StoreCommand(click.Command):
    """A command with examples, whose usage errors show no argument: it may be a value."""

    def __init__(self, *args: Any, examples: Sequence[Example] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = tuple(examples)
        # Click's own complaint would quote the arguments, which can be values.
        self.allow_extra_args = True

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments; too many are counted and not shown."""
        super().parse_args(ctx, args)
        if ctx.args and not ctx.resilient_parsing:
            are = "is" if len(ctx.args) == 1 else "are"
            what = f"there {are} {counted(len(ctx.args), 'argument')} too many"
            ctx.fail(f"{what}, not shown because it may be a value")
        return ctx.args

    def get_short_help_str(self, limit: int = 45) -> str:  # noqa: ARG002 (click's signature)
        """Give the first sentence of the help, whole; click would cut it at the limit."""
        return inspect.cleandoc(self.help or "").partition("\n\n")[0].replace("\n", " ")

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples below the flags."""
        with formatter.section("Examples"):
            for example in self.examples:
                formatter.write_text(f"# {example.says}")
                formatter.write(f"{'':{formatter.current_indent}}{example.line}\n")
        super().format_epilog(ctx, formatter)


def command(
    name: str, *, examples: Sequence[Example], **settings: Any
) -> Callable[[Callable[..., Any]], StoreCommand]:
    """Make a command from a function, which gets the `Session` before its own parameters."""

    def decorate(function: Callable[..., Any]) -> StoreCommand:
        decorated = shared_flags(click.pass_obj(function))
        return click.command(name, cls=StoreCommand, examples=examples, **settings)(decorated)

    return decorate


def shared_flags(function: _Function, *, variable: str | None = None) -> _Function:
    """
    Decorate a command with the flags of every command, which also stand before its name.

    The store's URL comes from the environment for the group only: below it, the variable would hide
    a flag that stands before the command's name.
    """
    kept: dict[str, Any] = {"expose_value": False, "callback": _keep}
    debug = "Show tracebacks and all log lines; tracebacks can quote values."
    output = "How to print data; a table in a terminal and JSON elsewhere."
    pager = "Do not show long output in a terminal through a pager."
    store = "The store; else CONFSTORE_URL names it. Several are layers, the strongest first."
    layer = "Only this layer: its number, from 1, or its scheme, such as file; needed to write."
    for flag in (
        click.option("--debug", "is_debug", is_flag=True, is_eager=True, help=debug, **kept),
        click.option("--no-pager", "is_unpaged", is_flag=True, help=pager, **kept),
        click.option("--output", "-o", type=click.Choice(FORMATS), help=output, **kept),
        click.option(
            "--store",
            "-s",
            "url",
            metavar="URL",
            multiple=True,
            envvar=variable,
            help=store,
            shell_complete=_complete_urls,
            **kept,
        ),
        click.option("--layer", metavar="N|SCHEME", help=layer, **kept),
    ):
        function = flag(function)
    return function


def _complete_urls(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """Complete the path of a file's URL."""
    scheme, colon, path = incomplete.partition(":")
    if not colon or scheme.lower() != "file":
        return []
    folder, name = os.path.split(path)
    try:
        entries = [
            entry.name + "/" * entry.is_dir()
            for entry in os.scandir(folder or ".")
            if entry.name.startswith(name) and (entry.is_dir() or entry.name.endswith(".json"))
        ]
    except OSError:
        return []
    return sorted(f"{scheme}:{os.path.join(folder, entry)}" for entry in entries)


def _keep(context: click.Context, parameter: click.Parameter, given: Any) -> None:
    """Keep a given flag in the session; the last one counts, and several URLs are layers."""
    if given:
        if isinstance(given, tuple):
            given = " ".join(given)
        setattr(context.ensure_object(Session), str(parameter.name), given)
