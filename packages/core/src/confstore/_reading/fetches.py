"""The answers that a cache holds, the reads that are under way, and what is said of both."""

from __future__ import annotations

import math
from typing import cast

import attrs

from confstore._process.clock import Event, Moment
from confstore._values.read_only import ReadOnlyDict

__all__ = ["CacheStatus", "Entry", "Fetch"]

_PAST = Moment(-math.inf, -math.inf)


@attrs.frozen
class CacheStatus:
    """
    The state of a cache; it never holds a value.

    Attributes:
        options: How many options are held, missing ones included.
        stale: Expired options that are still served because the backend is down or hangs.
        consecutive_failures: Failed reads of the backend since the last successful one.
        last_error: Why the last read failed; None after a success.
    """

    options: int
    stale: frozenset[str]
    consecutive_failures: int
    last_error: str | None


@attrs.frozen
class Entry:
    """
    An answer of the backend about one option, and its time; None stands for a missing one.

    Attributes:
        trace: What a `TracedStore` said of the answer.
    """

    values: ReadOnlyDict | None = attrs.field(repr=False)
    read: Moment
    failures: int = 0
    retry: Moment = _PAST
    trace: object = attrs.field(default=None, repr=False)


@attrs.define(eq=False)
class Fetch:
    """A read that is under way, and its outcome for the threads that wait for it."""

    done: Event = attrs.field(repr=False)
    entry: Entry | None = None
    error: BaseException | None = None
    is_current: bool = False
    """It has ended and no write or refresh has overtaken it: waiting threads may use it."""

    is_late: bool = False
    """It takes so long that what is held is served meanwhile."""

    def result(self) -> Entry:
        if self.entry is not None:
            return self.entry
        raise cast("BaseException", self.error)
