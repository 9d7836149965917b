"""CachedConfigStore: one option at a time, for a while."""

from __future__ import annotations

import contextvars
import itertools
import threading

import pytest

from confstore import CachedConfigStore, ConfigStore
from confstore.errors import InvalidNameError, OptionNotFoundError, StoreUnavailableError
from confstore.testing import FakeClock

DOWN = StoreUnavailableError("prod", "no route")


@pytest.fixture
def cache(store, clock):
    """A cache of 60 s and three options; its backoff's draws are in the middle."""
    with_clock = {"clock": clock, "random": lambda: 0.5}
    return CachedConfigStore(store, 60, 3, **with_clock)


def run_all(clock, count, work):
    """Run something in many threads, which all wait or have ended when this returns."""
    outcomes = []

    def run():
        try:
            outcomes.append(work())
        except BaseException as error:
            outcomes.append(error)

    for _ in range(count):
        clock.start(threading.Thread(target=run, daemon=True))
    clock.advance()
    return outcomes


def test_opening_reads_nothing(store, cache):
    """A cache is empty at first."""
    assert store.asked == []


def test_get_is_all_that_single_options_need(store, clock):
    """A store that only reads single options can be cached; what only looks like one cannot."""

    class Gets:
        name = "prod"
        get = store.get

    cache = CachedConfigStore(Gets(), clock=clock)
    assert cache.get("db", keys=["port"]) == {"port": 27017}
    assert store.asked == ["db"]
    del Gets.name
    with pytest.raises(TypeError, match=r"not an object \(Gets\): a store has the methods get"):
        CachedConfigStore(Gets())


def test_reads_once(store, clock, cache):
    """A fresh option is read once, strongly consistent, however often it is asked for."""
    for _ in range(3):
        assert cache.get("db") == cache["db"] == {"host": "localhost", "port": 27017}
        clock.advance(19)
    assert (store.asked, store.reads) == (["db"], [True])


def test_reads_again_when_expired(store, clock, cache):
    """An option that is as old as `max_age` is read again."""
    cache.get("db")
    store.set("db", {"host": "elsewhere"})
    clock.advance(59)
    assert cache["db"]["host"] == "localhost"
    clock.advance(1)
    assert cache["db"]["host"] == "elsewhere"


def test_age_counts_from_the_question(store, clock, cache):
    """A read that takes long is as old as its start."""
    store.before_read = lambda: clock.advance(59)
    cache.get("db")
    store.fail(None)
    clock.advance(1)
    cache.get("db")
    assert store.asked == ["db", "db"]


def test_keys(cache):
    """With keys, only those of them that exist come back, from one cached option."""
    assert cache.get("db", keys=["port", "nothing"]) == {"port": 27017}
    assert cache.get("db", keys=[]) == {}
    with pytest.raises(TypeError, match="keys"):
        cache.get("db", keys="host")


def test_read_only(cache):
    """A reader cannot change a cached option."""
    with pytest.raises(TypeError):
        cache["db"]["host"] = "elsewhere"


def test_whole_store_is_not_cached(store, cache):
    """Without an option the whole store is read, now."""
    assert cache.get() == store.options
    assert cache.get(keys=["value"]) == {"db": {}, "external-port": {"value": 80}}
    assert store.asked == [None, None]
    assert sorted(cache) == ["db", "external-port"]


def test_missing_option_is_remembered(store, clock, cache):
    """A missing option is asked for once, and expires like any other."""
    for _ in range(2):
        with pytest.raises(OptionNotFoundError, match="cache"):
            cache["cache"]
        assert cache.get("cache", default=None) is None
        assert "cache" not in cache
    assert store.asked == ["cache"]
    clock.advance(60)
    store.set("cache", {})
    assert cache["cache"] == {}


def test_contains(cache):
    """`in` asks for a name; anything else is not in a cache."""
    assert "db" in cache
    assert 5 not in cache
    assert "" not in cache


def test_impossible_name(cache):
    """A name that no option can have is refused."""
    with pytest.raises(InvalidNameError):
        cache.get("", default=None)


def test_least_recently_used_goes_first(store, cache):
    """No more than `max_options` are held; who was not read for longest goes."""
    store.options = {name: {} for name in "abcd"}
    for name in "abcad":
        cache.get(name)
    assert cache.status.options == 3
    store.asked.clear()
    for name in "acd":
        cache.get(name)
    assert store.asked == []
    cache.get("b")
    assert store.asked == ["b"]


