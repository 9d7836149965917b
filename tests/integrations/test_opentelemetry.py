"""Metrics, as the SDK of OpenTelemetry exports them."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from confstore import CachedConfigStore, TimeBasedConfigStore, open_config
from confstore.errors import StaleConfigError
from confstore.integrations.opentelemetry import MetricsObserver
from confstore.testing import FakeClock
from confstore_memory import MemoryStore

PROD = {"confstore.store.name": "prod"}


class Metrics:
    """A provider of meters, and what it has recorded."""

    def __init__(self) -> None:
        self.reader = InMemoryMetricReader()
        self.provider = MeterProvider([self.reader], shutdown_on_exit=False)

    def read(self) -> tuple[dict[str, Any], dict[str, str]]:
        """Points and unit of each metric; a point is its attributes and its value or its count."""
        data: Any = self.reader.get_metrics_data()
        points: dict[str, Any] = {}
        units: dict[str, str] = {}
        for resource in data.resource_metrics if data else ():
            for scope in resource.scope_metrics:
                assert scope.scope.name == "confstore"
                for metric in scope.metrics:
                    units[metric.name] = metric.unit
                    points[metric.name] = [
                        (dict(point.attributes), getattr(point, "value", None), point)
                        for point in metric.data.data_points
                    ]
        return points, units


def values(points: Any) -> list[tuple[dict[str, Any], Any]]:
    return [(attributes, value) for attributes, value, _ in points]


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore("prod", {"uploads": {"limit": 1, "secret-key": "s3cret"}})


@pytest.fixture
def metrics() -> Any:
    metrics = Metrics()
    yield metrics
    metrics.provider.shutdown()


def test_refreshes(store: MemoryStore, clock: FakeClock, metrics: Metrics) -> None:
    """Durations, failures by error, and the age and version of what readers see, live."""
    observer = MetricsObserver(metrics.provider, clock=clock)
    with TimeBasedConfigStore(
        store, 60, clock=clock, random=lambda: 0.5, observers=[observer]
    ) as config:
        clock.advance(10)
        points, units = metrics.read()
        assert units == {
            "confstore.refresh.duration": "s",
            "confstore.snapshot.age": "s",
            "confstore.snapshot.version": "{version}",
        }
        assert values(points["confstore.snapshot.age"]) == [(PROD, 10)]
        assert values(points["confstore.snapshot.version"]) == [(PROD, 1)]
        ((attributes, _, point),) = points["confstore.refresh.duration"]
        assert (attributes, point.count, point.sum) == (PROD, 1, 0)
        assert point.explicit_bounds[:2] == (0.005, 0.01)

        store.set("uploads", {"limit": 2})
        config.reload()
        store.fail()
        clock.advance(60)
        points, units = metrics.read()
        assert units["confstore.refresh.failures"] == "{failure}"
        assert values(points["confstore.snapshot.version"]) == [(PROD, 2)]
        assert values(points["confstore.snapshot.age"]) == [(PROD, 60)]
        failed = {**PROD, "error.type": "StoreUnavailableError"}
        assert values(points["confstore.refresh.failures"]) == [(failed, 2)]
        counts = [(each[0], each[2].count) for each in points["confstore.refresh.duration"]]
        assert counts == [(PROD, 2), (failed, 2)]


def test_stale_reads(store: MemoryStore, clock: FakeClock, metrics: Metrics) -> None:
    """Reads that are refused, and reads that are answered with what has expired."""
    observer = MetricsObserver(metrics.provider, clock=clock)
    cache = CachedConfigStore(store, 60, clock=clock, observers=[observer])
    cache.get("uploads")
    with TimeBasedConfigStore(store, clock=clock, max_stale=100, observers=[observer]) as config:
        store.fail()
        clock.advance(200)
        cache.get("uploads")
        with pytest.raises(StaleConfigError):
            config.get("uploads")
        clock.advance()
        points, units = metrics.read()
        assert units["confstore.stale_reads"] == "{read}"
        assert sorted(
            (attributes["confstore.read.refused"], value)
            for attributes, value in values(points["confstore.stale_reads"])
        ) == [(False, 1), (True, 1)]


def test_store_that_never_loaded(store: MemoryStore, clock: FakeClock, metrics: Metrics) -> None:
    """A start that failed has no age, and counts as a failure."""
    store.fail(ValueError("s3cret"))
    with pytest.raises(ValueError, match="s3cret"):
        TimeBasedConfigStore(
            store, clock=clock, observers=[MetricsObserver(metrics.provider, clock=clock)]
        )
    clock.advance()
    points, _ = metrics.read()
    assert "confstore.snapshot.age" not in points
    assert values(points["confstore.refresh.failures"]) == [
        ({**PROD, "error.type": "ValueError"}, 1)
    ]


def test_nothing_secret(store: MemoryStore, clock: FakeClock, metrics: Metrics) -> None:
    """No name of an option or a key, and no value, whatever happens."""
    observer = MetricsObserver(metrics.provider, clock=clock)
    cache = CachedConfigStore(store, 60, clock=clock, observers=[observer])
    with TimeBasedConfigStore(store, clock=clock, observers=[observer]):
        cache.get("uploads")
        store.fail(KeyError("uploads"))
        clock.advance(2000)
        cache.get("uploads")
        clock.advance()
        text = str(metrics.reader.get_metrics_data())
    assert "KeyError" in text
    for secret in ("uploads", "limit", "secret-key", "s3cret"):
        assert secret not in text


def test_global_provider(store: MemoryStore) -> None:
    """Without a provider it is the global one; where none is set nothing is recorded."""
    observer = MetricsObserver()
    with TimeBasedConfigStore(store, observers=[observer]) as config:
        config.reload()
        assert config.status.last_error is None


def test_config_by_url(metrics: Metrics, clock: FakeClock) -> None:
    """A config that is opened by its URL takes observers, too."""
    observer = MetricsObserver(metrics.provider, clock=clock)
    with open_config("memory:prod", clock=clock, observers=[observer]):
        clock.advance()
        assert values(metrics.read()[0]["confstore.snapshot.version"]) == [(PROD, 1)]
