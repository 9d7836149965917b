"""
Values as JSON, made to be read and edited by hand.

What JSON lacks is an object with a single tag: `{"$bytes": "<base64>"}`, `{"$set": [...]}`,
`{"$decimal": "..."}`. A dict of the user's own with a single key that starts with `$` is escaped as
`{"$dict": {...}}`, so that a tag which a later version adds cannot change what is stored today.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from confstore._values.canonical import MAX_DEPTH, MAX_OPTION_SIZE_B, check_size
from confstore._values.keys import RESERVED_KEYS, key_fault
from confstore._values.names import MAX_OPTION_B, checked_option, utf8_size
from confstore._values.numbers import canonical_number, number_from_text
from confstore._values.read_only import ReadOnlyDict, ReadOnlyList
from confstore.errors import InvalidNameError, InvalidValueError

__all__ = [
    "AN_OPTION",
    "MAX_NESTING",
    "JSONPathError",
    "OptionReader",
    "options_from_tree",
    "values_from_json",
    "values_to_json",
]


AN_OPTION = "an option is an object of key to value"

# Unlike a ReadOnlyDict, which refuses it.
_set_item: Callable[[dict[str, Any], str, Any], None] = dict.__setitem__


class JSONPathError(ValueError):
    """
    A JSON value that is not a value of an option.

    Attributes:
        path: The keys and indices that lead to it.
        reason: What is wrong with it; never a value.
    """

    def __init__(self, path: tuple[str | int, ...], reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def inside(self, key: str | int) -> JSONPathError:
        """The same error of a value that holds this one under a key."""
        return JSONPathError((key, *self.path), self.reason)


def values_to_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """An option's canonical values as an argument of `json.dumps`."""
    return {key: _to_json(value) for key, value in values.items()}


def _to_json(value: Any) -> Any:
    if isinstance(value, dict):
        entries = values_to_json(value)
        return {"$dict": entries} if _is_tagged(entries) else entries
    if isinstance(value, list):
        return [_to_json(entry) for entry in value]
    if isinstance(value, set | frozenset):
        return {"$set": [_to_json(entry) for entry in sorted(value)]}
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, Decimal):
        return {"$decimal": str(value)}
    return value


def _is_tagged(entries: Mapping[str, Any]) -> bool:
    return len(entries) == 1 and next(iter(entries)).startswith("$")


def values_from_json(raw: object) -> ReadOnlyDict:
    """
    An option's values, read-only and canonical, from the result of `json.loads`.

    Args:
        raw: The result. With `parse_float=number_from_text` it has every digit of a number.

    Raises:
        JSONPathError: It is not a JSON object, or a value in it is outside the domain.
    """
    return OptionReader().values(raw)


def options_from_tree(
    tree: object, option: str | None = None, remedy: str = AN_OPTION
) -> dict[str, ReadOnlyDict]:
    """
    Options, read-only and canonical, from the dicts, lists and scalars of a format's parser.

    Args:
        tree: The document.
        option: The name of the one option that the document is; else it holds options.
        remedy: What to do about a value that stands where options do.

    Raises:
        JSONPathError: A part of it is not an option or a value; the path begins with the option, or
            with the key if the document is one option.
    """
    if option is not None:
        return {option: OptionReader().only_option(option, tree)}
    if not isinstance(tree, dict):
        raise JSONPathError((), "a document holds option to values: it is not a list or a scalar")
    reader = OptionReader(remedy=remedy)
    return {name: reader.option(name, raw) for name, raw in tree.items()}


