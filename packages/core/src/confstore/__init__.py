"""
Configuration for Python services, kept in one place, read everywhere.

The same code reads its configuration from a DynamoDB table in production, from process memory in
unit tests and from a JSON file on a developer's machine.

The names below are imported when they are first used: a program pays at its start for the strategy
that it reads through, and not for the other ones.
"""

from __future__ import annotations

from confstore._lazy import lazy_names

# Type checkers take this name for true. That of `typing` would cost nine tenths of this import.
TYPE_CHECKING = False

# Written twice: a type checker reads imports, and the program reads the mapping below.
if TYPE_CHECKING:
    from confstore import (
        adapter as adapter,
        aio as aio,
        documents as documents,
        errors as errors,
        files as files,
    )
    from confstore._config_store import ConfigStore as ConfigStore
    from confstore._doctor import diagnose as diagnose
    from confstore._journal.commits import Draft as Draft
    from confstore._journal.history import history as history, state_at as state_at
    from confstore._journal.plans import Plan as Plan
    from confstore._journal.reconcile import (
        plan_reconcile as plan_reconcile,
        reconcile as reconcile,
    )
    from confstore._journal.rewrap import plan_rewrap as plan_rewrap
    from confstore._journal.rollback import plan_rollback as plan_rollback, rollback as rollback
    from confstore._layers.environment import Environment as Environment
    from confstore._layers.layered import LayeredStore as LayeredStore
    from confstore._layers.origins import (
        Candidate as Candidate,
        Explained as Explained,
        Origin as Origin,
        explain as explain,
        origin as origin,
    )
    from confstore._opening.configs import open_config as open_config
    from confstore._opening.stores import (
        open_journaled_store as open_journaled_store,
        open_store as open_store,
    )
    from confstore._process.clock import Clock as Clock, Event as Event, SystemClock as SystemClock
    from confstore._reading.cached import (
        CachedConfigStore as CachedConfigStore,
        CacheStatus as CacheStatus,
    )
    from confstore._reading.config import Config as Config, health as health
    from confstore._reading.delivery import (
        Observer as Observer,
        Refresh as Refresh,
        StaleReads as StaleReads,
    )
    from confstore._reading.health import HealthStatus as HealthStatus
    from confstore._reading.simple import SimpleConfigStore as SimpleConfigStore
    from confstore._reading.time_based.config import TimeBasedConfigStore as TimeBasedConfigStore
    from confstore._reading.time_based.views import Status as Status
    from confstore._secrets.by_url import is_reference_text as is_reference_text
    from confstore._secrets.held import open_secrets as open_secrets
    from confstore._secrets.local_keys import LocalKeys as LocalKeys
    from confstore._secrets.opening import is_sealed_text as is_sealed_text
    from confstore._secrets.protocols import (
        Fetched as Fetched,
        Keys as Keys,
        Opened as Opened,
        Place as Place,
        References as References,
        SecretFault as SecretFault,
    )
    from confstore._secrets.sealed import SealedStore as SealedStore
    from confstore._stores.protocols import (
        AsyncReads as AsyncReads,
        BulkJournaledStore as BulkJournaledStore,
        BulkStore as BulkStore,
        Change as Change,
        CoLocatedStore as CoLocatedStore,
        Commit as Commit,
        ContextStore as ContextStore,
        DiagnosableStore as DiagnosableStore,
        FieldAwareStore as FieldAwareStore,
        FileBackedStore as FileBackedStore,
        Finding as Finding,
        Head as Head,
        HintedStore as HintedStore,
        Journal as Journal,
        JournaledStore as JournaledStore,
        LocatedStore as LocatedStore,
        PartedStore as PartedStore,
        Poll as Poll,
        PollableStore as PollableStore,
        ScheduledStore as ScheduledStore,
        SealingStore as SealingStore,
        Store as Store,
        TracedStore as TracedStore,
        ability as ability,
        beneath_of as beneath_of,
    )
    from confstore._values.differences import Difference as Difference, diff as diff
    from confstore._values.read_only import (
        FillableDict as FillableDict,
        ReadOnlyDict as ReadOnlyDict,
        ReadOnlyList as ReadOnlyList,
    )
    from confstore._values.secret import Secret as Secret
    from confstore._values.types import MISSING as MISSING, Value as Value, Values as Values
    from confstore._values.variables import variable_name as variable_name

_names = lazy_names(
    __name__,
    {
        "confstore._config_store": "ConfigStore",
        "confstore._doctor": "diagnose",
        "confstore._journal.commits": "Draft",
        "confstore._journal.history": "history state_at",
        "confstore._journal.plans": "Plan",
        "confstore._journal.reconcile": "plan_reconcile reconcile",
        "confstore._journal.rewrap": "plan_rewrap",
        "confstore._journal.rollback": "plan_rollback rollback",
        "confstore._layers.environment": "Environment",
        "confstore._layers.layered": "LayeredStore",
        "confstore._layers.origins": "Candidate Explained Origin explain origin",
        "confstore._opening.configs": "open_config",
        "confstore._opening.stores": "open_journaled_store open_store",
        "confstore._process.clock": "Clock Event SystemClock",
        "confstore._reading.cached": "CacheStatus CachedConfigStore",
        "confstore._reading.config": "Config health",
        "confstore._reading.delivery": "Observer Refresh StaleReads",
        "confstore._reading.health": "HealthStatus",
        "confstore._reading.simple": "SimpleConfigStore",
        "confstore._reading.time_based.config": "TimeBasedConfigStore",
        "confstore._reading.time_based.views": "Status",
        "confstore._secrets.by_url": "is_reference_text",
        "confstore._secrets.held": "open_secrets",
        "confstore._secrets.local_keys": "LocalKeys",
        "confstore._secrets.opening": "is_sealed_text",
        "confstore._secrets.protocols": "Fetched Keys Opened Place References SecretFault",
        "confstore._secrets.sealed": "SealedStore",
        "confstore._stores.protocols": (
            "AsyncReads BulkJournaledStore BulkStore Change CoLocatedStore Commit ContextStore "
            "DiagnosableStore FieldAwareStore FileBackedStore Finding Head HintedStore Journal "
            "JournaledStore LocatedStore PartedStore Poll PollableStore ScheduledStore "
            "SealingStore Store TracedStore ability beneath_of"
        ),
        "confstore._values.differences": "Difference diff",
        "confstore._values.read_only": "FillableDict ReadOnlyDict ReadOnlyList",
        "confstore._values.secret": "Secret",
        "confstore._values.types": "MISSING Value Values",
        "confstore._values.variables": "variable_name",
    },
    modules=("adapter", "aio", "documents", "errors", "files"),
)

# Behind a `__getattr__` a type checker believes in every name.
if not TYPE_CHECKING:
    __getattr__, __dir__, __all__ = _names
