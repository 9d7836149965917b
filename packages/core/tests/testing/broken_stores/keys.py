"""Stores that read other keys than they are asked for."""

from __future__ import annotations

from collections.abc import Collection

from confstore import Values
from confstore.errors import (
    OptionNotFoundError,
)

from ..reference_store import ReferenceStore

Keys = Collection[str] | None


class TakesNoKeysForAll(ReferenceStore):
    """Reads every key when none is asked for."""

    def get(self, option: str, *, keys: Keys = None, consistent: bool = True) -> Values:
        values = super().get(option, keys=keys)
        return values if keys else super().get(option)


class MissesKeys(ReferenceStore):
    """Refuses a read of a key that the option does not have."""

    def get(self, option: str, *, keys: Keys = None, consistent: bool = True) -> Values:
        values = super().get(option, keys=keys)
        if keys and not values:
            raise OptionNotFoundError(self.name, option)
        return values


class GivesNothingForAbsent(ReferenceStore):
    """Answers a read of keys of an absent option with no keys."""

    def get(self, option: str, *, keys: Keys = None, consistent: bool = True) -> Values:
        try:
            return super().get(option, keys=keys)
        except OptionNotFoundError:
            if keys is None:
                raise
            return {}


class GivesNoneForMissingKeys(ReferenceStore):
    """Answers None for a key that the option does not have."""

    def get(self, option: str, *, keys: Keys = None, consistent: bool = True) -> Values:
        values = super().get(option, keys=keys)
        return {**dict.fromkeys(keys or ()), **values}


class TakesTextForKeys(ReferenceStore):
    """Takes a string for a collection of its letters."""

    def get(self, option: str, *, keys: Keys = None, consistent: bool = True) -> Values:
        return super().get(option, keys=list(keys) if isinstance(keys, str) else keys)


class TakesAMappingForKeys(ReferenceStore):
    """Takes a mapping for a collection of its keys."""

    def get(self, option: str, *, keys: Keys = None, consistent: bool = True) -> Values:
        return super().get(option, keys=list(keys) if isinstance(keys, dict) else keys)


class ShowsItsOwnAttributes(ReferenceStore):
    """Reads attributes of its item that are not the user's."""

    def get(self, option: str, *, keys: Keys = None, consistent: bool = True) -> Values:
        values = super().get(option, keys=keys)
        return {**values, "_store": self.name} if keys and "_store" in keys else values


class ReadsKeysAsPaths(ReferenceStore):
    """Takes a key with a dot for a path into the option."""

    def get(self, option: str, *, keys: Keys = None, consistent: bool = True) -> Values:
        values = super().get(option, keys=keys)
        return {key: value for key, value in values.items() if keys is None or "." not in key}


class ReadsSomeKeys(ReferenceStore):
    """Reads the first 300 keys that are asked for."""

    def get(self, option: str, *, keys: Keys = None, consistent: bool = True) -> Values:
        values = super().get(option, keys=keys)
        asked = None if keys is None else list(keys)[:300]
        return {key: value for key, value in values.items() if asked is None or key in asked}


class KnowsOnlyConsistentReads(ReferenceStore):
    """Has no parameter `consistent`."""

    def get(self, option: str, *, keys: Keys = None) -> Values:  # type: ignore[override]
        return super().get(option, keys=keys)
