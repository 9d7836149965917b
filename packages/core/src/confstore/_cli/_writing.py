"""What the commands that write have in common: a dry run, and remarks in the journal."""

from __future__ import annotations

import functools
import getpass
import os
import socket
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

import attrs
import click

from confstore._cli._exit_codes import CommandError, ExitCode

if TYPE_CHECKING:
    from confstore import Change, JournaledStore, Store, Values
    from confstore._cli._session import Session

__all__ = ["MAX_ATTEMPTS", "Writing", "writing_options", "yes_option"]

_Function = TypeVar("_Function", bound=Callable[..., Any])

MAX_ATTEMPTS = 20
"""Tries of a write that is made of what was read before; a guess: the second one is rare."""


@attrs.frozen
class Writing:
    """
    How a command is to write.

    Attributes:
        is_dry_run: Whether to show what would change, and change nothing.
        has_values: Whether a dry run shows values.
        if_version: The version that the caller had seen; None for any.
        author: Who writes, for the journal; None for `default_author`.
        comment: Why, for the journal.
    """

    is_dry_run: bool = False
    has_values: bool = False
    if_version: int | None = None
    author: str | None = None
    comment: str = ""

    def show(self, session: Session, old: Mapping[str, Values], new: Mapping[str, Values]) -> None:
        """Print what a dry run has to say: how options are, and how they would be."""
        from confstore import diff
        from confstore._cli._differences import show_differences

        show_differences(session, diff(old, new), has_values=self.has_values)

    def check(self, store: Store, *options: str) -> None:
        """
        Check that the store can keep what was asked to be kept, also for a dry run.

        Args:
            store: The store.
            *options: What is to be written; none if that is not known yet.

        Raises:
            CommandError: It has no journal, and an option needs one; or `if_version` is not there.
            VersionConflictError: One of the options was committed after `if_version`.
        """
        if is_journaled(store):
            self._check_version(cast("JournaledStore", store), options)
            return
        asked = {
            "--if-version": self.if_version is not None,
            "--author": self.author is not None,
            "--comment": bool(self.comment),
        }
        for option, is_asked in asked.items():
            if is_asked:
                message = f"store {store.name!r} has no journal, which {option} needs: "
                advice = "turn it on with confstore init --journal"
                raise CommandError(message + advice, ExitCode.BACKEND)

    def _check_version(self, store: JournaledStore, options: Collection[str]) -> None:
        if self.if_version is None:
            return
        version = store.version()
        if self.if_version > version:
            message = f"store {store.name!r} is at version {version}: the one given is another's"
            raise CommandError(message, ExitCode.CONFLICT)
        if not options:
            return
        from confstore.adapter import check_if_version

        since = store.commits(self.if_version)
        check_if_version(store.name, self.if_version, frozenset(options), since, version)

    def apply(
        self, store: Store, changes: Callable[[], Sequence[Change]], plain: Callable[[], None]
    ) -> str:
        """
        Write, as a commit with remarks where the store is journaled; `check` came before.

        Args:
            store: The store.
            changes: What to commit, read anew for each try.
            plain: How to write without a journal.

        Returns:
            What to add to the sentence that says what was done: the version.

        Raises:
            VersionConflictError: An option was committed after `if_version`.
            ConfigStoreError: It cannot be written.
        """
        if not is_journaled(store):
            plain()
            return ""
        from confstore.errors import VersionConflictError

        journaled = cast("JournaledStore", store)
        author = self.author or default_author()
        for attempt in range(1, MAX_ATTEMPTS + 1):
            seen = journaled.version() if self.if_version is None else self.if_version
            try:
                commit = journaled.commit(
                    changes(), if_version=seen, author=author, comment=self.comment
                )
            except VersionConflictError:
                if self.if_version is not None or attempt == MAX_ATTEMPTS:
                    raise
            else:
                return f", version {commit.version}"
        raise AssertionError  # pragma: no cover  # the last attempt returns or raises


def is_journaled(store: Store) -> bool:
    """Whether every write is a commit; an adapter may know no journal."""
    from confstore import JournaledStore, ability

    journaled = ability(store, JournaledStore)
    return journaled is not None and journaled.is_journaled()


def default_author() -> str:
    """Who the environment says it is, or the user of this machine, as `user@host`."""
    if author := os.environ.get("CONFSTORE_AUTHOR"):
        return author
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        # A container's user may have a number and no name.
        user = "unknown"
    return f"{user}@{socket.gethostname()}"


def writing_options(function: _Function) -> _Function:
    """The options of a command that writes, given to it as one parameter `writing`."""

    @functools.wraps(function)
    def with_writing(*args: Any, **kwargs: Any) -> Any:
        fields = {field.name: kwargs.pop(field.name) for field in attrs.fields(Writing)}
        return function(*args, writing=Writing(**fields), **kwargs)

    decorated: Any = with_writing
    for option in reversed(
        [
            click.option(
                "--dry-run",
                "is_dry_run",
                is_flag=True,
                help="Show what would change, and change nothing.",
            ),
            click.option(
                "--values", "has_values", is_flag=True, help="Show values in a dry run, too."
            ),
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
        ]
    ):
        decorated = option(decorated)
    return cast("_Function", decorated)


def yes_option(function: _Function) -> _Function:
    """The option of a command that asks first, given to it as `is_confirmed`."""
    return click.option(
        "--yes", "-y", "is_confirmed", is_flag=True, help="Do not ask; needed without a terminal."
    )(function)
