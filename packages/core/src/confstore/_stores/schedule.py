"""How long a refresher waits before the next refresh."""

from __future__ import annotations

import random
from collections.abc import Callable

import attrs

from confstore._process.clock import seconds
from confstore._stores.protocols import HintedStore, Store, ability

__all__ = ["RefreshSchedule", "schedule_for"]

_WITHOUT_HINT_S = 300.0
"""The interval of the library of 2014, `dynamodb-config-store`."""


@attrs.define
class RefreshSchedule:
    """
    When to refresh, for one process of a fleet that may have started in the same second.

    The load of the whole fleet counts. A backoff that doubles from one second makes nine attempts
    in the first five minutes of an outage: nine times the usual reads, while the backend is in
    trouble. Here one early retry, anywhere in the next tenth of an interval, ends a short fault;
    after that a failing refresher is never faster than a healthy one, and never slower than its
    interval. A fleet of 1,000 stays below three times its mean.

    Attributes:
        interval_s: Seconds between two refreshes; 0 refreshes before each read, without a thread.
        hint: What asks the store for its interval; None if the caller gave one.
    """

    interval_s: float
    _random: Callable[[], float] = attrs.field(default=random.random, kw_only=True, repr=False)
    hint: Callable[[], float] | None = attrs.field(default=None, kw_only=True, repr=False)

    def take_hint(self) -> None:
        """
        Ask the store for its interval again, after a read.

        Raises:
            TypeError: The hint is not a number.
            ValueError: The hint is negative.
        """
        if self.hint is not None:
            hint_s = self.hint()
            self.interval_s = seconds("update_interval_hint()", hint_s) if hint_s else 0.0

    def first_s(self) -> float:
        """Seconds before the first refresh: anywhere in the interval."""
        return self.interval_s * self._random()

    def next_s(self, failures: int = 0) -> float:
        """Seconds before the next refresh, after this many failures in a row."""
        if failures == 0:
            return self.interval_s * (0.9 + 0.2 * self._random())
        if failures == 1:
            # At least a second apart, or a short interval would give a troubled backend no rest.
            return min(self.interval_s, max(1.0, self.interval_s / 10)) * self._random()
        return self.interval_s * (0.9 + 0.1 * self._random())


def schedule_for(
    store: Store, update_interval: float | None, random: Callable[[], float]
) -> RefreshSchedule:
    """
    The schedule of a store, by the caller's interval, else by the store's own hint.

    Raises:
        TypeError: The interval is not a number.
        ValueError: The interval is not positive.
    """
    if update_interval is not None:
        return RefreshSchedule(seconds("update_interval", update_interval), random=random)
    hinted = ability(store, HintedStore)
    hint = None if hinted is None else hinted.update_interval_hint
    schedule = RefreshSchedule(_WITHOUT_HINT_S, random=random, hint=hint)
    schedule.take_hint()
    return schedule
