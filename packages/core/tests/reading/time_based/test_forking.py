"""A forked child goes on by itself, whatever its parent's threads were doing."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
import types

import pytest

from confstore import CachedConfigStore, SimpleConfigStore, TimeBasedConfigStore
from confstore.adapter import call_after_fork
from confstore.errors import StoreClosedError
from confstore.testing import FakeClock
from forked import end_of_this_thread, fork, fork_in_c

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")

TIMEOUT_S = 60


def in_child(work):
    """Run something in a forked child; an exception there fails this test."""
    fork(work).join()


def hold(take):
    """Run something that blocks in a thread, until the function that is returned is called."""
    is_in, may_go_on = threading.Event(), threading.Event()

    def wait():
        is_in.set()
        may_go_on.wait(TIMEOUT_S)

    thread = threading.Thread(target=take, args=(wait,), daemon=True)
    thread.start()
    assert is_in.wait(TIMEOUT_S)

    def end():
        may_go_on.set()
        if thread.is_alive():
            thread.join(TIMEOUT_S)

    return end


def test_child_refreshes_by_itself(store, clock, open_config):
    """The child has a refresher of its own, and so has the parent."""
    config = open_config(store)

    def child():
        store.set("db", {"host": "child"})
        clock.advance(60)
        assert config.db == {"host": "child"}
        config.reload()

    in_child(child)
    store.set("db", {"host": "parent"})
    clock.advance(60)
    assert config.db == {"host": "parent"}


def test_child_by_the_machines_clock(store):
    """The same with real time."""
    with TimeBasedConfigStore(store, 0.01) as config:

        def child():
            is_read = threading.Event()
            store.before_read = is_read.set
            assert is_read.wait(TIMEOUT_S)
            assert len([one for one in threading.enumerate() if "refresh" in one.name]) == 1
            config.close()

        in_child(child)


def test_fork_of_multiprocessing(store, clock, open_config):
    """multiprocessing's fork is a fork, too."""
    config = open_config(store)
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()

    def child():
        store.set("db", {"host": "child"})
        clock.advance(60)
        queue.put(config.db["host"])

    process = context.Process(target=child)
    process.start()
    process.join(TIMEOUT_S)
    assert process.exitcode == 0
    assert queue.get() == "child"


def test_fork_during_a_refresh(store, open_config):
    """A lock that the parent's refresher held is free in the child."""
    config = open_config(store)

    def refresh(wait):
        store.before_read = wait
        config.reload()

    end = hold(refresh)

    def child():
        store.fail(None)
        store.set("db", {"host": "child"})
        config.reload()
        assert config.db == {"host": "child"}
        with config.override(db={}):
            assert config.db == {}

    in_child(child)
    end()


def test_fork_while_telling(store, open_config):
    """The child drops the parent's notification and notifies its own changes."""
    config = open_config(store)
    told = []

    def refresh(wait):
        config.subscribe(lambda option, old, new: told.append(option) or wait())
        store.set("db", {"host": "parent"})
        store.set("external-port", {"value": 81})
        config.reload()

    end = hold(refresh)

    def child():
        store.set("db", {"host": "child"})
        told.clear()
        end()
        config.reload()
        assert told == ["db"]

    in_child(child)
    end()


def test_fork_in_a_subscriber(store, open_config):
    """A subscriber may fork, and its child may reload."""
    config = open_config(store)

    def fork(option, old, new):
        def child():
            told = []
            config.subscribe(lambda option, old, new: told.append(new))
            store.set("external-port", {"value": 81})
            config.reload()
            assert told == [{"value": 81}]

        in_child(child)

    end = config.subscribe(fork)
    store.set("db", {})
    config.reload()
    end()


def test_child_asks_for_everything(store, clock, open_config):
    """The child does not miss changes that the parent had polled and not shown yet."""
    asked = []
    poll = _poll_of(store, asked)
    store.poll = poll
    config = open_config(store)

    def child():
        config.reload()
        assert asked[-1] is None

    in_child(child)
    config.reload()
    assert asked[-1] is not None


def _poll_of(store, asked):
    from confstore import Poll

    def poll(checkpoint=None, *, consistent=False):
        asked.append(checkpoint)
        return Poll(len(asked), dict(store.options), is_full=True)

    return poll


def test_closed_config_stays_closed(store, clock, open_config):
    """A config that was closed before the fork is closed in the child."""
    config = open_config(store)
    config.close()

    def child():
        with pytest.raises(StoreClosedError):
            config.reload()
        assert not [one for one in threading.enumerate() if "refresh" in one.name]

    in_child(child)


def test_on_demand_in_a_child(store, clock, open_config):
    """Without a thread in the parent there is none in the child."""
    config = open_config(store, background=False)

    def child():
        clock.advance(60)
        store.set("db", {"host": "child"})
        assert config.db == {"host": "child"}
        assert threading.active_count() == 1

    in_child(child)


def test_grandchild(store, clock, open_config):
    """A child's child refreshes by itself, too."""
    config = open_config(store)

    def grandchild():
        store.set("db", {"host": "grandchild"})
        clock.advance(60)
        assert config.db == {"host": "grandchild"}

    in_child(lambda: in_child(grandchild))


def test_subscriptions_are_inherited(store, clock, open_config):
    """A subscriber from before the fork is called in the child."""
    config = open_config(store)
    told = []
    config.subscribe(lambda option, old, new: told.append(new))

    def child():
        store.set("db", {"host": "child"})
        clock.advance(60)
        assert told == [{"host": "child"}]

    in_child(child)


