"""Keeps the snapshot of one store fresh, in a thread or on demand."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping

import attrs

from confstore._clock import Clock, Event
from confstore._fallback import Fallback
from confstore._first_load import first_load
from confstore._fork import call_after_fork
from confstore._loader import Loaded, Loader
from confstore._overlay import Overlay
from confstore._pace import Backoff, Pace
from confstore._read_only import ReadOnlyDict
from confstore._report import describe, logger
from confstore._snapshot import Health, View
from confstore._subscriptions import Subscriptions
from confstore.errors import ConfigStoreError, SchemaError, StaleConfigError, StoreClosedError

__all__ = ["Refresher"]

_FALLBACK_EVERY_S = 60.0
"""An unchanged snapshot is saved again, for the sake of its time, no more often than this."""


@attrs.define(eq=False, weakref_slot=True)
class Refresher:
    """
    Loads, validates and publishes; knows the config only by the function that publishes to it.

    One refresh runs at a time. What readers use (`health`, and what was published) is replaced by
    one reference, so that they take no lock.
    """

    name: str
    loader: Loader
    overlay: Overlay
    subscriptions: Subscriptions
    _publish: Callable[[View], None] = attrs.field(repr=False)
    _clock: Clock = attrs.field(repr=False)
    _pace: Pace
    _fallback: Fallback | None = None
    _max_stale_s: float | None = None
    _is_background: bool = True
    health: Health = attrs.field(init=False)
    _lock: threading.RLock = attrs.field(init=False, repr=False)
    _stopped: Event = attrs.field(init=False, repr=False)
    _due_s: float = attrs.field(init=False, default=0.0)
    _saved_s: float | None = attrs.field(init=False, default=None)
    _is_fallback_failing: bool = attrs.field(init=False, default=False)

    def __attrs_post_init__(self) -> None:
        self._lock = threading.RLock()
        self._stopped = self._clock.event()

    # -- starting and stopping -----------------------------------------------------------

    def start(self, timeout_s: float, backoff: Backoff) -> None:
        """
        Load for the first time, then keep refreshing.

        Raises:
            StoreUnavailableError: No answer in time, and no fallback.
            Exception: What the last try raised.
        """
        loaded_s = self._clock.monotonic()
        try:
            poll = first_load(
                lambda: self.loader.poll(consistent=True),
                store=self.name,
                timeout_s=timeout_s,
                is_patient=self._fallback is None,
                backoff=backoff,
                clock=self._clock,
            )
            loaded = self.loader.next(poll)
            self._publish(self.overlay.view(loaded.options))
        except Exception as error:
            if not self._start_from_fallback(error):
                raise
        else:
            self.loader.last = loaded
            self.health = Health(loaded_s, self._clock.now())
            self._save_fallback()
        self._due_s = self._clock.monotonic() + self._pace.interval_s
        call_after_fork(self.after_fork)
        self._start_thread()

    def _start_from_fallback(self, error: Exception) -> bool:
        if self._fallback is None:
            return False
        try:
            saved = self._fallback.load()
            self._publish(self.overlay.view(saved.options))
        except (OSError, ConfigStoreError) as fault:
            logger.error(
                "store %r: no start from the fallback file: %s", self.name, describe(fault)
            )
            return False
        age_s = max(0.0, (self._clock.now() - saved.saved_at).total_seconds())
        reason = describe(error)
        self.loader.last = Loaded(saved.options)
        self.health = Health(self._clock.monotonic() - age_s, saved.saved_at, True, 1, reason)
        logger.warning(
            "store %r: started from the fallback file, %.0f s old, for the first load failed: %s",
            self.name,
            age_s,
            reason,
        )
        return True

    def _start_thread(self) -> None:
        if self._is_background:
            threading.Thread(
                target=self._run,
                args=(self._stopped,),
                name=f"confstore-refresh-{self.name}",
                daemon=True,
            ).start()

    def _run(self, stopped: Event) -> None:
        delay_s = (
            self._pace.next_s(self.health.consecutive_failures)
            if self.health.is_fallback
            else self._pace.first_s()
        )
        while not stopped.wait(min(delay_s, threading.TIMEOUT_MAX)):
            try:
                self.refresh(consistent=False)
            except BaseException:
                # Nothing ends this thread but `stop`; refresh() has said what failed.
                delay_s = self._pace.next_s(max(1, self.health.consecutive_failures))
            else:
                delay_s = self._pace.next_s()

    def stop(self) -> None:
        """End the thread, without waiting for a read that is under way."""
        self._stopped.set()

    @property
    def is_stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stopped.is_set()

    def after_fork(self) -> None:
        """In a forked child: locks of its own, a thread of its own, a full poll first."""
        was_stopped = self.is_stopped
        self._lock = threading.RLock()
        self._stopped = self._clock.event()
        # The fork may have come between a poll of the parent and its publication.
        self.loader.forget_checkpoint()
        self.subscriptions.after_fork()
        if was_stopped:
            self._stopped.set()
        else:
            self._start_thread()

    # -- refreshing ----------------------------------------------------------------------

    def refresh(self, *, consistent: bool) -> None:
        """
        Bring the snapshot up to date; on failure the old one stays, and `health` says so.

        Raises:
            StoreClosedError: The config was closed.
            Exception: What the store raised, or the schema.
        """
        with self._lock:
            if self.is_stopped:
                raise StoreClosedError(self.name)
            started_s = self._clock.monotonic()
            self._due_s = started_s + self._pace.interval_s
            old = self.loader.last
            try:
                loaded = self.loader.next(self.loader.poll(consistent=consistent))
                view = self.overlay.view(loaded.options) if loaded.changed else None
            except BaseException as error:
                self._failed(error)
                raise
            self._accept(loaded, view, started_s)
            if loaded.changed:
                self.subscriptions.tell(old.options, loaded.options, list(loaded.changed))

    def _accept(self, loaded: Loaded, view: View | None, started_s: float) -> None:
        if self.is_stopped:
            return
        self.loader.last = loaded
        if view is not None:
            self._publish(view)
        failures = self.health.consecutive_failures
        self.health = Health(started_s, self._clock.now())
        if failures:
            logger.info("store %r: refreshed again after %d failures", self.name, failures)
        self._save_fallback(is_changed=view is not None)

    def _failed(self, error: BaseException) -> None:
        reason = describe(error)
        failures = self.health.consecutive_failures + 1
        is_news = reason != self.health.last_error
        self.health = attrs.evolve(self.health, consecutive_failures=failures, last_error=reason)
        self._due_s = self._clock.monotonic() + self._pace.next_s(failures)
        if is_news and not self.is_stopped:
            logger.warning(
                "store %r: refresh failed, the last good snapshot stays: %s", self.name, reason
            )

    def _save_fallback(self, *, is_changed: bool = True) -> None:
        if self._fallback is None:
            return
        now_s = self._clock.monotonic()
        is_recent = self._saved_s is not None and now_s - self._saved_s < _FALLBACK_EVERY_S
        if is_recent and not is_changed:
            return
        try:
            self._fallback.save(self.loader.last.options, self.health.loaded_at)
        except OSError as error:
            if not self._is_fallback_failing:
                logger.warning(
                    "store %r: the fallback file could not be written: %s",
                    self.name,
                    describe(error),
                )
            self._is_fallback_failing = True
        else:
            self._saved_s = now_s
            self._is_fallback_failing = False

    # -- reading -------------------------------------------------------------------------

    def check(self) -> None:
        """
        What has to happen before a read that must look at the clock.

        Raises:
            StaleConfigError: The snapshot is older than `max_stale`, even after a refresh.
        """
        if not self._is_background and self._clock.monotonic() >= self._due_s:
            self._refresh_on_demand()
        if self._max_stale_s is not None and self.age_s > self._max_stale_s:
            reason = f"loaded {self.age_s:.0f} s ago, max_stale is {self._max_stale_s:g} s"
            if self.health.last_error is not None:
                reason = f"{reason}; the last refresh failed: {self.health.last_error}"
            raise StaleConfigError(self.name, reason)

    def _refresh_on_demand(self) -> None:
        # One reader refreshes; the others go on with what there is.
        if self.is_stopped or not self._lock.acquire(blocking=False):
            return
        try:
            if self._clock.monotonic() >= self._due_s:
                self.refresh(consistent=False)
        except Exception as error:
            # refresh() has logged it, and keeps the next reader from trying too soon.
            logger.debug("store %r: refresh before a read: %s", self.name, describe(error))
        finally:
            self._lock.release()

    @property
    def age_s(self) -> float:
        """Seconds since the snapshot was last known to be the store's state."""
        return max(0.0, self._clock.monotonic() - self.health.loaded_monotonic_s)

    @contextlib.contextmanager
    def overridden(self, options: Mapping[str, ReadOnlyDict]) -> Iterator[None]:
        """
        Show these options instead of the store's while the context lasts.

        Raises:
            SchemaError: They do not fit the schema; nothing has changed.
        """
        with self._lock:
            override = self.overlay.push(options)
            try:
                self._publish(self.overlay.view(self.loader.last.options))
            except SchemaError:
                self.overlay.pop(override)
                raise
        try:
            yield
        finally:
            with self._lock:
                self.overlay.pop(override)
                self._publish(self.overlay.view(self.loader.last.options))
