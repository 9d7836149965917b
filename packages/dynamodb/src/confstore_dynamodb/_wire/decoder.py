"""
The plain decoder: DynamoDB's items as values.

Other programs and people write items, too. So this reads every type that DynamoDB has, and checks
the content of each.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple

from confstore import FillableDict, ReadOnlyList
from confstore.documents import number_from_text
from confstore.errors import CorruptStoreError

__all__ = ["PLAIN", "READ_ONLY", "Decoder"]


class Decoder(NamedTuple):
    """
    Builds values of one kind in one step: none is built and then converted.

    Attributes:
        new_dict: Makes a dict that may be filled, of its first entries or empty.
        filled: Takes a dict that `new_dict` made and that is filled, and returns it as it is to be.
        to_list: Makes a list from its entries.
        to_set: Makes a set from its entries.
        to_key: Makes the name of a key.
    """

    new_dict: Callable[..., Any]
    filled: Callable[[Any], dict[str, Any]]
    to_list: Callable[[Iterable[Any]], list[Any]]
    to_set: Callable[[Iterable[Any]], Any]
    to_key: Callable[[str], str]

    def option_name(self, item: Any, option_key: str) -> str:
        """The name of the option that an item holds."""
        match item.get(option_key) if isinstance(item, Mapping) else None:
            case {"S": str(name)}:
                return self.to_key(name)
        raise CorruptStoreError(option_key, "an item of the table has no text in its sort key")

    def values(self, option: str, item: Mapping[str, Any], hidden: Collection[str]) -> Any:
        """The values of an option, without the hidden attributes, which are not the user's."""
        values = self.new_dict(
            (self.to_key(key), self._checked(option, key, wire))
            for key, wire in item.items()
            if key not in hidden
        )
        return self.filled(values)

    def _checked(self, option: str, key: str, wire: Any) -> Any:
        try:
            return self._value(wire)
        except (ArithmeticError, AttributeError, TypeError, ValueError, RecursionError):
            # The text of any of them may quote a value.
            reason = f"the key {key!r} holds something that is no value of DynamoDB"
            raise CorruptStoreError(option, reason) from None

    def _value(self, wire: Any) -> Any:
        if len(wire) != 1:
            raise ValueError("not one type")
        # The most frequent types first.
        match wire:
            case {"S": str(text)}:
                return text
            case {"N": str(text)}:
                return number_from_text(text)
            case {"BOOL": bool(flag)}:
                return flag
            case {"M": dict(entries)}:
                values = ((self.to_key(key), self._value(entry)) for key, entry in entries.items())
                return self.filled(self.new_dict(values))
            case {"L": list(entries)}:
                return self.to_list(self._value(entry) for entry in entries)
            case {"NULL": True}:
                return None
            case {"B": bytes(content)}:
                return content
            case {"SS": [*entries]}:
                return self.to_set(_each(str, entries))
            case {"NS": [*entries]}:
                return self.to_set(number_from_text(entry) for entry in entries)
            case {"BS": [*entries]}:
                return self.to_set(_each(bytes, entries))
        raise ValueError("unknown type")


def _each(kind: type, entries: list[Any]) -> list[Any]:
    if not all(isinstance(entry, kind) for entry in entries):
        raise TypeError("another type than the set's")
    return entries


def _as_it_is(values: dict[str, Any]) -> dict[str, Any]:
    return values


PLAIN = Decoder(new_dict=dict, filled=_as_it_is, to_list=list, to_set=set, to_key=str)
"""Values that their reader may change."""

READ_ONLY = Decoder(
    new_dict=FillableDict,
    filled=FillableDict.as_read_only,
    to_list=ReadOnlyList,
    to_set=frozenset,
    to_key=sys.intern,
)
"""Values of a snapshot; the names are interned, which halves the time of a hot read."""
