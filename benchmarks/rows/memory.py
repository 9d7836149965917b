"""
The memory that 10,000 options take in a process, by tracemalloc.

Ours is all that a config and its store keep, the names as attributes and what they remember for
the next refresh included; it is more than the snapshot alone.
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

__all__ = ["SUBJECTS", "held_b"]

COUNT = 10_000


def held_b(load: Callable[[], Any], *, is_warm: bool = False) -> int:
    """Bytes held by what a load returns; a first load, unless it was, makes what is made once."""
    if not is_warm:
        load()
    gc.collect()
    tracemalloc.start()
    loaded = load()
    # The thread that loaded may still stand there with what it read.
    time.sleep(0.2)
    gc.collect()
    size_b, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del loaded
    return size_b


def of_dynamodb(setting: Setting, count: int = COUNT) -> float:  # noqa: ARG001 (every subject's)
    from confstore import TimeBasedConfigStore
    from confstore_dynamodb import DynamoDBStore

    client = botocore_client()

    def load() -> Any:
        config = TimeBasedConfigStore[Any](DynamoDBStore(client, table_of(count), "prod"), 3600)
        config.close()
        return config

    return held_b(load)


def of_file(setting: Setting, count: int = COUNT) -> float:
    from confstore import TimeBasedConfigStore
    from confstore_file import FileStore

    def load() -> Any:
        config = TimeBasedConfigStore[Any](FileStore(setting.file(count)), 3600)
        config.close()
        return config

    return held_b(load)


def of_json(setting: Setting, count: int = COUNT) -> float:
    path = setting.file(count)
    return held_b(lambda: json.loads(path.read_text(encoding="utf-8")))


def of_botocore(setting: Setting) -> float:  # noqa: ARG001 (every subject's)
    client = botocore_client()
    return held_b(lambda: with_deserializer(client, table_of(COUNT)))


def of_cachetools(setting: Setting) -> float:
    from cachetools import TTLCache

    def load() -> Any:
        cache: TTLCache[str, Any] = TTLCache(maxsize=2 * COUNT, ttl=3600)
        cache.update(json.loads(setting.file(COUNT).read_text(encoding="utf-8")))
        return cache

    return held_b(load)


SUBJECTS: dict[str, Callable[[Setting], float]] = {
    "dynamodb": of_dynamodb,
    "file": of_file,
    "json": of_json,
    "botocore": of_botocore,
    "cachetools": of_cachetools,
}
