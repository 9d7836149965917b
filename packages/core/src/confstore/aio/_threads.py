"""Blocking calls of coroutines, in a few threads of one store's own."""

from __future__ import annotations

import asyncio
import contextvars
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from confstore._process.fork_hooks import call_after_fork, notice_fork
from confstore.errors import StoreClosedError

__all__ = ["Threads"]

T = TypeVar("T")

# The child keeps the inherited ones for ever: their queues have locks that a thread of the parent
# may have held.
_inherited: list[ThreadPoolExecutor] = []


class Threads:
    """
    Runs blocking calls, a limited number at once, for the coroutines of any loop.

    Not asyncio's own threads: calls that hang would keep others from them, and a loop that ends
    waits for all of them.
    """

    def __init__(self, store: str, limit: int) -> None:
        """
        Start no thread yet.

        Raises:
            ValueError: The limit is not positive.
        """
        if limit < 1:
            message = f"max_threads is a positive number, not {limit!r}"
            raise ValueError(message)
        self._store = store
        self._limit = limit
        self._executor: ThreadPoolExecutor | None = None
        self.is_closed = False
        call_after_fork(self._after_fork)

    async def run(self, function: Callable[..., T], /, *args: Any, **named: Any) -> T:
        """
        Call a function in a thread, in the context of this task.

        If the task is cancelled, a call that has begun goes on, and nobody gets its result.

        Raises:
            StoreClosedError: These threads were closed before the call began.
        """
        notice_fork()
        self.check_open()
        call = functools.partial(contextvars.copy_context().run, function, *args, **named)
        return await self._submitted(functools.partial(self._checked, call))

    async def close(self, function: Callable[[], object]) -> None:
        """
        Refuse every later call and those that still wait; call this last, and end.

        If the task is cancelled, it is called all the same: nobody can close these threads again.
        """
        notice_fork()
        self.is_closed = True
        try:
            await asyncio.shield(self._submitted(function))
        finally:
            # Its threads end with it. Not by its shutdown, which another loop's thread could meet
            # between its look at `is_closed` and its call.
            self._executor = None

    def _submitted(self, call: Callable[[], T]) -> asyncio.Future[T]:
        executor = self._executor
        if executor is None:
            # Of two threads that come at once, each with a loop, one goes on with an executor that
            # nobody else has: it ends when its call does.
            name = f"confstore-aio-{self._store}"
            self._executor = executor = ThreadPoolExecutor(self._limit, thread_name_prefix=name)
        return asyncio.get_running_loop().run_in_executor(executor, call)

    def _checked(self, call: Callable[[], T]) -> T:
        self.check_open()
        return call()

    def check_open(self) -> None:
        """Raise `StoreClosedError` if these threads were closed."""
        if self.is_closed:
            raise StoreClosedError(self._store)

    def _after_fork(self) -> None:
        if self._executor is not None:
            _inherited.append(self._executor)
            self._executor = None
