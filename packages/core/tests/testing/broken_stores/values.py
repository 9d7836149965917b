"""Stores that give back other values than they were given."""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Collection, Mapping
from copy import deepcopy
from decimal import Decimal
from typing import Any

from ..reference_store import ReferenceStore

Keys = Collection[str] | None


class _Encoding(ReferenceStore):
    """Keeps some values as others."""

    def encoded(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self.encoded(entry) for key, entry in value.items()}
        if isinstance(value, list):
            return [self.encoded(entry) for entry in value]
        return value

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        super().set(option, values)
        self.options[option] = self.encoded(self.options[option])


class DropsFalsyValues(ReferenceStore):
    """Keeps only keys whose value is true."""

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        super().set(option, values)
        stored = self.options[option].items()
        self.options[option] = {key: value for key, value in stored if value}


class DropsNone(ReferenceStore):
    """Takes None for absent."""

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        super().set(option, values)
        stored = self.options[option].items()
        self.options[option] = {key: value for key, value in stored if value is not None}


class TakesEmptyTextForNone(_Encoding):
    """Keeps empty text as None, as DynamoDB's clients did before 2020."""

    def encoded(self, value: Any) -> Any:
        return None if value == "" else super().encoded(value)


class KeepsBoolsAsNumbers(_Encoding):
    """Keeps True as 1."""

    def encoded(self, value: Any) -> Any:
        return int(value) if isinstance(value, bool) else super().encoded(value)


class KeepsNumbersAsFloats(_Encoding):
    """Keeps a Decimal as the nearest float."""

    def encoded(self, value: Any) -> Any:
        return float(value) if isinstance(value, Decimal) else super().encoded(value)


class KeepsNumbersAsDecimals(_Encoding):
    """Keeps a float as a Decimal, as boto3's resource does."""

    def encoded(self, value: Any) -> Any:
        return Decimal(repr(value)) if isinstance(value, float) else super().encoded(value)


class RoundsNumbers(_Encoding):
    """Keeps 15 digits of a float."""

    def encoded(self, value: Any) -> Any:
        return float(f"{value:.15g}") if isinstance(value, float) else super().encoded(value)


class KeepsIntsAsFloats(_Encoding):
    """Keeps an int of more than 53 bits as a float, as JSON in a browser does."""

    def encoded(self, value: Any) -> Any:
        is_large = type(value) is int and abs(value) > 2**53
        return int(float(value)) if is_large else super().encoded(value)


class KeepsSetsAsLists(_Encoding):
    """Keeps a set as a list, as JSON does."""

    def encoded(self, value: Any) -> Any:
        return sorted(value) if isinstance(value, set) else super().encoded(value)


class KeepsBytesAsText(_Encoding):
    """Keeps bytes as base64 and forgets that they were bytes."""

    def encoded(self, value: Any) -> Any:
        is_bytes = isinstance(value, bytes)
        return base64.b64encode(value).decode() if is_bytes else super().encoded(value)


class TakesDictsForTags(_Encoding):
    """Takes a user's own dict for its tag of bytes."""

    def encoded(self, value: Any) -> Any:
        if isinstance(value, dict) and value.keys() == {"$bytes"}:
            return base64.b64decode(value["$bytes"])
        return super().encoded(value)


class NormalisesText(_Encoding):
    """Keeps text in one normal form."""

    def encoded(self, value: Any) -> Any:
        is_text = isinstance(value, str)
        return unicodedata.normalize("NFC", value) if is_text else super().encoded(value)


class ChangesLineEnds(_Encoding):
    """Keeps text as a file opened in text mode does."""

    def encoded(self, value: Any) -> Any:
        is_text = isinstance(value, str)
        return value.replace("\r\n", "\n") if is_text else super().encoded(value)


class KeepsWhatIsNotCanonical(ReferenceStore):
    """Checks values and keeps them as they came: 1.0 stays a float, a Decimal a Decimal."""

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        super().set(option, values)
        self.options[option] = deepcopy(dict(values))


class CutsLargeValues(_Encoding):
    """Keeps 64 KiB of a text."""

    def encoded(self, value: Any) -> Any:
        return value[:65_536] if isinstance(value, str) else super().encoded(value)
