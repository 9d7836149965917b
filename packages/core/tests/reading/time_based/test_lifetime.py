"""Start and end of a config's thread."""

from __future__ import annotations

import collections
import functools
import gc
import subprocess
import sys
import threading
import time
import tracemalloc
import weakref

import pytest

from confstore import CachedConfigStore, TimeBasedConfigStore
from confstore.testing import FakeClock


def refreshers():
    """The threads that refresh a config."""
    return [one for one in threading.enumerate() if one.name.startswith("confstore-refresh")]


def join_all(threads):
    """Wait for threads to end; bounded."""
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive(), thread.name


def test_one_daemon_thread(store, open_config):
    """A config has one thread, which keeps no interpreter running and names its store."""
    open_config(store)
    (thread,) = refreshers()
    assert thread.daemon
    assert thread.name == "confstore-refresh-prod"


def test_close_ends_the_thread(store, open_config, clock):
    """A closed config has no thread."""
    open_config(store).close()
    clock.advance()
    assert refreshers() == []


def test_machine_clock(scripted_store):
    """With the machine's own clock a config refreshes, and its thread ends when it is closed."""
    is_read = threading.Event()
    store = scripted_store({"db": {}})
    config = TimeBasedConfigStore(store, 0.01)
    store.before_read = is_read.set
    assert is_read.wait(30)
    threads = refreshers()
    config.close()
    config.close()
    join_all(threads)


def test_machine_clock_after_close_during_refresh(scripted_store):
    """A thread whose config is closed while it reads ends after the read."""
    is_read, may_go_on = threading.Event(), threading.Event()
    store = scripted_store({"db": {}})
    config = TimeBasedConfigStore(store, 0.01)

    def read():
        is_read.set()
        may_go_on.wait(30)

    store.before_read = read
    assert is_read.wait(30)
    # On a busy machine some reads come before this one.
    reads = len(store.reads)
    threads = refreshers()
    config.close()
    may_go_on.set()
    join_all(threads)
    assert len(store.reads) == reads


def test_dropped_config_ends_its_thread(store):
    """A config that nobody holds any more is gone, and so is its thread."""
    config = TimeBasedConfigStore(store, 1e6)
    threads = refreshers()
    reference = weakref.ref(config)
    del config
    assert reference() is None
    join_all(threads)


def test_dropped_config_with_a_subscriber_that_knows_it(store):
    """A subscriber that holds the config is part of a cycle, which is collected."""
    config = TimeBasedConfigStore(store, 1e6)
    config.subscribe(functools.partial(print, config))
    threads = refreshers()
    del config
    gc.collect()
    join_all(threads)


def test_dropped_config_while_its_store_hangs_in_the_first_load(store, tmp_path, clock):
    """A first load that never ends keeps neither the config nor its thread alive."""
    may_go_on = threading.Event()
    with TimeBasedConfigStore(store, fallback=tmp_path / "last.json"):
        pass
    store.before_read = lambda: may_go_on.wait(60)
    config = TimeBasedConfigStore(store, fallback=tmp_path / "last.json", startup_timeout=0.01)
    threads = refreshers()
    del config
    join_all(threads)
    may_go_on.set()


def test_dropped_while_refreshing(store):
    """A config that is dropped while its thread reads shows nothing and ends."""
    is_read, may_go_on = threading.Event(), threading.Event()
    config = TimeBasedConfigStore(store, 0.01)

    def read():
        store.set("db", {"host": "elsewhere"})
        is_read.set()
        may_go_on.wait(30)

    store.before_read = read
    assert is_read.wait(30)
    threads = refreshers()
    del config
    may_go_on.set()
    join_all(threads)


