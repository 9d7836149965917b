"""Liveness and readiness, without asking the backend."""

from __future__ import annotations

import json
import math
import os
import sys
import types

import attrs
import pytest

from confstore import (
    CachedConfigStore,
    ConfigStore,
    HealthStatus,
    SimpleConfigStore,
    TimeBasedConfigStore,
    health,
)
from confstore.errors import StaleConfigError, StoreUnavailableError
from forked import fork

DOWN = StoreUnavailableError("prod", "no route")


def test_healthy(store, clock, open_config):
    """A fresh config is live and ready, and nothing is asked of the backend."""
    config = open_config(store)
    clock.advance(20)
    store.fail(AssertionError("the backend was asked"))
    assert health(config, max_age=21) == HealthStatus("prod", True, True, None, 20, 1, 0)
    assert store.reads == [True]
    assert json.dumps(attrs.asdict(health(config)))


def test_too_old(store, clock, open_config):
    """An outage makes it unready once the snapshot is older than allowed, and leaves it live."""
    config = open_config(store)
    store.fail(DOWN)
    clock.advance(100)
    assert health(config, max_age=100).is_ready
    assert health(config).is_ready
    status = health(config, max_age=99)
    assert (status.is_live, status.is_ready, status.consecutive_failures) == (True, False, 3)
    assert status.reason == (
        "loaded 100 s ago, max_age is 99 s; the last refresh failed: "
        "StoreUnavailableError: store 'prod' is unavailable: no route"
    )
    store.fail(None)
    config.reload()
    assert health(config, max_age=1).is_ready


def test_max_stale(store, clock, open_config):
    """A config that refuses reads is not ready, whatever `max_age` allows."""
    config = open_config(store, max_stale=50)
    store.fail(DOWN)
    clock.advance(51)
    with pytest.raises(StaleConfigError):
        _ = config.current
    assert not health(config).is_ready
    assert not health(config, max_age=1000).is_ready


def test_fallback_of_unknown_age(store, clock, open_config, tmp_path):
    """A snapshot of unknown age is not ready where an age is asked for."""
    path = tmp_path / "last.json"
    clock.shift(10_000)
    open_config(store, fallback=path).close()
    clock.shift(-10_000)
    store.fail(DOWN)
    config = open_config(store, fallback=path)
    assert health(config).is_ready
    assert not health(config, max_age=1e9).is_ready
    assert health(config).age == math.inf


def test_closed(store, open_config):
    """A closed config is not ready, and no reason to kill the process that closed it."""
    config = open_config(store)
    config.close()
    status = health(config)
    assert (status.is_live, status.is_ready, status.reason) == (
        True,
        False,
        "the config was closed",
    )


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_thread_has_ended(store, clock, open_config):
    """Without its thread a config is not live: only a new process helps."""
    draws = iter([0.5])
    config = open_config(store, random=lambda: next(draws))
    assert health(config).is_live
    clock.advance(30)
    status = health(config)
    assert (status.is_live, status.is_ready) == (False, False)
    assert "start the process again" in status.reason


def test_on_demand(store, clock, open_config):
    """Without a thread by request it is live; the age grows until the next read."""
    config = open_config(store, background=False)
    clock.advance(100)
    assert health(config).is_live
    assert not health(config, max_age=99).is_ready
    _ = config.db
    assert health(config, max_age=99).is_ready


def test_fork(store, clock, open_config):
    """A child that has its own thread is live; one that could not start it is not."""
    config = open_config(store)
    assert fork(lambda: health(config).is_live).join() == "True"
    parent, start = os.getpid(), clock.start

    def start_in_parent(thread):
        if os.getpid() != parent:
            raise RuntimeError("can't start new thread")
        start(thread)

    clock.start = start_in_parent
    assert fork(lambda: health(config).is_live).join() == "False"


def test_master_of_uwsgi(store, open_config, monkeypatch):
    """uWSGI's master has no thread, and needs none."""
    uwsgi = types.ModuleType("uwsgi")
    uwsgi.masterpid = os.getpid
    monkeypatch.setitem(sys.modules, "uwsgi", uwsgi)
    assert health(open_config(store)).is_live


def test_cache(store, clock):
    """A cache is unready while it serves an expired option that is older than allowed."""
    cache = CachedConfigStore(store, 60, clock=clock, random=lambda: 0.5)
    assert health(cache, max_age=1) == HealthStatus("prod", True, True, None, None, None, 0)
    cache.get("db")
    store.fail(DOWN)
    clock.advance(61)
    assert health(cache, max_age=1).is_ready, "nobody has asked for the expired option"
    cache.get("db")
    assert health(cache).is_ready
    assert health(cache, max_age=61).is_ready
    status = health(cache, max_age=60)
    assert (status.is_live, status.is_ready, status.age) == (True, False, 61)
    assert status.reason == (
        "an option is served that was read 61 s ago, max_age is 60 s; the last read failed: "
        "StoreUnavailableError: store 'prod' is unavailable: no route"
    )


def test_simple(store):
    """A config that holds nothing is live and ready."""
    store.fail(DOWN)
    status = health(SimpleConfigStore(store), max_age=1)
    assert status == HealthStatus("prod", True, True, None, None, None, 0)


def test_wrong_arguments(store, open_config):
    """What is no config is refused, with advice; so is an age that is none."""
    with pytest.raises(TypeError, match=r"not ConfigStore: pass its \.config"):
        health(ConfigStore(store))
    for wrong in (store, None, TimeBasedConfigStore):
        with pytest.raises(TypeError, match="health takes a config, not"):
            health(wrong)
    with pytest.raises(ValueError, match="max_age is a positive number"):
        health(open_config(store), max_age=0)
    with pytest.raises(TypeError, match="max_age is a positive number"):
        health(open_config(store), max_age="60")
