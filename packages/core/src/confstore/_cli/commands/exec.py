"""`confstore exec`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import click
from click.shell_completion import CompletionItem

from confstore import Secret, Values
from confstore._cli.arguments.names import complete_options
from confstore._cli.arguments.secrets import revealed, secret_keys
from confstore._cli.commands.command import Example, command
from confstore._cli.exec.naming import Naming, naming_flags
from confstore._cli.exec.program import become, supervise
from confstore._cli.formats.environment import environment
from confstore._cli.session import Session
from confstore._cli.terminal.exit_codes import CommandError, ExitCode
from confstore._cli.terminal.text import did_you_mean

__all__ = ["exec_command"]

_INSTEAD = "rename it, or name the wanted options with --option"


def _complete_files(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(incomplete, type="file")]


@command(
    "exec",
    examples=(
        Example(
            "confstore exec -- env", "every key of every option, beside the present environment"
        ),
        Example("confstore exec --option db --pristine -- env", "DB_HOST and DB_PORT alone"),
    ),
    # Everything after the program's name is the program's own, also without the two dashes.
    context_settings={"allow_interspersed_args": False},
)
@click.option(
    "--option",
    "chosen",
    metavar="NAME",
    multiple=True,
    shell_complete=complete_options,
    help="Only this option, whatever its name; can be given several times.",
)
@click.option(
    "--pristine",
    "is_pristine",
    is_flag=True,
    help="Start from an empty environment: only the store's variables.",
)
@click.option(
    "--reveal",
    "revealing",
    metavar="OPTION.KEY",
    multiple=True,
    help="Pass this secret to the program, too; can be given several times.",
)
@naming_flags
@click.argument(
    "arguments",
    metavar="-- COMMAND [ARGS...]",
    nargs=-1,
    required=True,
    type=click.UNPROCESSED,
    shell_complete=_complete_files,
)
def exec_command(
    session: Session,
    chosen: tuple[str, ...],
    is_pristine: bool,
    revealing: tuple[str, ...],
    naming: Naming,
    arguments: tuple[str, ...],
) -> None:
    """
    Run a program with the store's options as environment variables.

    The key host of the option db is DB_HOST: in upper case, with _ for all but letters and digits
    of ASCII. Text is passed as it is, in UTF-8; a number is its digits, true and false are those
    words, null is empty, bytes are base64, anything else is JSON. The store replaces variables of
    the same name; the others, CONFSTORE_URL among them, are passed on.

    The program replaces this process, so signals and the exit code are its own; 126 means that it
    cannot be run, 127 that it does not exist.

    A secret is passed only if --reveal names it, and others are left out; CONFSTORE_SECRET_KEY is
    never passed on.

    An option that is named like a program, a runtime or a part of the system, such as tar, node or
    http, is refused unless --option names it. A variable that is known to make programs run other
    code, such as LD_PRELOAD, needs --allow even then; --prefix APP_ lifts both. The list cannot be
    complete: where those who write the store are not trusted to run code, name the options or use a
    prefix.
    """
    store = session.store()
    options = {name: store.get(name) for name in chosen} if chosen else dict(store.items())
    options = _with_secrets(session, options, revealing)
    naming.check(options, is_named=bool(chosen), advice="name the wanted options with --option")
    variables = environment(options, **naming.names, instead=_INSTEAD)
    # Nothing is closed automatically when a program replaces the process.
    session.close()
    if os.name == "nt":  # pragma: no cover  # a process cannot be replaced there
        code = supervise(arguments, variables, is_pristine=is_pristine)
        click.get_current_context().exit(code)
    become(arguments, variables, is_pristine=is_pristine)


def _with_secrets(
    session: Session, options: Mapping[str, Values], revealing: Sequence[str]
) -> dict[str, Values]:
    """The options with those secrets that were named, and without the others."""
    names = {
        f"{option}.{key}": (option, key)
        for option, values in options.items()
        for key in secret_keys(values)
    }
    for name in revealing:
        if name not in names:
            advice = did_you_mean(name, names) or "; confstore secrets list shows what there is"
            raise CommandError(f"there is no secret {name!r} to reveal{advice}", ExitCode.NOT_FOUND)
    wanted = {names[name] for name in revealing}
    hidden = sorted(names.keys() - set(revealing))
    if hidden:
        session.say(f"left out, because no --reveal names them: {', '.join(hidden)}")
    shown = {
        option: {
            key: value
            for key, value in values.items()
            if (option, key) in wanted or not isinstance(value, Secret)
        }
        for option, values in options.items()
    }
    return revealed(shown)
