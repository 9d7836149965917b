"""
The memory that 10,000 options take in a process, by tracemalloc.

Ours is all that a config and its store keep: the snapshot, the names as attributes, what they
remember for the next refresh, and the place of their names among the interned ones.
"""

from __future__ import annotations

import gc
import json
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

from benchmarks._clients import botocore_client, table_of, with_deserializer
from benchmarks._setting import Setting

__all__ = ["SUBJECTS", "of_dynamodb", "of_file"]

COUNT, FEW = 10_000, 10
STARTUP_S = 600
"""For the first load of a large store while every allocation is traced."""
SETTLED_S = 0.2
"""Until the thread that loaded is gone, which may hold what it read."""


def held_b(load: Callable[[int], Any], count: int) -> int:
    """
    Bytes held by what a load of so many options returns.

    A small load before it makes what is made once. A large one would leave its names' places in the
    table of interned names, which then may have to grow, or not.
    """
    load(FEW)
    gc.collect()
    tracemalloc.start()
    loaded = load(count)
    time.sleep(SETTLED_S)
    gc.collect()
    size_b, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del loaded
    return size_b


def closed_config(store: Any) -> Any:
    """A config that has loaded and refreshes no more, but keeps what it needs for that."""
    from confstore import TimeBasedConfigStore

    config = TimeBasedConfigStore[Any](store, 3600, startup_timeout=STARTUP_S)
    config.close()
    return config


def of_dynamodb(_: Setting, count: int = COUNT) -> float:
    from confstore_dynamodb import DynamoDBStore

    client = botocore_client()
    return held_b(
        lambda number: closed_config(DynamoDBStore(client, table_of(number), "prod")), count
    )


def of_file(setting: Setting, count: int = COUNT) -> float:
    from confstore_file import FileStore

    return held_b(lambda number: closed_config(FileStore(setting.file(number))), count)


def parsed(setting: Setting, count: int) -> Any:
    return json.loads(setting.file(count).read_text(encoding="utf-8"))


def of_json(setting: Setting) -> float:
    return held_b(lambda number: parsed(setting, number), COUNT)


def of_botocore(_: Setting) -> float:
    client = botocore_client()
    return held_b(lambda number: with_deserializer(client, table_of(number)), COUNT)


def of_cachetools(setting: Setting) -> float:
    from cachetools import TTLCache

    def load(number: int) -> Any:
        cache: TTLCache[str, Any] = TTLCache(maxsize=2 * COUNT, ttl=3600)
        cache.update(parsed(setting, number))
        return cache

    return held_b(load, COUNT)


SUBJECTS: dict[str, Callable[[Setting], float]] = {
    "dynamodb": of_dynamodb,
    "file": of_file,
    "json": of_json,
    "botocore": of_botocore,
    "cachetools": of_cachetools,
}
