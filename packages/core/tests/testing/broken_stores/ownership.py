"""Stores that confuse whose data is whose."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from confstore import ReadOnlyDict, Values
from confstore._values.read_only import freeze
from confstore.adapter import is_same
from confstore.errors import (
    InvalidValueError,
)

from ..reference_store import ReferenceStore

Keys = Collection[str] | None


class KeepsWhatItIsGiven(ReferenceStore):
    """Stores the caller's own dict."""

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        super().set(option, values)
        if is_same(values, self.options[option]):
            self.options[option] = values


class KeepsWhatIsInsideOfWhatItIsGiven(ReferenceStore):
    """Copies the option and not what is inside of it."""

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        super().set(option, values)
        if is_same(values, self.options[option]):
            self.options[option] = dict(values)


class KeepsWhatAnUpdateIsGiven(ReferenceStore):
    """Copies on `set` and not on `update`."""

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        super().update(option, values, remove=remove)
        for key, value in values.items():
            if is_same(value, self.options[option][key]):
                self.options[option][key] = value


class ChangesWhatItIsGiven(ReferenceStore):
    """Uses the caller's dict for its own purposes."""

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        super().set(option, values)
        if type(values) is dict:
            values["_store"] = self.name


class GivesItsOwnOption(ReferenceStore):
    """Answers a `get` with the dict that it holds."""

    def get(self, option: str, *, keys: Keys = None, consistent: bool = True) -> Values:
        values = super().get(option, keys=keys)
        return self.options[option] if keys is None else values  # type: ignore[no-any-return]


class GivesItsOwnValues(ReferenceStore):
    """Answers a `get` of keys with the values that it holds."""

    def get(self, option: str, *, keys: Keys = None, consistent: bool = True) -> Values:
        return {key: self.options[option][key] for key in super().get(option, keys=keys)}


class GivesItsOwnItems(ReferenceStore):
    """Streams the dicts that it holds."""

    def items(self, *, consistent: bool = True) -> Iterator[tuple[str, Values]]:
        yield from dict(self.options).items()


class GivesReadOnlyValues(ReferenceStore):
    """Answers a `get` with what the caller cannot change."""

    def get(self, option: str, *, keys: Keys = None, consistent: bool = True) -> Values:
        return freeze(super().get(option, keys=keys))


class GivesReadOnlyItems(ReferenceStore):
    """Streams what the caller cannot change."""

    def items(self, *, consistent: bool = True) -> Iterator[tuple[str, Values]]:
        for option, values in super().items():
            yield option, freeze(values)


class RefusesReadOnlyValues(ReferenceStore):
    """Takes a plain dict and nothing that is like one."""

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        if isinstance(values, ReadOnlyDict):
            raise InvalidValueError(self.name, option, "", "this is no dict")
        super().set(option, values)