def test_status_is_no_use_of_an_option(store, cache):
    """Asking for the status does not change which option goes next."""
    store.options = {name: {} for name in "abcd"}
    for name in "abca":
        cache.get(name)
    assert cache.status.options == 3
    cache.get("d")
    store.asked.clear()
    cache.get("a")
    assert store.asked == []


def test_own_age(store, clock, cache):
    """A call may ask for an option that is younger than the cache's own limit, or older."""
    cache.get("db")
    clock.advance(10)
    cache.get("db", max_age=11)
    assert len(store.asked) == 1
    cache.get("db", max_age=10)
    assert len(store.asked) == 2
    clock.advance(1000)
    cache.get("db", max_age=1001)
    assert len(store.asked) == 2


@pytest.mark.parametrize("max_age", [0, -1, float("nan")])
def test_age_is_a_duration(store, cache, max_age):
    """An age that is not a duration is refused, also in a call."""
    with pytest.raises(ValueError, match="max_age is a positive number of seconds"):
        CachedConfigStore(store, max_age)
    with pytest.raises(ValueError, match="max_age is a positive number of seconds"):
        cache.get("db", max_age=max_age)


def test_room_for_nothing(store):
    """A cache has room for one option at least."""
    with pytest.raises(ValueError, match="max_options is a positive number, not 0"):
        CachedConfigStore(store, max_options=0)


def test_refresh(store, cache):
    """`refresh=True` reads now, whatever is held, and holds what it read."""
    cache.get("db")
    store.set("db", {"host": "elsewhere"})
    assert cache.get("db", refresh=True) == cache["db"] == {"host": "elsewhere"}
    assert len(store.asked) == 2


def test_refresh_that_fails(store, cache):
    """`refresh=True` raises what the read raised; what is held stays, and is not stale by that."""
    cache.get("db")
    store.fail(DOWN)
    with pytest.raises(StoreUnavailableError):
        cache.get("db", refresh=True)
    assert cache["db"]["port"] == 27017
    assert cache.status.stale == frozenset()


def test_one_read_for_64_threads(store, clock, cache):
    """64 threads that ask for one expired option cause one read."""
    cache.get("db")
    clock.advance(60)
    store.set("db", {"host": "elsewhere"})
    gate = clock.event()
    store.before_read = gate.wait
    outcomes = run_all(clock, 64, lambda: cache.get("db"))
    assert outcomes == []
    gate.set()
    clock.advance()
    assert outcomes == [{"host": "elsewhere"}] * 64
    assert store.asked == ["db", "db"]


def test_one_read_by_the_machines_clock(store):
    """The same with real threads and no clock of ours."""
    cache = CachedConfigStore(store)
    barrier = threading.Barrier(64)
    is_read, may_go_on = threading.Event(), threading.Event()
    outcomes = []

    def read():
        is_read.set()
        may_go_on.wait(30)

    def ask():
        barrier.wait(30)
        outcomes.append(cache["db"]["port"])

    store.before_read = read
    threads = [threading.Thread(target=ask, daemon=True) for _ in range(64)]
    for thread in threads:
        thread.start()
    assert is_read.wait(30)
    may_go_on.set()
    for thread in threads:
        thread.join(30)
    assert outcomes == [27017] * 64
    assert store.asked == ["db"]


def test_options_are_read_side_by_side(store, clock, cache):
    """A read of one option does not hold up another."""
    gate = clock.event()
    store.before_read = lambda: store.asked[-1] == "db" and gate.wait()
    waiting = run_all(clock, 1, lambda: cache.get("db"))
    assert cache["external-port"] == {"value": 80}
    assert waiting == []
    gate.set()
    clock.advance()
    assert len(waiting) == 1


def test_failure_with_nothing_held(store, cache):
    """A failure is raised if nothing is held, and is not remembered."""
    store.fail(DOWN)
    with pytest.raises(StoreUnavailableError):
        cache.get("db", default=None)
    assert cache.status.consecutive_failures == 1
    store.fail(None)
    assert cache["db"]["port"] == 27017
    assert cache.status.consecutive_failures == 0


def test_failure_of_a_shared_read(store, clock, cache):
    """All who wait for one read that fails get its error."""
    gate = clock.event()

    def read():
        gate.wait()
        raise DOWN

    store.before_read = read
    outcomes = run_all(clock, 8, lambda: cache.get("db"))
    gate.set()
    clock.advance()
    assert outcomes == [DOWN] * 8
    assert store.asked == ["db"]


