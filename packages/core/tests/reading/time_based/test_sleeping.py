"""Machines that slept and clocks that were set: nothing old is taken for fresh."""

from __future__ import annotations

import json

import pytest

from confstore.errors import StaleConfigError, StoreUnavailableError

DAYS_S = 3 * 86_400.0
DOWN = StoreUnavailableError("prod", "no route")
both_modes = pytest.mark.parametrize("is_background", [True, False])


@both_modes
def test_age_counts_sleep(is_background, store, clock, open_config):
    """`status.age` counts the time that the machine slept."""
    config = open_config(store, background=is_background)
    clock.shift(DAYS_S)
    assert config.status.age == DAYS_S


@both_modes
def test_max_stale_counts_sleep(is_background, store, clock, open_config):
    """A snapshot of before the sleep is refused, if the store does not give a newer one."""
    config = open_config(store, background=is_background, max_stale=600)
    store.fail(DOWN)
    clock.shift(DAYS_S)
    with pytest.raises(StaleConfigError):
        _ = config.db


def test_first_read_after_a_sleep_refreshes(store, clock, open_config):
    """Without a thread, the first read after the sleep refreshes."""
    config = open_config(store, background=False, max_stale=600)
    store.set("db", {"host": "new"})
    clock.shift(DAYS_S)
    assert config.db == {"host": "new"}


def test_thread_refreshes_soon_after_a_sleep(store, clock, open_config):
    """The refresher does not sit out the rest of an interval that passed while it slept."""
    config = open_config(store, update_interval=3600)
    store.set("db", {"host": "new"})
    clock.shift(DAYS_S)
    clock.advance(60)
    assert config.db == {"host": "new"}


@both_modes
def test_clock_set_back_makes_nothing_fresh(is_background, store, clock, open_config):
    """A time of day that was set back does not make a snapshot younger."""
    config = open_config(store, background=is_background, max_stale=600)
    store.fail(DOWN)
    clock.advance(500)
    clock.shift(-DAYS_S)
    clock.advance(101)
    with pytest.raises(StaleConfigError):
        _ = config.db


def test_clock_set_back_keeps_the_interval(store, clock, open_config):
    """A time of day that was set back delays no refresh."""
    config = open_config(store, background=False)
    store.set("db", {"host": "new"})
    clock.shift(-DAYS_S)
    clock.advance(60)
    assert config.db == {"host": "new"}


@both_modes
def test_clock_set_forward_is_no_storm(is_background, store, clock, open_config):
    """A time of day that was set forward costs one refresh, and no more."""
    config = open_config(store, background=is_background, update_interval=3600)
    clock.shift(DAYS_S)
    for _ in range(100):
        clock.advance(10)
        config.get("db")
    assert len(store.reads) == 2


def test_age_of_a_fallback_counts_sleep(store, clock, open_config, tmp_path):
    """The age of a snapshot from the fallback file goes on while the machine sleeps."""
    path = tmp_path / "last.json"
    open_config(store, fallback=path).close()
    store.fail(DOWN)
    clock.advance(100)
    config = open_config(store, fallback=path)
    clock.shift(DAYS_S)
    assert config.status.age == DAYS_S + 100


def test_fallback_is_saved_soon_after_a_sleep(store, clock, open_config, tmp_path):
    """The time in the fallback file is not older than a minute for the sleep of a machine."""
    path = tmp_path / "last.json"
    config = open_config(store, fallback=path)
    before = json.loads(path.read_bytes())["saved_at"]
    clock.shift(DAYS_S)
    config.reload()
    assert json.loads(path.read_bytes())["saved_at"] != before
