"""`confstore exec`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from typing import Any

import click
from click.shell_completion import CompletionItem

from confstore import Secret, Values
from confstore._cli.arguments.names import complete_options
from confstore._cli.arguments.secrets import not_opened, revealed, sealed_keys, secret_keys
from confstore._cli.changes.watched import Watched, interval_of
from confstore._cli.commands.command import Example, command
from confstore._cli.exec.naming import NamingFlags, naming_flags
from confstore._cli.exec.program import become, supervise
from confstore._cli.formats.environment import environment
from confstore._cli.session import Session
from confstore._cli.terminal.exit_codes import CommandError, ExitCode
from confstore._cli.terminal.text import did_you_mean
from confstore.errors import OptionNotFoundError

__all__ = ["exec_command"]

_Options = Mapping[str, Mapping[str, Any]]

_GRACE_S = 10.0
"""Source: Docker, "docker container stop": the default of its grace period."""

_INSTEAD = "rename it, or name the wanted options with --option"


def _schema_check(session: Session, store: str, reference: str) -> Callable[[_Options], None]:
    # Not at the top: few runs have a schema.
    from confstore._cli.arguments.schemas import imported_schema
    from confstore._cli.arguments.written import check_fits

    with redirect_stdout(sys.stderr):
        types = imported_schema(reference)
    return lambda options: check_fits(session, store, reference, types, options)


def _complete_files(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(incomplete, type="file")]


@command(
    "exec",
    examples=(
        Example(
            "confstore exec -- env", "every key of every option, beside the present environment"
        ),
        Example(
            "confstore exec --on-change restart --schema settings:Settings -- ./serve",
            "a program that is restarted when the store changes, if it fits the schema",
            is_run=False,
        ),
        Example("confstore exec --bare db --pristine -- env", "host and port, as they are written"),
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
@naming_flags(complete_options)
@click.option(
    "--schema",
    metavar="MODULE:CLASS",
    help="The class that the store must fit before the program gets its options.",
)
@click.option(
    "--on-change",
    "reaction",
    metavar="restart|SIGNAL",
    help="Stay, and restart the program when the store changes, or send it a signal such as HUP.",
)
@click.option(
    "--interval",
    "interval_s",
    type=float,
    metavar="SECONDS",
    help="With --on-change: seconds between two looks; else 1 for a file, and 5 for others.",
)
@click.option(
    "--grace",
    "grace_s",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    default=_GRACE_S,
    show_default=True,
    help="With --on-change restart: seconds that the program has to end after SIGTERM.",
)
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
    flags: NamingFlags,
    schema: str | None,
    reaction: str | None,
    interval_s: float | None,
    grace_s: float,
    arguments: tuple[str, ...],
) -> None:
    """
    Run a program with the store's options as environment variables.

    The key host of the option db is DB_HOST: in upper case, with _ for all but letters and digits
    of ASCII. Text is passed as it is, in UTF-8. A number is its digits, true and false are those
    words, null is empty, bytes are base64, anything else is JSON. The store replaces variables of
    the same name. All others, CONFSTORE_URL among them, are passed on.

    --bare app names the variables of the option app by their keys alone, as they are written. So a
    dotenv file that was imported with --option app is given to the program as it was. With
    --separator __ --nested each value within dicts and lists has a variable of its own, such as
    LOGGING__LOGLEVEL__DEFAULT and SERVER__HOSTS__0.

    The program replaces this process, so signals and the exit code are its own. 126 means that it
    cannot be run, 127 that it does not exist.

    With --on-change this process stays, and passes signals and the exit code on. When the options
    change and fit --schema, it restarts the program, or sends it a signal.

    A secret is passed only if --reveal names it. CONFSTORE_SECRET_KEY is never passed on.

    An option that is named like a program, a runtime or a part of the system, such as tar, node or
    http, is refused unless --option names it. A variable that is known to make programs run other
    code, such as LD_PRELOAD, or PATH by --bare, needs --allow even then. --prefix APP_ lifts both
    rules. The list cannot be complete: if you do not trust everybody who writes the store to run
    code, name the options or use a prefix.
    """
    flags.check_flags()
    store = session.store()
    chosen = (*chosen, *flags.bare)
    check = None if schema is None else _schema_check(session, store.name, schema)

    def variables_of(everything: _Options | None, options: _Options) -> dict[str, str]:
        if check is not None:
            check(dict(store.items()) if everything is None else everything)
        options = _with_secrets(session, options, revealing)
        flags.check(options, is_named=bool(chosen), advice="name the wanted options with --option")
        return environment(options, flags.naming, instead=_INSTEAD)

    if reaction is not None:
        if os.name == "nt":  # pragma: no cover  # it has no signals
            raise CommandError("--on-change is not possible on Windows")
        from confstore._cli.exec.on_change import OnChange, signal_of
        from confstore._cli.exec.supervisor import Supervisor, end_as

        def choose(options: _Options) -> _Options:
            for name in chosen:
                if name not in options:
                    raise OptionNotFoundError(store.name, name)
            return {name: options[name] for name in chosen} if chosen else options

        status = OnChange(
            Watched(store, None, session.say),
            Supervisor(arguments, is_pristine, grace_s),
            choose,
            variables_of,
            revealing,
            session.say,
            signal_of(reaction),
            interval_of(session, interval_s),
        ).run()
        session.close()
        click.get_current_context().exit(end_as(status))
    options = {name: store.get(name) for name in chosen} if chosen else dict(store.items())
    session.note_if_empty(store, options)
    variables = variables_of(None, options)
    # Nothing is closed automatically when a program replaces the process.
    session.close()
    if os.name == "nt":  # pragma: no cover  # a process cannot be replaced there
        code = supervise(arguments, variables, is_pristine=is_pristine)
        click.get_current_context().exit(code)
    become(arguments, variables, is_pristine=is_pristine)


def _without_sealed(
    session: Session, options: _Options, revealing: Sequence[str]
) -> dict[str, Mapping[str, Any]]:
    """The options without sealed texts, which are no values for a program."""
    sealed = [(option, key) for option, values in options.items() for key in sealed_keys(values)]
    for option, key in sealed:
        if f"{option}.{key}" in revealing:
            raise not_opened(option, key)
    if sealed:
        names = ", ".join(f"{option}.{key}" for option, key in sealed)
        session.say(f"left out, because the URL has no secrets= to open them: {names}")
    return {
        option: {key: value for key, value in values.items() if (option, key) not in sealed}
        for option, values in options.items()
    }


def _with_secrets(
    session: Session, options: _Options, revealing: Sequence[str]
) -> dict[str, Values]:
    """The options with those secrets that were named, and without the others."""
    options = _without_sealed(session, options, revealing)
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
