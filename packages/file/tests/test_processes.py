"""Several writers, writers that die, and processes that fork."""

from __future__ import annotations

import os
import random
import select
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock
import pytest

from confstore.errors import StoreUnavailableError
from confstore_file import FileStore
from effort import at_length

from .conftest import passes_in_child

KILLS = at_length(200, short=40)


@contextmanager
def writing_for_ever(file: Path, versions: list[dict[str, str]]) -> Iterator[int]:
    """
    A child that writes one version after the other, until it is killed at the end of the block.

    Yields a descriptor, from which one byte can be read for each version that was written.
    """
    progress, written = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            store = FileStore(file)
            while True:
                for version in versions:
                    store.set("state", version)
                    os.write(written, b".")
        finally:
            os._exit(1)
    os.close(written)
    try:
        yield progress
    finally:
        os.kill(child, signal.SIGKILL)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        os.close(progress)
    assert code == -signal.SIGKILL


@pytest.mark.slow("up to 200 kills")
def test_killed_at_any_moment(file: Path) -> None:
    """After kill -9 of a writer, the file is one of the two versions as a whole."""
    versions = [{f"key {key}": letter * 500 for key in range(40)} for letter in "ab"]
    texts = set()
    store = FileStore(file)
    for version in versions:
        store.set("state", version)
        texts.add(file.read_bytes())
    chance = random.Random(20_140_601)
    seen = set()
    leftovers = set()
    silent, unused = os.pipe()
    for _ in range(KILLS):
        with writing_for_ever(file, versions) as progress:
            for _ in range(chance.randint(0, 3)):
                os.read(progress, 1)
            select.select([silent], [], [], chance.uniform(0.0, 0.005))
        content = file.read_bytes()
        assert content in texts
        seen.add(content)
        leftovers |= set(os.listdir(file.parent))
    os.close(silent)
    os.close(unused)
    assert seen == texts
    assert leftovers <= {"prod.json", ".prod.json.lock", ".prod.json.tmp"}
    # The lock of the dead is free, and what they left is cleared away.
    store.set("state", versions[0])
    assert set(os.listdir(file.parent)) == {"prod.json", ".prod.json.lock"}


def test_two_processes(file: Path) -> None:
    """Two processes that update different keys of one option both win, each time."""

    def update(mine: str) -> bool:
        store = FileStore(file)
        for number in range(100):
            store.update("shared", {mine: number, f"{mine} {number}": True})
        return True

    children = [passes_in_child(lambda mine=mine: update(mine)) for mine in ("left", "right")]
    assert [passed() for passed in children] == [True, True]
    values = FileStore(file).get("shared")
    assert values == {"left": 99, "right": 99} | {
        f"{mine} {number}": True for mine in ("left", "right") for number in range(100)
    }


def test_two_threads(file: Path) -> None:
    """So do two threads, through one object or two."""
    shared = FileStore(file)

    def update(store: FileStore, mine: str) -> None:
        for number in range(50):
            store.update("shared", {f"{mine} {number}": True})

    threads = [
        threading.Thread(target=update, args=(store, mine))
        for mine, store in [("a", shared), ("b", shared), ("c", FileStore(file))]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(shared.get("shared")) == 150


def test_readers_beside_a_writer(file: Path) -> None:
    """Whoever reads while another process writes sees one version or the other."""
    store = FileStore(file)
    versions = [{f"key {key}": letter * 50 for key in range(100)} for letter in "ab"]
    store.set("state", versions[0])
    with writing_for_ever(file, versions):
        for _ in range(300):
            assert store.get("state") in versions


def test_lock_held_by_another(file: Path) -> None:
    """A lock that is not given up within the timeout ends the write, not the reads."""
    store = FileStore(file, lock_timeout=0.02)
    store.set("db", {"port": 1})
    with filelock.FileLock(file.with_name(".prod.json.lock")):
        with pytest.raises(StoreUnavailableError) as caught:
            store.set("db", {"port": 2})
        assert store.get("db") == {"port": 1}
    assert str(caught.value) == (
        f"store 'prod' is unavailable: another writer has held {file.with_name('.prod.json.lock')} "
        "for more than 0.02 s"
    )
    store.set("db", {"port": 2})


class HeldWrite:
    """A thread that stands in the midst of a write until it is let go."""

    def __init__(self, store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
        self._inside = threading.Event()
        self._may_go = threading.Event()
        process, fsync = os.getpid(), os.fsync
        self._thread = threading.Thread(target=store.set, args=("slow", {}))

        def waiting(descriptor: int) -> None:
            if os.getpid() == process and threading.current_thread() is self._thread:
                self._inside.set()
                assert self._may_go.wait(30)
            fsync(descriptor)

        monkeypatch.setattr(os, "fsync", waiting)

    def __enter__(self) -> HeldWrite:
        self._thread.start()
        assert self._inside.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self.let_go()

    def let_go(self) -> None:
        self._may_go.set()
        self._thread.join()


def test_lock_held_by_a_thread(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write of another thread of this process is waited for no longer."""
    store = FileStore(file, lock_timeout=0.02)
    with HeldWrite(store, monkeypatch):
        with pytest.raises(StoreUnavailableError, match=r"for more than 0\.02 s"):
            store.set("db", {"port": 1})
        assert list(store.items()) == []
    store.set("db", {"port": 1})
    assert [option for option, _ in store.items()] == ["slow", "db"]


def test_fork_in_the_midst_of_a_write(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that is forked while a thread writes can write, once its parent has."""
    store = FileStore(file)
    with HeldWrite(store, monkeypatch) as held:
        passed = passes_in_child(lambda: store.set("child", {}) is None)
        held.let_go()
    assert passed()
    assert [option for option, _ in store.items()] == ["slow", "child"]


def test_checkpoint_after_a_fork(file: Path) -> None:
    """A child goes on polling where its parent was."""
    store = FileStore(file)
    store.set("db", {"port": 1})
    checkpoint = store.poll().checkpoint
    store.set("cache", {})
    assert passes_in_child(lambda: store.poll(checkpoint).changed == {"cache": {}})()


def test_killed_in_the_midst_of_a_write(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock of a writer that was killed while it held it is free at once."""
    store = FileStore(file)
    store.set("db", {"port": 1})
    inside, tell = os.pipe()
    fsync = os.fsync

    def stay(descriptor: int) -> None:
        os.write(tell, b".")
        signal.pause()

    monkeypatch.setattr(os, "fsync", stay)
    with writing_for_ever(file, [{"port": "2"}]):
        monkeypatch.setattr(os, "fsync", fsync)
        os.read(inside, 1)
    os.close(inside)
    os.close(tell)
    assert ".prod.json.tmp" in os.listdir(file.parent)
    store.update("db", {"host": "localhost"})
    assert store.get("db") == {"port": 1, "host": "localhost"}
    assert ".prod.json.tmp" not in os.listdir(file.parent)
