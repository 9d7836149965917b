"""
Configuration for Python services, kept in one place, read everywhere.

The same code reads its configuration from a DynamoDB table in production, from process memory in
unit tests and from a JSON file on a developer's machine.

The names below are imported when they are first used: a program pays at its start for the strategy
that it reads through, and not for the other ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from confstore._lazy import lazy_names

if TYPE_CHECKING:
    from confstore._bulk import BulkStore
    from confstore._cached import CachedConfigStore, CacheStatus
    from confstore._clock import Clock, Event, SystemClock
    from confstore._commit import Change, Commit
    from confstore._config_store import ConfigStore
    from confstore._diagnose import diagnose
    from confstore._diagnosis import DiagnosableStore, Finding
    from confstore._difference import Difference, diff
    from confstore._history import history, state_at
    from confstore._journal import JournaledStore
    from confstore._open_store import open_store
    from confstore._plan import reconcile, rollback
    from confstore._simple import SimpleConfigStore
    from confstore._snapshot import Status
    from confstore._store import Poll, PollableStore, Store, Value, Values
    from confstore._time_based import TimeBasedConfigStore

__all__ = [
    "BulkStore",
    "CacheStatus",
    "CachedConfigStore",
    "Change",
    "Clock",
    "Commit",
    "ConfigStore",
    "DiagnosableStore",
    "Difference",
    "Event",
    "Finding",
    "JournaledStore",
    "Poll",
    "PollableStore",
    "SimpleConfigStore",
    "Status",
    "Store",
    "SystemClock",
    "TimeBasedConfigStore",
    "Value",
    "Values",
    "diagnose",
    "diff",
    "history",
    "open_store",
    "reconcile",
    "rollback",
    "state_at",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "BulkStore": "confstore._bulk",
        "CacheStatus": "confstore._cached",
        "CachedConfigStore": "confstore._cached",
        "Change": "confstore._commit",
        "Clock": "confstore._clock",
        "Commit": "confstore._commit",
        "ConfigStore": "confstore._config_store",
        "DiagnosableStore": "confstore._diagnosis",
        "Difference": "confstore._difference",
        "Event": "confstore._clock",
        "Finding": "confstore._diagnosis",
        "JournaledStore": "confstore._journal",
        "Poll": "confstore._store",
        "PollableStore": "confstore._store",
        "SimpleConfigStore": "confstore._simple",
        "Status": "confstore._snapshot",
        "Store": "confstore._store",
        "SystemClock": "confstore._clock",
        "TimeBasedConfigStore": "confstore._time_based",
        "Value": "confstore._store",
        "Values": "confstore._store",
        "diagnose": "confstore._diagnose",
        "diff": "confstore._difference",
        "history": "confstore._history",
        "open_store": "confstore._open_store",
        "reconcile": "confstore._plan",
        "rollback": "confstore._plan",
        "state_at": "confstore._history",
        "adapter": "",
        "errors": "",
    },
)