def test_stale_while_down(store, clock, cache, caplog):
    """While the backend is down an expired option is served as it was, and said to be stale."""
    cache.get("db")
    cache.get("external-port")
    store.fail(DOWN)
    clock.advance(60)
    assert cache.status.stale == frozenset()
    assert cache["db"]["port"] == 27017
    status = cache.status
    assert (status.options, status.stale) == (2, frozenset({"db"}))
    assert status.consecutive_failures == 1
    assert "no route" in status.last_error
    assert "reading option 'db' failed, serving what the cache holds" in caplog.text


def test_missing_while_down(store, clock, cache):
    """An option that was missing is still missing while the backend is down."""
    assert cache.get("cache", default=None) is None
    store.fail(DOWN)
    clock.advance(60)
    assert cache.get("cache", default=None) is None


def test_backoff(store, clock, cache):
    """A stale option is served without a read until a backoff ends, which doubles up to the age."""
    cache.get("db")
    store.fail(DOWN)
    clock.advance(60)
    times = []
    reads = len(store.asked)
    while len(times) < 10:
        cache.get("db")
        if len(store.asked) > reads:
            reads = len(store.asked)
            times.append(clock.monotonic())
        clock.advance(0.5)
    waits = [then - now for now, then in itertools.pairwise(times)]
    assert waits == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def test_recovers(store, clock, cache):
    """The first read that succeeds ends the staleness."""
    cache.get("db")
    store.fail(DOWN)
    clock.advance(60)
    cache.get("db")
    store.fail(None)
    clock.advance(1)
    cache.get("db")
    status = cache.status
    assert (status.stale, status.consecutive_failures, status.last_error) == (frozenset(), 0, None)


def test_one_log_for_one_state(store, clock, cache, caplog):
    """An outage is logged once, not at every read."""
    cache.get("db")
    cache.get("external-port")
    store.fail(DOWN)
    for _ in range(20):
        clock.advance(60)
        cache.get("db")
        cache.get("external-port")
    assert len(caplog.records) == 1


def test_garbage(store, clock, cache):
    """A store that answers with garbage is a store that is down."""
    cache.get("db")
    clock.advance(60)
    store.options["db"] = {5: 5}
    assert cache["db"]["port"] == 27017
    assert cache.status.last_error == "TypeError"


def test_interrupted_read(store, clock, cache):
    """A read that is interrupted says nothing of the backend: those who waited read themselves."""
    gate = clock.event()
    first = []

    def read():
        if not first:
            first.append(threading.current_thread())
            gate.wait()
            raise KeyboardInterrupt

    store.before_read = read
    outcomes = run_all(clock, 8, lambda: cache.get("db"))
    gate.set()
    clock.advance()
    interrupted = [one for one in outcomes if isinstance(one, KeyboardInterrupt)]
    assert len(interrupted) == 1
    assert len([one for one in outcomes if one == {"host": "localhost", "port": 27017}]) == 7
    assert store.asked == ["db", "db"]
    assert cache.status.consecutive_failures == 0


def test_interrupted_read_after_a_write(store, clock, cache):
    """A read that was overtaken and is then interrupted leaves the newer one alone."""

    def read():
        cache.invalidate("db")
        raise KeyboardInterrupt

    store.before_read = read
    with pytest.raises(KeyboardInterrupt):
        cache.get("db")
    store.fail(None)
    assert cache["db"]["port"] == 27017


def test_writes_through_the_facade(store, clock):
    """After a write through the facade, a read returns the written values."""
    facade = ConfigStore(store, "CachedConfigStore", clock=clock)
    facade.config.get("db")
    facade.set("db", {"n": 1})
    assert facade.config["db"] == {"n": 1}
    facade.update("db", {"m": 2}, remove=["n"])
    assert facade.config["db"] == {"m": 2}
    facade.delete("db")
    assert "db" not in facade.config
    facade.set("db", {"n": 3})
    assert facade.config["db"] == {"n": 3}


def test_write_that_fails(store, clock):
    """A write whose answer was lost may have happened: the option is read again."""

    def lost(option, values):
        store.options[option] = values
        raise DOWN

    facade = ConfigStore(store, "CachedConfigStore", clock=clock)
    facade.config.get("db")
    store.set = lost
    with pytest.raises(StoreUnavailableError):
        facade.set("db", {"n": 1})
    assert facade.config["db"] == {"n": 1}


