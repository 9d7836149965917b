"""The first load of a store, which must end in bounded time whatever the backend does."""

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
class _Attempt(Generic[T]):
    """What a helper thread has found so far."""

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
        load: Loads once, and never gives None; it may never return (a client without timeouts on a
            dead network).
        store: The store's name, for the error.
        timeout_s: Seconds in all.
        is_patient: Whether to try again while the backend is unavailable.
        backoff: The waits between the tries.
        clock: Where time comes from.

    Raises:
        StoreUnavailableError: There was no answer at all.
        Exception: What the last try raised.
    """
    attempt: _Attempt[T] = _Attempt()
    done = clock.event()
    abandoned = clock.event()

    def run() -> None:
        failures = 0
        while not abandoned.wait(backoff.delay_s(failures)):
            try:
                attempt.result = load()
                break
            except StoreUnavailableError as error:
                attempt.error = error
                failures += 1
                if not is_patient:
                    break
            except BaseException as error:
                attempt.error = error
                break
        done.set()

    clock.start(threading.Thread(target=run, name=f"confstore-load-{store}", daemon=True))
    try:
        done.wait(timeout_s)
    finally:
        abandoned.set()
    if attempt.result is not None:
        return attempt.result
    if attempt.error is not None:
        raise attempt.error
    raise StoreUnavailableError(store, f"no answer within {timeout_s:g} s of starting")
