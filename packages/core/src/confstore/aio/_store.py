"""A store whose methods are coroutines."""

from __future__ import annotations

import itertools
import sys
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from confstore._process.naps import paced
from confstore._secrets.held import open_secrets
from confstore._stores.given import checked_object, described
from confstore._stores.protocols import AsyncReads, Poll, PollableStore, Store, ability
from confstore._values.read_only import freeze
from confstore._values.secret import Secret
from confstore._values.types import Values
from confstore.aio._threads import Threads

if TYPE_CHECKING:
    from typing import Self

__all__ = ["AsyncStore", "checked_async"]

T = TypeVar("T")

_BATCH = 100
"""Options that one call in a thread reads ahead: a call costs as much as decoding some of them."""


class AsyncStore:
    """
    A store whose methods are coroutines: those of `confstore.Store`, with its arguments and errors.

    Where `get` and `items` can run on the loop, as DynamoDB's can, they do; everything else runs in
    threads of this store's own. If a task is cancelled, a write that has begun may still happen.

    Attributes:
        store: The blocking store; it is closed with this one.
    """

    def __init__(self, store: Store, *, max_threads: int = 16) -> None:
        """
        Take a blocking store.

        Args:
            store: The store.
            max_threads: How many blocking calls run at once; the others wait. The default is a
                guess: a call mostly waits for its backend.

        Raises:
            TypeError: `store` is no blocking store.
            ValueError: `max_threads` is not positive.
        """
        self.store = checked_object(store)
        self.threads = Threads(store.name, max_threads)
        self._on_loop = ability(store, AsyncReads)

    @property
    def name(self) -> str:
        """The store's name."""
        return self.store.name

    def _native(self) -> AsyncReads | None:
        """The store, if it reads on the loop now."""
        on_loop = self._on_loop
        if on_loop is None or not on_loop.reads_on_loop():
            return None
        self.threads.check_open()
        return on_loop

    async def get(
        self, option: str, *, keys: Collection[str] | None = None, consistent: bool = True
    ) -> Values:
        """One option, or those of the given keys that it has; see `confstore.Store`."""
        on_loop = self._native()
        if on_loop is not None:
            return await on_loop.get_async(option, keys=keys, consistent=consistent)
        return await self.threads.run(_get, self.store, option, keys, consistent=consistent)

    def items(self, *, consistent: bool = True) -> AsyncIterator[tuple[str, Values]]:
        """Every option, streamed in the backend's order; an incomplete answer raises."""
        on_loop = self._native()
        if on_loop is not None:
            return on_loop.items_async(consistent=consistent)
        return self._items(consistent=consistent)

    async def _items(self, *, consistent: bool) -> AsyncIterator[tuple[str, Values]]:
        found = await self.threads.run(self.store.items, consistent=consistent)
        while batch := await self.threads.run(_next_batch, found):
            for pair in batch:
                yield pair

    async def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Poll:
        """
        The changes since a checkpoint; see `confstore.PollableStore`.

        It runs in a thread. Of a store that cannot be polled, everything is read each time.
        """
        pollable = ability(self.store, PollableStore)
        if pollable is not None:
            return await self.threads.run(pollable.poll, checkpoint, consistent=consistent)
        return await self.threads.run(_read_all, self.store, consistent=consistent)

    async def set(self, option: str, values: Mapping[str, Any]) -> None:
        """Replace the whole option; see `confstore.Store`."""
        await self.threads.run(self.store.set, option, values)

    async def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        """Change the named keys and leave the others; see `confstore.Store`."""
        await self.threads.run(self.store.update, option, values, remove=remove)

    async def delete(self, option: str) -> None:
        """Remove the option; see `confstore.Store`."""
        await self.threads.run(self.store.delete, option)

    async def run(self, function: Callable[..., T], /, *args: Any, **named: Any) -> T:
        """
        Call a blocking function in a thread of this store.

        This is the way to everything that has no coroutine of its own:
        `await store.run(confstore.rollback, store.store, version)`.
        """
        return await self.threads.run(function, *args, **named)

    async def close(self) -> None:
        """
        Close the store; the second call does nothing.

        Calls that still wait for a thread raise `StoreClosedError`.
        """
        if not self.threads.is_closed:
            await self.threads.close(self.store.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<AsyncStore of {self.store!r}>"


def checked_async(given: AsyncStore) -> AsyncStore:
    """
    Check that an object is a store with coroutines, and return it.

    Raises:
        TypeError: It is something else.
    """
    store: object = given
    if not isinstance(store, AsyncStore):
        message = (
            f"an AsyncStore belongs here, not {described(store)}: open one with "
            "await confstore.aio.open_store(url), or pass AsyncStore(store)"
        )
        raise TypeError(message)
    return given


def _get(store: Store, option: str, keys: Collection[str] | None, *, consistent: bool) -> Values:
    values = store.get(option, keys=keys, consistent=consistent)
    _open_secrets([values])
    return values


def _next_batch(found: Iterator[tuple[str, Values]]) -> list[tuple[str, Values]]:
    batch = list(itertools.islice(found, _BATCH))
    _open_secrets(values for _, values in batch)
    return batch


def _open_secrets(options: Iterable[Values]) -> None:
    """Open secrets in this thread: `reveal` would wait for a server on the loop."""
    secrets: list[Secret[Any]] = [
        value for values in options for value in values.values() if isinstance(value, Secret)
    ]
    if secrets:
        open_secrets(secrets)


def _read_all(store: Store, *, consistent: bool) -> Poll:
    items = paced(store.items(consistent=consistent))
    state = {sys.intern(option): freeze(values) for option, values in items}
    return Poll(None, state, is_full=True)
