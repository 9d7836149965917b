"""
Typed usage of confstore: checked by mypy and pyright, never run.

A mistake that both must find carries an ignore for each, which is an error where it is not needed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, KeysView, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeVar, assert_type

from flask import Flask
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource
from starlette.applications import Starlette
from starlette.requests import HTTPConnection

import confstore
from confstore import (
    AsyncReads,
    BulkStore,
    CachedConfigStore,
    CacheStatus,
    Change,
    Clock,
    Commit,
    Config,
    ConfigStore,
    DiagnosableStore,
    Difference,
    Environment,
    Event,
    Explained,
    Fetched,
    Finding,
    HealthStatus,
    JournaledStore,
    Keys,
    LayeredStore,
    LocalKeys,
    Observer,
    Opened,
    Origin,
    Place,
    Plan,
    Poll,
    PollableStore,
    References,
    Refresh,
    SealedStore,
    SealingStore,
    Secret,
    SecretFault,
    SimpleConfigStore,
    StaleReads,
    Status,
    Store,
    TimeBasedConfigStore,
    Value,
    Values,
    ability,
    aio,
    beneath_of,
    diagnose,
    diff,
    explain,
    health,
    history,
    is_sealed_text,
    open_config,
    open_secrets,
    open_store,
    origin,
    plan_rewrap,
    plan_rollback,
    reconcile,
    rollback,
    state_at,
)
from confstore.errors import ConfigStoreError, OptionNotFoundError, SchemaError, SchemaProblem
from confstore.integrations import celery, django, flask, pydantic_settings, starlette
from confstore.integrations.opentelemetry import MetricsObserver
from confstore.integrations.opentelemetry_events import EventsObserver
from confstore.testing import FakeClock

T = TypeVar("T")
Options = dict[str, dict[str, Any]]


@dataclass
class Database:
    host: str
    port: int = 27017


@dataclass
class Settings:
    db: Database


# -- stores ------------------------------------------------------------------------------------


class DictStore:
    """A store of somebody else's, which inherits nothing."""

    name = "prod"

    def get(
        self, option: str, *, keys: Collection[str] | None = None, consistent: bool = True
    ) -> dict[str, Value]:
        raise OptionNotFoundError(self.name, option)

    def items(self, *, consistent: bool = True) -> Iterator[tuple[str, Values]]:
        yield "db", {"host": "localhost", "ports": [1, 2], "tags": {"a"}}

    def set(self, option: str, values: Mapping[str, Value]) -> None: ...

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None: ...

    def delete(self, option: str) -> None: ...

    def close(self) -> None: ...


class PollingStore(DictStore):
    """One that can say what is new, and look at itself."""

    def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Poll:
        return Poll(1, {"db": {"host": "localhost"}}, removed=frozenset({"old"}), is_full=False)

    def diagnose(self) -> Iterator[Finding]:
        yield Finding("dict", True, "there")


stores: list[Store] = [DictStore(), PollingStore()]
pollables: list[PollableStore] = [PollingStore()]
diagnosables: list[DiagnosableStore] = [PollingStore()]
store = stores[0]

assert_type(open_store("memory:test"), Store)
assert_type(open_store(["env:APP_", "memory:test"]), Store)
assert_type(open_store(), Store)
assert_type(open_store("memory:test", purpose="read"), Store)
assert_type(diagnose("memory:test"), Iterator[Finding])

# What is read is Any to a checker; what is written are values of a program's own types.
assert_type(store.get("db"), dict[str, Any])
assert_type(list(store.items()), list[tuple[str, dict[str, Any]]])
hosts: dict[str, list[str]] = {"db": ["a", "b"]}
tags: dict[str, set[str]] = {"db": {"a"}}
store.set("hosts", hosts)
store.update("hosts", tags, remove=["old"])
Change("hosts", hosts)


def poll(store: PollableStore) -> None:
    poll = store.poll()
    assert_type(poll.changed, Mapping[str, Mapping[str, Any]])
    assert_type(poll.removed, frozenset[str])
    assert_type(poll.is_full, bool)
    assert_type(store.poll(poll.checkpoint, consistent=True), Poll)


# -- abilities and the journal -----------------------------------------------------------------


