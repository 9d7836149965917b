"""
What must happen in a child process after `os.fork()`.

A child inherits locks in whatever state another thread held them, connections that its parent goes
on using, and no thread but the one that forked.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable

__all__ = ["call_after_fork"]

# By order of registration: a store comes before the config that reads from it. Each registration is
# one atomic operation on a dict, so that no lock is needed which could itself be inherited locked.
_methods: dict[int, weakref.WeakMethod[Callable[[], None]]] = {}


def call_after_fork(method: Callable[[], None]) -> None:
    """
    Call a bound method in every child process that is forked from now on.

    Args:
        method: A bound method; its object is held weakly, and forgotten when it is collected.
    """
    owner = id(method.__self__)  # type: ignore[attr-defined]  # a bound method has one
    _methods[owner] = weakref.WeakMethod(method, lambda _: _methods.pop(owner, None))


def _after_fork() -> None:
    for reference in list(_methods.values()):
        method = reference()
        if method is not None:
            method()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
