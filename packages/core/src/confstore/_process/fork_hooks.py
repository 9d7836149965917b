"""
Hooks that run in a forked child process.

A child inherits locks in the state in which other threads held them, connections that its parent
still uses, and only the thread that forked. Python calls us after `os.fork()`; of a fork in C it
knows nothing, so whatever is about to use a lock or a connection compares process ids first.
"""

from __future__ import annotations

import os
import sys
import threading
import weakref
from collections.abc import Callable
from types import MethodType
from typing import TypeVar, cast

# This import also sets the order: hooks run as they were registered, and logging renews its own
# inherited locks in one.
from confstore._process.log import describe, error_type, logger

__all__ = ["call_after_fork", "is_master_of_uwsgi", "notice_fork", "parts_of"]

T = TypeVar("T")

# In order of registration: a store comes before the config that reads it. A registration is one
# atomic operation on a dict, so there is no lock that a child could inherit locked.
_methods: dict[int, tuple[weakref.ref[object], Callable[[object], object]]] = {}
_CLEAN_UP_EVERY = 64

_getpid = os.getpid
# The process whose hooks have run, and the one whose hooks are running.
_ready = _renewing = _getpid()
# One lock for each process, so that no child inherits its lock locked.
_locks: dict[int, threading.RLock] = {}


def call_after_fork(method: Callable[[], None]) -> Callable[[], None]:
    """
    Call a bound method in every child process that is forked from now on.

    Args:
        method: A bound method; its object is held weakly. An object has one such method.

    Returns:
        A function to call before each use of what the method renews, before any lock is taken: it
        notices a fork in C (uWSGI and other servers), of which Python does not know. It costs a
        comparison of process ids.
    """
    owner, function = parts_of(method)
    # Without a callback: one that is called at the recursion limit fails. So the dead references
    # are removed here. An object has one such reference, and no other has its id while it is here.
    reference = weakref.ref(owner)
    _methods[id(reference)] = reference, function
    if len(_methods) % _CLEAN_UP_EVERY == 0:
        for name, (held, _) in list(_methods.items()):
            if held() is None:
                _methods.pop(name, None)
    _hook_into_uwsgi()
    return notice_fork


def notice_fork() -> None:
    """Call the hooks, if this is a forked child in which they have not been called."""
    if _getpid() != _ready:
        _after_fork()


def parts_of(method: Callable[[], T]) -> tuple[object, Callable[[object], T]]:
    """
    The object and the function of a bound method.

    Not `weakref.WeakMethod`: its callback can print errors when the interpreter ends.
    """
    bound = cast("MethodType", method)
    return bound.__self__, bound.__func__


def _after_fork() -> None:
    global _ready, _renewing
    pid = _getpid()
    # Other threads of this child wait here until every hook has run.
    with _locks.setdefault(pid, threading.RLock()):
        # Equal: another thread was first, or a hook uses what another one renews.
        if pid == _renewing:
            return
        _renewing = pid
        _call_hooks()
        _ready = pid
    _locks.pop(pid, None)


def _call_hooks() -> None:
    for reference, function in list(_methods.values()):
        owner = reference()
        try:
            _ = None if owner is None else function(owner)
        except Exception as error:
            # The fault of one adapter must not leave the others with inherited locks.
            text = "after a fork, %s raised %s"
            fields = {"error.type": error_type(error)}
            logger.error(text, type(owner).__name__, describe(error), extra=fields)


def _hook_into_uwsgi() -> None:
    """
    Have uWSGI say that it has forked, after the hook that is there.

    Without this a worker would notice only when its config is asked for more than an attribute.
    """
    uwsgi = sys.modules.get("uwsgi")
    earlier = getattr(uwsgi, "post_fork_hook", None)
    if uwsgi is None or getattr(earlier, "is_of_confstore", False):
        return

    def post_fork_hook() -> None:
        notice_fork()
        if earlier is not None:
            earlier()

    post_fork_hook.is_of_confstore = True  # type: ignore[attr-defined]  # our mark
    uwsgi.post_fork_hook = post_fork_hook  # type: ignore[attr-defined]  # uWSGI's module has no types


def is_master_of_uwsgi() -> bool:
    """
    True in uWSGI's master, which only forks workers and serves nothing.

    A thread that runs there at that moment holds the interpreter's lock in the worker for ever:
    uWSGI forks without telling Python.
    """
    masterpid = getattr(sys.modules.get("uwsgi"), "masterpid", None)
    return masterpid is not None and masterpid() == _getpid()


if hasattr(os, "register_at_fork"):  # pragma: no branch (Windows has no fork)
    os.register_at_fork(after_in_child=_after_fork)
