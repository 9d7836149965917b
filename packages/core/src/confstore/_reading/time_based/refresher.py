"""Keeps the snapshot of one store fresh, in a thread or on demand."""

from __future__ import annotations

import contextlib
import functools
import math
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from confstore._process.clock import Clock, Event, Moment
from confstore._process.forks import call_after_fork, is_master_of_uwsgi, notice_fork
from confstore._process.log import describe, log_fields, logger
from confstore._process.naps import in_background
from confstore._process.waits import Backoff
from confstore._reading.observers import Note, observed
from confstore._reading.time_based.fallback import Fallback
from confstore._reading.time_based.first_load import first_load
from confstore._reading.time_based.secrets import SecretOpening, with_secrets
from confstore._reading.time_based.subscriptions import Subscriptions
from confstore._reading.time_based.ticker import Ticker
from confstore._reading.time_based.views import Health, Overrides, View
from confstore._stores.loader import Loader, State
from confstore._stores.protocols import Store
from confstore._stores.schedule import RefreshSchedule
from confstore._values.read_only import ReadOnlyDict
from confstore.errors import StaleConfigError, StoreClosedError, StoreUnavailableError

if TYPE_CHECKING:
    from confstore._reading.delivery import Observers, Refresh
    from confstore._reading.health import HealthStatus

__all__ = ["Refresher"]

_NEVER = Moment(math.inf, math.inf)


