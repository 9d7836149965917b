"""Reads of many threads at once: how long a read takes, of all of them together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from benchmarks._clients import botocore_client, table_of
from benchmarks._setting import Setting
from benchmarks.rows.uncached_read import TABLE as READ_TABLE, WIRE_KEY

__all__ = ["SUBJECTS"]

TABLE = table_of(10)
THREADS = 16
READS = 40

assert TABLE == READ_TABLE


def wall_s(setting: Setting, read: Callable[[], Any]) -> float:
    """Seconds between two reads that end, of all threads; the least of several rounds."""

    def block() -> None:
        for _ in range(READS):
            read()

    def round_s() -> float:
        threads = [threading.Thread(target=block) for _ in range(THREADS)]
        began_s = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return (time.perf_counter() - began_s) / (THREADS * READS)

    round_s()
    return min(round_s() for _ in range(setting.times(5)))


def of_ours(setting: Setting) -> float:
    from confstore_dynamodb import DynamoDBStore

    store = DynamoDBStore(None, TABLE, "prod")
    try:
        return wall_s(setting, lambda: store.get("db"))
    finally:
        store.close()


def of_botocore(setting: Setting) -> float:
    client = botocore_client()
    return wall_s(
        setting, lambda: client.get_item(TableName=TABLE, Key=WIRE_KEY, ConsistentRead=True)
    )


SUBJECTS = {"ours": of_ours, "botocore": of_botocore}
