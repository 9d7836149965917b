"""Observers are told of refreshes, and harm none."""

from __future__ import annotations

import logging
import math
import os
import sys
import threading
import types

import pytest

from confstore import CachedConfigStore, Refresh, StaleReads, TimeBasedConfigStore
from confstore.errors import StaleConfigError, StoreUnavailableError
from forked import end_of_this_thread, fork

DOWN = StoreUnavailableError("prod", "no route")


class Recorder:
    """An observer that keeps what it is told."""

    def __init__(self):
        self.told = []

    def refresh_started(self, store):
        self.told.append(store)

    def refresh_ended(self, refresh):
        self.told.append(refresh)

    def stale_reads(self, reads):
        self.told.append(reads)

    def take(self):
        told, self.told = self.told, []
        return told


class Hanging(Recorder):
    """An observer that hangs until it is let go."""

    def __init__(self):
        super().__init__()
        self.is_called, self.let_go = threading.Event(), threading.Event()

    def refresh_started(self, store):
        self.is_called.set()
        self.let_go.wait(60)
        super().refresh_started(store)


class Raising(Recorder):
    def __init__(self, error):
        super().__init__()
        self.error = error

    def refresh_ended(self, refresh):
        super().refresh_ended(refresh)
        if self.error is not None:
            raise self.error


class Reporting(Recorder):
    """An observer that says when a refresh has ended."""

    def __init__(self):
        super().__init__()
        self.ended = threading.Semaphore(0)

    def refresh_ended(self, refresh):
        super().refresh_ended(refresh)
        self.ended.release()


def join_observers():
    for thread in threading.enumerate():
        if thread.name.startswith("confstore-observer"):
            thread.join(60)
            assert not thread.is_alive()


@pytest.fixture
def observer():
    return Recorder()


def test_successes(store, clock, open_config, observer):
    """The first load and each refresh: their seconds, and the age and version of what is shown."""
    store.before_read = lambda: setattr(clock, "_now_s", clock.monotonic() + 0.25)
    open_config(store, observers=[observer])
    clock.advance()
    first = Refresh("prod", 0.25, None, 0.25, 1, 0)
    assert observer.take() == ["prod", first]
    store.set("db", {"host": "elsewhere"})
    clock.advance(30)
    assert observer.take() == ["prod", Refresh("prod", 0.25, None, 0.25, 2, 0)]


def test_failures(store, clock, open_config, observer):
    """A failed refresh has the class of its error, and the age of what stays; a success resets."""
    open_config(store, observers=[observer])
    clock.advance()
    observer.take()
    store.fail(DOWN)
    clock.advance(30 + 3)
    store.fail(None)
    clock.advance(57)
    failed = [
        Refresh("prod", 0, "StoreUnavailableError", age, 1, failures)
        for age, failures in ((30, 1), (33, 2))
    ]
    assert observer.take() == [
        *("prod", failed[0], "prod", failed[1], "prod"),
        Refresh("prod", 0, None, 0, 1, 0),
    ]


def test_first_load_fails(store, clock, open_config, observer):
    """A config that does not start has told of it."""
    store.fail(ValueError("s3cret"))
    with pytest.raises(ValueError, match="s3cret"):
        open_config(store, observers=[observer])
    clock.advance()
    assert observer.take() == ["prod", Refresh("prod", 0, "ValueError", None, 0, 1)]


def test_first_load_from_the_fallback_file(store, clock, open_config, observer, tmp_path):
    """A start from the fallback file is a failed refresh, and says so."""
    path = tmp_path / "last.json"
    open_config(store, fallback=path).close()
    clock.advance(100)
    store.fail(DOWN)
    open_config(store, fallback=path, observers=[observer])
    clock.advance()
    refresh = Refresh("prod", 0, "StoreUnavailableError", 100, 1, 1, is_fallback=True)
    assert observer.take() == ["prod", refresh]


def test_reload_of_a_closed_config(store, clock, open_config, observer):
    """A reload that is refused is no refresh."""
    config = open_config(store, observers=[observer])
    config.close()
    clock.advance()
    observer.take()
    with pytest.raises(Exception, match="closed"):
        config.reload()
    clock.advance()
    assert observer.take() == []


def test_on_demand(store, clock, open_config, observer):
    """A refresh before a read is told of like any other."""
    config = open_config(store, observers=[observer], background=False)
    clock.advance(61)
    observer.take()
    assert config.db["port"] == 27017
    clock.advance()
    assert observer.take() == ["prod", Refresh("prod", 0, None, 0, 1, 0)]