@pytest.mark.slow("1,000 configs begin and end")
@pytest.mark.parametrize("ending", ["close", "drop"])
def test_a_thousand_configs_leave_nothing(scripted_store, ending):
    """1,000 configs leave no thread and no memory behind."""
    before = set(threading.enumerate())
    store = scripted_store({"db": {"host": "x" * 100}})

    def one_hundred():
        configs = [TimeBasedConfigStore(store, 1e6) for _ in range(100)]
        caches = [CachedConfigStore(store) for _ in configs]
        for cache in caches:
            cache.get("db")
        if ending == "close":
            for config in configs:
                config.close()
        configs.clear()
        join_all(set(threading.enumerate()) - before)
        store.reads.clear()
        store.asked.clear()
        gc.collect()

    def objects():
        gc.collect()
        return collections.Counter(
            type(one).__name__
            for one in gc.get_objects()
            if str(type(one).__module__).startswith("confstore")
        )

    one_hundred()
    held = objects()
    tracemalloc.start()
    try:
        one_hundred()
        first_b = tracemalloc.get_traced_memory()[0]
        for _ in range(9):
            one_hundred()
        grown_b = tracemalloc.get_traced_memory()[0] - first_b
    finally:
        tracemalloc.stop()
    assert set(threading.enumerate()) == before
    assert objects() == held
    # A config with its thread has some 10,000 bytes: 900 that stayed would be megabytes. What
    # measures coverage keeps a little of every thread.
    assert grown_b < 200_000 or sys.gettrace() is not None


def test_collected_in_a_thread_that_waits(store):
    """A config may be collected in any thread, also in its own."""
    clock = FakeClock()
    config = TimeBasedConfigStore(store, 60, clock=clock, random=lambda: 0.5)
    cell = [config]
    cell.append(cell)
    store.before_read = gc.collect
    del config, cell
    clock.advance(60)
    assert refreshers() == []


@pytest.fixture
def reported(monkeypatch):
    """The errors that Python reported and ignored."""
    errors = []
    monkeypatch.setattr(sys, "unraisablehook", lambda one: errors.append(one.exc_type))
    return errors


def at_the_recursion_limit(work):
    """Do something in the deepest frame in which it does not fail."""
    is_done = []

    def down():
        try:
            down()
        except RecursionError:
            if not is_done:
                work()
                is_done.append(True)
            raise

    with pytest.raises(RecursionError):
        down()


@pytest.mark.parametrize("is_closed", [False, True])
def test_collected_at_the_recursion_limit(store, reported, is_closed):
    """A config ends its thread even if it is collected where its finalizer cannot run."""
    clock = FakeClock(patience=5)
    config = TimeBasedConfigStore(store, 60, clock=clock, random=lambda: 0.5)
    config.subscribe(functools.partial(print, config))
    reference = weakref.ref(config)
    threads = refreshers()
    if is_closed:
        config.close()
        clock.advance()
    gc.disable()
    try:
        del config
        at_the_recursion_limit(gc.collect)
    finally:
        gc.enable()
    assert reference() is None
    clock.advance(60)
    join_all(threads)
    assert len(store.reads) == 1
    # A closed config has nothing to finalize.
    assert reported == [] or not is_closed


def test_dropped_at_the_recursion_limit(store, reported):
    """Collecting an object that is registered for forks calls no function."""
    caches = [CachedConfigStore(store) for _ in range(100)]
    references = [weakref.ref(cache) for cache in caches]
    at_the_recursion_limit(caches.clear)
    assert {reference() for reference in references} == {None}
    assert reported == []


def test_interpreter_exits_at_once():
    """A refresher that waits keeps no interpreter from its end."""
    program = """
import confstore
class Store:
    name = "prod"
    def items(self, *, consistent=True):
        yield "db", {"host": "localhost"}
    get = close = items
kept = confstore.TimeBasedConfigStore(Store(), 3600)
print(kept.db["host"])
"""
    started_s = time.monotonic()
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "localhost\n", "")
    assert time.monotonic() - started_s < 30


def test_interpreter_exits_while_a_refresher_reads():
    """A read that never ends keeps no interpreter from its end."""
    program = """
import threading, confstore
is_read = threading.Event()
class Store:
    name = "prod"
    reads = 0
    def items(self, *, consistent=True):
        self.reads += 1
        if self.reads == 2:
            is_read.set()
            threading.Event().wait()
        yield "db", {}
    get = close = items
kept = confstore.TimeBasedConfigStore(Store(), 0.01)
assert is_read.wait(30)
"""
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert (answer.returncode, answer.stderr) == (0, "")


def test_import_is_light():
    """Importing confstore and all that it names loads nothing that not every user has."""
    program = """
import sys, confstore
from confstore import *
heavy = {"boto3", "botocore", "cattrs", "click", "rich", "hypothesis", "pydantic", "pytest",
         "filelock"}
print(sorted(heavy & set(sys.modules)))
"""
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert (answer.stdout, answer.stderr) == ("[]\n", "")
