"""A config's health as probes ask for it; apart, because few programs ask at their start."""

from __future__ import annotations

import math

import attrs

__all__ = ["HealthStatus", "snapshot_status", "too_old"]


@attrs.frozen
class HealthStatus:
    """
    The answer to the probes of an orchestrator; it never holds a value.

    Attributes:
        store: The store's name.
        is_live: False if only a new process can help; an outage of the backend is no reason.
        is_ready: True if reads are answered, and not from what is older than allowed.
        reason: Why it is not ready, in one line; None if it is.
        age: Seconds for which the snapshot, or the oldest expired option that a cache still serves,
            has not been confirmed; infinite if no clock here can tell, None if nothing is held.
        version: Counts the snapshots that were shown; None for the other strategies.
        consecutive_failures: Failed refreshes since the last successful one.
    """

    store: str
    is_live: bool
    is_ready: bool
    reason: str | None
    age: float | None
    version: int | None
    consecutive_failures: int


def snapshot_status(
    store: str,
    version: int,
    age_s: float,
    limits_s: tuple[float | None, ...],
    *,
    failures: int,
    last_error: str | None,
    is_closed: bool,
    is_live: bool,
) -> HealthStatus:
    """
    Judge a snapshot that a thread keeps fresh.

    Args:
        store: The store's name.
        version: The snapshot's version.
        age_s: The snapshot's age in seconds.
        limits_s: The ages in seconds above which it is not ready; None is no limit.
        failures: The failed refreshes since the last successful one.
        last_error: The error of the last of these.
        is_closed: The config was closed.
        is_live: False if the thread is to be there, and has ended.
    """
    limit_s = min((limit_s for limit_s in limits_s if limit_s is not None), default=math.inf)
    reason = None
    if not is_live:
        reason = "the thread that refreshes has ended: start the process again"
    elif is_closed:
        reason = "the config was closed"
    elif age_s > limit_s:
        reason = too_old(age_s, limit_s, last_error)
    return HealthStatus(store, is_live, reason is None, reason, age_s, version, failures)


def too_old(age_s: float, limit_s: float, error: str | None, limit: str = "max_age") -> str:
    """Say how old a snapshot is, which age is allowed, and why it was not replaced."""
    age = "at an unknown time" if math.isinf(age_s) else f"{age_s:.0f} s ago"
    reason = f"loaded {age}, {limit} is {limit_s:g} s"
    return reason if error is None else f"{reason}; the last refresh failed: {error}"
