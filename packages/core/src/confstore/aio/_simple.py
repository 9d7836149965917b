"""The asyncio strategy that asks the backend on every read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from typing import TYPE_CHECKING, Any, TypeVar, overload

from confstore._values.keys import checked_keys, select
from confstore._values.types import MISSING, Missing
from confstore.aio._store import AsyncStore, checked_async
from confstore.errors import OptionNotFoundError

if TYPE_CHECKING:
    from typing import Self

__all__ = ["AsyncSimpleConfigStore"]

D = TypeVar("D")


class AsyncSimpleConfigStore:
    """
    Every read asks the backend, strongly consistent.

    Results belong to the caller: plain dicts, which may be changed. `async for` gives the names of
    the options, and reads the whole store.
    """

    __slots__ = ("_store",)

    def __init__(self, store: AsyncStore) -> None:
        """
        Read a store; whoever opened it closes it.

        Raises:
            TypeError: `store` is no `AsyncStore`.
        """
        self._store = checked_async(store)

    @overload
    async def get(
        self, option: None = None, *, keys: Collection[str] | None = None
    ) -> dict[str, dict[str, Any]]: ...

    @overload
    async def get(self, option: str, *, keys: Collection[str] | None = None) -> dict[str, Any]: ...

    @overload
    async def get(
        self, option: str, *, keys: Collection[str] | None = None, default: D
    ) -> dict[str, Any] | D: ...

    async def get(
        self,
        option: str | None = None,
        *,
        keys: Collection[str] | None = None,
        default: object = MISSING,
    ) -> object:
        """Read one option, or every option by its name; see `confstore.Config.get`."""
        if option is None:
            wanted = checked_keys(keys)
            return {name: select(values, wanted) async for name, values in self._store.items()}
        try:
            return await self._store.get(option, keys=keys)
        except OptionNotFoundError:
            if default is Missing.MISSING:
                raise
            return default

    async def __aiter__(self) -> AsyncIterator[str]:
        async for found in self._store.items():
            yield found[0]

    async def reload(self) -> None:
        """Do nothing: every read is fresh."""

    async def close(self) -> None:
        """Do nothing: whoever opened the store closes it."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<AsyncSimpleConfigStore of store {self._store.name!r}>"
