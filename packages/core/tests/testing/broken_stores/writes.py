"""Stores whose writes have another effect than they should."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from confstore import Values
from confstore.adapter import canonical_update, canonical_values, checked_option
from confstore.errors import (
    InvalidValueError,
)

from ..reference_store import Backend, ReferenceStore

Keys = Collection[str] | None


class MergesWhatIsSet(ReferenceStore):
    """Leaves keys that a `set` does not name."""

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        super().set(
            option, {**self.options.get(checked_option(option, store=self.name), {}), **values}
        )


class SkipsEqualValues(ReferenceStore):
    """Does not write what Python finds equal to what is there."""

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        canonical = canonical_values(
            checked_option(option, store=self.name), values, store=self.name
        )
        if self.options.get(option) != canonical:
            super().set(option, values)


class SkipsEqualKeys(ReferenceStore):
    """Does not update keys whose value Python finds equal to what is there."""

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        changes, _ = canonical_update(
            checked_option(option, store=self.name), values, remove, store=self.name
        )
        before = self.options.get(option, {})
        changed = {
            key: value
            for key, value in changes.items()
            if key not in before or before[key] != value
        }
        super().update(option, changed, remove=remove)


class ReplacesWhatIsUpdated(ReferenceStore):
    """Loses keys that an `update` does not name."""

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        super().update(option, values, remove=remove)
        self.options[option] = canonical_values(option, values, store=self.name)


class RemovesNothing(ReferenceStore):
    """Forgets about the keys to remove."""

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        canonical_update(checked_option(option, store=self.name), values, remove, store=self.name)
        super().update(option, values)


class UpdatesOnlyWhatIsThere(ReferenceStore):
    """Refuses to update an option that is absent."""

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        canonical_update(checked_option(option, store=self.name), values, remove, store=self.name)
        self.existing(option)
        super().update(option, values, remove=remove)


class MakesNoOptionByRemoving(ReferenceStore):
    """Takes an update that sets nothing, of an absent option, for nothing to do."""

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        changes, _ = canonical_update(
            checked_option(option, store=self.name), values, remove, store=self.name
        )
        if changes or option in self.options:
            super().update(option, values, remove=remove)


class RefusesToRemoveWhatIsAbsent(ReferenceStore):
    """Takes the removal of an absent key for an error."""

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        _, removed = canonical_update(
            checked_option(option, store=self.name), values, remove, store=self.name
        )
        if removed - self.options.get(option, {}).keys():
            raise InvalidValueError(self.name, option, "", "there is no such key")
        super().update(option, values, remove=remove)


class UpdatesWhatItRemembers(ReferenceStore):
    """Updates an option as this handle has last written it, and so loses another's update."""

    def __init__(self, backend: Backend, name: str) -> None:
        super().__init__(backend, name)
        self.written: dict[str, Values] = {}

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        if checked_option(option, store=self.name) in self.options and option in self.written:
            self.options[option] = self.written[option]
        super().update(option, values, remove=remove)
        self.written[option] = dict(self.options[option])

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        super().set(option, values)
        self.written[option] = dict(self.options[option])


class DeletesWhatIsAbsent(ReferenceStore):
    """Says nothing when there is nothing to delete."""

    def delete(self, option: str) -> None:
        self.options.pop(checked_option(option, store=self.name), None)


class DeletesByPrefix(ReferenceStore):
    """Deletes every option whose name begins like that."""

    def delete(self, option: str) -> None:
        super().delete(option)
        for other in list(self.options):
            if other.startswith(option):
                del self.options[other]


class OnlyEmpties(ReferenceStore):
    """Empties an option that is to be deleted."""

    def delete(self, option: str) -> None:
        self.existing(option)
        self.options[option] = {}
