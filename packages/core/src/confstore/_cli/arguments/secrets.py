"""Secrets on the command line: which values are secret, and which are revealed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import attrs
import click

from confstore import Secret, Values, is_sealed_text, open_secrets
from confstore._cli.arguments.assignments import values_from_arguments
from confstore._cli.arguments.names import complete_keys
from confstore._cli.terminal.exit_codes import CommandError, ExitCode
from confstore._cli.writing.flags import collected

__all__ = [
    "Hiding",
    "hiding_flags",
    "not_opened",
    "reveal_flag",
    "revealed",
    "sealed_keys",
    "secret_keys",
]


@attrs.frozen
class Hiding:
    """The values of the flags for secrets of `set` and `update`; see their helps below."""

    secret: tuple[str, ...] = ()
    referring: tuple[str, ...] = ()

    def values(self, option: str, arguments: Sequence[str]) -> Values:
        """The values of assignments, with secrets for the keys that the flags name."""
        values = values_from_arguments(option, arguments, secret=self.secret)
        for key in (*self.secret, *self.referring):
            if key not in values:
                raise CommandError(f"key {key!r} is named by a flag, and no assignment gives it")
            if key in self.secret and key in self.referring:
                raise CommandError(f"key {key!r} is either --secret or --reference")
        hidden: dict[str, Any] = {**values}
        hidden |= {key: Secret(values[key]) for key in self.secret}
        hidden |= {key: _reference(key, values[key]) for key in self.referring}
        return hidden


def _reference(key: str, value: Any) -> Secret[Any]:
    try:
        return Secret.reference(value)
    except ValueError as error:
        # A reference is no secret, but what was given instead may be one.
        raise CommandError(f"key {key!r}: {error}", ExitCode.INVALID) from None


hiding_flags = collected(
    Hiding,
    "hiding",
    [
        click.option(
            "--secret",
            "secret",
            metavar="KEY",
            multiple=True,
            shell_complete=complete_keys,
            help="Seal the value of this key, from standard input or a file; can be given again.",
        ),
        click.option(
            "--reference",
            "referring",
            metavar="KEY",
            multiple=True,
            shell_complete=complete_keys,
            help="The value of this key refers to a secret, such as asm:prod/db#password.",
        ),
    ],
)
"""The flags of `set` and `update` for secrets, given to them as `hiding`."""

reveal_flag = click.option(
    "--reveal", "is_revealing", is_flag=True, help="Open secrets, and show their values."
)
"""The flag of a command that shows secrets when it is asked to, given to it as `is_revealing`."""


def secret_keys(values: Mapping[str, Any]) -> list[str]:
    """The keys of an option whose values are secret."""
    return [key for key, value in values.items() if isinstance(value, Secret)]


def sealed_keys(values: Mapping[str, Any]) -> list[str]:
    """The keys of an option whose sealed texts nobody opens, because the URL names no keys."""
    return [key for key, value in values.items() if is_sealed_text(value)]


def not_opened(option: str, key: str) -> CommandError:
    """The error that a sealed text is to be revealed, and the URL does not say how."""
    name = f"option {option!r}, key {key!r}"
    advice = "open the store with secrets= or references= in its URL"
    return CommandError(f"{name} is a secret that is not open: {advice}", ExitCode.INVALID)


def revealed(
    options: Mapping[str, Mapping[str, Any]], only: Collection[tuple[str, str]] | None = None
) -> dict[str, Values]:
    """
    Options with the values of their secrets, all of them opened at once.

    Args:
        options: Option to values.
        only: Option and key of those to reveal; None means every one.

    Raises:
        CommandError: One of them is a sealed text that this store does not open.
        SecretError: One of them cannot be opened.
    """
    for option, values in options.items():
        for key in sealed_keys(values):
            if only is None or (option, key) in only:
                raise not_opened(option, key)
    wanted = [
        (option, key, values[key])
        for option, values in options.items()
        for key in secret_keys(values)
        if only is None or (option, key) in only
    ]
    open_secrets(secret for _, _, secret in wanted)
    found: dict[str, dict[str, Any]] = {option: {**values} for option, values in options.items()}
    for option, key, secret in wanted:
        found[option][key] = secret.reveal()
    return found
