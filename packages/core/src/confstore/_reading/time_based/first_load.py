"""Loads of a store; the first ends in bounded time, even if the backend never answers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from confstore._process.clock import Clock, Event, Moment
from confstore._process.log import describe, log_fields, logger
from confstore._process.waits import Backoff
from confstore._reading.time_based.secrets import SecretOpening
from confstore._reading.time_based.views import Health
from confstore._stores.loader import Loader, State
from confstore.errors import StoreClosedError, StoreUnavailableError

__all__ = ["first_load", "load_next"]

T = TypeVar("T")

_QUIET_S = 5.0
"""Seconds after which a start that waits for its first answer says so; a guess."""


def first_load(
    load: Callable[[], T],
    *,
    done: Event,
    store: str,
    source: object,
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
    try before this call: the first one here waits first. Whoever does not want the answer any more
    sets `done`, from another thread.

    The log has the first failure of a patient load, or that `source` gave no answer yet: whoever
    starts a service with a mistyped region sees why it stands still.

    Raises:
        StoreClosedError: `done` was set meanwhile.
        StoreUnavailableError: There was no answer at all.
        Exception: The error of the last try.
    """
    result: T | None = None
    has_ended = False
    abandoned = clock.event()
    ends_s = clock.monotonic() + timeout_s

    def tell(error: BaseException) -> None:
        rest_s = max(0.0, ends_s - clock.monotonic())
        text = "store %r: the first load failed, and is tried again for %.0f s: %s"
        extra = log_fields(store, error=error)
        logger.warning(text, store, rest_s, describe(error), extra=extra)

    def run() -> None:
        nonlocal result, failure, has_ended
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
                if failures == 1:
                    tell(error)
            except BaseException as error:
                failure = error
                break
        has_ended = True
        done.set()

    thread = threading.Thread(target=run, name=f"confstore-load-{store}", daemon=True)
    if failure is not None:
        tell(failure)
    clock.start(thread)
    try:
        is_done = done.wait(min(_QUIET_S, timeout_s))
        if not is_done and (rest_s := ends_s - clock.monotonic()) > 0:
            if failure is None:
                text = "store %r: no answer for %.0f s, waiting up to %.0f s more: %r"
                logger.warning(text, store, _QUIET_S, rest_s, source, extra=log_fields(store))
            is_done = done.wait(rest_s)
        if has_ended:
            # A process that forks next has no thread of ours.
            thread.join()
    finally:
        abandoned.set()
    if is_done and not has_ended:
        raise StoreClosedError(store)
    if result is not None:
        return result
    if failure is not None:
        raise failure
    raise StoreUnavailableError(store, f"no answer within {timeout_s:g} s of starting")


def load_next(
    loader: Loader, secrets: SecretOpening, clock: Clock, *, consistent: bool
) -> tuple[State, Health]:
    """Load the next state of a store, with the time of the question, not of the answer."""
    now = clock.now()
    health = Health(Moment(clock.monotonic(), now.timestamp()), now)
    old = loader.last
    state = loader.next(old, consistent=consistent)
    # A call less for a store without secrets.
    if state.changed or old.secrets:
        state = secrets.prepare(old, state, is_reload=consistent)
    return state, health
