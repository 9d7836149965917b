"""JSON: the form of a `file:` store's own file, which holds everything."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from confstore import Values
from confstore._cli.formats.document import document_error
from confstore._cli.formats.sections import entries_of, laid_over, section_of
from confstore.documents import (
    JSONPathError,
    TextFault,
    find_json_fault,
    number_from_text,
    options_from_json,
    options_from_tree,
    values_to_json,
)
from confstore.errors import InvalidDocumentError

__all__ = ["dumps", "loads"]


def dumps(options: Mapping[str, Mapping[str, Any]]) -> str:
    """Two-space indent, in the order of the store."""
    tree = {option: values_to_json(values) for option, values in options.items()}
    return json.dumps(tree, ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def loads(
    text: str, source: str, option: str | None, sections: Sequence[str], **told: str
) -> Mapping[str, Values]:
    """Every option of a document, or the one option that it is; or of sections of it."""
    if sections:
        tree = _tree(text, source)
        return laid_over([_section(text, tree, source, option, name, told) for name in sections])
    content = text.encode(errors="surrogatepass")
    return options_from_json(content, source, option=option, **told)


def _section(
    text: str, tree: Any, source: str, option: str | None, name: str, told: Mapping[str, str]
) -> Mapping[str, Values]:
    path, section = section_of(tree, name, source, entries_of)
    try:
        return options_from_tree(section, option, **told)
    except JSONPathError as error:
        fault = find_json_fault(text, (*path, *error.path), error.reason)
    raise _error(source, fault)


def _tree(text: str, source: str) -> Any:
    try:
        return json.loads(
            text,
            object_pairs_hook=_unrepeated,
            parse_constant=_refuse_constant,
            parse_float=number_from_text,
        )
    except (ValueError, RecursionError):
        fault = find_json_fault(text)
    raise _error(source, fault)


def _error(source: str, fault: TextFault | None) -> InvalidDocumentError:
    return document_error(source, fault or TextFault(1, 1, "this is not JSON"))


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    if len(entries) < len(pairs):
        raise ValueError("a key is in its object twice")
    return entries


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError("NaN and infinities are not JSON")
