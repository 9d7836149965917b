"""Hooks that run in a forked child."""

from __future__ import annotations

import gc
import logging
import os
import sys
import threading
import types
from collections.abc import Callable

import pytest

from confstore.adapter import call_after_fork
from confstore.testing import CANARY
from forked import fork, fork_in_c

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


class Owner:
    def __init__(self, log: list[str], name: str) -> None:
        self.log = log
        self.name = name

    def note(self) -> None:
        self.log.append(self.name)


def in_child(answer: Callable[[], str]) -> str:
    """The answer of a forked child."""
    return fork(answer).join()


def test_child_calls_in_order_of_registration() -> None:
    """Hooks run in the order of registration: a store's before its reader's."""
    log: list[str] = []
    owners = [Owner(log, name) for name in "abc"]
    for owner in owners:
        call_after_fork(owner.note)
    assert in_child(lambda: " ".join(log)) == "a b c"


def test_parent_calls_nothing() -> None:
    """The parent goes on as before."""
    log: list[str] = []
    owner = Owner(log, "a")
    call_after_fork(owner.note)
    in_child(str)
    assert log == []


def test_owner_is_held_weakly() -> None:
    """An object without other references is collected, and not called."""
    log: list[str] = []
    owner = Owner(log, "a")
    call_after_fork(owner.note)
    del owner
    gc.collect()
    assert in_child(lambda: " ".join(log)) == ""


def test_owner_that_is_part_of_a_cycle_is_collected() -> None:
    """A registration does not keep a cycle alive."""
    log: list[str] = []
    owner = Owner(log, "a")
    owner.myself = owner  # type: ignore[attr-defined]  # the cycle
    call_after_fork(owner.note)
    del owner
    gc.collect()
    assert in_child(lambda: " ".join(log)) == ""


def test_what_an_earlier_call_lets_go_is_not_called() -> None:
    """A hook may drop an object whose hook was next."""
    log: list[str] = []
    owners = [Owner(log, name) for name in "ab"]

    class First:
        def let_go(self) -> None:
            owners.pop()

    first = First()
    call_after_fork(first.let_go)
    for owner in owners:
        call_after_fork(owner.note)
    del owner
    assert in_child(lambda: " ".join(log)) == "a"


def test_one_fault_leaves_the_others() -> None:
    """An exception of one hook is logged by its type, and the next hook is called."""
    log: list[str] = []

    class Faulty:
        def fail(self) -> None:
            raise ValueError(CANARY)

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            log.append(self.format(record))

    faulty, owner = Faulty(), Owner(log, "a")
    call_after_fork(faulty.fail)
    call_after_fork(owner.note)
    handler = Handler()
    logging.getLogger("confstore").addHandler(handler)
    try:
        text = in_child(lambda: "\n".join(log))
    finally:
        logging.getLogger("confstore").removeHandler(handler)
    assert text.endswith("\na")
    assert "ValueError" in text
    assert CANARY not in text


def test_second_registration_replaces_the_first() -> None:
    """An object has one method that is called, once."""
    log: list[str] = []
    owner = Owner(log, "a")
    call_after_fork(owner.note)
    call_after_fork(owner.note)
    assert in_child(lambda: " ".join(log)) == "a"


def test_child_of_a_child_calls_again() -> None:
    """A registration is inherited."""
    log: list[str] = []
    owner = Owner(log, "a")
    call_after_fork(owner.note)
    assert in_child(lambda: in_child(lambda: " ".join(log))) == "a a"


def in_child_of_c(answer: Callable[[], str]) -> str:
    """The answer of a child that was forked without Python's knowledge."""
    return fork(answer, fork_in_c).join()


def test_fork_in_c_is_noticed_before_the_first_use() -> None:
    """The result of a registration calls the hooks in a child that Python knows nothing of."""
    log: list[str] = []
    owners = [Owner(log, name) for name in "ab"]
    for owner in owners:
        notice = call_after_fork(owner.note)

    def answer() -> str:
        before = " ".join(log)
        notice()
        notice()
        return f"{before}; {' '.join(log)}"

    assert in_child_of_c(answer) == "; a b"


def test_fork_that_python_knows_of_is_not_noticed_again() -> None:
    """Hooks that have run already do not run again."""
    log: list[str] = []
    owner = Owner(log, "a")
    notice = call_after_fork(owner.note)
    assert in_child(lambda: str(notice()) + " ".join(log)) == "Nonea"


def test_hook_may_use_what_another_renews() -> None:
    """A hook that itself looks for a fork does not start the hooks over."""
    log: list[str] = []

    class Asks(Owner):
        def note(self) -> None:
            notice()
            super().note()

    owner = Asks(log, "a")
    notice = call_after_fork(owner.note)
    assert in_child_of_c(lambda: str(notice()) + " ".join(log)) == "Nonea"


def test_threads_wait_until_every_hook_has_run() -> None:
    """A thread of the child that comes second uses nothing before it is renewed."""
    log: list[str] = []
    is_in, may_go_on = threading.Event(), threading.Event()

    class Slow(Owner):
        def note(self) -> None:
            is_in.set()
            may_go_on.wait(60)
            super().note()

    owner = Slow(log, "hook")
    notice = call_after_fork(owner.note)

    def use() -> None:
        notice()
        log.append("use")

    def answer() -> str:
        first = threading.Thread(target=notice)
        first.start()
        is_in.wait(60)
        second = threading.Thread(target=use)
        second.start()
        may_go_on.set()
        first.join()
        second.join()
        return " ".join(log)

    assert in_child_of_c(answer) == "hook use"


def uwsgi(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    module = types.ModuleType("uwsgi")
    monkeypatch.setitem(sys.modules, "uwsgi", module)
    return module


def test_uwsgi_says_that_it_forked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under uWSGI the hooks run in its `post_fork_hook`."""
    module = uwsgi(monkeypatch)
    log: list[str] = []
    owner = Owner(log, "a")
    call_after_fork(owner.note)

    def answer() -> str:
        module.post_fork_hook()
        return " ".join(log)

    assert in_child_of_c(answer) == "a"


def test_hook_of_the_application_is_called_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """The `post_fork_hook` that was there is called after ours, once, however many register."""
    module = uwsgi(monkeypatch)
    log: list[str] = []
    module.post_fork_hook = lambda: log.append("application")  # type: ignore[attr-defined]  # uWSGI's
    owners = [Owner(log, name) for name in "ab"]
    for owner in owners:
        call_after_fork(owner.note)

    def answer() -> str:
        module.post_fork_hook()
        return " ".join(log)

    assert in_child_of_c(answer) == "a b application"
