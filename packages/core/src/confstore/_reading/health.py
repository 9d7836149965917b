"""The record of a config's health, apart because few programs ask for it at their start."""

from __future__ import annotations

import attrs

__all__ = ["HealthStatus"]


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
