"""Coroutines of any loop that wait for something that any thread may do."""

from __future__ import annotations

import asyncio
import contextlib
import threading

import attrs

__all__ = ["Waiters"]


@attrs.define(eq=False)
class Waiters:
    """
    Those who wait; once they were woken, nobody waits any more, until `reset`.

    Each has a future of its own, so that the cancellation of one disturbs nobody.
    """

    # Reentrant: a signal handler may wake.
    _lock: threading.RLock = attrs.field(factory=threading.RLock)
    # A dict keeps the order, and forgets one of many at once.
    _futures: dict[asyncio.Future[None], None] = attrs.field(factory=dict)
    _is_over: bool = False

    async def wait(self, timeout_s: float | None = None) -> bool:
        """Wait to be woken; False if it took more seconds of the loop's clock."""
        loop = asyncio.get_running_loop()
        with self._lock:
            if self._is_over:  # pragma: no cover (another thread was faster)
                return True
            future: asyncio.Future[None] = loop.create_future()
            self._futures[future] = None
        try:
            if timeout_s is None:
                await future
            else:
                await asyncio.wait([future], timeout=timeout_s)
        finally:
            if not self._is_over:
                with self._lock:
                    self._futures.pop(future, None)
        return self._is_over

    def wake_all(self) -> None:
        """Wake them, in their loops."""
        with self._lock:
            self._is_over = True
            futures, self._futures = self._futures, {}
        here = _running_loop()
        for future in futures:
            loop = future.get_loop()
            if loop is here:
                _wake(future)
                continue
            # A loop that was closed has nobody who waits.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(_wake, future)

    def reset(self) -> None:
        """Let others wait."""
        self._is_over = False

    def after_fork(self) -> None:
        """In a forked child: forget who waits in the parent's loops, and their lock."""
        self._lock = threading.RLock()
        self._futures = {}


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