def test_cache_during_a_fetch(store, clock, open_config):
    """A child reads for itself what a thread of its parent was reading."""
    cache = CachedConfigStore(store, clock=clock)

    def fetch(wait):
        store.before_read = wait
        cache.get("db")

    end = hold(fetch)

    def child():
        store.fail(None)
        assert cache.get("db")["port"] == 27017

    in_child(child)
    end()


def test_cache_while_locked(store):
    """A lock of the cache that a thread of the parent held is free in the child."""

    class Slow(FakeClock):
        wait = staticmethod(lambda: None)

        def monotonic(self):
            self.wait()
            return super().monotonic()

    clock = Slow()
    cache = CachedConfigStore(store, clock=clock)
    cache.get("db")

    def look(wait):
        clock.wait = wait
        cache.get("db")

    end = hold(look)

    def child():
        clock.wait = lambda: None
        assert cache.get("db")["port"] == 27017
        assert cache.get("external-port") == {"value": 80}

    in_child(child)
    end()


def test_cache_keeps_what_it_holds(store, clock):
    """An option cached before the fork is cached in the child."""
    cache = CachedConfigStore(store, clock=clock)
    cache.get("db")

    def child():
        store.fail(OSError())
        assert cache.get("db")["port"] == 27017

    in_child(child)


def test_simple_in_a_child(store):
    """SimpleConfigStore has nothing that a fork could break."""
    config = SimpleConfigStore(store)
    in_child(lambda: config.get("db"))


class Renewed:
    """An adapter with a hook."""

    def __init__(self, order, error=None):
        self.order = order
        self.error = error

    def after_fork(self):
        self.order.append(self)
        if self.error is not None:
            raise self.error


def test_hooks_run_in_order():
    """Hooks run in the order of their registration: a store's before its config's."""
    order = []
    hooks = [Renewed(order) for _ in range(3)]
    for hook in hooks:
        call_after_fork(hook.after_fork)

    def child():
        assert order == hooks

    in_child(child)


def test_hook_that_raises(caplog):
    """An adapter whose hook raises does not keep the others from theirs."""
    order = []
    hooks = [Renewed(order, ZeroDivisionError()), Renewed(order)]
    for hook in hooks:
        call_after_fork(hook.after_fork)

    def child():
        assert order == hooks
        assert "raised ZeroDivisionError" in caplog.text

    in_child(child)


def test_hook_of_what_is_gone():
    """A hook does not keep its object alive, and is forgotten with it."""
    order = []
    call_after_fork(Renewed(order).after_fork)

    def child():
        assert order == []

    in_child(child)


USES = {
    "status": lambda config: config.status,
    "get": lambda config: config.get("db"),
    "current": lambda config: config.current,
    "reload": lambda config: config.reload(),
    "in": lambda config: "db" in config,
    "len": len,
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_fork_in_c(use, store, clock, open_config):
    """After a fork that Python does not know of, whatever is asked starts the child's refresher."""
    config = open_config(store)

    def child():
        use(config)
        store.set("db", {"host": "child"})
        clock.advance(60)
        # A plain attribute: it is not this read that noticed.
        assert config.db == {"host": "child"}

    # The refresher's thread waits.
    clock.advance()
    fork(child, fork_in_c).join()


def test_fork_in_c_during_a_refresh(store, open_config):
    """A lock that the parent's refresher held is free in a child that Python does not know of."""
    config = open_config(store)

    def refresh(wait):
        store.before_read = wait
        config.reload()

    end = hold(refresh)

    def child():
        store.fail(None)
        store.set("db", {"host": "child"})
        config.reload()
        assert config.db == {"host": "child"}

    fork(child, fork_in_c).join()
    end()


@pytest.mark.parametrize("by", [os.fork, fork_in_c])
def test_fork_in_a_subscriber_of_the_refresher(by, store):
    """A child that comes out of a subscriber of the refresher's thread has one refresher."""
    reader, writer = os.pipe()
    forked = []

    def fork_once(option, old, new):
        if not forked:
            forked.append(None)
            child = by()
            if child:
                forked.append(child)
                return
            # Its only thread now returns into the refresher of the parent.
            threading.Thread(target=count, args=(end_of_this_thread(),)).start()
            config.reload()

    def count(ended):
        has_ended = ended.wait(TIMEOUT_S)
        names = [one.name for one in threading.enumerate() if one.is_alive()]
        is_one = has_ended and names.count("confstore-refresh-prod") == 1
        os.write(writer, b"one" if is_one else str(names).encode())
        os._exit(0)

    config = TimeBasedConfigStore(store, 0.01)
    config.subscribe(fork_once)
    store.set("db", {})
    said = os.read(reader, 1000)
    config.close()
    os.waitpid(forked[1], 0)
    os.close(reader)
    os.close(writer)
    assert said == b"one"


def test_no_thread_in_the_master_of_uwsgi(store, clock, open_config, monkeypatch):
    """Where uWSGI only forks workers there is no thread that could hold locks; a worker has one."""
    uwsgi = types.ModuleType("uwsgi")
    master = os.getpid()
    uwsgi.masterpid = lambda: master
    monkeypatch.setitem(sys.modules, "uwsgi", uwsgi)
    config = open_config(store)
    assert not [one for one in threading.enumerate() if one.name.startswith("confstore-")]

    def child():
        uwsgi.post_fork_hook()
        store.set("db", {"host": "child"})
        clock.advance(60)
        assert config.db == {"host": "child"}

    fork(child, fork_in_c).join()
