"""A random key, made when the first secret needs it."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from confstore import LocalKeys, Opened, Place, SecretFault

__all__ = ["RandomKeys"]


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