def abilities(store: Store) -> None:
    assert_type(ability(store, PollableStore), PollableStore | None)
    assert_type(ability(store, BulkStore), BulkStore | None)
    assert_type(ability(store, DiagnosableStore), DiagnosableStore | None)
    journaled = ability(store, JournaledStore)
    assert_type(journaled, JournaledStore | None)
    if journaled is not None and journaled.is_journaled():
        assert_type(journaled.version() - journaled.baseline(), int)


def journal(store: JournaledStore) -> None:
    as_store: Store = store
    as_store.close()
    commit = store.commit([Change("hosts", hosts), Change("old", None)], author="me")
    assert_type(commit, Commit)
    assert_type(commit.at, datetime)
    assert_type(commit.author, str | None)
    assert_type(commit.changes, tuple[Change, ...])
    assert_type(commit.changes[0].values, Mapping[str, Any] | None)
    assert_type(history(store, "db"), list[Commit])
    assert_type(state_at(store, 1), Options)
    assert_type(rollback(store, 1, ["db"]), Commit | None)
    assert_type(reconcile(store), Commit | None)
    assert_type(list(diff(state_at(store, 1), store)), list[Difference])
    plan = plan_rollback(store, 1)
    assert_type(plan, Plan)
    assert_type(plan.commit(store), Commit)


# -- configs -----------------------------------------------------------------------------------

# Without a schema `current` is the options, with a class an object of it, and with a class for some
# of the options both at once, of which no checker knows.
untyped = TimeBasedConfigStore(store)
assert_type(untyped, TimeBasedConfigStore[Options])
assert_type(untyped.current["db"]["host"], Any)

typed = TimeBasedConfigStore(store, 60, schema=Settings, schema_names={"db": "database"})
assert_type(typed, TimeBasedConfigStore[Settings])
assert_type(typed.current.db.host, str)
assert_type(TimeBasedConfigStore[Settings](store, schema=Settings).current.db.port, int)

clock: Clock = FakeClock()
config = TimeBasedConfigStore(
    store,
    60,
    schema={"db": Database},
    strict=True,
    max_stale=3600,
    background=False,
    startup_timeout=10,
    fallback="last.json",
    clock=clock,
    random=lambda: 0.5,
)
assert_type(config, TimeBasedConfigStore[Any])
assert_type(config.current, Any)


def loaded(schema: type[Settings] | dict[str, type[Any]] | None) -> object:
    """A function that passes on a schema, or none, that it was given."""
    return TimeBasedConfigStore(store, schema=schema, background=False).current


def typed_by(schema: type[T]) -> T:
    return TimeBasedConfigStore(store, schema=schema).current


assert_type(typed_by(Settings), Settings)

# `open_config` has the types, and the arguments, of the strategy that it makes.
opened = open_config("file:prod.json", schema=Settings, strict=True, fallback="last.json")
assert_type(opened, TimeBasedConfigStore[Settings])
assert_type(opened.current.db.host, str)
assert_type(open_config(), TimeBasedConfigStore[Options])
assert_type(open_config("file:prod.json", max_stale=60).current, Options)
assert_type(open_config(schema={"db": Database}).current, Any)


class AppConfig(TimeBasedConfigStore[Settings]):
    """A strategy of the application's."""

    def __init__(self, store: Store, *, region: str) -> None:
        super().__init__(store, schema=Settings)
        self.subscribe(lambda option, old, new: None, f"limits-{region}")

    def host(self) -> str:
        return self.current.db.host


def any_config(config: TimeBasedConfigStore) -> TimeBasedConfigStore[object]:
    """Without an argument it is a config of anything; what a config shows cannot be replaced."""
    assert_type(config.current, Any)
    return typed


any_config(untyped)
any_config(typed)
any_config(AppConfig(store, region="eu"))

assert_type(config.get(), Options)
assert_type(config.get(keys=["host"]), Options)
assert_type(config.get("db"), dict[str, Any])
assert_type(config.get("db", default=None), dict[str, Any] | None)
assert_type(config.get("db", keys=("host",), default=""), dict[str, Any] | str)
assert_type(config["db"], dict[str, Any])
assert_type(config.db, Any)
assert_type("db" in config, bool)
assert_type(list(config), list[str])
assert_type(config.keys(), KeysView[str])
assert_type(len(config), int)

assert_type(config.override(hosts=hosts), AbstractContextManager[None])
with config.override({"external-port": {"value": 1}}, db={"host": "localhost"}, hosts=hosts):
    config.reload()
with typed as entered:
    assert_type(entered, TimeBasedConfigStore[Settings])


