"""
YAML: what people like to edit.

It is written so that readers of YAML 1.1 and of YAML 1.2 find the same in it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import yaml

from confstore import Values
from confstore._cli.formats.document import document_error, foreign_line
from confstore._cli.formats.sections import laid_over, section_of
from confstore._cli.formats.yaml_tree import (
    FaultyYAMLError,
    compose,
    is_surely_text,
    node_entries,
    place_of,
    tree_of,
)
from confstore.documents import JSONPathError, TextFault, options_from_tree, values_to_json
from confstore.errors import InvalidDocumentError

__all__ = ["dumps", "loads", "text_from_tree"]

_STR = "tag:yaml.org,2002:str"
_NO_FOLDING = 2**30

# Characters that reverse the direction of text: a terminal obeys them, and so does an editor.
# Source: Unicode's property Bidi_Control.
_DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

# Printable on one line, without a blank at an end. Tabs, control characters, special line ends,
# reversed text and characters beyond the first plane are escapes in double quotes.
_MARK = (
    "!-~\xa1-\u061b\u061d-\u200d\u2010-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufefe\uff00-\ufffd"
)
_LINE = re.compile(f"[{_MARK}](?:[ \xa0{_MARK}]*[{_MARK}])?")
# Lines that a block shows as they are: text first, then also empty ones and indented ones.
_BLOCK = re.compile(rf"{_LINE.pattern}(?:\n(?:\ *{_LINE.pattern})?)+")


def dumps(options: Mapping[str, Mapping[str, Any]]) -> str:
    """In the order of the store; text of several lines as a block where that is exact."""
    return text_from_tree({option: values_to_json(values) for option, values in options.items()})


def text_from_tree(tree: Any) -> str:
    """Convert data for `json.dumps` to YAML, in its order."""
    text: str = yaml.dump(
        tree,
        Dumper=_dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)),
        allow_unicode=True,
        default_flow_style=False,
        sort_keys=False,
        width=_NO_FOLDING,
    )
    # The emitter takes them for printable; whatever has one is in double quotes.
    text = _DIRECTION.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
    # The end of a document that is a single scalar has a mark, on a line of its own.
    return text.removesuffix("...\n") if text.endswith("\n...\n") else text


@functools.cache
def _dumper(base: Any) -> Any:
    dumper: Any = type("Dumper", (base,), {})
    dumper.add_representer(str, _represented)
    return dumper


def _represented(dumper: Any, text: str) -> yaml.ScalarNode:
    if _LINE.fullmatch(text):
        # Without quotes where the syntax allows it, which the emitter knows.
        style = None if is_surely_text(text) else "'"
    elif _BLOCK.fullmatch(text) and not text.endswith("\n\n"):
        style = "|"
    else:
        style = '"'
    return dumper.represent_scalar(_STR, text, style=style)  # type: ignore[no-any-return]


def loads(
    text: str, source: str, option: str | None, sections: Sequence[str], **told: str
) -> Mapping[str, Values]:
    """Every option of a document, or the one option that it is; or of sections of it."""
    root = _root(text, source)
    if not sections:
        return _options(text, root, source, option, told)
    found = [section_of(root, name, source, node_entries)[1] for name in sections]
    return laid_over([_options(text, node, source, option, told) for node in found])


def _root(text: str, source: str) -> yaml.Node:
    try:
        return compose(text)
    except FaultyYAMLError as error:
        fault = error.fault
    raise _error(text, source, fault)


def _options(
    text: str, node: yaml.Node, source: str, option: str | None, told: Mapping[str, str]
) -> Mapping[str, Values]:
    try:
        tree = tree_of(node)
    except FaultyYAMLError as error:
        failure = _error(text, source, error.fault)
    else:
        try:
            return options_from_tree(tree, option, **told)
        except JSONPathError as error:
            line, column = place_of(node, error.path)
            # Only where the document as a whole is at fault: a value may be meant for a template.
            foreign = None if error.path else foreign_line(text, line)
            failure = document_error(source, TextFault(line, column, foreign or error.reason))
    raise failure


def _error(text: str, source: str, fault: TextFault) -> InvalidDocumentError:
    reason = foreign_line(text, fault.line) or fault.reason
    return document_error(source, attrs.evolve(fault, reason=reason))
