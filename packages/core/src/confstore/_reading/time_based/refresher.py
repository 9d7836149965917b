"""Keeps the snapshot of one store fresh, in a thread or on demand."""

from __future__ import annotations

import contextlib
import math
import weakref
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from confstore._process.clock import Clock, Moment
from confstore._process.fork_hooks import call_after_fork, notice_fork
from confstore._process.log import describe, log_fields, logger
from confstore._process.waits import Backoff
from confstore._reading.observers import observed
from confstore._reading.time_based.fallback import Fallback
from confstore._reading.time_based.first_load import load_next
from confstore._reading.time_based.refresh_thread import RefreshThread
from confstore._reading.time_based.secrets import SecretOpening
from confstore._reading.time_based.start import start_state
from confstore._reading.time_based.subscriptions import Subscriptions
from confstore._reading.time_based.turn import Turn
from confstore._reading.time_based.views import Health, Overrides, View
from confstore._stores.loader import Loader, State
from confstore._stores.protocols import Store
from confstore._stores.schedule import RefreshSchedule
from confstore._values.counted import counted
from confstore._values.read_only import ReadOnlyDict
from confstore.errors import StaleConfigError, StoreClosedError

if TYPE_CHECKING:
    from confstore._reading.delivery import Observers, Refresh
    from confstore._reading.health import HealthStatus

__all__ = ["Refresher"]

_NEVER = Moment(math.inf, math.inf)


