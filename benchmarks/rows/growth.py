"""
How cost grows with the number of options, up to 100,000.

A load is a new config over a new store. A refresh finds nothing new, or, as `changed`, one option
of every page of DynamoDB and one of a file. A hot read is of the option in the middle; memory is
what config and store keep.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

from benchmarks._clients import botocore_client, table_of
from benchmarks._cpu import least_s, once_s
from benchmarks._options import options, store_in_file
from benchmarks._setting import Setting
from benchmarks.rows import memory
from benchmarks.rows.hot_read import read_s

__all__ = ["SIZES", "SUBJECTS", "rounds"]

SIZES = (10, 100, 1_000, 10_000, 100_000)
LARGEST_QUICK = 10_000
STARTUP_S = 120


def rounds(wanted: int) -> int:
    """Half as many: they are long, and each is fitted through several sizes."""
    return max(1, (wanted + 1) // 2)


def times_of(size: int) -> int:
    """How often to repeat: the more often, the smaller the store is."""
    return 10 if size <= 1_000 else 3 if size <= 10_000 else 1


def costs_of(
    setting: Setting,
    size: int,
    open_store: Callable[[], Any],
    open_changing: Callable[[], Any],
    change: Callable[[], Any],
) -> dict[str, float]:
    """The times of every work on a store of this size."""
    from confstore import TimeBasedConfigStore

    def config_of(store: Any) -> Any:
        return TimeBasedConfigStore[Any](store, 3600, startup_timeout=STARTUP_S)

    def load() -> Any:
        config = config_of(open_store())
        config.close()
        return config

    times = times_of(size)
    costs = {"load": least_s(load, times)}
    with config_of(open_store()) as config:
        assert len(config) == size
        config.reload()
        costs["refresh"] = least_s(config.reload, max(3, times))
        costs["hot_read"] = read_s(setting, 'config.db["host"]', {"config": config}, value_s=0.01)
    with config_of(open_changing()) as config:
        changes = []
        for _ in range(times):
            change()
            version = config.status.version
            changes.append(once_s(config.reload))
            assert config.status.version > version
    return {**costs, "changed": min(changes)}


def of_dynamodb(setting: Setting, size: int) -> dict[str, float]:
    from confstore_dynamodb import DynamoDBStore

    # First, for no option's name may have been seen; and it warms up what the times need.
    memory_b = memory.of_dynamodb(setting, size)
    client = botocore_client()
    table = table_of(size)
    changing = DynamoDBStore(client, f"{table}-changing", "prod")
    costs = costs_of(
        setting,
        size,
        lambda: DynamoDBStore(client, table, "prod"),
        lambda: changing,
        # The next state begins with a reading that is eventually consistent.
        lambda: next(iter(changing.items(consistent=False))),
    )
    return {**costs, "memory": memory_b}


def of_file(setting: Setting, size: int) -> dict[str, float]:
    from confstore_file import FileStore

    memory_b = memory.of_file(setting, size)
    path = setting.file(size)
    content = options(size)
    with setting.own_file(size) as own:

        def change() -> None:
            content["db"]["port"] += 1
            store_in_file(own, content)

        costs = costs_of(setting, size, lambda: FileStore(path), lambda: FileStore(own), change)
    return {**costs, "memory": memory_b}


def of_json(setting: Setting, size: int) -> dict[str, float]:
    """The least that a load can be: json.loads of the file."""
    path = setting.file(size)
    return {"load": least_s(lambda: json.loads(path.read_text(encoding="utf-8")), times_of(size))}


BACKENDS: dict[str, Callable[[Setting, int], dict[str, float]]] = {
    "dynamodb": of_dynamodb,
    "file": of_file,
    "json": of_json,
}


def of_backend(backend: str, size: int, setting: Setting) -> dict[str, float]:
    """The cost of every work on one backend at one size; none where a rough figure is enough."""
    if setting.is_quick and size > LARGEST_QUICK:
        return {}
    costs = BACKENDS[backend](setting, size)
    return {f"{backend}_{work}_{size}": cost for work, cost in costs.items()}


SUBJECTS: dict[str, Callable[[Setting], dict[str, float]]] = {
    f"{backend}_{size}": functools.partial(of_backend, backend, size)
    for size in SIZES
    for backend in BACKENDS
}
