"""The rule for variables from a store, which must not make programs run other code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import attrs
import click

from confstore import variable_name
from confstore._cli.exec.programs import PROGRAMS, RUNS_CODE
from confstore._cli.terminal.exit_codes import CommandError, ExitCode
from confstore._cli.writing.flags import collected

__all__ = ["Naming", "naming_flags"]

# It ends with _, so that it is a word by itself: A and WS_ENDPOINT_URL would be AWS_ENDPOINT_URL.
_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9_]*_")


@attrs.frozen
class Naming:
    """The values of the flags for the names of variables; see their helps below."""

    allowed: tuple[str, ...] = ()
    prefix: str = ""
    separator: str = "_"

    @property
    def names(self) -> dict[str, str]:
        """Prefix and separator, as the formats take them."""
        return {"prefix": self.prefix, "separator": self.separator}

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
        for option, values in options.items():
            for key in values:
                name = variable_name(option, key, **self.names)
                if name in self.allowed:
                    continue
                if RUNS_CODE.fullmatch(re.sub("_+", "_", name)):
                    message = (
                        f"option {option!r}, key {key!r} would be {name}, which can make programs "
                        f"run other code: give --prefix APP_, or --allow {name}"
                    )
                    raise CommandError(message, ExitCode.INVALID)
                program = _first_word(name)
                if not is_named and program in PROGRAMS:
                    message = (
                        f"option {option!r}, key {key!r} would be {name}, and {program} is the "
                        "name of a program or of a part of the system, which may read it: "
                        f"{advice}, or give --prefix APP_"
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


def _first_word(name: str) -> str:
    return name.lower().lstrip("_").partition("_")[0]


naming_flags = collected(
    Naming,
    "naming",
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
            "--allow",
            "allowed",
            metavar="VARIABLE",
            multiple=True,
            help="Allow a variable that can make programs run code, such as NODE_OPTIONS.",
        ),
    ],
)
"""The flags of the commands that make variables, given to them as `naming`."""