@attrs.define(eq=False, weakref_slot=True)
class Refresher:
    """
    Loads, validates and publishes; knows the config only by the function that publishes to it.

    One refresh runs at a time. The state that readers use (`health` and the published view) is
    replaced by one reference, so that they take no lock.
    """

    name: str
    loader: Loader
    overrides: Overrides
    secrets: SecretOpening
    subscriptions: Subscriptions
    _publish: Callable[[View], None] = attrs.field(repr=False)
    _clock: Clock = attrs.field(repr=False)
    _schedule: RefreshSchedule
    _fallback: Fallback | None = None
    _max_stale_s: float | None = None
    _is_background: bool = True
    _observers: Observers | None = attrs.field(kw_only=True)
    health: Health = attrs.field(init=False)
    # The options that subscribers were told of last.
    _stored: Mapping[str, Any] = attrs.field(init=False, repr=False, factory=dict)
    _thread: RefreshThread = attrs.field(init=False)
    # A fork replaces it.
    _turn: Turn = attrs.field(init=False, repr=False)
    _due: Moment = attrs.field(init=False, default=_NEVER)
    _close_store: Callable[[], object] | None = attrs.field(init=False, default=None, repr=False)

    def __attrs_post_init__(self) -> None:
        self._thread = RefreshThread(self.name, self._clock, self._schedule, self._is_background)
        self._turn = Turn(self.subscriptions)

    def start(self, timeout_s: float, backoff: Backoff) -> None:
        """
        Load for the first time, then keep refreshing.

        Raises:
            StoreUnavailableError: No answer in time, and no fallback.
            Exception: The error of the last try.
        """
        with observed(self._observers, self._outcome) as note:
            state, health, view = start_state(
                self.loader,
                self.secrets,
                self.overrides,
                self._fallback,
                self._thread,
                timeout_s=timeout_s,
                backoff=backoff,
                clock=self._clock,
                note=note,
            )
            self._accept(state, health, view)
            if health.is_fallback:
                self._retry_after(health.consecutive_failures)
            elif self._fallback is not None:
                self._fallback.save(state, health)
        call_after_fork(self.after_fork)
        self._thread.start(self._tick, self.health.consecutive_failures)

    def _fields(self, error: BaseException | None = None) -> dict[str, object]:
        return log_fields(self.name, version=self.overrides.version, error=error)

    def _outcome(self, duration_s: float, error: str | None) -> Refresh:
        from confstore._reading.delivery import Refresh

        # None where the first load has failed.
        health: Health | None = getattr(self, "health", None)
        if health is None:
            return Refresh(self.name, duration_s, error, None, 0, 1)
        failures, is_fallback = health.consecutive_failures, health.is_fallback
        age_s, version = self.age_s(health), self.overrides.version
        return Refresh(self.name, duration_s, error, age_s, version, failures, is_fallback)

    def _tick(self) -> float:
        return self._thread.tick(self)

    def stop(self) -> None:
        """End the thread, without waiting for a read that is under way; close an own store."""
        self._thread.stop()
        if self._close_store is not None:
            self._close_store()

    def own(self, store: Store) -> None:
        """Close the store with this object: when it is stopped, else when it is collected."""
        finalizer = weakref.finalize(self, store.close)
        # The end of the process closes everything; a daemon thread may still be reading then.
        finalizer.atexit = False
        # Its second call does nothing.
        self._close_store = finalizer

    def after_fork(self) -> None:
        """In a forked child: get locks and a thread of its own, and poll in full first."""
        self._turn = Turn(self.subscriptions)
        # The fork may have come between a poll of the parent and its publication.
        self.loader.forget_checkpoint()
        self.subscriptions.after_fork()
        if self._observers is not None:
            self._observers.after_fork()
        self._thread.after_fork(self._tick, self.health.consecutive_failures)

    def refresh(self, *, consistent: bool) -> None:
        """
        Bring the snapshot up to date; on failure the old one stays, and `health` says why.

        Raises:
            StoreClosedError: The config was closed.
            Exception: The error of the store, or of the schema.
        """
        notice_fork()
        with self._turn.taken():
            # Not always the second, which would cost each refresh without observers a call.
            if self._observers is None:
                self._refresh(consistent=consistent)
            else:
                self._refresh_observed(self._observers, consistent=consistent)

    def _refresh_observed(self, observers: Observers, *, consistent: bool) -> None:
        # That of a closed config is none to tell of.
        if self._thread.stopped.is_set():
            raise StoreClosedError(self.name)
        with observers.refresh(self._outcome):
            self._refresh(consistent=consistent)

    def _refresh(self, *, consistent: bool) -> None:
        stopped = self._thread.stopped
        if stopped.is_set():
            raise StoreClosedError(self.name)
        failures = self.health.consecutive_failures
        before, old = self.loader.last, self._stored
        # A read of the config while it refreshes (by a logging handler, say) starts no refresh.
        self._due = _NEVER
        try:
            state, health = load_next(self.loader, self.secrets, self._clock, consistent=consistent)
            view = self.overrides.view(state) if state.changed else None
            # It may have been closed meanwhile.
            if stopped.is_set():
                raise StoreClosedError(self.name)
            # A signal handler that reloaded meanwhile asked later, and has the newer answer.
            if self.loader.last is not before:
                return
            self._accept(state, health, view)
        except BaseException as error:
            if self.loader.last is before:
                self._failed(error)
            raise
        if state.changed and (heard := state.heard):
            self.subscriptions.queue(old, self._stored, heard)
        if failures:
            text = "store %r: refreshed again after %s"
            logger.info(text, self.name, counted(failures, "failure"), extra=self._fields())
        if self._fallback is not None:
            self._fallback.save(state, health)

    def _accept(self, state: State, health: Health, view: View | None) -> None:
        # First what can fail: a state that was kept but not shown would never be shown.
        if self._schedule.hint is not None:
            self._schedule.take_hint()
        if view is not None:
            self._publish(view)
            self._stored = view.stored
        self.loader.last = state
        self.health = health
        if not self._is_background:
            self._due = health.loaded.after(self._schedule.interval_s)

    def _failed(self, error: BaseException) -> None:
        reason = describe(error)
        failures = self.health.consecutive_failures + 1
        is_news = reason != self.health.last_error
        self.health = attrs.evolve(self.health, consecutive_failures=failures, last_error=reason)
        self._retry_after(failures)
        if is_news and not self._thread.stopped.is_set():
            text = "store %r: refresh failed, the last good snapshot stays: %s"
            logger.warning(text, self.name, reason, extra=self._fields(error))

    def _retry_after(self, failures: int) -> None:
        self._due = Moment.now(self._clock).after(self._schedule.next_s(failures))

    def check(self) -> None:
        """
        Refresh if that is due, and refuse a stale snapshot; for a read that checks the clock.

        Raises:
            StaleConfigError: The snapshot is older than `max_stale`, even after a refresh.
        """
        notice_fork()
        if not self._is_background and self._due.has_come(self._clock):
            self._refresh_on_demand()
        health = self.health
        age_s = self.age_s(health)
        if self._max_stale_s is not None and age_s > self._max_stale_s:
            if self._observers is not None:
                self._observers.stale_read(age_s, is_refused=True)
            from confstore._reading.health import too_old

            reason = too_old(age_s, self._max_stale_s, health.last_error, "max_stale")
            raise StaleConfigError(self.name, reason)

    def _refresh_on_demand(self) -> None:
        if self._thread.stopped.is_set():
            return
        try:
            # One reader refreshes; the others read the snapshot that is there.
            with self._turn.taken(is_patient=False) as is_mine:
                if is_mine and self._due.has_come(self._clock):
                    if self._observers is None:
                        self._refresh(consistent=False)
                    else:
                        self._refresh_observed(self._observers, consistent=False)
        except Exception as error:
            # It is logged, and keeps the next reader from trying too soon.
            text = "store %r: refresh before a read: %s"
            logger.debug(text, self.name, describe(error), extra=self._fields(error))

    def age_s(self, health: Health) -> float:
        """Seconds since the snapshot was last known to be the store's state."""
        return health.loaded.age_s(self._clock)

    def health_status(self, version: int, max_age_s: float | None) -> HealthStatus:
        """Say if readers get what is fresh enough, and if the thread is there that refreshes."""
        # Imported when it is asked for: a program pays at its start for what it uses.
        from confstore._reading.health import snapshot_status

        health = self.health
        return snapshot_status(
            self.name,
            version,
            self.age_s(health),
            (max_age_s, self._max_stale_s),
            failures=health.consecutive_failures,
            last_error=health.last_error,
            is_closed=self._thread.stopped.is_set(),
            is_live=not self._thread.is_missing(),
        )

    @contextlib.contextmanager
    def overridden(self, options: Mapping[str, ReadOnlyDict]) -> Iterator[None]:
        """
        Show these options instead of the store's while the context lasts.

        Raises:
            SchemaError: They do not fit the schema; nothing has changed.
        """
        notice_fork()
        with self._turn.taken():
            override = self.overrides.push(options)
            try:
                self._publish(self.overrides.view(self.loader.last))
            except BaseException:
                self.overrides.pop(override)
                raise
        try:
            yield
        finally:
            with self._turn.taken():
                self.overrides.pop(override)
                self._publish(self.overrides.view(self.loader.last))