def test_write_during_a_read(store, clock):
    """A read that was overtaken by a write is good for its own caller and is not held."""
    facade = ConfigStore(store, "CachedConfigStore", clock=clock)
    gate = clock.event()
    original = store.get

    def slow(option, **options):
        values = original(option, **options)
        gate.wait()
        return values

    store.get = slow
    outcomes = run_all(clock, 4, lambda: facade.config.get("db").get("host"))
    facade.set("db", {"host": "new"})
    store.get = original
    gate.set()
    clock.advance()
    assert sorted(outcomes) == ["localhost", "new", "new", "new"]
    assert facade.config["db"] == {"host": "new"}
    assert store.asked == ["db", "db"]


def test_overtaken_read_ends_before_its_successor(store, clock):
    """Readers join the read that follows a write, also when the read before the write has ended."""
    facade = ConfigStore(store, "CachedConfigStore", clock=clock)
    gates = [clock.event(), clock.event()]
    store.before_read = lambda: gates[len(store.asked) - 1].wait()
    overtaken = run_all(clock, 1, lambda: facade.config["db"])
    facade.set("db", {"host": "new"})
    joined = run_all(clock, 1, lambda: facade.config["db"])
    gates[0].set()
    clock.advance()
    assert len(overtaken) == 1
    joined += run_all(clock, 8, lambda: facade.config["db"])
    assert joined == []
    gates[1].set()
    clock.advance()
    assert len(store.asked) == 2
    assert facade.config["db"] == {"host": "new"}


def test_write_during_a_read_that_fails(store, clock):
    """A failure of a read that was overtaken by a write makes nothing stale."""
    facade = ConfigStore(store, "CachedConfigStore", clock=clock)
    gate = clock.event()

    def read():
        gate.wait()
        raise DOWN

    store.before_read = read
    outcomes = run_all(clock, 1, lambda: facade.config.get("db"))
    facade.set("db", {"host": "new"})
    store.fail(None)
    assert facade.config["db"] == {"host": "new"}
    gate.set()
    clock.advance()
    assert outcomes == [DOWN]
    assert facade.config["db"] == {"host": "new"}
    assert facade.config.status.stale == frozenset()


def test_refresh_does_not_join_a_read(store, clock, cache):
    """`refresh=True` reads for itself, for a read under way may have begun before a write."""
    gate = clock.event()
    original = store.get

    def slow(option, **options):
        values = original(option, **options)
        gate.wait()
        return values

    store.get = slow
    outcomes = run_all(clock, 1, lambda: cache.get("db")["host"])
    store.set("db", {"host": "new"})
    store.get = original
    assert cache.get("db", refresh=True) == {"host": "new"}
    gate.set()
    clock.advance()
    assert outcomes == ["localhost"]
    assert cache["db"] == {"host": "new"}


def test_reload(store, cache):
    """`reload` forgets everything."""
    cache.get("db")
    cache.reload()
    assert cache.status.options == 0
    cache.get("db")
    assert store.asked == ["db", "db"]


def test_reload_during_a_read(store, clock, cache):
    """A read that was under way during a `reload` is not held."""
    gate = clock.event()
    store.before_read = gate.wait
    outcomes = run_all(clock, 1, lambda: cache.get("db"))
    cache.reload()
    gate.set()
    clock.advance()
    assert len(outcomes) == 1
    assert cache.status.options == 0


def test_invalidate_what_is_not_held(cache):
    """Forgetting what is not held is nothing."""
    cache.invalidate("cache")
    assert cache.status.options == 0


def test_close(store, cache):
    """Closing forgets everything, and leaves the store to who opened it."""
    cache.get("db")
    cache.close()
    cache.close()
    assert cache.status.options == 0
    assert not store.is_closed


def test_repr_shows_no_value(cache):
    """The text of a cache says which store it reads, and how much it holds."""
    cache.get("db")
    assert repr(cache) == "<CachedConfigStore of store 'prod': 1 option>"


@pytest.fixture
def hang(store, clock):
    """Makes each read of the store wait for the gate that it returns."""

    def hang():
        gate = clock.event()
        store.before_read = gate.wait
        return gate

    return hang


def test_held_option_is_served_while_the_backend_hangs(store, clock, cache, hang):
    """An expired option is served after a second, to all who wait, and is said to be stale."""
    cache.get("db")
    clock.advance(60)
    gate = hang()
    outcomes = run_all(clock, 8, lambda: cache.get("db"))
    assert outcomes == []
    assert cache.status.stale == frozenset()
    clock.advance(1)
    assert outcomes == [{"host": "localhost", "port": 27017}] * 8
    assert cache.status.stale == {"db"}
    gate.set()
    clock.advance()


