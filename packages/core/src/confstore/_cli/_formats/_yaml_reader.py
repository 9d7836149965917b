"""
The tree of a YAML document, from the events of PyYAML's parser.

Nothing is constructed by PyYAML itself: its constructors know dates and YAML 1.1's numbers, keep
the last of two equal keys, and copy what aliases repeat without end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NoReturn, TypeAlias

import yaml

from confstore._cli._formats._yaml_scalars import MERGE_KEY, plain_scalar
from confstore._documents.tagged_json import MAX_NESTING
from confstore._documents.text_place import TextFault

__all__ = ["FaultyYAMLError", "read_yaml"]

MAX_REPEATED = 100_000
"""
Values that the aliases of a document may repeat, in all.

A document of a few lines can stand for more values than any memory holds; one that people wrote
repeats some defaults.
"""

# Both parsers refuse all but U+FEFF, and each with a message of its own.
_UNPRINTABLE = re.compile(
    "[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_STR = "tag:yaml.org,2002:str"
_MAP = "tag:yaml.org,2002:map"
_SEQ = "tag:yaml.org,2002:seq"
_UNSPECIFIC = frozenset({None, "!"})

_TOO_DEEP = "lists and mappings are nested too deep"

# What the two parsers begin their messages with; the rest may quote the document.
_REASONS = {
    "found character": "text cannot begin with this character here: put it in quotes",
    "mapping values are not allowed": (
        "no colon can stand here: put text with a colon in quotes, or mend the indentation"
    ),
    "found unexpected end of stream": "the quotes that begin before are not closed",
    "expected <block end>": "this does not belong here: mend the indentation",
    "did not find expected key": "this does not belong here: mend the indentation",
    "could not find expected ':'": "a colon is missing, between a key and its value",
    "found unknown escape": "this is no escape of YAML: put the text in single quotes",
    # Newer parsers look far enough ahead to see it before an event of it comes.
    "exceeded maximum nesting depth": _TOO_DEEP,
}

_Path = tuple[str | int, ...]
_Event: TypeAlias = Any  # the stubs of PyYAML leave out what a parser's events always have


class FaultyYAMLError(Exception):
    """
    A text that is no YAML, or has something in it that no store holds.

    Attributes:
        fault: What, and where.
    """

    def __init__(self, fault: TextFault) -> None:
        super().__init__(fault)
        self.fault = fault


def read_yaml(text: str, places: dict[_Path, tuple[int, int]] | None = None) -> Any:
    """
    The document's dicts, lists and scalars.

    Args:
        text: The document.
        places: If given, filled with line and column of each path of the tree; what an alias or a
            merge repeats has none of its own.

    Raises:
        FaultyYAMLError: See there.
    """
    unprintable = _UNPRINTABLE.search(text)
    if unprintable is not None:
        reason = "this character cannot stand in YAML: write it as an escape, in double quotes"
        raise FaultyYAMLError(TextFault.at(text, unprintable.start(), reason))
    # The parser in C is ten times as fast; not every platform has it.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _Reader(yaml.parse(text, Loader=loader), places).document()
    except yaml.MarkedYAMLError as error:
        # The parsers always know the place.
        mark: Any = error.problem_mark
        fault = TextFault(mark.line + 1, mark.column + 1, _reason(error.problem or ""))
    raise FaultyYAMLError(fault)


def _reason(problem: str) -> str:
    known = (reason for begin, reason in _REASONS.items() if problem.startswith(begin))
    return next(known, "this is not YAML")


class _Reader:
    """Goes through the events of one document, once."""

    def __init__(
        self, events: Iterator[_Event], places: dict[_Path, tuple[int, int]] | None
    ) -> None:
        self._events = events
        self._places = places
        # What is complete and can be repeated: the value, and of how many values it is.
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._count = 0
        self._repeated = 0

    def document(self) -> Any:
        next(self._events)
        begin = next(self._events)
        if isinstance(begin, yaml.StreamEndEvent):
            self._fail(begin, "there is nothing here: a document without options is {}")
        tree = self._value(next(self._events), (), 0)
        next(self._events)
        end = next(self._events)
        if not isinstance(end, yaml.StreamEndEvent):
            self._fail(end, "a second document begins here: put its options into the first")
        return tree

    def _value(self, event: _Event, path: _Path, depth: int) -> Any:
        if self._places is not None:
            self._places.setdefault(path, _place(event))
        if isinstance(event, yaml.AliasEvent):
            return self._repeat(event)
        before = self._count
        self._count += 1
        if isinstance(event, yaml.ScalarEvent):
            value: Any = self._scalar(event)
        elif depth == MAX_NESTING:
            self._fail(event, _TOO_DEEP)
        elif isinstance(event, yaml.MappingStartEvent):
            self._check_tag(event, _MAP)
            value = self._mapping(path, depth + 1)
        else:
            self._check_tag(event, _SEQ)
            value = self._sequence(path, depth + 1)
        # Now, and not at its beginning: no value can hold itself.
        if event.anchor is not None:
            self._anchors[event.anchor] = value, self._count - before
        return value

    def _repeat(self, event: _Event) -> Any:
        if event.anchor not in self._anchors:
            self._fail(event, "this alias has no anchor that ends before it")
        value, count = self._anchors[event.anchor]
        self._count += count
        self._repeated += count
        if self._repeated > MAX_REPEATED:
            self._fail(event, f"aliases repeat more than {MAX_REPEATED:,} values: write them out")
        return value

    def _scalar(self, event: _Event) -> Any:
        self._check_tag(event, _STR)
        if event.tag is not None or not event.implicit[0]:
            return event.value
        try:
            return plain_scalar(event.value)
        except ValueError as error:
            fault = TextFault(*_place(event), str(error))
        raise FaultyYAMLError(fault)

    def _check_tag(self, event: _Event, allowed: str) -> None:
        if event.tag not in _UNSPECIFIC and event.tag != allowed:
            reason = (
                'no tag is read here but !!str: bytes are {"$bytes": "base64"}, sets {"$set": '
                '[...]}, numbers of many digits {"$decimal": "digits"}'
            )
            self._fail(event, reason)

    def _sequence(self, path: _Path, depth: int) -> list[Any]:
        entries: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            entries.append(self._value(event, (*path, len(entries)), depth))
        return entries

    def _mapping(self, path: _Path, depth: int) -> dict[str, Any]:
        entries: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        begins: dict[tuple[str, bool], tuple[int, int]] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            is_merge = _is_merge(event)
            key = MERGE_KEY if is_merge else self._key(event)
            place = _place(event)
            first = begins.setdefault((key, is_merge), place)
            if first != place:
                reason = f"this key is in its mapping twice, first on line {first[0]}"
                self._fail(event, reason)
            inner = (*path, key)
            if self._places is not None:
                self._places[inner] = place
            value = self._value(next(self._events), inner, depth)
            if is_merge:
                merged = self._merged(event, value)
            else:
                entries[key] = value
        return {**merged, **entries}

    def _key(self, event: _Event) -> str:
        key = self._scalar(event) if isinstance(event, yaml.ScalarEvent) else None
        if not isinstance(key, str):
            self._fail(event, "a key is text: write it in quotes")
        return key

    def _merged(self, event: _Event, value: Any) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        for source in value if isinstance(value, list) else [value]:
            if not isinstance(source, dict):
                self._fail(event, "<< takes a mapping or a list of mappings")
            # The first of several has the last word.
            merged = {**source, **merged}
        return merged

    def _fail(self, event: _Event, reason: str) -> NoReturn:
        raise FaultyYAMLError(TextFault(*_place(event), reason))


def _is_merge(event: _Event) -> bool:
    """Whether it is the key of a merge: one that is not in quotes, as a user's own has to be."""
    is_plain = isinstance(event, yaml.ScalarEvent) and event.tag is None and event.implicit[0]
    return is_plain and event.value == MERGE_KEY


def _place(event: _Event) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1
