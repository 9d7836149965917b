"""Naps: a background refresh lets other threads run."""

from __future__ import annotations

import pytest

from confstore import Poll
from confstore._values.read_only import freeze
from confstore.adapter import paced


@pytest.fixture
def naps():
    """The naps that were taken, in seconds."""
    return []


@pytest.fixture
def paced_store(scripted_store, naps):
    """A store of 120 options whose poll works through them one by one."""

    class PacedStore(scripted_store):
        def poll(self, checkpoint=None, *, consistent=False):
            self.before_read()
            steps = paced(self.options.items(), sleep=naps.append)
            return Poll(None, {name: freeze(values) for name, values in steps}, is_full=True)

    return PacedStore({f"option {number}": {"n": number} for number in range(120)})


def test_refresh_in_the_background_naps(paced_store, clock, open_config, naps):
    """After every fifty steps there is a nap, too short to be noticed."""
    config = open_config(paced_store)
    paced_store.set("option 7", {"n": "new"})
    clock.advance(30)
    assert config["option 7"] == {"n": "new"}
    assert len(config) == 120
    assert naps == [naps[0]] * 2
    assert 0 < naps[0] < 0.001


def test_who_waits_waits_for_no_nap(paced_store, clock, open_config, naps):
    """Neither the first load nor a reload nor a refresh before a read takes naps."""
    open_config(paced_store).reload()
    on_demand = open_config(paced_store, background=False)
    paced_store.set("option 7", {"n": "new"})
    clock.advance(29)
    assert naps == []
    clock.advance(31)
    naps.clear()
    assert on_demand["option 7"] == {"n": "new"}
    assert naps == []


def test_failed_refresh_ends_the_naps(paced_store, clock, open_config, naps):
    """The thread of a subscriber or of a retry naps no more and no less after a failure."""
    config = open_config(paced_store)
    paced_store.fail(OSError())
    clock.advance(30)
    paced_store.fail(None)
    config.reload()
    assert naps == []
    clock.advance(3)
    assert len(naps) == 2


def test_store_that_cannot_poll_is_read_with_naps(scripted_store, clock, open_config):
    """A store without a poll of its own is worked through all the same."""
    store = scripted_store({f"option {number}": {"n": number} for number in range(120)})
    config = open_config(store)
    store.set("option 119", {"n": "new"})
    clock.advance(30)
    assert config["option 119"] == {"n": "new"}
