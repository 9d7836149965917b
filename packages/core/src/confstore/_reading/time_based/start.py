"""The state with which a config starts: the store's, or that of its fallback file."""

from __future__ import annotations

import functools
import math

from confstore._process.clock import Clock, Moment
from confstore._process.log import describe, log_fields, logger
from confstore._process.waits import Backoff
from confstore._reading.observers import Note
from confstore._reading.time_based.fallback import Fallback
from confstore._reading.time_based.first_load import first_load, load_next
from confstore._reading.time_based.refresh_thread import RefreshThread
from confstore._reading.time_based.secrets import SecretOpening, with_secrets
from confstore._reading.time_based.views import Health, Overrides, View
from confstore._stores.loader import Loader, State
from confstore.errors import StoreClosedError, StoreUnavailableError

__all__ = ["start_state"]


Started = tuple[State, Health, View]


def start_state(
    loader: Loader,
    secrets: SecretOpening,
    overrides: Overrides,
    fallback: Fallback | None,
    thread: RefreshThread,
    *,
    timeout_s: float,
    backoff: Backoff,
    clock: Clock,
    note: Note,
) -> Started:
    """
    Load for the first time, or else read the fallback file; `note` is then told why.

    Raises:
        StoreClosedError: The thread was stopped meanwhile.
        StoreUnavailableError: No answer in time, and no fallback.
        Exception: The error of the last try.
    """
    store, began = thread.store, Moment.now(clock)
    # No method of the config's: a thread that is abandoned must not keep the config alive.
    load = functools.partial(load_next, loader, secrets, clock, consistent=True)
    first = functools.partial(
        first_load, load, store=store, source=loader.store, backoff=backoff, clock=clock
    )
    with thread.first_load() as awaited:
        try:
            is_patient = fallback is None
            state, health = first(done=awaited(), timeout_s=timeout_s, is_patient=is_patient)
            return state, health, overrides.view(state)
        except Exception as error:
            if thread.stopped.is_set():
                raise StoreClosedError(store) from error
            if fallback is None:
                raise
            started = _from_fallback(fallback, overrides, store, clock, error)
            if started is not None:
                note(error)
                return started
            rest_s = timeout_s - began.age_s(clock)
            if rest_s <= 0 or not isinstance(error, StoreUnavailableError):
                raise
            # Nothing to start from: as patient as without a fallback file.
            again = functools.partial(first, timeout_s=rest_s, is_patient=True, failure=error)
            state, health = again(done=awaited())
            return state, health, overrides.view(state)


def _from_fallback(
    fallback: Fallback, overrides: Overrides, store: str, clock: Clock, error: Exception
) -> Started | None:
    try:
        state, saved_at = fallback.load()
        view = overrides.view(state)
    except Exception as fault:
        text = "store %r: cannot start from the fallback file: %s"
        extra = log_fields(store, version=overrides.version, error=fault)
        logger.error(text, store, describe(fault), extra=extra)
        return None
    saved = Moment.now(clock).at(saved_at.timestamp())
    age_s = saved.age_s(clock)
    reason = describe(error)
    age = "unknown age" if math.isinf(age_s) else f"{age_s:.0f} s ago"
    text = "store %r: the first load failed, started from a fallback file of %s: %s"
    extra = log_fields(store, version=overrides.version, error=error)
    logger.warning(text, store, age, reason, extra=extra)
    health = Health(saved, saved_at, True, 1, reason)
    return with_secrets(state), health, view
