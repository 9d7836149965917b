"""JSON: the form of a `file:` store's own file, which holds everything."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from confstore import Values
from confstore._cli.formats.document import document_error, options_from_tree
from confstore.adapter import (
    JSONPathError,
    TextFault,
    find_json_fault,
    number_from_text,
    values_to_json,
)

__all__ = ["dumps", "loads"]


def dumps(options: Mapping[str, Mapping[str, Any]]) -> str:
    """Two-space indent, in the order of the store."""
    tree = {option: values_to_json(values) for option, values in options.items()}
    return json.dumps(tree, ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def loads(text: str, source: str, option: str | None) -> dict[str, Values]:  # noqa: ARG001
    """
    Every option of a document.

    Raises:
        InvalidDocumentError: It is no JSON of options.
    """
    try:
        tree = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_float=number_from_text,
        )
        return options_from_tree(tree)
    except JSONPathError as error:
        fault = find_json_fault(text, error.path, error.reason)
    except ValueError:
        fault = find_json_fault(text)
    except RecursionError:
        fault = find_json_fault(text)
        # A sound text: it is the caller who stands at the limit.
        if fault is None:
            raise
    raise document_error(source, fault or TextFault(1, 1, "this is not the JSON of options"))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    if len(entries) < len(pairs):
        raise ValueError("a key is in its object twice")
    return entries


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
