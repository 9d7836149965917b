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
from benchmarks.rows.hot_read import read_s
from benchmarks.rows.memory import held_b

__all__ = ["SIZES", "SUBJECTS", "rounds"]

SIZES = (10, 100, 1_000, 10_000, 100_000)
LARGEST_QUICK = 10_000
ENOUGH, MANY = 1_000, 10_000
STARTUP_S = 600
"""For the first load of a large store while every allocation is traced."""


def rounds(wanted: int) -> int:
    """Half as many: they are long, and each is fitted through several sizes."""
    return max(1, (wanted + 1) // 2)


def times_of(size: int) -> int:
    """How often to repeat: the more often, the smaller the store is."""
    return 10 if size <= ENOUGH else 3 if size <= MANY else 1


def costs_of(
    setting: Setting,
    size: int,
    open_store: Callable[[], Any],
    open_changing: Callable[[], Any],
    change: Callable[[], Any],
) -> dict[str, float]:
    """The cost of every work on a store of this size."""
    from confstore import TimeBasedConfigStore

    def load() -> Any:
        return TimeBasedConfigStore[Any](open_store(), 3600, startup_timeout=STARTUP_S)

    def load_and_close() -> Any:
        config = load()
        config.close()
        return config

    if size <= ENOUGH:
        load_and_close()
    costs = {"load": least_s(load_and_close, times_of(size))}
    with load() as config:
        assert len(config) == size
        config.reload()
        costs["refresh"] = least_s(config.reload, times_of(size))
        costs["hot_read"] = read_s(setting, 'config.db["host"]', {"config": config}, value_s=0.01)
    del config
    with TimeBasedConfigStore[Any](open_changing(), 3600, startup_timeout=STARTUP_S) as config:
        changes = []
        for _ in range(times_of(size)):
            change()
            version = config.status.version
            changes.append(once_s(config.reload))
            assert config.status.version > version
    del config
    costs["changed"] = min(changes)
    costs["memory"] = held_b(load_and_close, is_warm=True)
    return costs


def named(backend: str, size: int, costs: dict[str, float]) -> dict[str, float]:
    return {f"{backend}_{work}_{size}": cost for work, cost in costs.items()}


def of_dynamodb(size: int, setting: Setting) -> dict[str, float]:
    from confstore_dynamodb import DynamoDBStore

    if setting.is_quick and size > LARGEST_QUICK:
        return {}
    client = botocore_client()
    # Makes what a client makes once, and has the server make its answers.
    list(DynamoDBStore(client, table_of(10), "prod").items())
    table = table_of(size)
    return named(
        "dynamodb",
        size,
        costs_of(
            setting,
            size,
            lambda: DynamoDBStore(client, table, "prod"),
            lambda: DynamoDBStore(client, f"{table}-changing", "prod"),
            lambda: None,
        ),
    )


def of_file(size: int, setting: Setting) -> dict[str, float]:
    from confstore_file import FileStore

    if setting.is_quick and size > LARGEST_QUICK:
        return {}
    path = setting.file(size)
    content = options(size)
    with setting.own_file(size) as own:

        def change() -> None:
            content["db"]["port"] += 1
            store_in_file(own, content)

        costs = costs_of(setting, size, lambda: FileStore(path), lambda: FileStore(own), change)
    return named("file", size, costs)


def of_json(size: int, setting: Setting) -> dict[str, float]:
    """The limit of what a load can be: json.loads of the file."""
    if setting.is_quick and size > LARGEST_QUICK:
        return {}
    path = setting.file(size)
    return {
        f"json_load_{size}": least_s(
            lambda: json.loads(path.read_text(encoding="utf-8")), times_of(size)
        )
    }


SUBJECTS: dict[str, Callable[[Setting], dict[str, float]]] = {
    f"{name}_{size}": functools.partial(measure, size)
    for size in SIZES
    for name, measure in (("dynamodb", of_dynamodb), ("file", of_file), ("json", of_json))
}
