"""The first load of a store, which ends in bounded time even if the backend never answers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from confstore._process.clock import Clock
from confstore._process.waits import Backoff
from confstore.errors import StoreUnavailableError

__all__ = ["first_load"]

T = TypeVar("T")


def first_load(
    load: Callable[[], T],
    *,
    store: str,
    timeout_s: float,
    is_patient: bool,
    backoff: Backoff,
    clock: Clock,
    failure: BaseException | None = None,
) -> T:
    """
    Load in a thread of its own, which is abandoned when the time is up.

    `load` never returns None, and may never return (a client without timeouts on a dead network).
    A patient first load tries again while the backend is unavailable. `failure` is the error of a
    try before this call: the first one here waits first.

    Raises:
        StoreUnavailableError: There was no answer at all.
        Exception: The error of the last try.
    """
    result: T | None = None
    done = clock.event()
    abandoned = clock.event()

    def run() -> None:
        nonlocal result, failure
        failures = 0 if failure is None else 1
        while not abandoned.wait(backoff.delay_s(failures)):
            try:
                result = load()
                break
            except StoreUnavailableError as error:
                failure = error
                failures += 1
                if not is_patient:
                    break
            except BaseException as error:
                failure = error
                break
        done.set()

    thread = threading.Thread(target=run, name=f"confstore-load-{store}", daemon=True)
    clock.start(thread)
    try:
        if done.wait(timeout_s):
            # A process that forks next has no thread of ours.
            thread.join()
    finally:
        abandoned.set()
    if result is not None:
        return result
    if failure is not None:
        raise failure
    raise StoreUnavailableError(store, f"no answer within {timeout_s:g} s of starting")
