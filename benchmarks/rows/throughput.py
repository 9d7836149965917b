"""
Reads of many threads, or tasks, at once: how long a read takes, of all of them together.

Of tasks the processor's time counts: a loop is one thread, and what it spends on a read says how
many it makes in a second.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

from benchmarks._clients import aiodynamo_table, botocore_client, table_of
from benchmarks._setting import Setting
from benchmarks.rows.uncached_read import KEY, TABLE as READ_TABLE, WIRE_KEY

__all__ = ["SUBJECTS"]

TABLE = table_of(10)
THREADS = 16
TASKS = 50
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


async def cost_of_tasks_s(setting: Setting, read: Callable[[], Awaitable[Any]]) -> float:
    """Seconds of the processor for a read, of all tasks; the least of several rounds."""

    async def block() -> None:
        for _ in range(READS):
            await read()

    async def round_s() -> float:
        began_s = time.process_time()
        await asyncio.gather(*[block() for _ in range(TASKS)])
        return (time.process_time() - began_s) / (TASKS * READS)

    await round_s()
    return min([await round_s() for _ in range(setting.times(5))])


def of_our_tasks(setting: Setting) -> float:
    from confstore.aio import AsyncSimpleConfigStore, AsyncStore
    from confstore_dynamodb import DynamoDBStore

    async def measure() -> float:
        async with AsyncStore(DynamoDBStore(None, TABLE, "prod")) as store:
            config = AsyncSimpleConfigStore(store)
            return await cost_of_tasks_s(setting, lambda: config.get("db"))

    return asyncio.run(measure())


def of_aiodynamos_tasks(setting: Setting) -> float:
    async def measure() -> float:
        async with aiodynamo_table(setting, TABLE) as table:
            return await cost_of_tasks_s(setting, lambda: table.get_item(KEY))

    return asyncio.run(measure())


SUBJECTS = {
    "ours": of_ours,
    "botocore": of_botocore,
    "our_tasks": of_our_tasks,
    "aiodynamos_tasks": of_aiodynamos_tasks,
}
