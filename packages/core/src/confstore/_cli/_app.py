"""The commands by their names; each is imported when it is called."""

from __future__ import annotations

import importlib
from typing import Any

import click

from confstore._cli._close_names import did_you_mean
from confstore._cli._command import shared_options
from confstore._cli._exit_codes import MEANINGS
from confstore._version import __version__

__all__ = ["COMMANDS", "PROGRAM", "app"]

PROGRAM = "confstore"

COMMANDS = {
    "init": "confstore._cli._commands.init:init",
    "list": "confstore._cli._commands.list:list_options",
    "get": "confstore._cli._commands.get:get",
    "set": "confstore._cli._commands.set:set_option",
    "update": "confstore._cli._commands.update:update",
    "delete": "confstore._cli._commands.delete:delete",
    "export": "confstore._cli._commands.export:export",
    "import": "confstore._cli._commands.import_file:import_file",
    "copy": "confstore._cli._commands.copy:copy",
    "diff": "confstore._cli._commands.diff:diff",
    "history": "confstore._cli._commands.history:history",
    "rollback": "confstore._cli._commands.rollback:rollback",
    "reconcile": "confstore._cli._commands.reconcile:reconcile",
    "watch": "confstore._cli._commands.watch:watch",
    "exec": "confstore._cli._commands.exec:exec_command",
    "validate": "confstore._cli._commands.validate:validate",
    "doctor": "confstore._cli._commands.doctor:doctor",
    "completion": "confstore._cli._commands.completion:completion",
}
"""Each command's module and object, in the order in which the help lists them."""


class LazyGroup(click.Group):
    """A group that imports a command when it is asked for it."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """The names, in the order of a reader's first questions."""
        return list(COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 (click's signature)
        cmd_name: str,
    ) -> click.Command | None:
        """The command of this name; None if there is none."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """
        The command that the arguments name.

        Raises:
            UsageError: There is none.
        """
        name = args[0]
        if not (name in COMMANDS or name.startswith("-") or ctx.resilient_parsing):
            # What follows a "=" is a value, of somebody who forgot the command.
            shown = name.partition("=")[0]
            advice = did_you_mean(shown, COMMANDS)
            raise click.UsageError(f"there is no command {shown!r}{advice}", ctx)
        return super().resolve_command(ctx, args)


# Click re-flows a paragraph, unless it begins with this character.
_EPILOG = "\b\nExit codes:\n" + "\n".join(
    f"{code:>5}  {meaning}" for code, meaning in MEANINGS.items()
)


def _print_version(context: click.Context, _: click.Parameter, is_asked: bool) -> None:
    if not is_asked or context.resilient_parsing:
        return
    click.echo(f"{PROGRAM} {__version__}")
    context.exit()


@click.group(
    name=PROGRAM,
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_EPILOG,
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version and exit.",
)
@shared_options(has_environment=True)
def app(**_: Any) -> None:
    """
    Read and write configuration stores: DynamoDB tables, JSON files, whatever is installed.

    The store is given by --store URL or by the environment variable CONFSTORE_URL, for example
    dynamodb://TABLE/STORE?region=eu-west-1 or file:config/prod.json. Data goes to standard output,
    everything else to standard error. COMMAND --help shows a command's options and examples.
    """
