"""
Options as JSON, for adapters and tools that keep them as text.

- **A whole document:** `options_from_json` reads one; `options_from_tree` takes what another
  format's parser gives. Both raise errors with a place.
- **One option:** `values_to_json` gives what `json.dumps` takes; `values_from_json` takes what
  `json.loads` gives, and raises `JSONPathError`. Numbers keep their digits with
  `parse_float=number_from_text`; `number_to_text` is its inverse.
- **Places in a text:** `decode_text`, `find_json_fault` and `TextFault` name the line and column of
  a fault, and never quote the text; `lines_in_json` names the line of each key.

The names are imported when they are first used.
"""

from __future__ import annotations

from confstore._lazy import lazy_names

# Type checkers take this name for true. That of `typing` would cost nine tenths of this import.
TYPE_CHECKING = False

# Written twice: a type checker reads imports, and the program reads the mapping below.
if TYPE_CHECKING:
    from confstore._documents.json_document import options_from_json as options_from_json
    from confstore._documents.json_place import (
        find_json_fault as find_json_fault,
        lines_in_json as lines_in_json,
    )
    from confstore._documents.tagged_json import (
        MAX_NESTING as MAX_NESTING,
        JSONPathError as JSONPathError,
        options_from_tree as options_from_tree,
        values_from_json as values_from_json,
        values_to_json as values_to_json,
    )
    from confstore._documents.text_place import TextFault as TextFault, decode_text as decode_text
    from confstore._values.numbers import (
        number_from_text as number_from_text,
        number_to_text as number_to_text,
    )

_names = lazy_names(
    __name__,
    {
        "confstore._documents.json_document": "options_from_json",
        "confstore._documents.json_place": "find_json_fault lines_in_json",
        "confstore._documents.tagged_json": (
            "JSONPathError MAX_NESTING options_from_tree values_from_json values_to_json"
        ),
        "confstore._documents.text_place": "TextFault decode_text",
        "confstore._values.numbers": "number_from_text number_to_text",
    },
)

# Behind a `__getattr__` a type checker believes in every name.
if not TYPE_CHECKING:
    __getattr__, __dir__, __all__ = _names
