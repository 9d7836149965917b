"""What one run of the command line knows: its stores, its output, and who sits there."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

import attrs
import click

from confstore._cli._exit_codes import CommandError, ExitCode
from confstore._cli._text import visible

if TYPE_CHECKING:
    from confstore import Store
    from confstore._opening import Purpose

__all__ = ["FORMATS", "Session"]

FORMATS = ("json", "yaml", "table")


@attrs.define(eq=False)
class Session:
    """
    One run of a command.

    Attributes:
        url: The store's URL, from the option or the environment.
        output: The format that was asked for; see `format`.
        is_debug: Whether tracebacks and all log lines are shown.
    """

    url: str | None = attrs.field(default=None, repr=False)
    output: str | None = None
    is_debug: bool = False
    _stores: dict[str, Store] = attrs.field(init=False, factory=dict, repr=False)

    # -- stores ----------------------------------------------------------------------------------

    def store(self, purpose: Purpose = "read") -> Store:
        """
        The store that the command is about, opened once.

        Args:
            purpose: What may be made that is absent; see `confstore.open_store`.

        Raises:
            CommandError: No store was given.
            ConfigStoreError: It cannot be opened.
        """
        return self.open(self.required_url(), purpose)

    def required_url(self) -> str:
        """
        The URL of the store that the command is about.

        Raises:
            CommandError: No store was given.
        """
        if self.url is None:
            message = "no store is given: use --store URL, or set CONFSTORE_URL to one"
            raise CommandError(f"{message}, such as file:config/prod.json")
        return self.url

    def open(self, url: str, purpose: Purpose = "read") -> Store:
        """
        A store by its URL, opened once and closed with the session.

        Raises:
            ConfigStoreError: It cannot be opened.
        """
        if url not in self._stores:
            from confstore import open_store
            from confstore._cli._log import log_to_stderr

            log_to_stderr(is_debug=self.is_debug)
            self._stores[url] = open_store(url, purpose=purpose)
        return self._stores[url]

    def opened(self, name: str) -> Store | None:
        """The store of this name, if it is open, to look for the name that was meant."""
        for store in self._stores.values():
            if store.name == name:
                return store
        return None

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the stores that are open; one can be opened again."""
        for store in self._stores.values():
            store.close()
        self._stores.clear()

    # -- output ----------------------------------------------------------------------------------

    @property
    def is_terminal(self) -> bool:
        """Whether data goes to a person's screen."""
        return sys.stdout.isatty()

    @property
    def format(self) -> str:
        """How data is printed: as asked, or a table in a terminal and JSON elsewhere."""
        return self.output or ("table" if self.is_terminal else "json")

    def show(
        self, data: Any, columns: Sequence[str], rows: Sequence[Sequence[str]], *, empty: str = ""
    ) -> None:
        """
        Print data to standard output, in the session's format.

        Args:
            data: What `json.dumps` takes; values as `confstore.adapter.values_to_json` gives them.
            columns: The headings of the table.
            rows: Its cells, as plain text: nothing in them is interpreted.
            empty: What to say instead of a table without rows.
        """
        from confstore._cli._output import print_json, print_table, print_yaml

        if self.format == "json":
            print_json(data)
        elif self.format == "yaml":
            print_yaml(data)
        elif rows:
            print_table(columns, rows, is_terminal=self.is_terminal)
        else:
            self.say(empty)

    def say(self, text: str) -> None:
        """Tell a person something, as one line on standard error."""
        click.echo(visible(text), err=True)

    # -- questions -------------------------------------------------------------------------------

    @property
    def is_interactive(self) -> bool:
        """Whether somebody can be asked."""
        return sys.stdin.isatty() and sys.stderr.isatty()

    def confirm(self, doing: str, *, is_confirmed: bool) -> None:
        """
        Ask before something is destroyed.

        Args:
            doing: What is about to be done, such as `"delete option 'db' of store 'prod'"`.
            is_confirmed: Whether `--yes` was given.

        Raises:
            CommandError: Nobody can be asked, or the answer was no.
        """
        if is_confirmed:
            return
        if not self.is_interactive:
            raise CommandError(f"to {doing} without a terminal to ask in, give --yes")
        if not click.confirm(visible(f"{doing}?"), err=True):
            raise CommandError("nothing was changed", ExitCode.DECLINED)
