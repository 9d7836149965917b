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
    from confstore._config_store import ConfigStore
    from confstore._doctor import diagnose
    from confstore._journal.history import history, state_at
    from confstore._journal.plans import reconcile, rollback
    from confstore._opening import open_store
    from confstore._process.clock import Clock, Event, SystemClock
    from confstore._reading.cached import CachedConfigStore, CacheStatus
    from confstore._reading.config import Config
    from confstore._reading.simple import SimpleConfigStore
    from confstore._reading.time_based.config import TimeBasedConfigStore
    from confstore._reading.time_based.views import Status
    from confstore._stores.protocols import (
        BulkStore,
        Change,
        Commit,
        DiagnosableStore,
        Finding,
        JournaledStore,
        Poll,
        PollableStore,
        Store,
    )
    from confstore._values.differences import Difference, diff
    from confstore._values.types import Value, Values

__all__ = [
    "BulkStore",
    "CacheStatus",
    "CachedConfigStore",
    "Change",
    "Clock",
    "Commit",
    "Config",
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
        "BulkStore": "confstore._stores.protocols",
        "CacheStatus": "confstore._reading.cached",
        "CachedConfigStore": "confstore._reading.cached",
        "Change": "confstore._stores.protocols",
        "Clock": "confstore._process.clock",
        "Commit": "confstore._stores.protocols",
        "Config": "confstore._reading.config",
        "ConfigStore": "confstore._config_store",
        "DiagnosableStore": "confstore._stores.protocols",
        "Difference": "confstore._values.differences",
        "Event": "confstore._process.clock",
        "Finding": "confstore._stores.protocols",
        "JournaledStore": "confstore._stores.protocols",
        "Poll": "confstore._stores.protocols",
        "PollableStore": "confstore._stores.protocols",
        "SimpleConfigStore": "confstore._reading.simple",
        "Status": "confstore._reading.time_based.views",
        "Store": "confstore._stores.protocols",
        "SystemClock": "confstore._process.clock",
        "TimeBasedConfigStore": "confstore._reading.time_based.config",
        "Value": "confstore._values.types",
        "Values": "confstore._values.types",
        "diagnose": "confstore._doctor",
        "diff": "confstore._values.differences",
        "history": "confstore._journal.history",
        "open_store": "confstore._opening",
        "reconcile": "confstore._journal.plans",
        "rollback": "confstore._journal.plans",
        "state_at": "confstore._journal.history",
        "adapter": "",
        "errors": "",
    },
)