def test_refused_reads(store, clock, open_config, observer):
    """Reads refused for `max_stale` are reported together, once a second, none is lost."""
    config = open_config(store, max_stale=100, observers=[observer])
    store.fail(DOWN)
    clock.advance(101)
    observer.take()

    def read(times):
        for _ in range(times):
            with pytest.raises(StaleConfigError):
                _ = config.db
        clock.advance()
        return observer.take()

    assert read(1) == [StaleReads("prod", 1, 101, is_refused=True)]
    assert read(3) == []
    clock.advance(1)
    assert read(1) == [StaleReads("prod", 4, 102, is_refused=True)]
    assert read(2) == []
    store.fail(None)
    config.reload()
    clock.advance()
    assert observer.take()[2:] == [StaleReads("prod", 2, 102, is_refused=True)]


def test_cache(store, clock, observer):
    """A cache tells of each read of the backend, and of the expired options that it serves."""
    cache = CachedConfigStore(store, 60, clock=clock, random=lambda: 0.5, observers=[observer])
    assert cache["db"] == cache["db"]
    assert cache.get("absent", default=None) is None
    clock.advance()
    assert observer.take() == [
        *("prod", Refresh("prod", 0, None, 0, None, 0, option="db")),
        *("prod", Refresh("prod", 0, None, 0, None, 0, option="absent")),
    ]
    store.fail(DOWN)
    clock.advance(61)
    for _ in range(3):
        assert cache["db"]["port"] == 27017
    clock.advance()
    failed = Refresh("prod", 0, "StoreUnavailableError", 61, None, 1, option="db")
    told = observer.take()
    assert told[:2] == ["prod", failed]
    assert told[2:] == [StaleReads("prod", 1, 61, is_refused=False)]
    with pytest.raises(StoreUnavailableError):
        cache.get("unknown")
    clock.advance()
    assert observer.take()[1:] == [
        Refresh("prod", 0, "StoreUnavailableError", None, None, 2, option="unknown"),
        StaleReads("prod", 2, 61, is_refused=False),
    ]


def test_cache_of_a_hanging_backend(store, observer):
    """An expired option that is served because the backend hangs counts as stale."""
    cache = CachedConfigStore(store, 1e-6, max_wait=1e-6, observers=[observer])
    cache.get("db")
    let_go = threading.Event()
    store.before_read = lambda: let_go.wait(60)
    cache.get("db")
    let_go.set()
    for thread in threading.enumerate():
        if thread.name.startswith("confstore-fetch"):
            thread.join(60)
    join_observers()
    stale = [told for told in observer.take() if isinstance(told, StaleReads)]
    assert [(each.count, each.is_refused) for each in stale] == [(1, False)]


def test_raising_observer(store, clock, open_config, observer, caplog):
    """An observer that raises is logged once, without its text, and the other one is told all."""
    bad = Raising(ValueError("s3cret"))
    config = open_config(store, observers=[bad, observer])
    for _ in range(3):
        config.reload()
    clock.advance()
    assert len(bad.told) == len(observer.told) == 8
    bad.error = None
    config.reload()
    clock.advance()
    bad.error = SystemExit("s3cret")
    config.reload()
    clock.advance()
    assert config.status.last_error is None
    assert [record.getMessage() for record in caplog.records] == [
        "store 'prod': refresh_ended of observer Raising raised ValueError",
        "store 'prod': refresh_ended of observer Raising raised SystemExit",
    ]
    assert vars(caplog.records[0])["error.type"] == "ValueError"


def test_hanging_observer(store, caplog):
    """While an observer hangs, refreshes go on, the other one is told, and the oldest is lost."""
    hanging, other = Hanging(), Reporting()
    with TimeBasedConfigStore(store, observers=[hanging, other]) as config:
        assert hanging.is_called.wait(60)
        store.set("db", {"host": "elsewhere"})
        for _ in range(600):
            config.reload()
            assert other.ended.acquire(timeout=60)
        assert config.db == {"host": "elsewhere"}
        hanging.let_go.set()
        join_observers()
        assert len(other.told) == 2 * 601
        # The one that hung, and a thousand that waited.
        assert len(hanging.told) == 1 + 1_000
        assert hanging.told[1:] == other.told[-1_000:]
    assert [record.getMessage() for record in caplog.records] == [
        "store 'prod': observer Hanging is 1000 events behind and loses the oldest of them"
    ]