def test_only_the_first_readers_wait_for_a_backend_that_hangs(store, clock, cache, hang):
    """Once a read is late, later readers get the held answer at once."""
    cache.get("db")
    clock.advance(60)
    gate = hang()
    run_all(clock, 1, lambda: cache.get("db"))
    clock.advance(1)
    assert cache.get("db")["host"] == "localhost"
    assert store.asked == ["db", "db"]
    gate.set()
    clock.advance()


def test_late_answer_is_taken(store, clock, cache, hang):
    """The read goes on, and later readers get its answer."""
    cache.get("db")
    clock.advance(60)
    gate = hang()
    run_all(clock, 1, lambda: cache.get("db"))
    clock.advance(1)
    store.set("db", {"host": "elsewhere"})
    gate.set()
    clock.advance()
    assert cache.get("db") == {"host": "elsewhere"}
    assert cache.status.stale == frozenset()
    assert len(store.asked) == 2


def test_max_wait(store, clock, hang):
    """The wait is the caller's choice."""
    cache = CachedConfigStore(store, clock=clock, max_wait=5)
    cache.get("db")
    clock.advance(60)
    gate = hang()
    outcomes = run_all(clock, 1, lambda: cache.get("db"))
    clock.advance(4.9)
    assert outcomes == []
    clock.advance(0.1)
    assert len(outcomes) == 1
    gate.set()
    clock.advance()


def test_max_wait_is_a_duration(store):
    """A wait that is no positive number of seconds is refused."""
    with pytest.raises(ValueError, match="max_wait"):
        CachedConfigStore(store, max_wait=0)


def test_what_is_not_held_is_waited_for(store, clock, cache, hang):
    """Without an answer to serve, a reader waits as long as the backend takes."""
    gate = hang()
    outcomes = run_all(clock, 2, lambda: cache.get("db"))
    clock.advance(10)
    assert outcomes == []
    gate.set()
    clock.advance()
    assert len(outcomes) == 2


def test_interrupt_of_a_read_in_its_thread(store, clock, cache):
    """What ends the thread that reads is raised in the reader."""
    cache.get("db")
    clock.advance(60)
    store.fail(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        cache.get("db")


def test_no_more_threads(store):
    """Where no thread can be started, the reader reads by itself."""

    class Threadless(FakeClock):
        def start(self, thread):
            raise RuntimeError("can't start new thread")

    clock = Threadless()
    cache = CachedConfigStore(store, clock=clock)
    cache.get("db")
    clock.advance(60)
    store.set("db", {"host": "elsewhere"})
    assert cache.get("db") == {"host": "elsewhere"}


def test_context_of_the_reader(store, clock, cache):
    """The thread that reads has the context variables of the reader: a trace goes on."""
    trace = contextvars.ContextVar("trace", default=None)
    seen = []
    cache.get("db")
    clock.advance(60)
    store.before_read = lambda: seen.append(trace.get())
    trace.set("request 1")
    cache.get("db")
    assert seen == ["request 1"]


def test_age_counts_sleep(store, clock, cache):
    """An option of before the machine slept is read again."""
    cache.get("db")
    store.set("db", {"host": "elsewhere"})
    clock.shift(3 * 86_400)
    assert cache.get("db") == {"host": "elsewhere"}


def test_clock_set_back_makes_nothing_fresh(store, clock, cache):
    """A time of day that was set back does not make an option younger."""
    cache.get("db")
    store.set("db", {"host": "elsewhere"})
    clock.shift(-3 * 86_400)
    clock.advance(60)
    assert cache.get("db") == {"host": "elsewhere"}


def test_clock_set_forward_is_no_storm(store, clock, cache):
    """A time of day that was set forward costs one read of each option."""
    cache.get("db")
    clock.shift(3 * 86_400)
    for _ in range(5):
        cache.get("db")
        clock.advance(10)
    assert store.asked == ["db", "db"]


def test_backoff_counts_sleep(store, clock, cache):
    """A backoff that passed while the machine slept is over."""
    cache.get("db")
    store.fail(DOWN)
    clock.advance(60)
    cache.get("db")
    store.fail(None)
    store.set("db", {"host": "elsewhere"})
    clock.shift(3 * 86_400)
    assert cache.get("db") == {"host": "elsewhere"}
