"""The strategy that always asks DynamoDB, by the signatures of 2014."""

from __future__ import annotations

from collections.abc import Collection

from confstore import Store, Values

__all__ = ["SimpleConfigStore"]


class SimpleConfigStore:
    """Every read asks DynamoDB, strongly consistent."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(
        self, option: str | None = None, keys: Collection[str] | None = None
    ) -> Values | dict[str, Values]:
        """
        One option, or every option by its name.

        Args:
            option: The option's name; None or empty reads the whole store, whatever the keys.
            keys: The keys to read; None or empty reads all.

        Raises:
            ItemNotFound: The option does not exist.
        """
        return self.get_option(option, keys) if option else dict(self._store.items())

    def get_option(self, option: str, keys: Collection[str] | None = None) -> Values:
        """One option; see `get`."""
        return self._store.get(option, keys=keys or None)

    def reload(self) -> None:
        """Nothing: every read is fresh."""

    def close(self) -> None:
        """Nothing: the store belongs to whoever opened it."""
