"""JSON: the form of a `file:` store's own file, which holds everything."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from confstore import Values
from confstore.documents import options_from_json, values_to_json

__all__ = ["dumps", "loads"]


def dumps(options: Mapping[str, Mapping[str, Any]]) -> str:
    """Two-space indent, in the order of the store."""
    tree = {option: values_to_json(values) for option, values in options.items()}
    return json.dumps(tree, ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def loads(text: str, source: str, option: str | None, **told: str) -> Mapping[str, Values]:
    """Every option of a document, or the one option that it is."""
    content = text.encode(errors="surrogatepass")
    return options_from_json(content, source, option=option, **told)
