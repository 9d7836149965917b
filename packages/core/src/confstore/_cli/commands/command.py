"""Common parts of all commands: shared flags, examples in the help, strict arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import attrs
import click

from confstore._cli.session import FORMATS, Session

__all__ = ["Example", "StoreCommand", "command", "shared_flags"]

_Function = TypeVar("_Function", bound=Callable[..., Any])


@attrs.frozen
class Example:
    """
    A command line that the help shows.

    Attributes:
        line: The line to type.
        says: Its effect.
        is_run: Whether the tests can run it as printed, in a folder that they prepare.
    """

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
        """
        Parse the arguments.

        Raises:
            UsageError: The command does not take them.
        """
        super().parse_args(ctx, args)
        if ctx.args and not ctx.resilient_parsing:
            count = len(ctx.args)
            what = "there is 1 argument" if count == 1 else f"there are {count} arguments"
            ctx.fail(f"{what} too many, not shown because it may be a value")
        return ctx.args

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
    """
    Make a command from a function, which gets the `Session` before its own parameters.

    Args:
        name: The command's name.
        examples: At least two, for its help and the reference page; the tests run them.
        **settings: Further ones of click's.
    """

    def decorate(function: Callable[..., Any]) -> StoreCommand:
        decorated = shared_flags()(click.pass_obj(function))
        return click.command(name, cls=StoreCommand, examples=examples, **settings)(decorated)

    return decorate


def shared_flags(*, has_environment: bool = False) -> Callable[[_Function], _Function]:
    """
    Decorate a command with the flags of every command, which also stand before its name.

    Args:
        has_environment: Whether the store's URL can come from the environment here: below the
            group it would hide a flag that stands before the command's name.
    """

    def decorate(function: _Function) -> _Function:
        for option in reversed(
            [
                click.option(
                    "--store",
                    "-s",
                    "url",
                    metavar="URL",
                    envvar="CONFSTORE_URL" if has_environment else None,
                    expose_value=False,
                    callback=_keep,
                    help="The store; else the environment variable CONFSTORE_URL names it.",
                ),
                click.option(
                    "--output",
                    "-o",
                    type=click.Choice(FORMATS),
                    expose_value=False,
                    callback=_keep,
                    help="How to print data; a table in a terminal and JSON elsewhere.",
                ),
                click.option(
                    "--debug",
                    "is_debug",
                    is_flag=True,
                    is_eager=True,
                    expose_value=False,
                    callback=_keep,
                    help="Show tracebacks and all log lines; tracebacks can quote values.",
                ),
            ]
        ):
            function = option(function)
        return function

    return decorate


def _keep(context: click.Context, parameter: click.Parameter, given: Any) -> None:
    """Keep a given flag in the session; the last one counts."""
    if given:
        setattr(context.ensure_object(Session), str(parameter.name), given)
