"""The first load of a store, which ends in bounded time even if the backend never answers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

import attrs

from confstore._process.clock import Clock
from confstore._process.waits import Backoff
from confstore.errors import StoreUnavailableError

__all__ = ["first_load"]

T = TypeVar("T")


@attrs.define(eq=False)
class _Outcome(Generic[T]):
    """The result of the loading thread so far."""

    result: T | None = None
    error: BaseException | None = None


def first_load(
    load: Callable[[], T],
    *,
    store: str,
    timeout_s: float,
    is_patient: bool,
    backoff: Backoff,
    clock: Clock,
) -> T:
    """
    Load in a thread of its own, which is abandoned when the time is up.

    Args:
        load: Loads once, and never returns None; it may never return (a client without timeouts on
            a dead network).
        store: The store's name, for the error.
        timeout_s: Seconds in all.
        is_patient: True tries again while the backend is unavailable.
        backoff: The waits between the tries.
        clock: The source of time.

    Raises:
        StoreUnavailableError: There was no answer at all.
        Exception: The error of the last try.
    """
    outcome: _Outcome[T] = _Outcome()
    done = clock.event()
    abandoned = clock.event()

    def run() -> None:
        failures = 0
        while not abandoned.wait(backoff.delay_s(failures)):
            try:
                outcome.result = load()
                break
            except StoreUnavailableError as error:
                outcome.error = error
                failures += 1
                if not is_patient:
                    break
            except BaseException as error:
                outcome.error = error
                break
        done.set()

    clock.start(threading.Thread(target=run, name=f"confstore-load-{store}", daemon=True))
    try:
        done.wait(timeout_s)
    finally:
        abandoned.set()
    if outcome.result is not None:
        return outcome.result
    if outcome.error is not None:
        raise outcome.error
    raise StoreUnavailableError(store, f"no answer within {timeout_s:g} s of starting")
