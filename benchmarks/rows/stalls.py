"""
How long a foreground thread is kept waiting while 10,000 options are refreshed beside it.

The reader sleeps a millisecond, reads, and looks at the clock; a sample is the time from one look
to the next. Meanwhile the store is read over and over, and each time an option of every page has
changed. What is reported is the 99th percentile, in seconds, waiting included: this is no CPU time.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks._clients import botocore_client, table_of, with_deserializer
from benchmarks._setting import Setting
from benchmarks._statistics import percentile

__all__ = ["SUBJECTS"]

COUNT = 10_000
TABLE = table_of(COUNT) + "-changing"
INTERVAL_S = 0.01
"""Between our refreshes: as good as without a pause."""
REFRESHES = 2
"""That a reader must have met, for what it saw to count."""
LONGEST_S = 60.0


def p99_s(setting: Setting, read: Callable[[], Any], refreshes: Callable[[], int]) -> float:
    """The 99th percentile of the reader's intervals, over several refreshes."""
    sleep = time.sleep
    clock = time.perf_counter
    samples = []
    wanted = refreshes() + REFRESHES
    begin = last = clock()
    while clock() - begin < setting.times(3) or refreshes() < wanted:
        sleep(0.001)
        read()
        now = clock()
        samples.append(now - last)
        last = now
        if now - begin > LONGEST_S:
            raise TimeoutError(f"fewer than {REFRESHES} refreshes in {LONGEST_S:g} s")
    return percentile(samples, 99)


def of_idle(setting: Setting) -> float:
    options = {"db": {"host": "localhost"}}
    # Nothing is refreshed: what counts up is not looked at.
    looks = itertools.count(step=REFRESHES)
    return p99_s(setting, lambda: options["db"]["host"], lambda: next(looks))


def of_ours(setting: Setting) -> float:
    from confstore import TimeBasedConfigStore
    from confstore_dynamodb import DynamoDBStore

    store = DynamoDBStore(botocore_client(), TABLE, "prod")
    with TimeBasedConfigStore[Any](store, INTERVAL_S) as config:
        return p99_s(setting, lambda: config.db["host"], lambda: config.status.version)


@contextmanager
def endless(load: Callable[[], Any]) -> Iterator[Callable[[], int]]:
    """Loads again and again in a thread; gives a function that counts the loads."""
    loads = 0
    is_over = threading.Event()

    def run() -> None:
        nonlocal loads
        while not is_over.is_set():
            load()
            loads += 1

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield lambda: loads
    finally:
        is_over.set()
        thread.join()


def of_botocore(setting: Setting) -> float:
    client = botocore_client()
    options = with_deserializer(client, TABLE)

    def load() -> None:
        nonlocal options
        options = with_deserializer(client, TABLE)

    with endless(load) as loads:
        return p99_s(setting, lambda: options["db"]["host"], loads)


SUBJECTS = {"ours": of_ours, "botocore": of_botocore, "idle": of_idle}
