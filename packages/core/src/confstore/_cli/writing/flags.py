"""The flags of commands that write."""

from __future__ import annotations

import functools
import getpass
import os
import socket
from collections.abc import Callable
from typing import Any, TypeVar, cast

import attrs
import click

__all__ = ["Transfer", "Writing", "collected", "transfer_flags", "writing_flags", "yes_flag"]

_Function = TypeVar("_Function", bound=Callable[..., Any])


@attrs.frozen
class Writing:
    """The values of the flags of a command that writes; see their helps below."""

    is_dry_run: bool = False
    has_values: bool = False
    if_version: int | None = None
    author: str | None = None
    comment: str = ""

    @property
    def needs_journal(self) -> str | None:
        """The first of the given flags that only a journaled store can follow."""
        given = {
            "--if-version": self.if_version is not None,
            "--author": self.author is not None,
            "--comment": bool(self.comment),
        }
        return next((flag for flag, is_given in given.items() if is_given), None)

    @property
    def author_or_user(self) -> str:
        """The given author, else CONFSTORE_AUTHOR, else `user@host` of this machine."""
        if author := self.author or os.environ.get("CONFSTORE_AUTHOR"):
            return author
        try:
            user = getpass.getuser()
        except (KeyError, OSError):
            # A container's user may have a number and no name.
            user = "unknown"
        return f"{user}@{socket.gethostname()}"


@attrs.frozen
class Transfer:
    """The values of the flags of `import` and `copy`; see their helps below."""

    is_pruning: bool
    is_skipping: bool
    is_empty_allowed: bool
    is_confirmed: bool


def collected(
    kind: type[Any], name: str, flags: list[Callable[[Any], Any]]
) -> Callable[[_Function], _Function]:
    """Decorate a command with flags, and give their values to it as one record."""

    def decorate(function: _Function) -> _Function:
        @functools.wraps(function)
        def with_record(*args: Any, **kwargs: Any) -> Any:
            values = {field.name: kwargs.pop(field.name) for field in attrs.fields(kind)}
            return function(*args, **{name: kind(**values)}, **kwargs)

        decorated: Any = with_record
        for flag in reversed(flags):
            decorated = flag(decorated)
        return cast("_Function", decorated)

    return decorate


yes_flag = click.option(
    "--yes", "-y", "is_confirmed", is_flag=True, help="Do not ask; needed without a terminal."
)
"""The flag of a command that asks first, given to it as `is_confirmed`."""

writing_flags = collected(
    Writing,
    "writing",
    [
        click.option(
            "--dry-run", "is_dry_run", is_flag=True, help="Show the changes, and write nothing."
        ),
        click.option("--values", "has_values", is_flag=True, help="Show values in a dry run, too."),
        click.option(
            "--if-version",
            type=click.IntRange(min=0),
            metavar="N",
            help="Refuse (exit code 5) if the option was committed after this version.",
        ),
        click.option(
            "--author",
            metavar="TEXT",
            help="Who writes, for the journal; else CONFSTORE_AUTHOR, or user@host.",
        ),
        click.option("--comment", metavar="TEXT", default="", help="Why, for the journal."),
    ],
)
"""The flags of every command that writes, given to it as `writing`."""

transfer_flags = collected(
    Transfer,
    "transfer",
    [
        click.option(
            "--prune",
            "is_pruning",
            is_flag=True,
            help="Delete the store's options that the source does not have; asks first.",
        ),
        click.option(
            "--skip-existing",
            "is_skipping",
            is_flag=True,
            help="Keep the options that the store has as they are.",
        ),
        click.option(
            "--allow-empty",
            "is_empty_allowed",
            is_flag=True,
            help="Let --prune delete every option if the source has none.",
        ),
        yes_flag,
    ],
)
"""The flags of `import` and `copy`, given to them as `transfer`."""
