"""One run of the command line: its stores, the format of its output, and questions."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import attrs
import click

from confstore._cli.terminal.exit_codes import CommandError, ExitCode
from confstore._cli.terminal.text import did_you_mean, shown_url, visible
from confstore.adapter import ClosesOnExit
from confstore.errors import ConfigStoreError, NotJournaledError, OptionNotFoundError

if TYPE_CHECKING:
    from confstore import JournaledStore, Plan, Store, Values

__all__ = [
    "FORMATS",
    "Session",
    "absent_key",
    "absent_option",
    "journal_of",
    "options_now",
    "other_stores",
    "parts_of",
]

FORMATS = ("json", "yaml", "table")

_MAX_NAMED = 20

# Those of ASCII, which separate the URLs of layers.
_BLANKS = re.compile(r"[ \t\n\v\f\r]+")

_Purpose: TypeAlias = Literal["read", "write", "create"]


def _no_check(_: Session, __: Store, ___: Plan) -> None:
    """Accept every plan."""


@attrs.define(eq=False)
class Session(ClosesOnExit):
    """
    One run of a command, with the flags that every command has.

    Attributes:
        url: The store's URL, if it was given.
        output: The format of data, if it was given.
        is_debug: Whether to show tracebacks and all log lines.
        schema: The class that the store must fit after a write, as MODULE:CLASS; else that of
            CONFSTORE_SCHEMA.
        check_plan: Raises a `CommandError` if the store may not become what a plan makes of it.
        is_unpaged: Whether long output goes to a terminal without a pager.
    """

    url: str | None = attrs.field(default=None, repr=False)
    layer: str | None = None
    output: str | None = None
    is_debug: bool = False
    schema: str | None = None
    check_plan: Callable[[Session, Store, Plan], None] = attrs.field(default=_no_check, repr=False)
    is_unpaged: bool = False
    _stores: dict[str, Store] = attrs.field(init=False, factory=dict, repr=False)

    def store(self, purpose: _Purpose = "read") -> Store:
        """
        Open the store of the command, once; `purpose` is that of `confstore.open_store`.

        It may be several layers, unless it is to be written.
        """
        if purpose != "read":
            return self.open(self._one_url("written"), purpose)
        return self.open(self.required_url())

    def single_store(self) -> Store:
        """Open the store of a command that reads and writes, which must be one."""
        return self.open(self._one_url("written"))

    def journaled_store(self) -> JournaledStore:
        """
        Open the store of the command, which must have a journal.

        It is opened for reading, also by commands that commit: a journal is there or not.
        """
        store = self.open(self._one_url("read for its journal"))
        journal = journal_of(store)
        if journal is None:
            raise NotJournaledError(store.name)
        return journal

    def required_url(self) -> str:
        """The URL of the command's store, which must be given."""
        if self.url is None:
            message = "no store is given: use --store URL, or set CONFSTORE_URL to one"
            raise CommandError(f"{message}, such as file:config/prod.json")
        return self.url if self.layer is None else self._chosen(self.layer)

    @property
    def layers(self) -> list[str]:
        """The URLs of the layers, the strongest first; one for a single store."""
        return [url for url in _BLANKS.split(self.url or "") if url]

    def _chosen(self, layer: str) -> str:
        """The URL of the layer that `--layer` names, by its number or its scheme."""
        urls = self.layers
        if layer.isdecimal() and 1 <= int(layer) <= len(urls):
            found = [urls[int(layer) - 1]]
        else:
            found = [url for url in urls if url.partition(":")[0].lower() == layer.lower()]
        if len(found) != 1:
            several = "there are several layers" if found else "there is no layer"
            raise CommandError(f"{several} {layer!r}: the layers are {self._named_layers()}")
        if _is_environment(found[0]):
            message = f"{found[0]} is the environment of this process, and no store"
            raise CommandError(f"{message}: the layers are {self._named_layers()}")
        return found[0]

    def _one_url(self, done: str) -> str:
        url = self.required_url()
        if self.layer is None and len(self.layers) > 1:
            message = f"layers are {done} one at a time: name one with --layer"
            raise CommandError(f"{message}: {self._named_layers()}")
        return url

    def _named_layers(self) -> str:
        return ", ".join(
            f"{number} {shown_url(url)}" for number, url in enumerate(self.layers, start=1)
        )

    def open(self, url: str, purpose: _Purpose = "read") -> Store:
        """Open a store by its URL, once; the session closes it."""
        if url not in self._stores:
            from confstore import open_store
            from confstore._cli.terminal.log import log_to_stderr

            log_to_stderr(is_debug=self.is_debug)
            self._stores[url] = open_store(url, purpose=purpose)
        return self._stores[url]

    def opened(self, name: str) -> Store | None:
        """The store of this name if it is open, to look for the closest name in it."""
        return next((store for store in self._stores.values() if store.name == name), None)

    def close(self) -> None:
        """Close the open stores; a store can be opened again."""
        for store in self._stores.values():
            store.close()
        self._stores.clear()

    @property
    def is_terminal(self) -> bool:
        """True if data goes to a person's screen."""
        return sys.stdout.isatty()

    @property
    def format(self) -> str:
        """The format of data: as asked, else a table in a terminal and JSON elsewhere."""
        return self.output or ("table" if self.is_terminal else "json")

    def show(
        self, data: Any, columns: Sequence[str], rows: Sequence[Sequence[str]], *, empty: str = ""
    ) -> None:
        """
        Print data to standard output, in the session's format.

        Nothing in the cells of a table is interpreted; `empty` replaces a table without rows.
        """
        from confstore._cli.terminal.output import print_json, print_table, print_yaml

        with self.paged():
            if self.format == "json":
                print_json(data)
            elif self.format == "yaml":
                print_yaml(data)
            elif rows:
                print_table(columns, rows, is_terminal=self.is_terminal)
            else:
                self.say(empty)

    def paged(self) -> AbstractContextManager[None]:
        """Show what a block prints through a pager, if the screen is too small for it."""
        if self.is_unpaged or not self.is_terminal:
            return nullcontext()
        from confstore._cli.terminal.pager import paged

        return paged()

    def note_if_empty(self, store: Store, options: Mapping[str, object]) -> None:
        """Say that a store has no options, which is probably a mistyped one, and name others."""
        if not options:
            self.say(f"note: store {store.name!r} has no options{other_stores(store)}")

    def say(self, text: str) -> None:
        """Print a message for a person, as one line on standard error."""
        click.echo(visible(text), err=True)

    def confirm(self, doing: str, *, is_confirmed: bool) -> None:
        """Ask before something is done, such as `delete option 'db'`; a no is an error."""
        if is_confirmed:
            return
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise CommandError(f"to {doing} without a terminal to ask in, give --yes")
        if not click.confirm(visible(f"{doing}?"), err=True):
            raise CommandError("nothing was changed", ExitCode.DECLINED)


