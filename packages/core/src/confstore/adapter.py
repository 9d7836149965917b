"""
What an adapter is made of.

Everything here keeps one promise: that all backends accept the same, refuse the same and give back
the same. `confstore.testing` checks that a store keeps it.
"""

from confstore._fork import call_after_fork
from confstore._names import RESERVED_KEYS, checked_keys, checked_option, checked_store
from confstore._numbers import number_from_text, number_to_text
from confstore._poll import poll_between
from confstore._read_only import ReadOnlyDict, ReadOnlyList, freeze, freeze_value, is_same, thaw
from confstore._tagged_json import JSONPathError, values_from_json, values_to_json
from confstore._values import canonical_update, canonical_values, check_size

__all__ = [
    "RESERVED_KEYS",
    "JSONPathError",
    "ReadOnlyDict",
    "ReadOnlyList",
    "call_after_fork",
    "canonical_update",
    "canonical_values",
    "check_size",
    "checked_keys",
    "checked_option",
    "checked_store",
    "freeze",
    "freeze_value",
    "is_same",
    "number_from_text",
    "number_to_text",
    "poll_between",
    "thaw",
    "values_from_json",
    "values_to_json",
]
