"""
The nodes of a YAML document, from PyYAML's `compose`, as dicts, lists and scalars.

YAML 1.1 and YAML 1.2 read many scalars differently that stand without quotes: `no`, `0755`, `1e3`,
`22:22`. A configuration must not depend on the reader's version, so such a scalar is neither read
(quotes make it text) nor written.

Nothing is constructed by PyYAML itself: its constructors know dates and YAML 1.1's numbers, and
keep the last of two equal keys.

Sources:
    YAML 1.1 with its "Language-Independent Types", 2005, as PyYAML reads them; YAML 1.2.2,
    section 10.3, "Core Schema", 2021.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NoReturn

import yaml
from yaml.composer import Composer

from confstore._cli.formats.yaml_reasons import REASONS, TOO_DEEP
from confstore.documents import MAX_NESTING, TextFault, number_from_text

__all__ = ["FaultyYAMLError", "compose", "is_surely_text", "node_entries", "place_of", "tree_of"]

_MAX_REPEATED = 100_000
"""Values that aliases may repeat; a few lines could stand for more than any memory holds."""

# Both parsers refuse all but U+FEFF, and each with a message of its own.
_UNPRINTABLE = re.compile(
    "[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_PLAIN = "!confstore-plain"
_STR = "tag:yaml.org,2002:str"


class FaultyYAMLError(Exception):
    """A text that is not YAML, or holds something that no store holds."""

    def __init__(self, fault: TextFault) -> None:
        super().__init__(fault)
        self.fault = fault


def compose(text: str) -> yaml.Node:
    """The root node of a document, or `FaultyYAMLError`."""
    unprintable = _UNPRINTABLE.search(text)
    if unprintable is not None:
        reason = "this character cannot stand in YAML: write it as an escape, in double quotes"
        raise FaultyYAMLError(TextFault.at(text, unprintable.start(), reason))
    # The parser in C is ten times as fast; not every platform has it.
    loader = _loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    try:
        root = yaml.compose(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        # The parsers always know the place.
        mark: Any = error.problem_mark
        problem = error.problem or ""
        known = (reason for begin, reason in REASONS.items() if problem.startswith(begin))
        fault = TextFault(mark.line + 1, mark.column + 1, next(known, "this is not YAML"))
        tab = _indenting_tab(text, mark.line)
        if tab is not None:
            fault = TextFault(mark.line + 1, tab + 1, "a tab cannot indent YAML: use blanks")
    else:
        if root is not None:
            return root
        reason = "there is nothing here: a document without options is {}"
        fault = TextFault.at(text, len(text), reason)
    raise FaultyYAMLError(fault)


def _indenting_tab(text: str, line: int) -> int | None:
    """The column, from 0, of a tab in the indentation of a line, from 0."""
    lines = text.split("\n")[line : line + 1]
    indentation = lines[0][: -len(lines[0].lstrip()) or None] if lines and lines[0].strip() else ""
    return indentation.find("\t") if "\t" in indentation else None


@functools.cache
def _loader(base: Any) -> Any:
    """The loader of PyYAML whose nodes are checked while they are composed."""
    members = {"__init__": base.__init__, "yaml_implicit_resolvers": {}}
    loader: Any = type("Loader", (_CheckedComposer, base), members)
    # Every scalar without quotes and tag.
    loader.add_implicit_resolver(_PLAIN, re.compile(""), [None])
    return loader


class _CheckedComposer(Composer):
    """A composer with limits of depth and of aliases, whose anchors can be used again."""

    peek_event: Any  # the parser's

    def compose_document(self) -> Any:
        """Compose a document."""
        self.anchors: dict[Any, Any] = {}
        self._depth = self._count = self._repeated = 0
        # The number of values of each complete node.
        self._sizes: dict[int, int] = {}
        return super().compose_document()

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Compose the next node."""
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent):
            size = self._sizes.get(id(self.anchors.get(event.anchor)))
            # No value can hold itself.
            if size is None:
                _fail(event, "this alias has no anchor that ends before it")
            self._count += size
            self._repeated += size
            if self._repeated > _MAX_REPEATED:
                _fail(event, f"aliases repeat more than {_MAX_REPEATED:,} values: write them out")
            return super().compose_node(parent, index)
        if self._depth == MAX_NESTING and not isinstance(event, yaml.ScalarEvent):
            _fail(event, TOO_DEEP)
        if event.tag == "!":
            # Text without quotes, which the resolver would not tell from other scalars.
            event.tag = _STR if isinstance(event, yaml.ScalarEvent) else None
        self.anchors.pop(event.anchor, None)
        before = self._count
        is_key = isinstance(parent, yaml.MappingNode) and index is None
        self._count += not is_key
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        self._sizes[id(node)] = self._count - before
        return node


def tree_of(node: Any) -> Any:
    """The dicts, lists and scalars of a node, or `FaultyYAMLError`."""
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node)
    if isinstance(node, yaml.MappingNode):
        return _mapping(node)
    _check_tag(node, "tag:yaml.org,2002:seq")
    return [tree_of(entry) for entry in node.value]