def on_change(option: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> None:
    """A subscriber to options without a schema."""


def on_database(option: str, old: Database | None, new: Database | None) -> bool:
    """A subscriber to an option of a type; what it returns is nobody's affair."""
    return True


assert_type(config.subscribe(on_change), Callable[[], None])
unsubscribe = config.subscribe(on_database, "db")
assert_type(unsubscribe(), None)

assert_type(config.status, Status)
assert_type(config.status.loaded_at, datetime)
assert_type(config.status.age, float)
assert_type(config.status.version, int)
assert_type(config.status.consecutive_failures, int)
assert_type(config.status.last_error, str | None)
assert_type(config.status.is_fallback, bool)

# One option at a time.
cache = CachedConfigStore(store, 60, 1024, clock=clock)
assert_type(cache.get("db", max_age=1, refresh=True), dict[str, Any])
assert_type(cache.get("db", default=None, keys=["host"]), dict[str, Any] | None)
assert_type(cache.get(), Options)
assert_type(cache.status, CacheStatus)
assert_type(cache.status.stale, frozenset[str])
cache.invalidate("db")

# Every read asks the backend.
simple = SimpleConfigStore(store)
assert_type(simple.get("db", keys=["host"]), dict[str, Any])
assert_type(simple.get("db", default=None), dict[str, Any] | None)
assert_type(simple.get(), Options)

# Each is a config.
configs: list[Config] = [config, untyped, typed, cache, simple]
for some_config in configs:
    assert_type(some_config.get("db", default=None), dict[str, Any] | None)
    assert_type(dict(some_config), Options)
    assert_type(some_config.keys() - {"db"}, set[str])
    with some_config as the_same:
        assert_type(the_same, Config)
        the_same.reload()

# -- the facade, typed by its strategy ---------------------------------------------------------

assert_type(ConfigStore(store), ConfigStore[SimpleConfigStore])
assert_type(ConfigStore(store, "SimpleConfigStore").config, SimpleConfigStore)
assert_type(ConfigStore(store, "CachedConfigStore", max_age=1).config, CachedConfigStore)
assert_type(ConfigStore(store, "TimeBasedConfigStore").config, TimeBasedConfigStore[Options])
by_name = ConfigStore(store, config_store="TimeBasedConfigStore", schema=Settings)
assert_type(by_name.config.current.db.host, str)
some_types = ConfigStore(store, "TimeBasedConfigStore", schema={"db": Database})
assert_type(some_types.config, TimeBasedConfigStore[Any])

assert_type(ConfigStore(store, SimpleConfigStore).config, SimpleConfigStore)
assert_type(ConfigStore(store, CachedConfigStore, 60, max_options=10).config, CachedConfigStore)
assert_type(ConfigStore(store, TimeBasedConfigStore, 60).config, TimeBasedConfigStore[Options])
by_class = ConfigStore(store, TimeBasedConfigStore, update_interval=60, schema=Settings)
assert_type(by_class.config.current.db.host, str)
of_application = ConfigStore(store, AppConfig, region="eu")
assert_type(of_application.config.host(), str)
assert_type(ConfigStore(store, lambda store: SimpleConfigStore(store)).config, SimpleConfigStore)

any_facade: ConfigStore = by_class
facade_of_config: ConfigStore[Config] = by_class
assert_type(any_facade.config, Any)

with ConfigStore(store) as facade:
    assert_type(facade, ConfigStore[SimpleConfigStore])
    assert_type(facade.store, Store)
    facade.set("db", {"host": "localhost", "hosts": ["a", {"b": None}], "tags": {"x"}})
    facade.set("hosts", hosts)
    facade.update("db", hosts, remove=["host"])
    facade.delete("db")
    facade.reload()


# -- the rest ----------------------------------------------------------------------------------


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
    assert_type(error.problems, tuple[SchemaProblem, ...])
    assert_type(error.problems[0].option, str | None)
    assert_type(error.problems[0].reason, str)
except ConfigStoreError as error:
    assert_type(str(error), str)


def show(value: object) -> None: ...


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


def mistakes(journaled: JournaledStore, purpose: Literal["read", "write"]) -> None:
    """Each of these is found by both checkers."""
    store.set("db", {1: "a"})  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType]
    store.set("db", ["a"])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    config.override(db=5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    config.subscribe(lambda option: None)  # type: ignore[arg-type, misc]  # pyright: ignore[reportArgumentType]
    typed.current = Settings(Database("a"))  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    facade.config.reload(1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    open_store("memory:test", purpose=purpose)
    open_store("memory:test", purpose="red")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    history(store)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    journaled.commit([("db", {})])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    by_class.config.current.db.host.missing()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    show(typed.current.hots)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownArgumentType, reportUnknownMemberType]
    show(untyped.current.db)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownArgumentType, reportUnknownMemberType]
    show(facade.config.db)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownArgumentType, reportUnknownMemberType]
    show(cache.get("db", max_ages=1))  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportUnknownArgumentType]
    show(TimeBasedConfigStore("memory:test"))  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    show(TimeBasedConfigStore(store, update_intervall=60))  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    show(TimeBasedConfigStore(store, schema=Settings, strict="yes"))  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    show(TimeBasedConfigStore(store, schema=Settings, backgrounds=False))  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    show(TimeBasedConfigStore(store, schema={"db": 5}))  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType, reportCallIssue]
    open_config("file:prod.json", fallbck="last.json")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    open_config("file:prod.json", schema=Settings, strict="yes")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    show(TimeBasedConfigStore(facade))  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    show(ConfigStore("memory:test"))  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    show(ConfigStore(store, "TimeBasedConfigStor"))  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    show(ConfigStore(store, max_age=60))  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    show(ConfigStore(store, CachedConfigStore, max_ages=60))  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    show(confstore.TimeBasedConfigStor)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownArgumentType, reportUnknownMemberType]
    show(confstore.adapter.canonical)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownArgumentType, reportUnknownMemberType]
    show(confstore.errors.ConfigError)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownArgumentType, reportUnknownMemberType]
    show(ConfigStore(store, AppConfig))  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]


