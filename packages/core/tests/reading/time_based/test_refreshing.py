"""Refreshes of a TimeBasedConfigStore, and their failures."""

from __future__ import annotations

import logging
import random
import threading

import pytest

from confstore import Poll, TimeBasedConfigStore
from confstore.errors import StoreClosedError, StoreUnavailableError
from confstore.testing import FakeClock


def test_loads_before_it_returns(store, open_config):
    """The constructor has read the store, strongly consistent."""
    open_config(store)
    assert store.reads == [True]


def test_refreshes_at_its_interval(store, clock, open_config):
    """Refreshes come after the interval, eventually consistent; the first anywhere within it."""
    open_config(store)
    clock.advance(29)
    assert store.reads == [True]
    clock.advance(1 + 60 + 60)
    assert store.reads == [True, False, False, False]


@pytest.mark.parametrize(("draw", "first"), [(0.0, 0.0), (0.25, 15.0), (0.999, 59.94)])
def test_first_refresh_is_spread(store, clock, open_config, draw, first):
    """The first refresh comes after a uniform share of the interval."""
    open_config(store, random=lambda: draw)
    clock.advance(first)
    assert len(store.reads) == 2


@pytest.mark.parametrize(("draw", "interval"), [(0.0, 54.0), (0.999, 65.988)])
def test_interval_is_jittered(store, clock, open_config, draw, interval):
    """Later refreshes are jittered by a tenth to either side."""
    open_config(store, random=lambda: draw)
    clock.advance(draw * 60)
    clock.advance(interval - 0.01)
    assert len(store.reads) == 2
    clock.advance(0.02)
    assert len(store.reads) == 3


@pytest.mark.parametrize("options", [{}, {"max_stale": 1e6}])
def test_shows_what_it_read(store, clock, open_config, options):
    """After a refresh every way of reading shows the new state."""
    config = open_config(store, **options)
    store.set("db", {"host": "elsewhere"})
    store.set("new", {"key": 1})
    store.delete("external-port")
    clock.advance(30)
    assert config.db == config["db"] == config.get("db") == {"host": "elsewhere"}
    assert config.new == {"key": 1}
    assert "external-port" not in config
    assert not hasattr(config, "external-port")


def test_short_interval(store, clock, open_config):
    """An interval below a second is kept."""
    open_config(store, 0.1)
    clock.advance(1)
    assert len(store.reads) == 11


def test_failure_keeps_the_snapshot(store, clock, open_config):
    """After a failed refresh the last good snapshot stays, and status says why."""
    config = open_config(store)
    store.fail(StoreUnavailableError("prod", "throttled"))
    clock.advance(31)
    assert config.db["port"] == 27017
    assert config.status.consecutive_failures == 1
    assert "throttled" in config.status.last_error


def test_first_retry_is_early(store, clock, open_config):
    """After one failure the next try comes anywhere in the next tenth of the interval."""
    open_config(store)
    store.fail(OSError())
    clock.advance(30 + 3)
    assert len(store.reads) == 3


def test_later_retries_keep_the_interval(store, clock, open_config):
    """From the second failure on, a failing refresher is as fast as a healthy one."""
    open_config(store)
    store.fail(OSError())
    clock.advance(33 + 56.9)
    assert len(store.reads) == 3
    clock.advance(0.2 + 57 * 10)
    assert len(store.reads) == 14


def test_a_retry_leaves_a_second(store, clock, open_config):
    """With a short interval the early retry is spread over a second, within the interval."""
    open_config(store, 5)
    store.fail(OSError())
    clock.advance(2.5 + 0.5)
    assert len(store.reads) == 3


def test_recovers(store, clock, open_config):
    """The first refresh that succeeds ends the failures."""
    config = open_config(store)
    store.fail(OSError())
    clock.advance(60)
    store.fail(None)
    store.set("db", {"host": "elsewhere"})
    clock.advance(60)
    assert config.db["host"] == "elsewhere"
    assert (config.status.consecutive_failures, config.status.last_error) == (0, None)


