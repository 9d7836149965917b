"""
OpenTelemetry: events of refreshes, never with the name of an option or a key, or a value.

They are log records with a name. The API for them, `opentelemetry._logs`, is not yet declared
stable in Python. Events of spans are, but OpenTelemetry is giving them up for these, and a refresh
in the background has no span. So they stand apart from the metrics, whose API is stable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from cachetools import LRUCache
from opentelemetry._logs import SeverityNumber, get_logger

from confstore import Refresh, StaleReads
from confstore._version import __version__

if TYPE_CHECKING:
    from opentelemetry._logs import LoggerProvider
    from opentelemetry.util.types import AnyValue

__all__ = ["EventsObserver"]

_MAX_FAILING = 1_024
"""Failing options that are remembered: as many as a cache holds, if it is not told otherwise."""


@attrs.frozen
class _Seen:
    """The state of a store's config, as the last refresh has told it."""

    version: int | None = None
    is_failing: bool = False


class EventsObserver:
    """
    An observer (`observers=[EventsObserver()]`) that emits events.

    | event | severity | when |
    | --- | --- | --- |
    | `confstore.refresh.failed` | `WARN` | a refresh has failed |
    | `confstore.refresh.recovered` | `INFO` | the first one after failures has succeeded |
    | `confstore.snapshot.changed` | `INFO` | readers see another snapshot |
    | `confstore.reads.stale` | `WARN` | reads got nothing fresh; at most once a second |

    Each has the attribute `confstore.store.name`; the others are in the documentation. One observer
    serves configs of several stores, but of one store a single config. Of a cache's failing options
    it remembers the last 1,024; one that was forgotten has no event when it recovers.

    Source:
        OpenTelemetry, "Semantic conventions for events": a log record with a name, a severity and
        attributes, without a body.
    """

    def __init__(self, logger_provider: LoggerProvider | None = None) -> None:
        """
        Get a logger.

        Args:
            logger_provider: None takes the global one.
        """
        self._logger = get_logger("confstore", __version__, logger_provider)
        # By store; and by store and option where options are read one by one.
        self._seen: dict[str, _Seen] = {}
        self._failing: LRUCache[tuple[str, str], None] = LRUCache(_MAX_FAILING)

    def refresh_started(self, store: str, /) -> None:
        """Emit nothing: a refresh counts when it ends."""

    def refresh_ended(self, refresh: Refresh, /) -> None:
        """Emit what a refresh has changed."""
        before = self._replaced(refresh)
        if refresh.error_type is not None:
            self._emit(
                "confstore.refresh.failed",
                SeverityNumber.WARN,
                refresh.store,
                {
                    "error.type": refresh.error_type,
                    "confstore.refresh.consecutive_failures": refresh.consecutive_failures,
                },
            )
        elif before.is_failing:
            self._emit("confstore.refresh.recovered", SeverityNumber.INFO, refresh.store, {})
        if refresh.version is not None and refresh.version != before.version:
            self._emit(
                "confstore.snapshot.changed",
                SeverityNumber.INFO,
                refresh.store,
                {
                    "confstore.snapshot.version": refresh.version,
                    "confstore.snapshot.is_fallback": refresh.is_fallback,
                },
            )

    def _replaced(self, refresh: Refresh) -> _Seen:
        """Remember the state that a refresh tells of, and return the one before."""
        is_failing = refresh.error_type is not None
        if refresh.option is None:
            before = self._seen.get(refresh.store, _Seen())
            self._seen[refresh.store] = _Seen(refresh.version, is_failing)
            return before
        # A cache may read any number of options: those that do not fail are forgotten.
        place = refresh.store, refresh.option
        was_failing = place in self._failing
        self._failing.pop(place, None)
        if is_failing:
            self._failing[place] = None
        return _Seen(None, was_failing)

    def stale_reads(self, reads: StaleReads, /) -> None:
        """Emit that reads got nothing fresh."""
        self._emit(
            "confstore.reads.stale",
            SeverityNumber.WARN,
            reads.store,
            {"confstore.read.count": reads.count, "confstore.read.refused": reads.is_refused},
        )

    def _emit(
        self, name: str, severity: SeverityNumber, store: str, attributes: dict[str, AnyValue]
    ) -> None:
        self._logger.emit(
            event_name=name,
            severity_number=severity,
            severity_text=severity.name,
            attributes={"confstore.store.name": store, **attributes},
        )
