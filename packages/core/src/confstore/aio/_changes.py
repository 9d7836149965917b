"""The changes of a config, for `async for`."""

from __future__ import annotations

import threading
import weakref
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import attrs

from confstore._process.fork_hooks import call_after_fork
from confstore._reading.time_based.subscriptions import Subscriptions
from confstore._values.read_only import ReadOnlyDict, is_same
from confstore.aio._waking import Waiters

if TYPE_CHECKING:
    from typing import Self

__all__ = ["Changes", "ConfigChange"]


@attrs.frozen
class ConfigChange:
    """
    A change of one option that a config shows.

    Attributes:
        option: The option's name.
        old: What the config showed before: an object if it has a type, else read-only values; None
            if the option was absent.
        new: What it shows now; None if the option is absent.
    """

    option: str
    old: Any = attrs.field(repr=False)
    new: Any = attrs.field(repr=False)


class Changes(AsyncIterator[ConfigChange]):
    """
    The changes since this was made, an option at a time, in the order of their last change.

    Whoever reads slowly, or not at all, misses states but no option: several changes of one option
    are one, from the oldest state to the newest, and none if they are the same. So there are never
    more than the options that differ. It ends when the config is closed.
    """

    def __init__(self, config: object, subscriptions: Subscriptions, option: str | None) -> None:
        # While somebody waits here the config must go on.
        self._config = config
        self._pending: dict[str, tuple[Any, Any]] = {}
        self._is_closed = False
        # Reentrant: a signal handler may reload the config.
        self._lock = threading.RLock()
        self._waiters = Waiters()
        call_after_fork(self._after_fork)
        reference = weakref.ref(self)

        def note(name: str, old: Any, new: Any) -> None:
            changes = reference()
            # Else another thread was about to call it when it ended.
            if changes is not None:  # pragma: no branch
                changes._note(name, old, new)

        self._unsubscribe = subscriptions.add(note, option)
        weakref.finalize(self, self._unsubscribe)

    def _note(self, option: str, old: Any, new: Any) -> None:
        with self._lock:
            oldest, _ = self._pending.pop(option, (old, None))
            if not _is_unchanged(oldest, new):
                self._pending[option] = oldest, new
        self._waiters.wake_all()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ConfigChange:
        while True:
            with self._lock:
                if self._pending:
                    option = next(iter(self._pending))
                    return ConfigChange(option, *self._pending.pop(option))
                if self._is_closed:
                    raise StopAsyncIteration
                self._waiters.reset()
            await self._waiters.wait()

    def end(self) -> None:
        """End the iteration once the changes so far were read."""
        self._unsubscribe()
        # Not between a look of another thread's loop at this and its wait.
        with self._lock:
            self._is_closed = True
        self._waiters.wake_all()

    async def aclose(self) -> None:
        """End the iteration."""
        self.end()

    def _after_fork(self) -> None:
        self._lock = threading.RLock()
        self._waiters.after_fork()


def _is_unchanged(old: Any, new: Any) -> bool:
    if isinstance(old, ReadOnlyDict) and isinstance(new, ReadOnlyDict):
        # 1 and True are equal, and not the same.
        return is_same(old, new)
    try:
        return type(old) is type(new) and bool(old == new)
    except Exception:
        # Arrays of numpy, for instance, are not equal or unequal as a whole. No change is lost.
        return False