def test_status(store, clock, open_config):
    """`status` says when the snapshot was the store's state, and how often it changed."""
    config = open_config(store)
    clock.advance(10)
    status = config.status
    assert (status.loaded_at, status.age, status.version) == (FakeClock().now(), 10.0, 1)
    assert (status.consecutive_failures, status.last_error, status.is_fallback) == (0, None, False)
    clock.advance(25)
    assert (config.status.age, config.status.version) == (5.0, 1)
    store.set("db", {})
    config.reload()
    assert (config.status.age, config.status.version) == (0.0, 2)


def test_time_is_that_of_the_question(store, clock, open_config):
    """A read that takes long is as old as its start: what came after it may not be in it."""
    config = open_config(store)
    store.before_read = lambda: clock.advance(7)
    start = clock.now()
    config.reload()
    assert (config.status.age, config.status.loaded_at) == (7.0, start)


def test_age_is_never_negative(store, open_config):
    """A clock that goes back makes nothing younger than new."""

    class Backwards(FakeClock):
        behind_s = 0.0

        def monotonic(self):
            return super().monotonic() - self.behind_s

    clock = Backwards()
    config = open_config(store, clock=clock)
    clock.behind_s = 100.0
    assert config.status.age == 0.0


def test_unchanged_option_is_the_same_object(store, clock, open_config):
    """An unchanged option stays the same object, so that `is` shows a change."""
    config = open_config(store)
    before = config.db, config["external-port"], config.current
    clock.advance(60)
    assert config.current is before[2]
    store.set("external-port", {"value": 81})
    clock.advance(60)
    assert config.db is before[0]
    assert config["external-port"] is not before[1]


def test_type_is_part_of_a_value(store, clock, open_config):
    """1 instead of True is a change."""
    store.set("flag", {"on": True})
    config = open_config(store)
    store.set("flag", {"on": 1})
    clock.advance(60)
    assert config.flag["on"] is not True


def test_reload_sees_every_write(store, open_config):
    """`reload` reads strongly consistent."""
    config = open_config(store)
    store.set("db", {"host": "elsewhere"})
    config.reload()
    assert store.reads == [True, True]
    assert config.db["host"] == "elsewhere"


