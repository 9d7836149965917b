"""`exec --on-change`: a program that is restarted or signalled when the store changes."""

from __future__ import annotations

import signal
from collections.abc import Callable, Collection, Mapping
from typing import Any

import attrs

from confstore import Difference, Secret, diff
from confstore._cli.changes.watched import Watched
from confstore._cli.exec.supervisor import Supervisor
from confstore._cli.terminal.exit_codes import CommandError
from confstore.errors import ConfigStoreError

__all__ = ["RESTART", "OnChange", "signal_of"]

RESTART = "restart"

_DEBOUNCE_S = 0.5
"""
Seconds without a change after which a change is acted upon; a guess: whoever writes several
options one after the other is faster.
"""

_MAX_ROUNDS = 20
"""Rounds of the above after which a store that never rests is acted upon all the same."""

Options = Mapping[str, Mapping[str, Any]]


@attrs.define(eq=False)
class OnChange:
    """
    One program, and the options that it was started with or told of.

    Attributes:
        watched: The store.
        supervisor: The program.
        choose: Takes the options of interest out of all options.
        prepare: Checks all options and those of interest, and makes variables of the latter.
        revealing: The secrets that the variables have, as OPTION.KEY.
        say: Prints a message for a person.
        number: The signal to send; None restarts.
        interval_s: Seconds between two looks at the store.
    """

    watched: Watched
    supervisor: Supervisor
    choose: Callable[[Options], Options]
    prepare: Callable[[Options, Options], dict[str, str]] = attrs.field(repr=False)
    revealing: Collection[str]
    say: Callable[[str], None] = attrs.field(repr=False)
    number: int | None
    interval_s: float

    def run(self) -> int:
        """Run the program until it ends by itself, and return its status."""
        self.watched.poll()
        present = self.choose(self.watched.options)
        told = self.prepare(self.watched.options, present)
        refused: Options | None = None
        with self.supervisor.taking_signals():
            self.supervisor.start(told)
            while True:
                status = self.supervisor.wait(self.interval_s)
                if status is None and self._poll():
                    status = self._settled()
                if status is not None:
                    return status
                latest = self.watched.options
                if latest is refused:
                    continue
                try:
                    chosen = self.choose(latest)
                    if not _differ(present, chosen):
                        continue
                    variables = self.prepare(latest, chosen)
                except (CommandError, ConfigStoreError) as error:
                    refused = latest
                    self.say(f"{error}; the program goes on as it is")
                    continue
                is_rewrapped = variables == told and self._are_of_secrets(present, chosen)
                present, told = chosen, variables
                if is_rewrapped:
                    continue
                status = self._act(variables)
                if status is not None:
                    return status

    def _are_of_secrets(self, old: Options, new: Options) -> bool:
        """True if the differences are new texts of secrets that the variables have."""
        return all(
            isinstance(one.old, Secret)
            and isinstance(one.new, Secret)
            and f"{one.option}.{one.key}" in self.revealing
            for one in diff(old, new)
        )

    def _act(self, variables: Mapping[str, str]) -> int | None:
        if self.number is not None:
            self.say(f"the store has changed: sending {signal.Signals(self.number).name}")
            self.supervisor.send(self.number)
            return None
        self.say("the store has changed: restarting the program")
        return self.supervisor.restart(variables)

    def _poll(self) -> list[Difference]:
        return self.supervisor.meanwhile(self.watched.poll_on) or []

    def _settled(self) -> int | None:
        """Wait until the store has rested for a moment; the program's status if it ends."""
        rounds, status = 1, self.supervisor.wait(_DEBOUNCE_S)
        while status is None and rounds < _MAX_ROUNDS and self._poll():
            rounds, status = rounds + 1, self.supervisor.wait(_DEBOUNCE_S)
        return status


def _differ(old: Options, new: Options) -> bool:
    return old.keys() != new.keys() or next(iter(diff(old, new)), None) is not None


def signal_of(text: str) -> int | None:
    """The signal of a name such as HUP or SIGHUP; None for `restart`."""
    if text.lower() == RESTART:
        return None
    name = "SIG" + text.upper().removeprefix("SIG")
    if name not in signal.Signals.__members__:
        message = f"--on-change is {RESTART} or the name of a signal, such as HUP, not {text!r}"
        raise CommandError(message)
    return int(signal.Signals[name])
