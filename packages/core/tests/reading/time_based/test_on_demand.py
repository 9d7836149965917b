"""Reading that looks at the clock: without a thread, and with a limit to the age."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import timedelta

import pytest

from confstore.errors import StaleConfigError, StoreUnavailableError
from confstore.testing import FakeClock


def test_no_thread(store, open_config):
    """Without a background there is no thread."""
    open_config(store, background=False)
    assert not [one for one in threading.enumerate() if "refresh" in one.name]


@pytest.mark.parametrize(
    "read",
    [
        lambda config: config.db,
        lambda config: config["db"],
        lambda config: config.get("db"),
        lambda config: config.current["db"],
        lambda config: config.get()["db"],
    ],
    ids=["attribute", "item", "get", "current", "whole"],
)
def test_read_refreshes_an_old_snapshot(store, clock, open_config, read):
    """Every way of reading refreshes a snapshot that is older than the interval, first."""
    config = open_config(store, background=False)
    store.set("db", {"host": "elsewhere"})
    clock.advance(59)
    assert read(config)["host"] == "localhost"
    clock.advance(1)
    assert read(config)["host"] == "elsewhere"
    assert store.reads == [True, False]


@pytest.mark.parametrize("read", [len, list, lambda config: "db" in config])
def test_looking_refreshes_too(store, clock, open_config, read):
    """Asking which options there are is reading."""
    config = open_config(store, background=False)
    clock.advance(60)
    read(config)
    assert len(store.reads) == 2


def test_nobody_reads_nothing(store, clock, open_config):
    """While nobody reads, the store is left alone."""
    config = open_config(store, background=False)
    clock.advance(1e6)
    assert len(store.reads) == 1
    assert config.status.age == 1e6
    assert len(store.reads) == 1


def test_failure_is_not_the_readers(store, clock, open_config):
    """A refresh that fails leaves the reader the old snapshot; the next try waits."""
    config = open_config(store, background=False)
    store.fail(StoreUnavailableError("prod", "no route"))
    clock.advance(60)
    for _ in range(3):
        assert config.db["port"] == 27017
    assert len(store.reads) == 2
    assert config.status.consecutive_failures == 1
    clock.advance(3)
    assert config.db["port"] == 27017
    assert len(store.reads) == 3


def test_interrupt_is_the_readers(store, clock, open_config):
    """Ctrl-C during a refresh is for the program."""
    config = open_config(store, background=False)
    store.fail(KeyboardInterrupt())
    clock.advance(60)
    with pytest.raises(KeyboardInterrupt):
        config.db  # noqa: B018 (reading is what is tested)


def test_one_reader_refreshes(store, clock, open_config):
    """While one reader refreshes, the others go on with what there is."""
    config = open_config(store, background=False)
    clock.advance(60)
    gate = clock.event()
    store.before_read = gate.wait
    refreshing = threading.Thread(target=lambda: config.db, daemon=True)
    clock.start(refreshing)
    clock.advance(60)
    assert config.db["port"] == 27017
    gate.set()
    clock.advance()
    assert not refreshing.is_alive()
    assert len(store.reads) == 2


def test_reader_that_comes_second(store, clock, open_config):
    """A reader that waited for nothing finds the refresh done and does not repeat it."""

    class Turning(FakeClock):
        """Lets a whole refresh happen between a reader's look at the clock and its lock."""

        def __init__(self):
            super().__init__()
            self.between = []

        def monotonic(self):
            if self.between:
                self.between.pop()()
                return super().monotonic() + 60
            return super().monotonic()

    turning = Turning()
    config = open_config(store, background=False, clock=turning)
    turning.between.append(config.reload)
    assert config.db["port"] == 27017
    assert store.reads == [True, True]


def test_closed_config_does_not_refresh(store, clock, open_config):
    """A closed config stays readable as it was."""
    config = open_config(store, background=False)
    config.close()
    clock.advance(600)
    assert config.db["port"] == 27017
    assert len(store.reads) == 1


def test_time_that_only_the_wall_saw(store, open_config):
    """A machine that was restored from an image is refreshed, though its clock did not tick."""

    class Restored(FakeClock):
        asleep = timedelta()

        def now(self):
            return super().now() + self.asleep

    clock = Restored()
    config = open_config(store, background=False, clock=clock)
    store.set("db", {"host": "elsewhere"})
    clock.asleep = timedelta(days=3)
    assert config.db["host"] == "elsewhere"


def test_fresh_enough(store, clock, open_config):
    """A snapshot not older than `max_stale` is read."""
    config = open_config(store, max_stale=100)
    store.fail(OSError())
    clock.advance(100)
    assert config.db["port"] == 27017


@pytest.mark.parametrize(
    "read",
    [
        lambda config: config.db,
        lambda config: config["db"],
        lambda config: config.get("db", default=None),
        lambda config: config.current,
        lambda config: "db" in config,
    ],
    ids=["attribute", "item", "get", "current", "contains"],
)
def test_too_old(store, clock, open_config, read):
    """Every way of reading a snapshot older than `max_stale` raises, and says why."""
    config = open_config(store, max_stale=100)
    store.fail(StoreUnavailableError("prod", "no route"))
    clock.advance(100.5)
    with pytest.raises(StaleConfigError, match=r"max_stale is 100 s; the last refresh .*no route"):
        read(config)


def test_too_old_without_a_failure(store, clock, open_config):
    """A config that was closed grows old, which is no failure."""
    config = open_config(store, max_stale=100)
    config.close()
    clock.advance(101)
    with pytest.raises(StaleConfigError, match=r"(?m)loaded 101 s ago, max_stale is 100 s$"):
        config.current  # noqa: B018 (reading is what is tested)


def test_status_of_a_stale_config(store, clock, open_config):
    """A config that cannot be read can still be asked how it is."""
    config = open_config(store, max_stale=100)
    store.fail(OSError())
    clock.advance(200)
    assert config.status.age == 200
    assert "version 1" in repr(config)
    assert "db" in dir(config)


def test_recovers_from_staleness(store, clock, open_config):
    """After a refresh that succeeds it is read again."""
    config = open_config(store, max_stale=100)
    store.fail(OSError())
    clock.advance(200)
    store.fail(None)
    config.reload()
    assert config.db["port"] == 27017


def test_both(store, clock, open_config):
    """On demand, a stale snapshot is refreshed before it is refused."""
    config = open_config(store, background=False, max_stale=100)
    clock.advance(1000)
    assert config.db["port"] == 27017
    store.fail(OSError())
    clock.advance(1000)
    with pytest.raises(StaleConfigError):
        config.db  # noqa: B018 (reading is what is tested)


def test_read_that_is_due_waits_for_nobody(store, clock, open_config):
    """While another thread may refresh, a read returns the snapshot that is there."""
    is_in, may_go_on = threading.Event(), threading.Event()

    @dataclass(frozen=True)
    class Port:
        value: int

        def __post_init__(self):
            if self.value == 81:
                is_in.set()
                may_go_on.wait(60)

    config = open_config(store, background=False, schema={"external-port": Port})

    def override():
        with config.override({"external-port": {"value": 81}}):
            pass

    thread = threading.Thread(target=override)
    thread.start()
    assert is_in.wait(60)
    clock.advance(60)
    assert config["db"]["host"] == "localhost"
    assert len(store.reads) == 1
    may_go_on.set()
    thread.join()
