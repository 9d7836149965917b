"""How long a refresher waits before the next refresh."""

from __future__ import annotations

import random
from collections.abc import Callable

import attrs

__all__ = ["RefreshSchedule"]


@attrs.frozen
class RefreshSchedule:
    """
    When to refresh, for one process of a fleet that may have started in the same second.

    The load of the whole fleet counts. A backoff that doubles from one second makes nine attempts
    in the first five minutes of an outage: nine times the usual reads, while the backend is in
    trouble. Here one early retry, anywhere in the next tenth of an interval, ends a short fault;
    after that a failing refresher is never faster than a healthy one, and never slower than its
    interval. A fleet of 1,000 stays below three times its mean.
    """

    interval_s: float = attrs.field(validator=attrs.validators.gt(0))
    _random: Callable[[], float] = attrs.field(default=random.random, kw_only=True, repr=False)

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
