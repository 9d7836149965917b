"""Typed usage: checked by mypy and pyright, never run; both must find the mistakes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, assert_type

from confstore import (
    BulkJournaledStore,
    BulkStore,
    CachedConfigStore,
    Change,
    ConfigStore,
    DiagnosableStore,
    Environment,
    FileBackedStore,
    JournaledStore,
    LayeredStore,
    LocalKeys,
    LocatedStore,
    Origin,
    PollableStore,
    SealedStore,
    Secret,
    SimpleConfigStore,
    Store,
    TimeBasedConfigStore,
    origin,
)
from confstore_file import FileConfigStore, FileStore, open_url


@dataclass
class Database:
    host: str


@dataclass
class Settings:
    db: Database


@dataclass
class WithPassword:
    password: Secret[str]


def stores() -> list[Store]:
    pollable: PollableStore = FileStore("config/prod.json")
    journaled: JournaledStore = FileStore("config/prod.json")
    in_files: FileBackedStore = FileStore("config/prod.json")
    return [
        pollable,
        journaled,
        in_files,
        FileStore(Path("config") / "prod.json", lock_timeout=2.5),
        FileStore("config/prod.json", wall_clock=lambda: 0.0),
        open_url("file:config/prod.json"),
    ]


def facades(hosts: dict[str, list[str]]) -> None:
    with FileConfigStore("config/prod.json") as simple:
        assert_type(simple.config, SimpleConfigStore)
        assert_type(simple.store, FileStore)
        simple.set("db", {"host": "db.example", "ports": [1, 2], "on": True})
        simple.set("hosts", hosts)
        simple.update("db", {"ratio": 0.5}, remove=["on"])
    cached = FileConfigStore("prod.json", "CachedConfigStore", max_age=1)
    assert_type(cached.config, CachedConfigStore)
    as_facade: ConfigStore[CachedConfigStore] = cached
    as_facade.close()


class AppConfig(TimeBasedConfigStore[Settings]):
    def host(self) -> str:
        return self.current.db.host


def time_based() -> None:
    by_class = FileConfigStore(Path("prod.json"), TimeBasedConfigStore, schema=Settings)
    assert_type(by_class, FileConfigStore[TimeBasedConfigStore[Settings]])
    assert_type(by_class.config.current.db.host, str)
    by_name = FileConfigStore(
        "prod.json", config_store="TimeBasedConfigStore", update_interval=60, schema=Settings
    )
    assert_type(by_name.config.current.db.host, str)
    some_types = FileConfigStore("prod.json", TimeBasedConfigStore, 60, schema={"db": Database})
    assert_type(some_types.config, TimeBasedConfigStore[Any])
    untyped = FileConfigStore("prod.json", config_store=TimeBasedConfigStore, update_interval=60)
    assert_type(untyped.config, TimeBasedConfigStore[dict[str, dict[str, Any]]])
    of_application = FileConfigStore("prod.json", AppConfig, schema=Settings)
    assert_type(of_application.config.host(), str)


def mistakes(store: FileStore) -> None:
    store.set("db", {1: "a"})  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType]
    store.reload()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    FileConfigStore("prod.json", "TimeBasedConfigStor")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType, reportCallIssue]
    FileConfigStore("prod.json", TimeBasedConfigStore, update_intervall=60)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    FileConfigStore(5)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]


def reading(store: FileStore) -> tuple[dict[str, Any], bool]:
    for option, values in store.items(consistent=False):
        store.set(option, values)
    poll = store.poll(None)
    return store.get("db", keys=["host"]), store.poll(poll.checkpoint).is_full


def looking(store: FileStore) -> list[str]:
    diagnosable: DiagnosableStore = store
    return [finding.advice for finding in diagnosable.diagnose() if finding.is_ok is False]


def writing(store: FileStore) -> None:
    bulk: BulkStore = store
    bulk.apply([Change("db", {"host": "localhost"}), Change("old", None)])


def committing(store: FileStore) -> list[int]:
    bulk: BulkJournaledStore = store
    commits = bulk.commit_all([[Change("db", {"port": 1})], [Change("old", None)]], author="ada")
    return [commit.version for commit in commits]


def sealing(store: FileStore) -> list[str]:
    sealed = SealedStore(store, LocalKeys.from_file(Path("my.key")))
    sealed.set("db", {"password": Secret("s3cret")})
    with TimeBasedConfigStore(sealed, schema=WithPassword) as config:
        return [config.current.password.reveal()]


def layers(local: FileStore, shared: FileStore) -> Origin:
    located: LocatedStore = local
    assert_type(located.place_of("db", "host"), str)
    return origin(LayeredStore([Environment("APP_"), local, shared]), "db", "host")
