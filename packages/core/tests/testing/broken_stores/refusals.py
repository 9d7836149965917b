"""Stores that accept what they should refuse, or refuse it badly."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from confstore import Values
from confstore.adapter import canonical_update, canonical_values, checked_option
from confstore.errors import (
    InvalidNameError,
    InvalidValueError,
    OptionNotFoundError,
)

from ..reference_store import ReferenceStore

Keys = Collection[str] | None


class WritesBeforeItChecks(ReferenceStore):
    """Writes the good keys of an invalid option, then refuses it."""

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        try:
            super().set(option, values)
        except InvalidValueError:
            if isinstance(values, dict) and "canary" in values:
                self.options[option] = {"canary": values["canary"]}
            raise


class ForgetsItsNameInErrors(ReferenceStore):
    """Does not say which store refuses a value."""

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        self.options[option] = canonical_values(checked_option(option, store=self.name), values)


class RemovesBeforeItChecks(ReferenceStore):
    """Removes what is to be replaced, then refuses the new values."""

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        self.options.pop(checked_option(option, store=self.name), None)
        super().set(option, values)


class UpdatesBeforeItChecks(ReferenceStore):
    """Removes keys, then refuses the new values."""

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        if checked_option(option, store=self.name) in self.options:
            super().update(option, {}, remove=remove)
        super().update(option, values, remove=remove)


class ShowsValuesInErrors(ReferenceStore):
    """Quotes what it refuses."""

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        try:
            super().set(option, values)
        except InvalidValueError as error:
            raise InvalidValueError(
                self.name, error.option, error.path, f"in {values!r:.200}"
            ) from None


class ShowsValuesInCauses(ReferenceStore):
    """Refuses because of an error that quotes the values."""

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        try:
            super().set(option, values)
        except InvalidValueError as error:
            raise error from ValueError(values)


class ShowsStoredValuesInErrors(ReferenceStore):
    """Quotes what is stored when it refuses a contradiction."""

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        try:
            super().update(option, values, remove=remove)
        except TypeError as error:
            raise TypeError(f"{error}: {self.options[option]}") from None


class _Lenient(ReferenceStore):
    """Accepts some values that it should refuse."""

    def is_accepted(self, error: InvalidValueError) -> bool:
        raise NotImplementedError

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        try:
            super().set(option, values)
        except InvalidValueError as error:
            if not self.is_accepted(error):
                raise
            self.options[option] = values


class AcceptsLongKeys(_Lenient):
    """Knows no limit of a key."""

    def is_accepted(self, error: InvalidValueError) -> bool:
        return "longer than" in error.reason


class AcceptsReservedKeys(_Lenient):
    """Knows no reserved keys."""

    def is_accepted(self, error: InvalidValueError) -> bool:
        return "reserved" in error.reason


class AcceptsDeepValues(_Lenient):
    """Knows no limit of nesting."""

    def is_accepted(self, error: InvalidValueError) -> bool:
        return "nested" in error.reason


class AcceptsManyDigits(_Lenient):
    """Knows no limit of digits."""

    def is_accepted(self, error: InvalidValueError) -> bool:
        return "digits" in error.reason


class AcceptsNaN(_Lenient):
    """Takes NaN for a number."""

    def is_accepted(self, error: InvalidValueError) -> bool:
        return "NaN" in error.reason


class AcceptsSecrets(_Lenient):
    """Takes a secret for a value, and so shows it as if it were a setting."""

    def is_accepted(self, error: InvalidValueError) -> bool:
        return "does not seal" in error.reason


class AcceptsNestedSecrets(_Lenient):
    """Looks for secrets at the top only."""

    def is_accepted(self, error: InvalidValueError) -> bool:
        return "a Secret is the whole value" in error.reason


class AcceptsLargeOptions(_Lenient):
    """Knows no limit of an option."""

    def is_accepted(self, error: InvalidValueError) -> bool:
        return "bytes by" in error.reason


class LetsUpdatesOutgrow(ReferenceStore):
    """Checks the size of what an update sets, and not of what comes out."""

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        try:
            super().update(option, values, remove=remove)
        except InvalidValueError:
            changes, removed = canonical_update(option, values, remove, store=self.name)
            merged = {**self.options.get(option, {}), **changes}
            self.options[option] = {
                key: value for key, value in merged.items() if key not in removed
            }


class AcceptsContradictions(ReferenceStore):
    """Sets a key that is to be set and removed."""

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        try:
            super().update(option, values, remove=remove)
        except InvalidValueError as error:
            if "both" not in error.reason:
                raise
            super().update(option, values)


class RemovesText(ReferenceStore):
    """Takes a string for a collection of keys to remove."""

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        removed = list(remove) if isinstance(remove, str) else remove
        super().update(option, values, remove=removed)


class FindsNoOptionOfAnInvalidName(ReferenceStore):
    """Takes an option that cannot be for one that is absent."""

    def get(self, option: str, *, keys: Keys = None, consistent: bool = True) -> Values:
        try:
            return super().get(option, keys=keys)
        except InvalidNameError:
            raise OptionNotFoundError(self.name, option) from None


class AcceptsLongNames(ReferenceStore):
    """Knows no limit of a name."""

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        try:
            super().set(option, values)
        except InvalidNameError as error:
            if "bytes of UTF-8" not in error.reason or not option:
                raise
            self.options[option] = canonical_values(option, values, store=self.name)


class RaisesKeyError(ReferenceStore):
    """Leaves a failure to Python."""

    def existing(self, option: str) -> Values:
        return self.options[checked_option(option, store=self.name)]  # type: ignore[no-any-return]


class NamesTheWrongStore(ReferenceStore):
    """Puts the arguments of an error in the wrong order."""

    def existing(self, option: str) -> Values:
        try:
            return super().existing(option)
        except OptionNotFoundError:
            raise OptionNotFoundError(option, self.name) from None


class NamesNoPath(ReferenceStore):
    """Does not say where in an option the value is that it refuses."""

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        try:
            super().set(option, values)
        except InvalidValueError as error:
            raise InvalidValueError(self.name, option, "", error.reason) from None
