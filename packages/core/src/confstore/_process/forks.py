"""
What must happen in a child process after `os.fork()`.

A child inherits locks in whatever state another thread held them, connections that its parent goes
on using, and no thread but the one that forked.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable
from types import MethodType
from typing import TypeVar, cast

# Imported for its order, too: hooks run in the order of their registration, and logging renews its
# own inherited locks in one.
from confstore._process.log import describe, logger

__all__ = ["call_after_fork", "parts_of"]

T = TypeVar("T")

# By order of registration: a store comes before the config that reads from it. Each registration is
# one atomic operation on a dict, so that no lock is needed which could itself be inherited locked.
_methods: dict[int, tuple[weakref.ref[object], Callable[[object], object]]] = {}


def call_after_fork(method: Callable[[], None]) -> None:
    """
    Call a bound method in every child process that is forked from now on.

    Args:
        method: A bound method; its object is held weakly, and forgotten when it is collected.
    """
    owner, function = parts_of(method)
    name = id(owner)
    _methods[name] = weakref.ref(owner, lambda _: _methods.pop(name, None)), function


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
            # One adapter's fault must not leave the others with inherited locks.
            logger.error("after a fork, %s raised %s", type(owner).__name__, describe(error))


if hasattr(os, "register_at_fork"):  # pragma: no branch (Windows has no fork)
    os.register_at_fork(after_in_child=_after_fork)
