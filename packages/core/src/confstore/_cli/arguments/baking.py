"""The flags of `deploy` that say how a commit is checked."""

from __future__ import annotations

import math
import re

import attrs
import click

from confstore._cli.terminal.exit_codes import CommandError
from confstore._cli.writing.flags import collected

__all__ = ["Baking", "baking_flags"]

_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "": 1.0}
_DURATION = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)(ms|s|m|h|)")
_MAX_S = 604_800.0
"""A week: whoever waits longer for a check has forgotten it."""


def _seconds(_: click.Context, parameter: click.Parameter, text: str | None) -> float | None:
    """Convert a duration such as 30s, 10m, 1.5h or 250ms; without a unit it is seconds."""
    if text is None:
        return None
    match = _DURATION.fullmatch(text)
    seconds = float(match[1]) * _UNITS_S[match[2]] if match is not None else math.inf
    if seconds > _MAX_S:
        advice = "a number with ms, s, m or h, such as 30s, and at most 168h"
        raise CommandError(f"{parameter.opts[0]} is {advice}")
    return seconds


@attrs.frozen
class Baking:
    """The flags of `deploy` that say how a commit is checked."""

    command: str | None
    every_or_none_s: float | None
    timeout_s: float
    bake_s: float | None

    @property
    def every_s(self) -> float:
        """Seconds between two checks."""
        return _EVERY_S if self.every_or_none_s is None else self.every_or_none_s

    def check(self) -> None:
        """Refuse flags that mean nothing together."""
        if self.command is None and self.every_or_none_s is not None:
            raise CommandError("--every is for --check: give both")

    @property
    def lasts_s(self) -> float:
        """Seconds from the commit to the last check."""
        if self.bake_s is not None:
            return self.bake_s
        return 0.0 if self.command is None else _BAKE_S

    @property
    def is_needed(self) -> bool:
        """True if the commit is to be confirmed later."""
        return self.command is not None or self.lasts_s > 0

    @property
    def within_s(self) -> int:
        """Seconds within which it is confirmed; the last two checks may need their time."""
        spare_s = _SPARE_S if self.command is None else 2 * self.timeout_s + _SPARE_S
        return math.ceil(self.lasts_s + spare_s)


_EVERY_S = 30.0
_BAKE_S = 600.0
_SPARE_S = 1.0
"""Guesses: a service that reads every minute has read the commit ten times until its end."""

baking_flags = collected(
    Baking,
    "baking",
    [
        click.option(
            "--check",
            "command",
            metavar="COMMAND",
            help="A command of the shell that fails (exit code other than 0) if the change is bad.",
        ),
        click.option(
            "--every",
            "every_or_none_s",
            callback=_seconds,
            metavar="DURATION",
            help="Time between two checks; else 30s.",
        ),
        click.option(
            "--check-timeout",
            "timeout_s",
            callback=_seconds,
            default="60s",
            metavar="DURATION",
            help="Time after which a check that still runs has failed; else 60s.",
        ),
        click.option(
            "--bake",
            "bake_s",
            callback=_seconds,
            metavar="DURATION",
            help="Time from the commit to the last check; else 10m, and nothing without --check.",
        ),
    ],
)
"""The flags, given to the command as `baking`."""
