"""Options as JSON: the form of a store's file, and of a document to import."""

from __future__ import annotations

from confstore._names import checked_option
from confstore._read_only import ReadOnlyDict
from confstore._tagged_json import JSONPathError, values_from_json
from confstore._values import MAX_DEPTH, check_size
from confstore.errors import InvalidNameError, InvalidValueError

__all__ = ["MAX_NESTING", "check_json_name", "option_from_json"]

MAX_NESTING = 2 + 2 * MAX_DEPTH + 1
"""Objects and arrays inside one another: store, option, and containers that may be in a tag."""


def check_json_name(option: str) -> None:
    """
    Check that an option can have this name.

    Raises:
        JSONPathError: It cannot; the path is the name.
    """
    try:
        checked_option(option)
    except InvalidNameError as error:
        raise JSONPathError((option,), f"an option cannot have this name: {error.reason}") from None


def option_from_json(option: str, raw: object) -> ReadOnlyDict:
    """
    The values of an option, read-only and canonical, from what `json.loads` gives.

    Raises:
        JSONPathError: They are none, or too large; the path begins with the option.
    """
    try:
        values = values_from_json(raw)
        check_size(option, values)
    except JSONPathError as error:
        raise JSONPathError((option, *error.path), error.reason) from None
    except InvalidValueError as error:
        raise JSONPathError((option,), error.reason) from None
    return values
