"""Exponential backoff."""

from __future__ import annotations

import random
from collections.abc import Callable

import attrs

__all__ = ["Backoff"]


@attrs.frozen
class Backoff:
    """
    Exponential backoff with full jitter: a uniform draw between zero and a bound that doubles.

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
        # 2.0 ** 1024 would overflow after one night of outage.
        bound_s = min(self.limit_s, self.first_s * 2.0 ** min(failures - 1, 60))
        return bound_s * self._random()
