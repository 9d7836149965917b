"""1,000 clients of one store, started in the same second."""

from __future__ import annotations

import logging
import random

import pytest

from confstore.errors import StoreUnavailableError
from effort import at_length

CLIENTS = 1000
HOUR_S = 3600
OUTAGE_S = (1500, 2100)
WINDOW_S = 10


def busiest_window(times, begin_s, end_s):
    """The most reads in any window of ten seconds, wherever it begins, and where that is."""
    most, where_s = 0, begin_s
    first = 0
    for last, time_s in enumerate(times):
        while times[first] <= time_s - WINDOW_S:
            first += 1
        if begin_s <= time_s < end_s and last - first + 1 > most:
            most, where_s = last - first + 1, times[first]
    return most, where_s


@pytest.mark.slow("12,000 reads of 1,000 configs")
@pytest.mark.parametrize("seed", range(1, 1 + at_length(3, short=1)))
def test_no_ten_seconds_hold_three_times_the_mean(
    scripted_store, clock, open_config, caplog, report, seed
):
    """Over an hour with an outage of ten minutes in the middle the reads stay spread."""
    caplog.set_level(logging.CRITICAL, "confstore")
    rng = random.Random(seed)
    reads = []
    store = scripted_store({"db": {"host": "localhost"}})
    configs = [open_config(store, 300, random=rng.random) for _ in range(CLIENTS)]

    def read():
        reads.append(clock.monotonic())
        if OUTAGE_S[0] <= clock.monotonic() < OUTAGE_S[1]:
            raise StoreUnavailableError("prod", "down")

    store.before_read = read
    clock.advance(HOUR_S)
    mean = len(reads) / HOUR_S * WINDOW_S
    parts = {
        "before the outage": (0, OUTAGE_S[0]),
        "during it": OUTAGE_S,
        "after it": (OUTAGE_S[1], HOUR_S),
    }
    report(f"fleet, seed {seed}: {len(reads)} reads, mean {mean:.1f} in ten seconds")
    for name, (begin_s, end_s) in parts.items():
        most, where_s = busiest_window(reads, begin_s, end_s)
        report(f"  {name}: at most {most} from {where_s:.0f} s on, {most / mean:.2f} x mean")
    assert busiest_window(reads, 0, HOUR_S)[0] <= 3 * mean
    assert all(config.status.consecutive_failures == 0 for config in configs)