# -- asyncio -----------------------------------------------------------------------------------


async def asynchronous(store: Store, name: str, keys: list[str]) -> None:
    async with aio.open_store() as entered:
        assert_type(entered, aio.AsyncStore)
    opened = await aio.open_store("memory:x", purpose="create")
    assert_type(opened, aio.AsyncStore)
    assert_type(await opened.get("db", keys=keys, consistent=False), dict[str, Any])
    async for option, values in opened.items():
        assert_type(option, str)
        assert_type(values, dict[str, Any])
    assert_type(await opened.poll(), Poll)
    await opened.update("db", {"port": 1}, remove=["host"])
    assert_type(await opened.run(len, "text"), int)
    async with aio.AsyncStore(store, max_threads=4) as entered:
        assert_type(entered, aio.AsyncStore)

    simple = aio.AsyncSimpleConfigStore(opened)
    assert_type(await simple.get(), dict[str, dict[str, Any]])
    assert_type(await simple.get(name, keys=keys), dict[str, Any])
    assert_type(await simple.get("db", default=None), dict[str, Any] | None)
    async for each in simple:
        assert_type(each, str)

    cached = aio.AsyncCachedConfigStore(opened, 10, max_wait=0.5)
    assert_type(await cached.get("db", max_age=1, refresh=True), dict[str, Any])
    assert_type(await cached.get("db", default=0), dict[str, Any] | int)
    assert_type(cached.status, CacheStatus)
    await cached.reload()

    untyped = aio.AsyncTimeBasedConfigStore(opened)
    assert_type(await untyped, aio.AsyncTimeBasedConfigStore[Options])
    config = await aio.open_config("memory:x", schema=Settings)
    assert_type(config, aio.AsyncTimeBasedConfigStore[Settings])
    assert_type(config.current, Settings)
    assert_type(config.current.db.port, int)
    assert_type(config["db"], dict[str, Any])
    assert_type(config.status, Status)
    async with aio.open_config(schema={"db": Database}, fallback="/tmp/config.json") as partly:
        assert_type(partly, aio.AsyncTimeBasedConfigStore[Any])
        async for change in partly.changes("db"):
            assert_type(change, aio.ConfigChange)
            assert_type(change.option, str)
        await partly.reload()
    assert_type(ability(store, AsyncReads), AsyncReads | None)

    aio.AsyncSimpleConfigStore(store)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    aio.open_config("memory:x", background=False)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]


# -- layers ------------------------------------------------------------------------------------

