"""The strategy that asks the backend on every read."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from confstore._process.closing import ClosesOnExit
from confstore._reading.config import ReadsByName, Traced
from confstore._stores.given import checked_object
from confstore._stores.protocols import Store
from confstore._values.keys import checked_keys, select
from confstore.errors import OptionNotFoundError

if TYPE_CHECKING:
    from confstore._reading.health import HealthStatus

__all__ = ["SimpleConfigStore"]


class SimpleConfigStore(ReadsByName, ClosesOnExit):
    """
    Every read asks the backend, strongly consistent.

    Results belong to the caller: plain dicts, which may be changed. Iteration and `len` read the
    whole store.
    """

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = checked_object(store)

    def _name(self) -> str:
        return self._store.name

    def _read(self, option: str, keys: Collection[str] | None) -> dict[str, Any] | None:
        try:
            return self._store.get(option, keys=keys)
        except OptionNotFoundError:
            return None

    def _read_all(self, keys: Collection[str] | None) -> dict[str, dict[str, Any]]:
        wanted = checked_keys(keys)
        return {option: select(values, wanted) for option, values in self._store.items()}

    def _read_traced(self, option: str) -> Traced:
        return Traced(self._store, None, self._read(option, None))

    def __iter__(self) -> Iterator[str]:
        return (option for option, _ in self._store.items())

    def _health_status(self, max_age_s: float | None) -> HealthStatus:  # noqa: ARG002 (it holds nothing that ages)
        # Imported when it is asked for: a program pays at its start for what it uses.
        from confstore._reading.health import HealthStatus

        return HealthStatus(self._name(), True, True, None, None, None, 0)

    def reload(self) -> None:
        """Do nothing: every read is fresh."""

    def close(self) -> None:
        """Do nothing: whoever opened the store closes it."""

    def __repr__(self) -> str:
        return f"<SimpleConfigStore of store {self._name()!r}>"