def _is_environment(url: str) -> bool:
    return url.lower().startswith("env:")


def other_stores(store: Store) -> str:
    """The other stores in the place of an empty one, to append to a message; empty without any."""
    from confstore import CoLocatedStore, ability

    one = ability(store, CoLocatedStore)
    if one is None:
        return ""
    try:
        names = [name for name in one.stores() if name != store.name]
    except ConfigStoreError:
        # It needs a permission that reading does not need.
        return ""
    named = ", ".join(map(repr, names[:_MAX_NAMED])) + (" and more" if names[_MAX_NAMED:] else "")
    return f"; its table has {named}" if names else ""


def parts_of(store: Store) -> list[Store]:
    """The stores among the layers of a store, the strongest first; the store itself without any."""
    from confstore import Environment, LayeredStore

    if not isinstance(store, LayeredStore):
        return [store]
    return [
        part for layer in store[:] if not isinstance(layer, Environment) for part in parts_of(layer)
    ]


def journal_of(store: Store) -> JournaledStore | None:
    """The store with the methods of its journal; None where it has none."""
    from confstore import JournaledStore, ability

    journaled = ability(store, JournaledStore)
    return journaled if journaled is not None and journaled.is_journaled() else None


def options_now(store: Store, options: Iterable[str]) -> dict[str, Values]:
    """Read those of the options that the store has."""
    found = {}
    for option in options:
        try:
            found[option] = store.get(option)
        except OptionNotFoundError:
            continue
    return found


def absent_key(store: Store, option: str, key: str) -> CommandError:
    """The error for a key that an option does not have, with the closest key that it has."""
    advice = did_you_mean(key, store.get(option)) or f"; confstore list {option} shows what it has"
    return CommandError(f"option {option!r} has no key {key!r}{advice}", ExitCode.NOT_FOUND)


def absent_option(store: JournaledStore, option: str) -> CommandError:
    """The error for an option that neither the store nor its journal has, with the closest one."""
    from confstore import history

    known = {change.option for commit in history(store) for change in commit.changes}
    known.update(name for name, _ in store.items())
    advice = did_you_mean(option, known) or "; confstore list shows what it has"
    message = f"store {store.name!r} and its journal have no option {option!r}{advice}"
    return CommandError(message, ExitCode.NOT_FOUND)