def test_observer_may_wait_for_a_refresh(store):
    """An observer may reload its config, or wait for a thread that does: it holds no lock."""

    class Curious(Recorder):
        def refresh_ended(self, refresh):
            super().refresh_ended(refresh)
            if len(self.told) < 4:
                thread = threading.Thread(target=config.reload)
                thread.start()
                thread.join(60)
                assert not thread.is_alive()

    observer = Curious()
    with TimeBasedConfigStore(store) as config, TimeBasedConfigStore(store, observers=[observer]):
        join_observers()
    assert len(observer.told) == 2


def test_no_thread_to_be_had(store, clock, open_config, observer):
    """Where no thread can be started refreshes go on; what waits is told once there is one."""
    is_out = True

    def start(thread, started=clock.start):
        if is_out and "observer" in thread.name:
            raise RuntimeError("can't start new thread")
        started(thread)

    clock.start = start
    config = open_config(store, observers=[observer])
    config.reload()
    assert observer.take() == []
    is_out = False
    config.reload()
    clock.advance()
    assert len(observer.take()) == 6


def test_fork(store, clock, open_config):
    """A child is not told what waits in its parent, and its own refreshes are told."""
    hanging = Hanging()
    with TimeBasedConfigStore(store, max_stale=1e6, observers=[hanging]) as config:
        assert hanging.is_called.wait(60)
        config.reload()

        def child():
            hanging.told.clear()
            hanging.let_go.set()
            config.reload()
            join_observers()
            assert [told.version for told in hanging.told[1:]] == [1]
            return "well"

        assert fork(child).join() == "well"
        hanging.let_go.set()
        join_observers()
        assert len(hanging.told) == 4


def test_observer_that_forks(store):
    """A child that an observer forks tells nothing of its parent's events."""
    children = []

    def end_with(ended):
        os._exit(0 if ended.wait(60) else 2)

    class Forking(Recorder):
        is_child = False

        def refresh_started(self, store):
            super().refresh_started(store)
            if not children:
                pid = os.fork()
                if pid == 0:
                    self.is_child = True
                    ended = end_of_this_thread()
                    threading.Thread(target=end_with, args=(ended,)).start()
                children.append(pid)

        def refresh_ended(self, refresh):
            super().refresh_ended(refresh)
            if self.is_child:
                os._exit(1)

    observer = Forking()
    with TimeBasedConfigStore(store, observers=[observer]):
        join_observers()
    # The thread that told the observer ends in the child without another event.
    assert os.waitstatus_to_exitcode(os.waitpid(children[0], 0)[1]) == 0
    assert len(observer.told) == 2


def test_master_of_uwsgi(store, clock, open_config, observer, monkeypatch):
    """uWSGI's master starts no thread, for observers neither."""
    uwsgi = types.ModuleType("uwsgi")
    uwsgi.masterpid = os.getpid
    monkeypatch.setitem(sys.modules, "uwsgi", uwsgi)
    open_config(store, observers=[observer])
    assert not [one for one in threading.enumerate() if "observer" in one.name]
    assert observer.take() == []


@pytest.mark.parametrize("strategy", [TimeBasedConfigStore, CachedConfigStore])
def test_no_observer(store, strategy):
    """What lacks a method of the protocol is refused at once, and named; so is a class."""
    for wrong in (print, types.SimpleNamespace(refresh_started=print), Recorder):
        with pytest.raises(TypeError, match=r"an observer has the methods of confstore\.Observer"):
            strategy(store, observers=[wrong])
    assert store.reads == []


def test_unknown_age(store, clock, open_config, observer, tmp_path):
    """A fallback file from the future has no known age."""
    path = tmp_path / "last.json"
    clock.shift(10_000)
    open_config(store, fallback=path).close()
    clock.shift(-10_000)
    store.fail(DOWN)
    open_config(store, fallback=path, observers=[observer])
    clock.advance()
    assert observer.told[1].age == math.inf


def test_log_fields(store, clock, open_config, caplog):
    """A log record has the store, the option, the version and the error's class as fields."""
    caplog.set_level(logging.DEBUG, "confstore")
    config = open_config(store)
    config.subscribe(lambda *_: 1 / 0)
    store.set("db", {"host": "elsewhere"})
    clock.advance(30)
    store.fail(DOWN)
    clock.advance(60)
    store.fail(None)
    clock.advance(60)
    names = ("store", "option", "version", "error.type")
    fields = [[vars(record).get(name) for name in names] for record in caplog.records]
    assert fields == [
        ["prod", "db", None, "ZeroDivisionError"],
        ["prod", None, 2, "StoreUnavailableError"],
        ["prod", None, 2, None],
    ]