def node_entries(node: Any) -> Mapping[str, Any] | None:
    """The nodes of a mapping by their keys, with those of its merges; None for any other node."""
    if not isinstance(node, yaml.MappingNode):
        return None
    entries: dict[str, Any] = {}
    for key, value in node.value:
        if not _is_merge(key):
            continue
        # The first of several wins, and the mapping itself over all of them.
        for merged in value.value if isinstance(value, yaml.SequenceNode) else [value]:
            entries = {**(node_entries(merged) or {}), **entries}
    for key, value in node.value:
        # A key that is no scalar is a fault, which `tree_of` finds.
        if isinstance(key, yaml.ScalarNode) and not _is_merge(key):
            entries[key.value] = value
    return entries


def place_of(node: Any, path: tuple[str | int, ...]) -> tuple[int, int]:
    """The line and column of a path, or of the last part of it that stands in the text."""
    place = _place(node)
    for part in path:
        if isinstance(node, yaml.SequenceNode):
            node = node.value[part]
            place = _place(node)
            continue
        if not isinstance(node, yaml.MappingNode):
            break
        found = {key.value: (key, value) for key, value in node.value if not _is_merge(key)}
        # A merge repeats what stands elsewhere.
        if part not in found:
            break
        key, node = found[str(part)]
        place = _place(key)
    return place


def _scalar(node: yaml.ScalarNode) -> Any:
    if node.tag != _PLAIN:
        _check_tag(node, _STR)
        return node.value
    try:
        return _plain_scalar(node.value)
    except ValueError as error:
        fault = TextFault(*_place(node), str(error))
    raise FaultyYAMLError(fault)


def _mapping(node: yaml.MappingNode) -> dict[str, Any]:
    _check_tag(node, "tag:yaml.org,2002:map")
    entries: dict[str, Any] = {}
    merged: dict[str, Any] = {}
    begins: dict[tuple[str, bool], int] = {}
    for key_node, value_node in node.value:
        is_merge = _is_merge(key_node)
        key = _MERGE_KEY if is_merge else _key(key_node)
        line = _place(key_node)[0]
        if (key, is_merge) in begins:
            first = begins[key, is_merge]
            _fail(key_node, f"this key is in its mapping twice, first on line {first}")
        begins[key, is_merge] = line
        if is_merge:
            merged = _merged(key_node, tree_of(value_node))
        else:
            entries[key] = tree_of(value_node)
    return {**merged, **entries}


def _key(node: Any) -> str:
    key = _scalar(node) if isinstance(node, yaml.ScalarNode) else None
    if not isinstance(key, str):
        _fail(node, "a key is text: write it in quotes")
    return key


def _merged(node: Any, value: Any) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for source in value if isinstance(value, list) else [value]:
        if not isinstance(source, dict):
            _fail(node, "<< takes a mapping or a list of mappings")
        # The first of several wins.
        merged = {**source, **merged}
    return merged


def _is_merge(node: Any) -> bool:
    """True for the key of a merge: one without quotes, which a user's own key needs."""
    return bool(node.tag == _PLAIN and node.value == _MERGE_KEY)


def _check_tag(node: Any, allowed: str) -> None:
    if node.tag != allowed:
        instead = '{"$bytes": "base64"}, {"$set": [...]} or {"$decimal": "digits"}'
        _fail(node, f"no tag is read here but !, !!str, !!map and !!seq: write {instead}")


def _place(node: Any) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _fail(node: Any, reason: str) -> NoReturn:
    raise FaultyYAMLError(TextFault(*_place(node), reason))


# -- scalars without quotes ----------------------------------------------------------------------

_MERGE_KEY = "<<"

_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_OTHER_WORDS = frozenset(
    {"=", _MERGE_KEY}.union(*((w, w.title(), w.upper()) for w in ("yes", "no", "on", "off")))
)
# Booleans by the text of YAML 1.1; PyYAML and most other readers take them for text.
_LETTERS = frozenset("yYnN")

_NUMBER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]*(?:[eE][-+][0-9]+)?)?")
_OTHER_NUMBER = re.compile(
    r"""
    [-+]? (?:
        0b[01_]+ | 0o[0-7]+ | 0x[0-9a-fA-F_]+
      | (?: [0-9][0-9_]* (?: :[0-5]?[0-9] )* (?: \.[0-9_]* )? | \.[0-9][0-9_]* )
        (?: [eE][-+]?[0-9]+ )?
    )
    """,
    re.VERBOSE,
)
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_DATE = re.compile(r"[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?(?:(?:[Tt]|[ \t]+)[0-9][0-9]?:.*)?")


def _plain_scalar(text: str) -> str | int | float | Decimal | None:
    """The value of a scalar without quotes, or a `ValueError` that never quotes it."""
    if text in _WORDS:
        return _WORDS[text]
    # Anything but text begins with one of these; most texts do not.
    if text[0] not in "-+.0123456789=<yYnNoO":
        return text
    if _NUMBER.fullmatch(text):
        return number_from_text(text)
    if _NOT_FINITE.fullmatch(text):
        raise ValueError("NaN and infinities are not numbers here; null can stand for no number")
    if _DATE.fullmatch(text):
        raise ValueError("this is a date, which no store can hold: write it as text, in quotes")
    if text in _OTHER_WORDS or _OTHER_NUMBER.fullmatch(text):
        raise ValueError(
            "YAML 1.1 and YAML 1.2 do not read this alike: write text in quotes, "
            "a Boolean as true or false, a number in decimal digits"
        )
    return text


def is_surely_text(text: str) -> bool:
    """True if every reader of YAML takes this for text where the syntax allows no quotes."""
    if text in _LETTERS:
        return False
    try:
        return _plain_scalar(text) == text
    except ValueError:
        return False