layers = LayeredStore([Environment("APP_"), store])
layered_store: Store = layers
assert_type(layers[0], Store | Environment)
assert_type(layers[1:], tuple[Store | Environment, ...])
assert_type(TimeBasedConfigStore(layers), TimeBasedConfigStore[dict[str, dict[str, Any]]])
assert_type(origin(layers, "db", "port"), Origin)
assert_type(origin(simple, "db", "port").overridden, tuple[str, ...])
assert_type(next(explain(layers)), Explained)
for candidate in explain(layers):
    assert_type(candidate.option, str)


# -- secrets -----------------------------------------------------------------------------------


@dataclass
class Login:
    user: str
    password: Secret[str]
    tokens: Secret[list[str]] | None = None


class OwnKeys:
    """Keys of somebody else's, which inherit nothing."""

    kind = "vault"
    key_id = "transit/config"

    def seal(self, plaintext: bytes, place: Place) -> str | SecretFault:
        return SecretFault(f"no key for {place.store}/{place.option}/{place.key}", is_lasting=False)

    def open_many(self, sealed: Sequence[tuple[str, Place]]) -> list[Opened | SecretFault]:
        return [Opened(text.encode(), self.key_id) for text, _ in sealed]


class OwnReferences:
    """References to secrets of somebody else's."""

    def fetch_many(self, names: Sequence[str]) -> list[Fetched | SecretFault]:
        return [Fetched(name.encode(), "1") for name in names]


keys: list[Keys] = [OwnKeys(), LocalKeys.generate(), LocalKeys.from_file("my.key")]
followed: dict[str, References] = {"vault:prod/*": OwnReferences()}
sealed_store = SealedStore(store, keys[0], references=followed, context="config/prod")
as_plain: Store = sealed_store
as_sealing: SealingStore = sealed_store
assert_type(beneath_of(store), Store)
assert_type(sealed_store.get("login"), dict[str, Any])
sealed_store.set("login", {"password": Secret("s3cret"), "api": Secret.reference("asm:prod/api#k")})
sealed_store.update("login", {"tokens": Secret(["a", "b"])})
assert_type(Secret("s3cret").reveal(), str)
assert_type(Secret(["a"]), Secret[list[str]])
assert_type(Secret.reference("asm:prod/api"), Secret[Any])
assert_type(Secret(b"s3cret").matches("other"), bool)
assert_type(LocalKeys.generate().text, str)
assert_type(is_sealed_text("secret+local:AAAA"), bool)
logged_in = TimeBasedConfigStore(sealed_store, schema=Login, reference_interval=600)
assert_type(logged_in.current.password, Secret[str])
assert_type(logged_in.current.password.reveal(), str)
open_secrets([logged_in.current.password])
assert_type(plan_rewrap(sealed_store), Plan)


def mistakes_with_secrets() -> None:
    """Each of these is found by both checkers."""
    show(logged_in.current.password.upper())  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownArgumentType, reportUnknownMemberType]
    SealedStore(store, "local:my.key")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    SealedStore(store, references={"asm:*": keys[0]})  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType]
    Secret.reference(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Environment(["APP_"])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    LayeredStore(store)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    LayeredStore(["memory:test"])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]


# -- integrations ------------------------------------------------------------------------------


def open_app_config() -> TimeBasedConfigStore[Settings]:
    return open_config("file:prod.json", schema=Settings)


async def on_starlette(connection: HTTPConnection) -> None:
    assert_type(await starlette.snapshot(connection), Any)
    lifespan = starlette.config_lifespan(open_app_config)
    Starlette(lifespan=lifespan).add_middleware(starlette.ConfigMiddleware)
    Starlette().add_middleware(starlette.ConfigMiddleware, config=typed)


def in_a_task() -> None:
    assert_type(celery.snapshot(typed), Settings)
    assert_type(celery.snapshot(untyped), Options)


class OfPydantic(BaseSettings):
    """Settings whose source is a config."""

    debug: bool = False

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return env_settings, pydantic_settings.ConfigSettingsSource(settings_cls, simple)


assert_type(django.load_settings(simple, "django"), dict[str, Any])
observers: list[Observer] = [MetricsObserver(clock=clock), EventsObserver()]
TimeBasedConfigStore(store, observers=observers)
flask.init_app(Flask("app"), typed)


def mistakes_with_integrations() -> None:
    """Each of these is found by both checkers."""
    flask.init_app(Flask("app"), simple)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    celery.snapshot(simple)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    starlette.config_lifespan(typed)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    MetricsObserver(clock=60)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
