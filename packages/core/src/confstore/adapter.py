"""
What an adapter is made of.

Everything here keeps one promise: that all backends accept the same, refuse the same and give back
the same. `confstore.testing` checks that a store keeps it.
"""

from confstore._background import paced
from confstore._commit import (
    Draft,
    checked_draft,
    drafts_of,
    journal_form,
    values_from_journal,
)
from confstore._fork import call_after_fork
from confstore._journal import Head, Journal, check_if_version, without_gap
from confstore._journal_poll import JournalPoller
from confstore._names import RESERVED_KEYS, checked_keys, checked_option, checked_store
from confstore._numbers import number_from_text, number_to_text
from confstore._pace import Backoff
from confstore._poll import poll_between
from confstore._read_only import ReadOnlyDict, ReadOnlyList, freeze, freeze_value, is_same, thaw
from confstore._tagged_json import JSONPathError, values_from_json, values_to_json
from confstore._values import canonical_update, canonical_values, check_size

__all__ = [
    "RESERVED_KEYS",
    "Backoff",
    "Draft",
    "Head",
    "JSONPathError",
    "Journal",
    "JournalPoller",
    "ReadOnlyDict",
    "ReadOnlyList",
    "call_after_fork",
    "canonical_update",
    "canonical_values",
    "check_if_version",
    "check_size",
    "checked_draft",
    "checked_keys",
    "checked_option",
    "checked_store",
    "drafts_of",
    "freeze",
    "freeze_value",
    "is_same",
    "journal_form",
    "number_from_text",
    "number_to_text",
    "paced",
    "poll_between",
    "thaw",
    "values_from_journal",
    "values_from_json",
    "values_to_json",
    "without_gap",
]