@attrs.define(eq=False)
class _Turn:
    """The right to refresh: a lock, and how deep the refreshes of its holder are nested."""

    lock: threading.RLock = attrs.field(factory=threading.RLock)
    depth: int = 0


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
    _ticker: Ticker = attrs.field(init=False)
    _first: Event | None = attrs.field(init=False, default=None, repr=False)
    _turn: _Turn = attrs.field(init=False, repr=False, factory=_Turn)
    _due: Moment = attrs.field(init=False, default=_NEVER)
    _close_store: Callable[[], object] | None = attrs.field(init=False, default=None, repr=False)

    def __attrs_post_init__(self) -> None:
        self._ticker = Ticker(f"confstore-refresh-{self.name}", self._clock)

    def start(self, timeout_s: float, backoff: Backoff) -> None:
        """
        Load for the first time, then keep refreshing.

        Raises:
            StoreUnavailableError: No answer in time, and no fallback.
            Exception: The error of the last try.
        """
        with observed(self._observers, self._outcome) as note:
            self._load_first(timeout_s, backoff, note)
        call_after_fork(self.after_fork)
        self._start_thread()

    def _load_first(self, timeout_s: float, backoff: Backoff, note: Note) -> None:
        began = Moment.now(self._clock)
        # Not a method: a thread that is abandoned must not keep this object alive.
        load = functools.partial(_load, self.loader, self.secrets, self._clock, consistent=True)
        first = functools.partial(
            first_load,
            load,
            store=self.name,
            source=self.loader.store,
            backoff=backoff,
            clock=self._clock,
        )
        try:
            is_patient = self._fallback is None
            self._begin(*first(done=self._awaited(), timeout_s=timeout_s, is_patient=is_patient))
        except Exception as error:
            if self._ticker.stopped.is_set():
                raise StoreClosedError(self.name) from error
            if self._fallback is None:
                raise
            if self._has_started_from(self._fallback, error):
                note(error)
                return
            rest_s = timeout_s - began.age_s(self._clock)
            if rest_s <= 0 or not isinstance(error, StoreUnavailableError):
                raise
            # Nothing to start from: as patient as without a fallback file.
            again = functools.partial(first, timeout_s=rest_s, is_patient=True, failure=error)
            self._begin(*again(done=self._awaited()))
        finally:
            self._first = None

    def _awaited(self) -> Event:
        """What a first load waits for, and `stop` sets, too."""
        awaited = self._first = self._clock.event()
        # Looked at after it is there: another thread may stop this meanwhile.
        if self._ticker.stopped.is_set():
            awaited.set()
        return awaited

    def _begin(self, state: State, health: Health) -> None:
        self._accept(state, health, self.overrides.view(state))
        if self._fallback is not None:
            self._fallback.save(state, health)

    def _has_started_from(self, fallback: Fallback, error: Exception) -> bool:
        try:
            state, saved_at = fallback.load()
            view = self.overrides.view(state)
        except Exception as fault:
            text = "store %r: cannot start from the fallback file: %s"
            logger.error(text, self.name, describe(fault), extra=self._fields(fault))
            return False
        saved = Moment.now(self._clock).at(saved_at.timestamp())
        age_s = saved.age_s(self._clock)
        reason = describe(error)
        self._accept(with_secrets(state), Health(saved, saved_at, True, 1, reason), view)
        self._retry_after(1)
        age = "unknown age" if math.isinf(age_s) else f"{age_s:.0f} s ago"
        text = "store %r: the first load failed, started from a fallback file of %s: %s"
        logger.warning(text, self.name, age, reason, extra=self._fields(error))
        return True

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

    def _start_thread(self) -> None:
        if self._is_background and not is_master_of_uwsgi():
            failures = self.health.consecutive_failures
            first_s = self._schedule.next_s(failures) if failures else self._schedule.first_s()
            self._ticker.start(self._tick, first_s)

    def _tick(self) -> float:
        try:
            with in_background():
                self.refresh(consistent=False)
        except BaseException:
            # Only `stop` ends this thread; refresh() has logged the failure.
            return self._schedule.next_s(max(1, self.health.consecutive_failures))
        return self._schedule.next_s()

    def stop(self) -> None:
        """End the thread, without waiting for a read that is under way; close an own store."""
        self._ticker.stop()
        first = self._first
        if first is not None:
            first.set()
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
        self._turn = _Turn()
        # The fork may have come between a poll of the parent and its publication.
        self.loader.forget_checkpoint()
        self.subscriptions.after_fork()
        if self._observers is not None:
            self._observers.after_fork()
        self._ticker.after_fork()
        if not self._ticker.stopped.is_set():
            self._start_thread()

    def refresh(self, *, consistent: bool) -> None:
        """
        Bring the snapshot up to date; on failure the old one stays, and `health` says why.

        Raises:
            StoreClosedError: The config was closed.
            Exception: The error of the store, or of the schema.
        """
        notice_fork()
        with self._in_turn():
            # Not always the second, which would cost each refresh without observers a call.
            if self._observers is None:
                self._refresh(consistent=consistent)
            else:
                self._refresh_observed(self._observers, consistent=consistent)

    @contextlib.contextmanager
    def _in_turn(self, *, is_patient: bool = True) -> Iterator[bool]:
        """
        Hold the right to refresh, then deliver to the subscribers, who may wait for somebody else.

        Yields:
            False if it is not free, and the caller is not patient.
        """
        # A fork replaces it.
        turn = self._turn
        if not turn.lock.acquire(blocking=is_patient):
            yield False
            return
        turn.depth += 1
        try:
            yield True
        finally:
            turn.depth -= 1
            is_outermost = turn.depth == 0
            turn.lock.release()
            if is_outermost and self.subscriptions.pending:
                self.subscriptions.deliver()

    def _refresh_observed(self, observers: Observers, *, consistent: bool) -> None:
        # That of a closed config is none to tell of.
        if self._ticker.stopped.is_set():
            raise StoreClosedError(self.name)
        with observers.refresh(self._outcome):
            self._refresh(consistent=consistent)

    def _refresh(self, *, consistent: bool) -> None:
        stopped = self._ticker.stopped
        if stopped.is_set():
            raise StoreClosedError(self.name)
        failures = self.health.consecutive_failures
        before, old = self.loader.last, self._stored
        # A read of the config while it refreshes (by a logging handler, say) starts no refresh.
        self._due = _NEVER
        try:
            state, health = _load(self.loader, self.secrets, self._clock, consistent=consistent)
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
            text = "store %r: refreshed again after %d failures"
            logger.info(text, self.name, failures, extra=self._fields())
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
        if is_news and not self._ticker.stopped.is_set():
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
            reason = _too_old(age_s, self._max_stale_s, health.last_error, "max_stale")
            raise StaleConfigError(self.name, reason)

    def _refresh_on_demand(self) -> None:
        if self._ticker.stopped.is_set():
            return
        try:
            # One reader refreshes; the others read the snapshot that is there.
            with self._in_turn(is_patient=False) as is_mine:
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
        from confstore._reading.health import HealthStatus

        health = self.health
        age_s = self.age_s(health)
        is_closed = self._ticker.stopped.is_set()
        has_thread = self._is_background and not is_master_of_uwsgi()
        is_live = is_closed or not has_thread or self._ticker.is_running()
        limits_s = [limit_s for limit_s in (max_age_s, self._max_stale_s) if limit_s is not None]
        reason = None
        if not is_live:
            reason = "the thread that refreshes has ended: start the process again"
        elif is_closed:
            reason = "the config was closed"
        elif limits_s and age_s > min(limits_s):
            reason = _too_old(age_s, min(limits_s), health.last_error)
        failures = health.consecutive_failures
        return HealthStatus(self.name, is_live, reason is None, reason, age_s, version, failures)

    @contextlib.contextmanager
    def overridden(self, options: Mapping[str, ReadOnlyDict]) -> Iterator[None]:
        """
        Show these options instead of the store's while the context lasts.

        Raises:
            SchemaError: They do not fit the schema; nothing has changed.
        """
        notice_fork()
        with self._in_turn():
            override = self.overrides.push(options)
            try:
                self._publish(self.overrides.view(self.loader.last))
            except BaseException:
                self.overrides.pop(override)
                raise
        try:
            yield
        finally:
            with self._in_turn():
                self.overrides.pop(override)
                self._publish(self.overrides.view(self.loader.last))


def _too_old(age_s: float, limit_s: float, error: str | None, limit: str = "max_age") -> str:
    age = "at an unknown time" if math.isinf(age_s) else f"{age_s:.0f} s ago"
    reason = f"loaded {age}, {limit} is {limit_s:g} s"
    return reason if error is None else f"{reason}; the last refresh failed: {error}"


def _load(
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