class OptionReader:
    """
    Makes read-only options from the result of `json.loads` for one document, in one pass.

    A `ReadOnlyDict`, which the decoder's `object_hook` may give, is not copied but filled in place.

    Attributes:
        key_count: The keys of all objects so far.
    """

    def __init__(
        self,
        checked: frozenset[type] = frozenset({bool, type(None)}),
        max_entry_b: int | None = None,
        is_flat: bool = False,
        remedy: str = AN_OPTION,
    ) -> None:
        """
        Start a document.

        Facts about a text as a whole save a look at each value: that would take longer than the
        decoding of the text.

        Args:
            checked: Types of values that need no check in this document.
            max_entry_b: The largest size of a key and its value, or of an entry of a list, if that
                is known.
            is_flat: True if no value of the document needs a check.
            remedy: What to do about a value that stands where options do.
        """
        self._remedy = remedy
        self.key_count = 0
        self._list_length = 0
        # The same few keys come again and again.
        self._keys: set[str] = set()
        self._option_keys: set[str] = set()
        self._checked = checked
        self._is_flat = is_flat
        self._max_entries = 0 if max_entry_b is None else MAX_OPTION_SIZE_B // max_entry_b

    def option(self, name: str, raw: object) -> ReadOnlyDict:
        """The values of an option; the path of an error begins with the option."""
        # Nearly every option ends here: each of these tests runs at the speed of C.
        if (
            raw.__class__ is ReadOnlyDict
            and raw.keys() <= self._option_keys
            and (self._is_flat or self._checked.issuperset(map(type, raw.values())))
            and len(raw) < self._max_entries
            and name.isascii()
            and 0 < len(name) <= MAX_OPTION_B
        ):
            self.key_count += len(raw)
            return raw
        if not isinstance(raw, dict):
            # The name of a key is no secret, and a file has many keys.
            reason = f"{name!r} is {_json_type(raw)}, and stands where options do: {self._remedy}"
            raise JSONPathError((name,), reason)
        before = self.key_count + self._list_length
        try:
            checked_option(name)
            values = self.values(raw)
            if self.key_count + self._list_length - before >= self._max_entries:
                check_size(name, values)
        except JSONPathError as error:
            raise error.inside(name) from None
        except InvalidNameError as error:
            reason = f"an option cannot have this name: {error.reason}"
            raise JSONPathError((name,), reason) from None
        except InvalidValueError as error:
            raise JSONPathError((name,), error.reason) from None
        self._option_keys.update(values)
        return values

    def only_option(self, name: str, raw: object) -> ReadOnlyDict:
        """The values of the option that a whole document is; an error's path begins with a key."""
        if not isinstance(raw, dict):
            raise JSONPathError((), f"{AN_OPTION}, and this document is {_json_type(raw)}")
        try:
            return self.option(name, raw)
        except JSONPathError as error:
            raise JSONPathError(error.path[1:], error.reason) from None

    def values(self, raw: object) -> ReadOnlyDict:
        """The values of an option, of any size."""
        if not isinstance(raw, dict):
            reason = f"{AN_OPTION}, not {_json_type(raw)}"
            raise JSONPathError((), reason)
        if not raw.keys().isdisjoint(RESERVED_KEYS):
            key = next(key for key in raw if key in RESERVED_KEYS)
            raise JSONPathError((key,), "the key is reserved, because a DynamoDB item needs it")
        return self._entries(raw, 0)

    def _entries(self, raw: dict[str, Any], depth: int) -> ReadOnlyDict:
        entries = raw if raw.__class__ is ReadOnlyDict else ReadOnlyDict(raw)
        self.key_count += len(raw)
        if not raw.keys() <= self._keys:
            self._check_keys(raw)
        checked = self._checked
        if not checked.issuperset(map(type, raw.values())):
            for key, value in raw.items():
                if value.__class__ not in checked:
                    try:
                        _set_item(entries, key, self._value(value, depth))
                    except JSONPathError as error:
                        raise error.inside(key) from None
        return entries

    def _check_keys(self, raw: dict[str, Any]) -> None:
        for key in raw:
            fault = key_fault(key)
            if fault is not None:
                raise JSONPathError((key,), fault)
        self._keys.update(raw)

    def _list(self, raw: list[Any], depth: int) -> ReadOnlyList:
        self._list_length += len(raw)
        checked = self._checked
        if checked.issuperset(map(type, raw)):
            return ReadOnlyList(raw)
        entries = raw.copy()
        for index, value in enumerate(raw):
            if value.__class__ not in checked:
                try:
                    entries[index] = self._value(value, depth)
                except JSONPathError as error:
                    raise error.inside(index) from None
        return ReadOnlyList(entries)

    def _value(self, raw: Any, depth: int) -> Any:
        if raw.__class__ is list:
            _check_depth(depth)
            return self._list(raw, depth + 1)
        if isinstance(raw, dict):
            if len(raw) == 1 and _is_tagged(raw):
                return self._untagged(raw, depth)
            _check_depth(depth)
            return self._entries(raw, depth + 1)
        if isinstance(raw, str):
            if utf8_size(raw) is None:
                raise JSONPathError((), "the text holds a lone surrogate, which UTF-8 cannot")
            return raw
        try:
            return canonical_number(raw)
        except ValueError as error:
            raise JSONPathError((), str(error)) from None

    def _untagged(self, raw: dict[str, Any], depth: int) -> Any:
        ((tag, content),) = raw.items()
        self.key_count += 1
        if tag == "$dict" and isinstance(content, dict):
            _check_depth(depth)
        try:
            if tag == "$dict" and isinstance(content, dict):
                return self._entries(content, depth + 1)
            if tag == "$set" and isinstance(content, list):
                return self._set(content)
            if isinstance(content, str) and tag in {"$bytes", "$decimal"}:
                return _bytes(content) if tag == "$bytes" else number_from_text(content)
        except JSONPathError as error:
            raise error.inside(tag) from None
        except ValueError as error:
            raise JSONPathError((tag,), str(error)) from None
        reason = (
            'an object with a single key that starts with "$" is a tag: {"$bytes": "base64"}, '
            '{"$set": [...]}, {"$decimal": "digits"} or, for such an object itself, '
            '{"$dict": {...}}'
        )
        raise JSONPathError((tag,), reason)

    def _set(self, content: list[Any]) -> frozenset[Any]:
        for index, raw in enumerate(content):
            # Before it is read: sets do not count as nesting, so sets in sets would have no end.
            if not _can_be_in_set(raw):
                reason = f"a set holds text, bytes or numbers, not {_json_type(raw)}"
                raise JSONPathError((index,), reason)
        entries = self._list(content, MAX_DEPTH)
        if not entries:
            raise JSONPathError((), "a set is empty, which DynamoDB cannot hold")
        kinds = {type(entry) if isinstance(entry, str | bytes) else int for entry in entries}
        if len(kinds) > 1:
            raise JSONPathError((), "a set holds only text, only bytes or only numbers")
        return frozenset(entries)


def _check_depth(depth: int) -> None:
    if depth == MAX_DEPTH:
        raise JSONPathError((), f"arrays and objects are nested more than {MAX_DEPTH} deep")


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("this is not base64") from None


def _can_be_in_set(raw: object) -> bool:
    if isinstance(raw, dict):
        return list(raw) in (["$bytes"], ["$decimal"])
    return raw is not None and not isinstance(raw, bool | list)


def _json_type(raw: object) -> str:
    names = {dict: "an object", list: "an array", str: "a string", bool: "a Boolean"}
    return "null" if raw is None else names.get(type(raw), "a number")


MAX_NESTING = 2 + 2 * MAX_DEPTH + 1
"""Objects and arrays inside one another: store, option, and containers that may be in a tag."""
