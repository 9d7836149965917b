"""Many threads at one store."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest

from confstore.errors import OptionNotFoundError
from confstore_memory import MemoryStore

THREADS = 8
ROUNDS = 300


@pytest.fixture(autouse=True)
def impatient_threads() -> Iterator[None]:
    """Threads take turns so often that a race is met."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def together(work: Callable[[int], Any]) -> list[Any]:
    """Start the same work in many threads at once; what it has returned, or its first error."""
    barrier = threading.Barrier(THREADS)

    def start(number: int) -> Any:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(start, range(THREADS)))


def test_updates_of_different_keys_all_win() -> None:
    """No update is lost to another."""
    store = MemoryStore()

    def write(number: int) -> None:
        for round_number in range(ROUNDS):
            store.update("db", {f"{number}": round_number})

    together(write)
    assert store.get("db") == {str(number): ROUNDS - 1 for number in range(THREADS)}


def test_reader_sees_whole_options() -> None:
    """No reader sees half of a write."""
    store = MemoryStore("test", {"db": {"a": 0, "b": 0}})

    def work(number: int) -> set[int]:
        differences = set()
        for round_number in range(ROUNDS):
            if number % 2:
                store.set("db", {"a": round_number, "b": round_number})
            for values in (store.get("db"), dict(store.items())["db"]):
                differences.add(values["a"] - values["b"])
        return differences

    assert set().union(*together(work)) == {0}


def test_pollers_end_in_the_last_state() -> None:
    """Whoever follows the answers of `poll` misses nothing."""
    store = MemoryStore()

    def work(number: int) -> Any:
        state: dict[str, Any] = {}
        checkpoint = None
        for round_number in range(ROUNDS):
            option = f"{number}-{round_number % 3}"
            with suppress(OptionNotFoundError):
                store.delete(option)
            store.set(option, {"round": round_number})
            answer = store.poll(checkpoint)
            checkpoint = answer.checkpoint
            if answer.is_full:
                state.clear()
            state.update(answer.changed)
            for gone in answer.removed:
                del state[gone]
        return state, checkpoint

    followed = together(work)
    expected = dict(store.items())
    for state, checkpoint in followed:
        answer = store.poll(checkpoint)
        state.update(answer.changed)
        for gone in answer.removed:
            del state[gone]
        assert state == expected


def test_option_is_deleted_once() -> None:
    """Of many that delete one option, one has deleted it."""
    store = MemoryStore()
    for _ in range(50):
        store.set("db", {})

        def delete(_: int) -> int:
            with suppress(OptionNotFoundError):
                store.delete("db")
                return 1
            return 0

        assert sum(together(delete)) == 1


def test_failures_are_counted_once() -> None:
    """Of many calls, exactly as many fail as were asked to."""
    store = MemoryStore("test", {"db": {}})
    store.fail(TimeoutError(), times=100)

    def read(_: int) -> int:
        failures = 0
        for _ in range(50):
            try:
                store.get("db")
            except TimeoutError:
                failures += 1
        return failures

    assert sum(together(read)) == 100
