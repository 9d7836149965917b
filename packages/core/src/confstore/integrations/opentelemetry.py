"""OpenTelemetry: metrics of refreshes, never with the name of an option or a key, or a value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from opentelemetry.metrics import CallbackOptions, Observation, get_meter

from confstore import Clock, Refresh, StaleReads, SystemClock
from confstore._version import __version__

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider

__all__ = ["MetricsObserver"]

_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
"""
Bounds of the histogram, in seconds.

Source: OpenTelemetry, "Semantic conventions for HTTP metrics", `http.client.request.duration`.
"""

_STORE = "confstore.store.name"


class MetricsObserver:
    """
    An observer (`observers=[MetricsObserver()]`) that records metrics; one serves several configs.

    | metric | instrument | unit |
    | --- | --- | --- |
    | `confstore.refresh.duration` | histogram | `s` |
    | `confstore.refresh.failures` | counter | `{failure}` |
    | `confstore.snapshot.age` | gauge | `s` |
    | `confstore.snapshot.version` | gauge | `{version}` |
    | `confstore.stale_reads` | counter | `{read}` |

    Each has the attribute `confstore.store.name`, a failed refresh also `error.type`, the class of
    its error, and stale reads `confstore.read.refused`.

    Source:
        OpenTelemetry, "Naming" and "Metrics semantic conventions".
    """

    def __init__(
        self, meter_provider: MeterProvider | None = None, *, clock: Clock | None = None
    ) -> None:
        """
        Create the instruments.

        Args:
            meter_provider: None takes the global one.
            clock: The source of time for the age; the config's.
        """
        self._clock = SystemClock() if clock is None else clock
        # By store: its last refresh, and when that was told. Each entry is replaced as a whole.
        self._last: dict[str, tuple[Refresh, float]] = {}
        meter = get_meter("confstore", __version__, meter_provider)
        self._duration = meter.create_histogram(
            "confstore.refresh.duration",
            "s",
            "Duration of refreshes.",
            explicit_bucket_boundaries_advisory=_BUCKETS_S,
        )
        self._failures = meter.create_counter(
            "confstore.refresh.failures", "{failure}", "Number of refreshes that failed."
        )
        self._stale_reads = meter.create_counter(
            "confstore.stale_reads", "{read}", "Number of reads that got nothing fresh."
        )
        meter.create_observable_gauge(
            "confstore.snapshot.age",
            [self._ages],
            "s",
            "Time since the snapshot was last known to be the store's state.",
        )
        meter.create_observable_gauge(
            "confstore.snapshot.version",
            [self._versions],
            "{version}",
            "Number of the snapshot that readers see; the first is 1.",
        )

    def refresh_started(self, store: str, /) -> None:
        """Record nothing: a refresh counts when it ends."""

    def refresh_ended(self, refresh: Refresh, /) -> None:
        """Record a refresh."""
        attributes = {_STORE: refresh.store}
        if refresh.error_type is not None:
            attributes["error.type"] = refresh.error_type
            self._failures.add(1, attributes)
        self._duration.record(refresh.duration, attributes)
        if refresh.version is not None:
            self._last[refresh.store] = refresh, self._clock.monotonic()

    def stale_reads(self, reads: StaleReads, /) -> None:
        """Record stale reads."""
        self._stale_reads.add(
            reads.count, {_STORE: reads.store, "confstore.read.refused": reads.is_refused}
        )

    def _ages(self, _: CallbackOptions) -> Iterable[Observation]:
        now_s = self._clock.monotonic()
        for refresh, told_s in self._snapshots():
            age_s = refresh.age
            if age_s is not None:
                yield Observation(age_s + now_s - told_s, {_STORE: refresh.store})

    def _versions(self, _: CallbackOptions) -> Iterable[Observation]:
        for refresh, _told_s in self._snapshots():
            yield Observation(refresh.version or 0, {_STORE: refresh.store})

    def _snapshots(self) -> Iterator[tuple[Refresh, float]]:
        return iter(list(self._last.values()))
