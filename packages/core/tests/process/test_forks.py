"""Hooks that run in a forked child."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Callable

import pytest

from confstore.adapter import call_after_fork
from confstore.testing import CANARY
from forked import fork

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
