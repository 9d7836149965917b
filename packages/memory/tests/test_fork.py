"""A store in a forked child: a copy, whatever the parent's threads were doing."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

import pytest

from confstore_memory import MemoryStore
from forked import fork

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


def in_child(answer: Callable[[], str]) -> str:
    """What a forked child answers."""
    return fork(answer).join()


def test_child_has_a_copy() -> None:
    """What a child writes, its parent does not see."""
    store = MemoryStore("test", {"db": {"port": 1}})

    def write() -> str:
        store.update("db", {"port": 2})
        return str(store.get("db")["port"])

    assert in_child(write) == "2"
    assert store.get("db") == {"port": 1}


def test_child_polls_what_it_writes() -> None:
    """A checkpoint of the parent is one of the child."""
    store = MemoryStore("test", {"db": {}})
    checkpoint = store.poll().checkpoint

    def poll() -> str:
        store.set("new", {})
        return " ".join(store.poll(checkpoint).changed)

    assert in_child(poll) == "new"


def test_lock_of_another_thread_is_not_inherited() -> None:
    """A child writes, although a thread of its parent was writing when it was forked."""
    store = MemoryStore("test")
    # So large that most forks meet a thread with the lock in its hands.
    values = {str(number): number for number in range(300)}
    is_over = threading.Event()

    def write() -> None:
        while not is_over.is_set():
            store.update("db", values)

    def answer() -> str:
        store.set("db", {})
        store.fail(times=1)
        store.heal()
        store.poll()
        return "written"

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        assert {in_child(answer) for _ in range(12)} == {"written"}
    finally:
        is_over.set()
        for writer in writers:
            writer.join()
