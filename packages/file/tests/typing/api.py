"""Typed usage, which mypy checks and nobody runs."""

from __future__ import annotations

from pathlib import Path

from confstore import (
    BulkJournaledStore,
    BulkStore,
    Change,
    DiagnosableStore,
    PollableStore,
    Store,
    TimeBasedConfigStore,
    Values,
)
from confstore_file import FileConfigStore, FileStore, open_url


def stores() -> list[Store]:
    pollable: PollableStore = FileStore("config/prod.json")
    return [
        pollable,
        FileStore(Path("config") / "prod.json", lock_timeout=2.5),
        FileStore("config/prod.json", wall_clock=lambda: 0.0),
        open_url("file:config/prod.json"),
    ]


def facades() -> None:
    with FileConfigStore("config/prod.json") as simple:
        simple.set("db", {"host": "db.example", "ports": [1, 2], "on": True})
        simple.update("db", {"ratio": 0.5}, remove=["on"])
    FileConfigStore(
        Path("prod.json"), config_store=TimeBasedConfigStore, update_interval=60
    ).close()


def reading(store: FileStore) -> tuple[Values, bool]:
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
