"""The commands by their names; each is imported when it is called."""

from __future__ import annotations

import functools
import importlib
from typing import Any

import click

from confstore._cli.commands.command import shared_flags
from confstore._cli.terminal.exit_codes import MEANINGS
from confstore._cli.terminal.text import did_you_mean
from confstore._version import __version__

__all__ = ["COMMANDS", "PROGRAM", "app"]

PROGRAM = "confstore"

COMMANDS = {
    "init": "commands.init:init",
    "list": "commands.read:list_options",
    "get": "commands.read:get",
    "set": "commands.change:set_option",
    "update": "commands.change:update",
    "delete": "commands.change:delete",
    "edit": "commands.edit:edit",
    "deploy": "commands.deploy:deploy",
    "export": "commands.export:export",
    "import": "commands.transfer:import_file",
    "copy": "commands.transfer:copy",
    "diff": "commands.diff:diff",
    "explain": "commands.explain:explain",
    "history": "commands.history:history",
    "rollback": "commands.history:rollback",
    "reconcile": "commands.history:reconcile",
    "watch": "commands.watch:watch",
    "exec": "commands.exec:exec_command",
    "secrets": "commands.secrets:secrets",
    "validate": "commands.validate:validate",
    "doctor": "commands.doctor:doctor",
    "completion": "shell.completion:completion",
}
"""Each command's module below `confstore._cli`, and object, in the order of the help."""


class LazyGroup(click.Group):
    """A group that imports a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """The names, in the order of the help."""
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
        command: click.Command = getattr(importlib.import_module(f"confstore._cli.{module}"), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the arguments name, or offer the closest name."""
        name = args[0]
        if not (name in COMMANDS or name.startswith("-") or ctx.resilient_parsing):
            # A value follows "=", if somebody forgot the command.
            shown = name.partition("=")[0]
            advice = did_you_mean(shown, COMMANDS)
            raise click.UsageError(f"there is no command {shown!r}{advice}", ctx)
        return super().resolve_command(ctx, args)


# Click re-flows a paragraph, unless it begins with this character.
_EPILOG = "\b\nExit codes:\n" + "\n".join(
    f"{code:>5}  {meaning}" for code, meaning in MEANINGS.items()
)


@click.group(
    name=PROGRAM,
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_EPILOG,
)
@click.version_option(__version__, message="%(prog)s %(version)s")
@functools.partial(shared_flags, variable="CONFSTORE_URL")
def app(**_: Any) -> None:
    """
    Read and write configuration stores: DynamoDB tables, JSON files, and every installed backend.

    The store is given by --store URL or by the environment variable CONFSTORE_URL, for example
    dynamodb://TABLE/STORE?region=eu-west-1 or file:config/prod.json. Data goes to standard output,
    everything else to standard error. COMMAND --help shows a command's flags and examples.
    """
