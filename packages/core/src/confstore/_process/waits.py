"""How long to wait before the next read of a store."""

from __future__ import annotations

import random
from collections.abc import Callable

import attrs

__all__ = ["Backoff", "RefreshSchedule"]


@attrs.frozen
class Backoff:
    """
    How long to wait after failed attempts of one caller.

    Full jitter: a uniform draw between zero and a bound that doubles.

    Source:
        Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    """

    first_s: float = attrs.field(default=1.0, validator=attrs.validators.gt(0))
    limit_s: float = attrs.field(default=300.0, validator=attrs.validators.gt(0))
    _random: Callable[[], float] = attrs.field(default=random.random, kw_only=True, repr=False)

    def delay_s(self, failures: int) -> float:
        """Seconds to wait after this many failures in a row; 0 after none."""
        if failures == 0:
            return 0.0
        # 2.0 ** 1024 overflows: so many failures are one night of outage.
        bound_s = min(self.limit_s, self.first_s * 2.0 ** min(failures - 1, 60))
        return bound_s * self._random()


@attrs.frozen
class RefreshSchedule:
    """
    How long a refresher waits, as one of a fleet that may have been started in the same second.

    What counts is the sum over the fleet. A backoff that doubles from one second makes nine
    attempts a client in the first five minutes of an outage: it multiplies the reads by nine just
    while the backend is in trouble. Here one early retry, anywhere in the next tenth of an
    interval, mends a short fault; from then on a failing refresher is no faster than a healthy one,
    and never slower than its interval. A fleet of 1,000 stays below three times its mean.
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
            # Short intervals would leave a backend in trouble no second at all.
            return min(self.interval_s, max(1.0, self.interval_s / 10)) * self._random()
        return self.interval_s * (0.9 + 0.1 * self._random())