def test_reload_raises(store, open_config):
    """A reload that fails raises what the store raised, and keeps the snapshot."""
    config = open_config(store)
    store.fail(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        config.reload()
    assert config.db["port"] == 27017
    assert config.status.last_error == "ZeroDivisionError"


def test_reload_interrupted(store, open_config):
    """Ctrl-C during a reload ends the reload and harms nothing."""
    config = open_config(store)
    store.fail(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        config.reload()
    store.fail(None)
    config.reload()
    assert config.status.consecutive_failures == 0


def test_reload_after_close(store, open_config):
    """A closed config is not reloaded, and says so."""
    config = open_config(store)
    config.close()
    config.close()
    with pytest.raises(StoreClosedError):
        config.reload()
    assert config.db["port"] == 27017


@pytest.mark.parametrize("is_changed", [True, False])
def test_close_during_reload(store, open_config, is_changed):
    """A read that a close interrupts is not shown, not notified and not a success."""
    config = open_config(store)
    told = []
    config.subscribe(lambda *change: told.append(change))
    store.before_read = config.close
    if is_changed:
        store.set("db", {"host": "elsewhere"})
    with pytest.raises(StoreClosedError):
        config.reload()
    assert config.db["host"] == "localhost"
    assert told == []


def test_close_during_refresh_says_nothing(store, clock, open_config, caplog):
    """A store that is closed under a refresher which was closed is no failure worth a log."""
    config = open_config(store)

    def close():
        config.close()
        raise StoreClosedError("prod")

    store.before_read = close
    clock.advance(600)
    assert len(store.reads) == 2
    assert caplog.records == []


def test_reloads_wait_for_each_other(store, clock, open_config):
    """Two reloads at once are two reads, one after the other: neither misses a write."""
    config = open_config(store)
    inside, most = [], []

    def read():
        inside.append(1)
        most.append(len(inside))
        inside.pop()

    store.before_read = read
    threads = [threading.Thread(target=config.reload) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert most == [1] * 8


def test_polls_with_its_checkpoint(store, clock, open_config):
    """A store that can poll is asked what is new since the last answer."""
    asked = []
    answers = [
        Poll("one", {"db": {"n": 1}, "old": {}}, is_full=True),
        Poll("two", {"db": {"n": 2}}, frozenset({"old", "never seen"})),
        Poll("three", {}),
    ]

    def poll(checkpoint=None, *, consistent=False):
        asked.append((checkpoint, consistent))
        return answers[len(asked) - 1]

    store.poll = poll
    config = open_config(store)
    clock.advance(90)
    assert asked == [(None, True), ("one", False), ("two", False)]
    assert config.get() == {"db": {"n": 2}}
    assert config.status.version == 2


def test_failed_poll_keeps_its_checkpoint(store, clock, open_config):
    """After an unusable answer the same checkpoint is polled again."""
    asked = []

    def poll(checkpoint=None, *, consistent=False):
        asked.append(checkpoint)
        if len(asked) == 2:
            return Poll("broken", {"db": "no option"})
        return Poll(len(asked), {"db": {"n": len(asked)}}, is_full=True)

    store.poll = poll
    config = open_config(store)
    clock.advance(40)
    assert asked == [None, 1, 1]
    assert config.db == {"n": 3}


def test_one_log_for_one_state(store, clock, open_config, caplog):
    """An outage is logged when it begins and when it ends, not at every try."""
    caplog.set_level(logging.INFO, "confstore")
    config = open_config(store)
    store.fail(StoreUnavailableError("prod", "no route"))
    clock.advance(600)
    store.fail(None)
    clock.advance(120)
    began, ended = caplog.records
    assert (began.levelname, ended.levelname) == ("WARNING", "INFO")
    assert began.getMessage() == (
        "store 'prod': refresh failed, the last good snapshot stays: "
        "StoreUnavailableError: store 'prod' is unavailable: no route"
    )
    assert ended.getMessage() == "store 'prod': refreshed again after 11 failures"
    store.fail(StoreUnavailableError("prod", "no route"))
    with pytest.raises(StoreUnavailableError):
        config.reload()
    store.fail(None)
    config.reload()
    assert caplog.records[-1].getMessage() == "store 'prod': refreshed again after 1 failure"


def test_another_fault_is_news(store, clock, open_config, caplog):
    """A failure of another kind is logged, too."""
    open_config(store)
    store.fail(OSError())
    clock.advance(31)
    store.fail(MemoryError())
    clock.advance(60)
    assert [record.args[1] for record in caplog.records] == ["OSError", "MemoryError"]


def test_logging_that_raises(store, clock, open_config):
    """A broken logging filter stops neither the refresher nor its subscribers."""
    logger = logging.getLogger("confstore")

    def broken(record):
        raise RuntimeError

    config = open_config(store)
    told = []
    config.subscribe(lambda option, old, new: told.append(option))
    store.fail(OSError())
    logger.addFilter(broken)
    try:
        clock.advance(31)
        store.fail(None)
        store.set("db", {"host": "elsewhere"})
        clock.advance(60)
    finally:
        logger.removeFilter(broken)
    assert config.db["host"] == "elsewhere"
    assert told == ["db"]
    clock.advance(60)
    assert config.status.consecutive_failures == 0


def test_error_without_text(store, clock, open_config):
    """An adapter's error whose __str__ raises is described by its type."""

    class MuteError(StoreUnavailableError):
        def __str__(self):
            raise ValueError

    config = open_config(store)
    store.fail(MuteError("prod", "reason"))
    clock.advance(31)
    assert config.status.last_error == "MuteError"


def zoo():
    """Everything that a read may do but succeed; each entry raises or answers with garbage."""

    class UnknownError(Exception):
        def __str__(self):
            raise RuntimeError

    def recursion():
        return recursion()

    def raiser(error):
        def raise_():
            raise error

        return raise_

    errors = [
        StoreUnavailableError("prod", "throttled"),
        StoreClosedError("prod"),
        OSError(5, "disk"),
        ConnectionResetError(),
        TimeoutError(),
        MemoryError(),
        KeyError("db"),
        IndexError(),
        StopIteration(),
        StopAsyncIteration(),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid"),
        UnicodeError(),
        ZeroDivisionError(),
        AssertionError(),
        AttributeError("poll"),
        TypeError(),
        ValueError(),
        ImportError(),
        NotImplementedError(),
        Warning(),
        UnknownError(),
        SystemExit(1),
        KeyboardInterrupt(),
        GeneratorExit(),
        BaseException(),
    ]
    garbage = [
        None,
        5,
        "db",
        {"db": {}},
        [("db", {})],
        Poll(1, None, is_full=True),
        Poll(1, {"db": None}),
        Poll(1, {"db": "text"}),
        Poll(1, {5: {}}),
        Poll(1, {"db": {5: 1}}),
        Poll(1, {}, None),
    ]
    kinds = [raiser(error) for error in errors]
    kinds += [recursion, lambda: [0] * 10**18]
    kinds += [lambda answer=answer: answer for answer in garbage]
    return kinds


@pytest.mark.slow("10,000 refreshes")
def test_nothing_stops_the_refresher(scripted_store, clock, open_config, caplog, report):
    """10,000 refreshes, half of them fail in every way: no reader sees it, and status is right."""
    caplog.set_level(logging.CRITICAL, "confstore")
    rng = random.Random(2014)
    kinds = zoo()
    seen = set()
    refreshes = successes = failures = 0

    def poll(checkpoint=None, *, consistent=False):
        nonlocal refreshes, successes, failures
        refreshes += 1
        kind = rng.randrange(2 * len(kinds))
        if kind < len(kinds) and not consistent:
            failures += 1
            seen.add(kind)
            return kinds[kind]()
        failures = 0
        successes += 1
        both = {"n": successes}
        return Poll(successes, {"left": both, "right": both}, is_full=True)

    store = scripted_store()
    store.poll = poll
    config = open_config(store, random=rng.random)
    while refreshes <= 10_000:
        before = refreshes
        while refreshes == before:
            clock.advance(0.25)
        current, status = config.current, config.status
        assert current["left"] == current["right"] == config.left == {"n": successes}
        assert (status.version, status.consecutive_failures) == (successes, failures)
        assert (status.last_error is None) is (failures == 0)
    assert len(seen) == len(kinds) >= 15
    report(f"zoo: {refreshes} refreshes, {len(kinds)} kinds of failure, {successes} successes")


@pytest.mark.slow("5,000 refreshes below 8 readers")
def test_readers_during_swaps(scripted_store, report):
    """8 threads read at full speed during 5,000 swaps: the two options always agree."""
    store = scripted_store({"left": {"n": 0}, "right": {"n": 0}})
    torn, errors, reads = [], [], []
    is_over = threading.Event()

    def read(config):
        count = 0
        try:
            while not is_over.is_set():
                current = config.current
                if current["left"]["n"] != current["right"]["n"]:
                    torn.append(current)
                first, then, last = config.left["n"], config["right"]["n"], config.left["n"]
                if not first <= then <= last:
                    torn.append((first, then, last))
                count += 1
        except Exception as error:
            errors.append(error)
        reads.append(count)

    with TimeBasedConfigStore(store, 1e6) as config:
        threads = [threading.Thread(target=read, args=(config,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        try:
            for n in range(1, 5001):
                store.options = {"left": {"n": n}, "right": {"n": n}}
                config.reload()
        finally:
            is_over.set()
            for thread in threads:
                thread.join(60)
        assert config.status.version == 5001
    assert (torn, errors) == ([], [])
    report(f"8 readers: {sum(reads):,} rounds of 4 reads during 5,000 swaps")
