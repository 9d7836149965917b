"""Typed usage of confstore: checked by mypy, never run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from confstore import (
    CachedConfigStore,
    CacheStatus,
    Clock,
    Config,
    ConfigStore,
    DiagnosableStore,
    Event,
    Finding,
    HealthStatus,
    JournaledStore,
    Observer,
    Poll,
    PollableStore,
    Refresh,
    SimpleConfigStore,
    StaleReads,
    Status,
    Store,
    TimeBasedConfigStore,
    Value,
    Values,
    ability,
    diagnose,
    health,
    open_store,
)
from confstore.errors import ConfigStoreError, OptionNotFoundError, SchemaError
from confstore.testing import FakeClock


@dataclass
class Database:
    host: str
    port: int = 27017


@dataclass
class Settings:
    db: Database


class DictStore:
    """A store of somebody else's, which inherits nothing."""

    name = "prod"

    def get(
        self, option: str, *, keys: Collection[str] | None = None, consistent: bool = True
    ) -> Values:
        raise OptionNotFoundError(option, self.name)

    def items(self, *, consistent: bool = True) -> Iterator[tuple[str, Values]]:
        yield "db", {"host": "localhost", "ports": [1, 2], "tags": {"a"}}

    def set(self, option: str, values: Mapping[str, Value]) -> None: ...

    def update(
        self, option: str, values: Mapping[str, Value], *, remove: Collection[str] = ()
    ) -> None: ...

    def delete(self, option: str) -> None: ...

    def close(self) -> None: ...


class PollingStore(DictStore):
    """One that can say what is new."""

    def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Poll:
        return Poll(1, {"db": {"host": "localhost"}}, removed=frozenset({"old"}), is_full=False)


store: Store = DictStore()
pollable: PollableStore = PollingStore()
also_a_store: Store = pollable
opened: Store = open_store("memory:test")
opened_from_the_environment: Store = open_store()
opened_to_read: Store = open_store("memory:test", purpose="read")

# A config of typed options.
typed = TimeBasedConfigStore[Settings](store, schema=Settings)
host: str = typed.current.db.host
inferred = TimeBasedConfigStore(store, schema=Settings, schema_names={"db": "database"})
port: int = inferred.current.db.port

# A config of plain options, and everything that it takes.
clock: Clock = FakeClock()
config = TimeBasedConfigStore[Any](
    store,
    60,
    schema={"db": Database},
    max_stale=3600,
    background=False,
    startup_timeout=10,
    fallback="last.json",
    clock=clock,
    random=lambda: 0.5,
)
whole: dict[str, dict[str, Any]] = config.get()
some_keys: dict[str, dict[str, Any]] = config.get(keys=["host"])
one: dict[str, Any] = config.get("db")
one_or_none: dict[str, Any] | None = config.get("db", default=None)
one_or_text: dict[str, Any] | str = config.get("db", keys=("host",), default="")
item: dict[str, Any] = config["db"]
attribute: Any = config.db
is_there: bool = "db" in config
names: list[str] = list(config)
count: int = len(config)
with config.override({"external-port": {"value": 1}}, db={"host": "localhost"}):
    config.reload()
with config as entered:
    same: TimeBasedConfigStore[Any] = entered


def on_change(option: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> None:
    """What a subscriber looks like."""


unsubscribe: Callable[[], None] = config.subscribe(on_change, "db")
unsubscribe()

status: Status = config.status
loaded_at: datetime = status.loaded_at
age: float = status.age
version: int = status.version
failures: int = status.consecutive_failures
last_error: str | None = status.last_error
is_fallback: bool = status.is_fallback

# One option at a time.
cache = CachedConfigStore(store, 60, 1024, clock=clock)
cached: dict[str, Any] = cache.get("db", max_age=1, refresh=True)
cached_or_none: dict[str, Any] | None = cache.get("db", default=None, keys=["host"])
uncached: dict[str, dict[str, Any]] = cache.get()
cache.invalidate("db")
cache_status: CacheStatus = cache.status
stale: frozenset[str] = cache_status.stale

# Every read asks the backend.
simple = SimpleConfigStore(store)
values: Values = simple.get("db")
values_or_none: Values | None = simple.get("db", default=None)
every: dict[str, Values] = simple.get()
by_option: Values = simple.get("db", keys=["host"])

# Each is a config.
configs: list[Config] = [config, typed, cache, simple]
for some_config in configs:
    read: dict[str, Any] | None = some_config.get("db", default=None)
    copied: dict[str, dict[str, Any]] = dict(some_config)
    option_names: Set[str] = some_config.keys() - {"db"}
    with some_config as the_same:
        the_same.reload()

# The facade, by a strategy's name, its class, or anything that makes one.
with ConfigStore(store, "CachedConfigStore", max_age=1) as facade:
    facade.set("db", {"host": "localhost", "hosts": ["a", {"b": None}], "tags": {"x"}})
    facade.update("db", {"port": 1}, remove=["host"])
    facade.delete("db")
    facade.reload()
    anything: Any = facade.config.db
ConfigStore(store, TimeBasedConfigStore, update_interval=60).close()
ConfigStore(store, lambda store, **_: SimpleConfigStore(store)).close()


class OtherClock:
    """A clock of somebody else's."""

    def monotonic(self) -> float:
        return 0.0

    def now(self) -> datetime:
        return datetime.now().astimezone()

    def event(self) -> Event:
        return threading.Event()

    def start(self, thread: threading.Thread) -> None:
        thread.start()


other_clock: Clock = OtherClock()

fake = FakeClock()
fake.advance(60)
fake.advance()

try:
    config.reload()
except SchemaError as error:
    problems: tuple[str, ...] = error.problems
except ConfigStoreError as error:
    text: str = str(error)


class LookingStore(DictStore):
    """One that can look at itself."""

    def diagnose(self) -> Iterator[Finding]:
        yield Finding("dict", True, "there")


def looking(store: DiagnosableStore) -> list[Finding]:
    by_url: Iterator[Finding] = diagnose("memory:test")
    return [*looking(LookingStore()), *store.diagnose(), *by_url, Finding("a", None, "b", "c")]


def version_of(store: Store) -> int | None:
    journaled: JournaledStore | None = ability(store, JournaledStore)
    if journaled is None or not journaled.is_journaled():
        return None
    journaled.enable_journal()
    return journaled.version() - journaled.baseline()


def polled(store: Store) -> Poll | None:
    pollable = ability(store, PollableStore)
    return None if pollable is None else pollable.poll()


class Printing:
    """An observer of somebody else's, which inherits nothing."""

    def refresh_started(self, store: str, /) -> None:
        del store

    def refresh_ended(self, refresh: Refresh, /) -> float:
        return refresh.duration

    def stale_reads(self, reads: StaleReads, /) -> int:
        return reads.count


def observed(store: Store, observer: Observer) -> HealthStatus:
    """Each config takes observers, and each has a health."""
    config: Config = CachedConfigStore(store, observers=[Printing(), observer])
    health(config)
    timed = TimeBasedConfigStore[Settings](store, schema=Settings, observers=(observer,))
    return health(timed, max_age=60)
