"""The strategy that always asks the backend."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TypeVar, overload

from confstore._stores.protocols import Store
from confstore._values.keys import checked_keys
from confstore._values.types import MISSING, Missing, Values
from confstore.errors import InvalidNameError, OptionNotFoundError

__all__ = ["SimpleConfigStore"]

D = TypeVar("D")


class SimpleConfigStore:
    """
    Every read asks the backend, strongly consistent.

    What is read is the caller's own: plain dicts, which may be changed and change nothing here.
    """

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    @overload
    def get(
        self, option: None = None, *, keys: Collection[str] | None = None
    ) -> dict[str, Values]: ...

    @overload
    def get(self, option: str, *, keys: Collection[str] | None = None) -> Values: ...

    @overload
    def get(
        self, option: str, *, keys: Collection[str] | None = None, default: D
    ) -> Values | D: ...

    def get(
        self,
        option: str | None = None,
        *,
        keys: Collection[str] | None = None,
        default: object = MISSING,
    ) -> object:
        """
        One option, or every option by its name.

        Args:
            option: The option's name; None reads the whole store.
            keys: The keys to read of each option; None reads all.
            default: What to return for an absent option.

        Raises:
            OptionNotFoundError: The option is absent and there is no default.
            TypeError: `keys` is a `str` or a mapping, or holds something that is not a `str`.
        """
        if option is None:
            return self._get_all(keys)
        try:
            return self._store.get(option, keys=keys)
        except OptionNotFoundError:
            if default is Missing.MISSING:
                raise
            return default

    def _get_all(self, keys: Collection[str] | None) -> dict[str, Values]:
        wanted = checked_keys(keys)
        if wanted is None:
            return dict(self._store.items())
        return {
            option: {key: value for key, value in values.items() if key in wanted}
            for option, values in self._store.items()
        }

    def get_option(self, option: str, *, keys: Collection[str] | None = None) -> Values:
        """
        One option; `get` without its other uses.

        Raises:
            OptionNotFoundError: The option is absent.
        """
        return self._store.get(option, keys=keys)

    def __getitem__(self, option: str) -> Values:
        return self._store.get(option)

    def __contains__(self, option: object) -> bool:
        try:
            self._store.get(option, keys=())  # type: ignore[arg-type]  # the store checks the name
        except (OptionNotFoundError, InvalidNameError):
            return False
        return True

    def __iter__(self) -> Iterator[str]:
        return (option for option, _ in self._store.items())

    def __len__(self) -> int:
        return sum(1 for _ in self)

    # An empty store is a store: without this, `if config:` would read all of it.
    def __bool__(self) -> bool:
        return True

    def reload(self) -> None:
        """Nothing: every read is fresh."""

    def close(self) -> None:
        """Nothing: the store belongs to whoever opened it."""

    def __repr__(self) -> str:
        return f"<SimpleConfigStore of store {self._store.name!r}>"
