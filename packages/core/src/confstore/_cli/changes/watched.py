"""Watch a store: poll it, and print its changes as they come."""

from __future__ import annotations

import math
import select
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import attrs

from confstore import Difference, PollableStore, Store, ability, diff
from confstore._cli.changes.differences import by_key, record_of, row_of
from confstore._cli.session import Session
from confstore._cli.terminal.exit_codes import CommandError
from confstore._cli.terminal.output import print_json_line, print_yaml
from confstore._cli.terminal.text import visible
from confstore.errors import ConfigStoreError

__all__ = ["Watched", "interval_of", "print_changes", "wait_s"]

_FILE_INTERVAL_S = 1.0
"""A poll of an unchanged file is one `os.stat`; the time-based file store does the same."""

_INTERVAL_S = 5.0
"""
A guess: soon enough for a person who waits for a deployment.

An idle poll of a journaled DynamoDB store is one read unit (AWS, "DynamoDB read consistency": a
strongly consistent read of up to 4 KB), so this is 17,280 a day; without a journal each poll reads
the whole store.
"""

_MAX_INTERVAL_S = 86_400.0


@attrs.define(eq=False)
class Watched:
    """
    A store, and its options at the last poll.

    Attributes:
        options: Every option of the store, of interest or not.
    """

    _store: Store
    _option: str | None
    _say: Callable[[str], None] = attrs.field(repr=False)
    options: Mapping[str, Mapping[str, Any]] = attrs.field(init=False, factory=dict, repr=False)
    _checkpoint: object = attrs.field(init=False, default=None, repr=False)
    _failure: type[ConfigStoreError] | None = attrs.field(init=False, default=None)

    def poll(self) -> list[Difference]:
        """Find the changes of interest since the last poll; the first one gives all as added."""
        before, self.options = self.options, self._options()
        if self.options is before:
            return []
        sides: Iterable[Mapping[str, Mapping[str, Any]]] = (before, self.options)
        if self._option is not None:
            sides = [
                {self._option: side[self._option]} if self._option in side else {} for side in sides
            ]
        return list(diff(*sides))

    def poll_on(self) -> list[Difference]:
        """
        Find changes as `poll` does; none while the store cannot be read.

        The first failure is printed, each failure of another kind, and the recovery. The changes
        of the meantime follow then.
        """
        try:
            found = self.poll()
        except ConfigStoreError as error:
            # The wording may differ each time; a person waits for another kind.
            if type(error) is not self._failure:
                self._say(f"{error}; watching on")
            self._failure = type(error)
            return []
        if self._failure is not None:
            self._failure = None
            self._say(f"store {self._store.name!r} is back")
        return found

    def _options(self) -> Mapping[str, Mapping[str, Any]]:
        # An inconsistent read could print a change, its opposite, and the change again.
        pollable = ability(self._store, PollableStore)
        if pollable is None:
            return dict(self._store.items(consistent=True))
        poll = pollable.poll(self._checkpoint, consistent=True)
        self._checkpoint = poll.checkpoint
        if poll.is_full:
            return poll.changed
        if not (poll.changed or poll.removed):
            return self.options
        kept = {name: self.options[name] for name in self.options.keys() - poll.removed}
        return {**kept, **poll.changed}


def print_changes(session: Session, differences: Iterable[Difference], *, has_values: bool) -> None:
    """
    Print changes with the present time, and flush them.

    Each key is a line for people, a line of JSON, or a document of YAML, as the session says.
    """
    at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    for one in (key for difference in differences for key in by_key(difference)):
        record = {"at": at, **record_of(one, has_values=has_values)}
        if session.format == "json":
            print_json_line(record)
        elif session.format == "yaml":
            # A document of its own in a stream of them.
            sys.stdout.write("---\n")
            print_yaml(record)
        else:
            *names, old, new = row_of(one, has_values=has_values)
            sys.stdout.write(visible("  ".join([at, *names, f"{old} -> {new}"])) + "\n")
    sys.stdout.flush()


def interval_of(session: Session, asked_s: float | None) -> float:
    """Seconds between two looks at the store of a command: as asked, else by its backend."""
    if asked_s is None:
        is_cheap = all(url.lower().startswith(("file:", "env:")) for url in session.layers)
        return _FILE_INTERVAL_S if is_cheap else _INTERVAL_S
    # NaN fails both comparisons.
    if not 0 < asked_s <= _MAX_INTERVAL_S:
        message = f"--interval is more than 0 and at most {_MAX_INTERVAL_S:,.0f} seconds"
        raise CommandError(message)
    return asked_s


def wait_s(seconds: float) -> None:
    """Wait; if the reader of standard output closes it, the error is a BrokenPipeError."""
    # Not at the next line, which could be hours away.
    if not hasattr(select, "poll"):  # pragma: no cover  # Windows: it shows at the next line
        time.sleep(seconds)
        return
    poller = select.poll()
    # Errors and hang-ups are reported without being asked for; readiness is of no interest.
    poller.register(sys.stdout, 0)
    events = poller.poll(math.ceil(seconds * 1000))
    if any(event & (select.POLLERR | select.POLLHUP) for _, event in events):
        raise BrokenPipeError
    if events:  # pragma: no cover  # macOS cannot poll a terminal, and returns at once
        time.sleep(seconds)
