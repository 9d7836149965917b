"""The rule for variables from a store, which must not make programs run other code."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import attrs
import click

from confstore._cli.exec.names_that_run_code import BARE_RUNS_CODE, PROGRAMS, RUNS_CODE
from confstore._cli.formats.environment import Naming, variables_of
from confstore._cli.terminal.exit_codes import CommandError, ExitCode
from confstore._cli.writing.flags import collected

__all__ = ["NamingFlags", "naming_flags"]

_Function = TypeVar("_Function", bound=Callable[..., Any])

# It ends with _, so that it is a word by itself: A and WS_ENDPOINT_URL would be AWS_ENDPOINT_URL.
_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9_]*_")


@attrs.frozen
class NamingFlags:
    """The values of the flags for the names of variables; see their helps below."""

    allowed: tuple[str, ...] = ()
    prefix: str = ""
    separator: str = "_"
    bare: tuple[str, ...] = ()
    is_nested: bool = False

    @property
    def naming(self) -> Naming:
        """The names of variables, as the formats take them."""
        return Naming(self.prefix, self.separator, frozenset(self.bare), self.is_nested)

    def check_flags(self) -> None:
        """Refuse flags that contradict each other, before the store is opened."""
        if self.is_nested and self.separator == "_":
            message = "--nested needs --separator __: with one _ nobody could tell where a key ends"
            raise CommandError(message)

    def check(
        self, options: Mapping[str, Mapping[str, Any]], *, is_named: bool, advice: str
    ) -> None:
        """
        Refuse variables that programs read by themselves, unless the caller asked for them.

        Args:
            options: Option to values.
            is_named: Whether the caller named each of the options.
            advice: How to name an option.
        """
        # Whoever may write a store may not be allowed to run programs where it is read.
        if self.prefix:
            self._check_prefix()
            return
        for variable in variables_of(options, self.naming):
            name = variable.name
            if name in self.allowed:
                continue
            where = f"option {variable.option!r}, key {variable.path!r} would be {name}"
            if _runs_code(name):
                message = (
                    f"{where}, which can make programs run other code: give --prefix APP_, or "
                    f"--allow {name}"
                )
                raise CommandError(message, ExitCode.INVALID)
            program = _first_word(name)
            if not is_named and program in PROGRAMS:
                message = (
                    f"{where}, and {program} is the name of a program or of a part of the system, "
                    f"which may read it: {advice}, or give --prefix APP_"
                )
                raise CommandError(message, ExitCode.INVALID)

    def _check_prefix(self) -> None:
        if not _PREFIX.fullmatch(self.prefix):
            message = (
                f"the prefix {self.prefix!r} is not letters, digits and _, with a _ at its end"
            )
            raise CommandError(f"{message}: give one such as APP_")
        program = _first_word(self.prefix)
        if program in PROGRAMS:
            message = f"the prefix {self.prefix!r} is itself that of a program, {program}"
            raise CommandError(f"{message}: give another one, such as APP_")


def _runs_code(name: str) -> bool:
    # npm and others ignore the case of theirs; whoever writes `path` does not mean PATH, except on
    # Windows, which takes it for that.
    bare = name.upper() if os.name == "nt" else name
    known = RUNS_CODE.fullmatch(re.sub("_+", "_", name.upper())) or BARE_RUNS_CODE.fullmatch(bare)
    return known is not None


def _first_word(name: str) -> str:
    return name.lower().lstrip("_").partition("_")[0]


def naming_flags(
    complete: Callable[[click.Context, click.Parameter, str], list[str]],
) -> Callable[[_Function], _Function]:
    """
    Decorate a command that makes variables with the flags for their names, given to it as `flags`.

    Args:
        complete: Completes the name of an option.
    """
    return collected(
        NamingFlags,
        "flags",
        [
            click.option(
                "--prefix",
                metavar="PREFIX",
                default="",
                help="The beginning of each variable's name, such as APP_.",
            ),
            click.option(
                "--separator",
                type=click.Choice(["_", "__"]),
                default="_",
                help="What stands between option and key; layers read names with __ back.",
            ),
            click.option(
                "--bare",
                "bare",
                metavar="NAME",
                multiple=True,
                shell_complete=complete,
                help="Only this option, each variable named by its key alone, as it is written.",
            ),
            click.option(
                "--nested",
                "is_nested",
                is_flag=True,
                help="A variable for each value within dicts and lists; needs --separator __.",
            ),
            click.option(
                "--allow",
                "allowed",
                metavar="VARIABLE",
                multiple=True,
                help="Allow a variable that can make programs run code, such as NODE_OPTIONS.",
            ),
        ],
    )
