"""
What an adapter is made of.

Everything here keeps one promise: that all backends accept the same, refuse the same and give back
the same. `confstore.testing` checks that a store keeps it.

The names below are imported when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from confstore._lazy import lazy_names

if TYPE_CHECKING:
    from confstore._background import paced
    from confstore._commit import (
        Draft,
        checked_draft,
        drafts_of,
        journal_form,
        values_from_journal,
    )
    from confstore._findings import drift_finding, finding_of, journal_finding, options_finding
    from confstore._fork import call_after_fork
    from confstore._journal import Head, Journal, check_if_version, without_gap
    from confstore._journal_poll import JournalPoller
    from confstore._json_fault import find_json_fault
    from confstore._json_options import check_json_name, option_from_json
    from confstore._names import RESERVED_KEYS, checked_keys, checked_option, checked_store
    from confstore._numbers import number_from_text, number_to_text
    from confstore._pace import Backoff
    from confstore._poll import poll_between
    from confstore._read_only import (
        DraftDict,
        ReadOnlyDict,
        ReadOnlyList,
        freeze,
        freeze_value,
        is_same,
        thaw,
    )
    from confstore._tagged_json import JSONPathError, values_from_json, values_to_json
    from confstore._text_fault import TextFault, decode_text
    from confstore._values import canonical_update, canonical_values, check_size

__all__ = [
    "RESERVED_KEYS",
    "Backoff",
    "Draft",
    "DraftDict",
    "Head",
    "JSONPathError",
    "Journal",
    "JournalPoller",
    "ReadOnlyDict",
    "ReadOnlyList",
    "TextFault",
    "call_after_fork",
    "canonical_update",
    "canonical_values",
    "check_if_version",
    "check_json_name",
    "check_size",
    "checked_draft",
    "checked_keys",
    "checked_option",
    "checked_store",
    "decode_text",
    "drafts_of",
    "drift_finding",
    "find_json_fault",
    "finding_of",
    "freeze",
    "freeze_value",
    "is_same",
    "journal_finding",
    "journal_form",
    "lazy_names",
    "number_from_text",
    "number_to_text",
    "option_from_json",
    "options_finding",
    "paced",
    "poll_between",
    "thaw",
    "values_from_journal",
    "values_from_json",
    "values_to_json",
    "without_gap",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "RESERVED_KEYS": "confstore._names",
        "Backoff": "confstore._pace",
        "Draft": "confstore._commit",
        "Head": "confstore._journal",
        "JSONPathError": "confstore._tagged_json",
        "Journal": "confstore._journal",
        "JournalPoller": "confstore._journal_poll",
        "DraftDict": "confstore._read_only",
        "ReadOnlyDict": "confstore._read_only",
        "ReadOnlyList": "confstore._read_only",
        "TextFault": "confstore._text_fault",
        "call_after_fork": "confstore._fork",
        "canonical_update": "confstore._values",
        "canonical_values": "confstore._values",
        "check_if_version": "confstore._journal",
        "check_json_name": "confstore._json_options",
        "check_size": "confstore._values",
        "checked_draft": "confstore._commit",
        "checked_keys": "confstore._names",
        "checked_option": "confstore._names",
        "checked_store": "confstore._names",
        "decode_text": "confstore._text_fault",
        "drafts_of": "confstore._commit",
        "drift_finding": "confstore._findings",
        "find_json_fault": "confstore._json_fault",
        "finding_of": "confstore._findings",
        "freeze": "confstore._read_only",
        "freeze_value": "confstore._read_only",
        "is_same": "confstore._read_only",
        "journal_finding": "confstore._findings",
        "journal_form": "confstore._commit",
        "lazy_names": "confstore._lazy",
        "number_from_text": "confstore._numbers",
        "number_to_text": "confstore._numbers",
        "option_from_json": "confstore._json_options",
        "options_finding": "confstore._findings",
        "paced": "confstore._background",
        "poll_between": "confstore._poll",
        "thaw": "confstore._read_only",
        "values_from_journal": "confstore._commit",
        "values_from_json": "confstore._tagged_json",
        "values_to_json": "confstore._tagged_json",
        "without_gap": "confstore._journal",
    },
)
