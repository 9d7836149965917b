"""Events, as the SDK of OpenTelemetry exports them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry._logs import SeverityNumber
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor

from confstore import CachedConfigStore, Refresh, TimeBasedConfigStore
from confstore.errors import StaleConfigError
from confstore.integrations.opentelemetry_events import EventsObserver
from confstore.testing import FakeClock
from confstore_memory import MemoryStore

PROD = {"confstore.store.name": "prod"}
FAILED = {**PROD, "error.type": "StoreUnavailableError"}
FAILURES = "confstore.refresh.consecutive_failures"


class Events:
    """A provider of loggers, and what it has exported."""

    def __init__(self) -> None:
        self.exporter = InMemoryLogRecordExporter()
        self.provider = LoggerProvider(shutdown_on_exit=False)
        self.provider.add_log_record_processor(SimpleLogRecordProcessor(self.exporter))

    def read(self) -> list[tuple[Any, ...]]:
        """Name, severity and attributes of each event since the last call."""
        records: Any = self.exporter.get_finished_logs()
        self.exporter.clear()
        for each in records:
            assert each.instrumentation_scope.name == "confstore"
            assert each.log_record.body is None
            assert each.log_record.severity_text == each.log_record.severity_number.name
        return [
            (
                each.log_record.event_name,
                each.log_record.severity_number,
                dict(each.log_record.attributes),
            )
            for each in records
        ]


@pytest.fixture
def events() -> Iterator[Events]:
    events = Events()
    yield events
    events.provider.shutdown()


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore("prod", {"uploads": {"limit": 1, "secret-key": "s3cret"}})


def changed(version: int, *, is_fallback: bool = False) -> tuple[Any, ...]:
    """The event of a new snapshot."""
    attributes = {
        **PROD,
        "confstore.snapshot.version": version,
        "confstore.snapshot.is_fallback": is_fallback,
    }
    return "confstore.snapshot.changed", SeverityNumber.INFO, attributes


def failed(failures: int) -> tuple[Any, ...]:
    """The event of a failed refresh."""
    return "confstore.refresh.failed", SeverityNumber.WARN, {**FAILED, FAILURES: failures}


RECOVERED = ("confstore.refresh.recovered", SeverityNumber.INFO, PROD)


def test_refreshes(store: MemoryStore, clock: FakeClock, events: Events) -> None:
    """New snapshots, failures and the end of them; nothing of a refresh that changes nothing."""
    observer = EventsObserver(events.provider)
    with TimeBasedConfigStore(
        store, 60, clock=clock, random=lambda: 0.5, observers=[observer]
    ) as config:
        clock.advance()
        assert events.read() == [changed(1)]
        config.reload()
        clock.advance()
        assert events.read() == []
        store.set("uploads", {"limit": 2})
        clock.advance(60)
        assert events.read() == [changed(2)]
        store.fail(times=2)
        clock.advance(120)
        assert events.read() == [failed(1), failed(2), RECOVERED]


def test_a_start_from_the_fallback_file(
    store: MemoryStore, clock: FakeClock, events: Events, tmp_path: Path
) -> None:
    """The snapshot of the file is one, and says so; the store's own is the next."""
    fallback = tmp_path / "last.json"
    TimeBasedConfigStore(store, clock=clock, fallback=fallback).close()
    store.fail()
    observers = [EventsObserver(events.provider)]
    with TimeBasedConfigStore(
        store, 60, clock=clock, fallback=fallback, observers=observers
    ) as config:
        clock.advance()
        assert events.read() == [failed(1), changed(1, is_fallback=True)]
        store.heal()
        config.reload()
        clock.advance()
        (recovered, *_) = events.read()
        assert recovered == RECOVERED


def test_options_that_are_read_one_by_one(
    store: MemoryStore, clock: FakeClock, events: Events
) -> None:
    """A cache has no snapshots; failures of each option end by themselves."""
    cache = CachedConfigStore(store, 60, clock=clock, observers=[EventsObserver(events.provider)])
    store.set("other", {"a": 1})
    cache.get("uploads")
    cache.get("other")
    clock.advance(60)
    assert events.read() == []
    store.fail(times=1)
    cache.get("uploads")
    cache.get("other")
    clock.advance(60)
    ((name, _, attributes), (stale, _, _)) = events.read()
    assert (name, stale) == ("confstore.refresh.failed", "confstore.reads.stale")
    assert attributes["error.type"] == "StoreUnavailableError"
    cache.get("other")
    clock.advance()
    assert events.read() == []
    cache.get("uploads")
    clock.advance()
    assert events.read() == [RECOVERED]


def test_an_outage_of_very_many_options(events: Events) -> None:
    """The oldest of more than 1,024 failing options is forgotten: an outage costs little memory."""
    observer = EventsObserver(events.provider)

    def read(option: int, error_type: str | None) -> None:
        name = f"tenant-{option}"
        observer.refresh_ended(Refresh("prod", 1.0, error_type, 1.0, None, 1, option=name))

    def is_recovered(option: int) -> bool:
        read(option, None)
        return events.read() == [RECOVERED]

    for option in range(2_000):
        read(option, "StoreUnavailableError")
    # One that fails again is not the oldest any more.
    read(976, "StoreUnavailableError")
    read(2_000, "StoreUnavailableError")
    assert len(events.read()) == 2_002
    assert not is_recovered(0)
    assert not is_recovered(977)
    assert is_recovered(976)
    assert all(map(is_recovered, range(978, 2_001)))


def test_stale_reads(store: MemoryStore, clock: FakeClock, events: Events) -> None:
    """Reads that are refused are counted."""
    observer = EventsObserver(events.provider)
    with TimeBasedConfigStore(store, clock=clock, max_stale=100, observers=[observer]) as config:
        store.fail()
        clock.advance(200)
        events.read()
        with pytest.raises(StaleConfigError):
            config.get("uploads")
        clock.advance()
        stale = [event for event in events.read() if event[0] == "confstore.reads.stale"]
    attributes = {**PROD, "confstore.read.count": 1, "confstore.read.refused": True}
    assert stale == [("confstore.reads.stale", SeverityNumber.WARN, attributes)]


def test_nothing_secret(store: MemoryStore, clock: FakeClock, events: Events) -> None:
    """No name of an option or a key, and no value, whatever happens."""
    observer = EventsObserver(events.provider)
    cache = CachedConfigStore(store, 60, clock=clock, observers=[observer])
    with TimeBasedConfigStore(store, clock=clock, observers=[observer]):
        cache.get("uploads")
        store.fail(KeyError("uploads"))
        clock.advance(2000)
        cache.get("uploads")
        clock.advance()
    text = " ".join(record.to_json() for record in events.exporter.get_finished_logs())
    assert "KeyError" in text
    for secret in ("uploads", "limit", "secret-key", "s3cret"):
        assert secret not in text


def test_global_provider(store: MemoryStore) -> None:
    """Without a provider it is the global one; where none is set nothing is recorded."""
    with TimeBasedConfigStore(store, observers=[EventsObserver()]) as config:
        config.reload()
        assert config.status.last_error is None
