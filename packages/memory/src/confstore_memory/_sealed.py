"""A store in memory that seals, by a random key that is made when the first secret needs it."""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence

from confstore import LocalKeys, Opened, Place, SealedStore, SecretFault
from confstore_memory._faults import CALLS
from confstore_memory._store import MemoryStore

__all__ = ["RandomKeys", "SealedMemoryStore"]


class SealedMemoryStore(SealedStore):
    """A `SealedStore` over memory; calls of the store beneath can be made to fail."""

    beneath: MemoryStore

    def fail(
        self,
        error: BaseException | None = None,
        *,
        times: int | None = None,
        on: str | Collection[str] = CALLS,
    ) -> None:
        """Make the next calls of the store beneath fail; see `MemoryStore.fail`."""
        self.beneath.fail(error, times=times, on=on)

    def heal(self) -> None:
        """Let no call fail any more."""
        self.beneath.heal()


class RandomKeys:
    """
    Local keys of a test: most tests have no secrets, and need no library for them.

    Attributes:
        kind: `local`.
    """

    kind = "local"

    @functools.cached_property
    def _keys(self) -> LocalKeys | SecretFault:
        try:
            return LocalKeys.generate()
        except ModuleNotFoundError as error:
            return SecretFault(str(error))

    @property
    def key_id(self) -> str:
        """The id of the key; empty where none can be made."""
        keys = self._keys
        return "" if isinstance(keys, SecretFault) else keys.key_id

    def seal(self, plaintext: bytes, place: Place) -> str | SecretFault:
        """Seal a plaintext; see `confstore.Keys`."""
        keys = self._keys
        return keys if isinstance(keys, SecretFault) else keys.seal(plaintext, place)

    def open_many(self, sealed: Sequence[tuple[str, Place]]) -> Sequence[Opened | SecretFault]:
        """Open texts; see `confstore.Keys`."""
        keys = self._keys
        return [keys] * len(sealed) if isinstance(keys, SecretFault) else keys.open_many(sealed)
