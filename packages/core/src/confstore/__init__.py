"""
Configuration for Python services, kept in one place, read everywhere.

The same code reads its configuration from a DynamoDB table in production, from process memory in
unit tests and from a JSON file on a developer's machine.
"""

from confstore._cached import CachedConfigStore, CacheStatus
from confstore._clock import Clock, Event, SystemClock
from confstore._commit import Change, Commit
from confstore._config_store import ConfigStore
from confstore._history import Difference, diff, history, reconcile, rollback, state_at
from confstore._journal import JournaledStore
from confstore._open_store import open_store
from confstore._simple import SimpleConfigStore
from confstore._snapshot import Status
from confstore._store import Poll, PollableStore, Store, Value, Values
from confstore._time_based import TimeBasedConfigStore

__all__ = [
    "CacheStatus",
    "CachedConfigStore",
    "Change",
    "Clock",
    "Commit",
    "ConfigStore",
    "Difference",
    "Event",
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
    "diff",
    "history",
    "open_store",
    "reconcile",
    "rollback",
    "state_at",
]
