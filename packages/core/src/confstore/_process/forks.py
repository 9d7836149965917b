"""
Hooks that run in a child process after `os.fork()`.

A child inherits locks in the state in which other threads held them, connections that its parent
still uses, and only the thread that forked.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable
from types import MethodType
from typing import TypeVar, cast

# This import also sets the order: hooks run as they were registered, and logging renews its own
# inherited locks in one.
from confstore._process.log import describe, logger

__all__ = ["call_after_fork", "parts_of"]

T = TypeVar("T")

# In order of registration: a store comes before the config that reads it. A registration is one
# atomic operation on a dict, so there is no lock that a child could inherit locked.
_methods: dict[int, tuple[weakref.ref[object], Callable[[object], object]]] = {}
_CLEAN_UP_EVERY = 64


def call_after_fork(method: Callable[[], None]) -> None:
    """
    Call a bound method in every child process that is forked from now on.

    Args:
        method: A bound method; its object is held weakly. An object has one such method.
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


def parts_of(method: Callable[[], T]) -> tuple[object, Callable[[object], T]]:
    """
    The object and the function of a bound method.

    Not `weakref.WeakMethod`: in Python 3.10 it prints errors when the interpreter ends.
    """
    bound = cast("MethodType", method)
    return bound.__self__, bound.__func__


def _after_fork() -> None:
    for reference, function in list(_methods.values()):
        owner = reference()
        try:
            _ = None if owner is None else function(owner)
        except Exception as error:
            # The fault of one adapter must not leave the others with inherited locks.
            logger.error("after a fork, %s raised %s", type(owner).__name__, describe(error))


if hasattr(os, "register_at_fork"):  # pragma: no branch (Windows has no fork)
    os.register_at_fork(after_in_child=_after_fork)
