"""The clock of tests: time passes when a test says so, and threads have acted when it returns."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime, timedelta

import pytest

from confstore._process.fork_hooks import notice_fork
from confstore.testing import FakeClock
from forked import fork, fork_in_c


def waiting_thread(clock, event, timeout, seen):
    """A thread that waits once and writes down the time and what the wait gave."""

    def run():
        seen.append((event.wait(timeout), clock.monotonic()))

    return threading.Thread(target=run, daemon=True)


def test_stands_still(clock):
    """No time passes by itself."""
    assert clock.monotonic() == 0.0
    assert clock.now() == datetime(2030, 1, 1, tzinfo=UTC)


def test_advances_both_times(clock):
    """The time of day advances with the monotonic time."""
    start = clock.now()
    clock.advance(1.5)
    assert clock.monotonic() == 1.5
    assert clock.now() - start == timedelta(seconds=1.5)


def test_wakes_at_the_due_time(clock):
    """A waiting thread sees the instant at which its time is up, not the end of the advance."""
    seen = []
    clock.start(waiting_thread(clock, clock.event(), 10, seen))
    clock.advance(25)
    assert seen == [(False, 10.0)]


def test_does_not_wake_early(clock):
    """A wait that is not over goes on."""
    seen = []
    event = clock.event()
    clock.start(waiting_thread(clock, event, 10, seen))
    clock.advance(9.999)
    assert seen == []
    event.set()
    clock.advance()
    assert seen == [(True, 9.999)]


def test_wakes_in_order_of_time(clock):
    """Threads wake one after the other, by the time at which they are due."""
    seen = []
    for timeout in (3, 1, 2):
        clock.start(waiting_thread(clock, clock.event(), timeout, seen))
    clock.advance(5)
    assert [when for _, when in seen] == [1, 2, 3]


def test_several_threads_wait_for_one_event(clock):
    """An event that is set wakes all who wait for it, however long they would have waited."""
    seen = []
    event = clock.event()
    for timeout in (None, 3, 3):
        clock.start(waiting_thread(clock, event, timeout, seen))
    clock.advance(1)
    event.set()
    clock.advance()
    assert seen == [(True, 1.0)] * 3


def test_threads_due_at_once_on_one_event(clock):
    """Two threads whose time is up in the same instant both wake."""
    seen = []
    event = clock.event()
    for _ in range(2):
        clock.start(waiting_thread(clock, event, 3, seen))
    clock.advance(3)
    assert seen == [(False, 3.0)] * 2


def test_no_wait_for_a_set_event(clock):
    """Waiting for an event that is set returns at once."""
    event = clock.event()
    event.set()
    assert event.is_set()
    assert event.wait(60)
    assert event.wait()


def test_no_wait_of_no_time(clock):
    """Waiting no time returns at once."""
    assert not clock.event().wait(0)


def test_thread_that_waits_again(clock):
    """One advance wakes a thread as often as it falls due."""
    times = []
    stopped = clock.event()

    def run():
        while not stopped.wait(10):
            times.append(clock.monotonic())

    clock.start(threading.Thread(target=run, daemon=True))
    clock.advance(45)
    stopped.set()
    clock.advance(100)
    assert times == [10, 20, 30, 40]


def test_thread_that_has_ended(clock):
    """A thread that ends holds nobody up."""
    seen = []
    thread = threading.Thread(target=seen.append, args=(1,), daemon=True)
    clock.start(thread)
    clock.advance(1)
    assert seen == [1]
    assert not thread.is_alive()


def test_foreign_thread_is_not_waited_for(clock):
    """A thread that the clock did not start may go on with whatever it does after a wait."""
    seen = []
    event = clock.event()
    clock.start(waiting_thread(clock, event, 10, seen))

    def set_and_wait():
        event.set()

    helper = threading.Thread(target=set_and_wait, daemon=True)
    helper.start()
    assert event.wait(60)
    clock.advance(1)
    helper.join(30)
    assert seen == [(True, 0.0)]


def test_stuck_thread_is_named():
    """A thread that neither waits nor ends is an error which names it, not a test that hangs."""
    clock = FakeClock(patience=0.0)
    gate = threading.Event()
    clock.start(threading.Thread(target=gate.wait, args=(60,), name="stuck", daemon=True))
    with pytest.raises(TimeoutError, match="still busy after 0 s: stuck"):
        clock.advance(1)
    gate.set()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_forked_child_has_a_working_clock(clock):
    """A child that is forked while another thread holds the clock can go on with it."""
    held, release = threading.Event(), threading.Event()

    def hold():
        with clock.lock:
            held.set()
            release.wait(60)

    holder = threading.Thread(target=hold, daemon=True)
    holder.start()
    held.wait(60)

    def wait_in_child():
        seen = []
        clock.start(waiting_thread(clock, clock.event(), 10, seen))
        clock.advance(10)
        return seen

    child = fork(wait_in_child)
    release.set()
    holder.join(60)
    assert child.join() == "[(False, 10.0)]"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_child_of_a_fork_in_c_keeps_ended_threads(clock):
    """Python 3.13 detaches a thread when it frees it, also in a child that has no such thread."""
    clock.start(threading.Thread(target=int))
    gate = threading.Event()
    for _ in range(20):
        threading.Thread(target=gate.wait, daemon=True).start()
    clock.advance()

    def child():
        # The C library now unmaps the stacks of the missing threads, but for five (40 MB).
        thread = threading.Thread(target=int)
        thread.start()
        thread.join()
        notice_fork()

    assert fork(child, fork_in_c).join() == "None"
    gate.set()


def test_two_clocks_are_independent():
    """Each clock has its own time."""
    one, other = FakeClock(), FakeClock()
    one.advance(5)
    assert other.monotonic() == 0.0


def test_shift_moves_the_time_of_day_alone(clock):
    """A machine that slept: the time of day went on, the monotonic clock did not."""
    before = clock.now()
    clock.shift(60)
    assert (clock.now() - before).total_seconds() == 60
    assert clock.monotonic() == 0
