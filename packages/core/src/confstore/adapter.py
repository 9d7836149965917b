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
    from confstore._doctor import drift_finding, finding_of, journal_finding, options_finding
    from confstore._documents.json_place import find_json_fault
    from confstore._documents.tagged_json import (
        JSONPathError,
        check_json_name,
        option_from_json,
        values_from_json,
        values_to_json,
    )
    from confstore._documents.text_place import TextFault, decode_text
    from confstore._journal.chain import Journal, check_if_version, without_gap
    from confstore._journal.commits import (
        Draft,
        checked_draft,
        journal_form,
        split_into_drafts,
        values_from_journal,
    )
    from confstore._journal.poller import JournalPoller
    from confstore._process.forks import call_after_fork
    from confstore._process.naps import paced
    from confstore._process.waits import Backoff
    from confstore._stores.polling import poll_between
    from confstore._stores.protocols import Head
    from confstore._values.canonical import canonical_update, canonical_values, check_size
    from confstore._values.keys import RESERVED_KEYS, checked_keys
    from confstore._values.names import checked_option, checked_store
    from confstore._values.numbers import number_from_text, number_to_text
    from confstore._values.read_only import (
        FillableDict,
        ReadOnlyDict,
        ReadOnlyList,
        freeze,
        freeze_value,
        is_same,
        thaw,
    )

__all__ = [
    "RESERVED_KEYS",
    "Backoff",
    "Draft",
    "FillableDict",
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
    "split_into_drafts",
    "thaw",
    "values_from_journal",
    "values_from_json",
    "values_to_json",
    "without_gap",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "RESERVED_KEYS": "confstore._values.keys",
        "Backoff": "confstore._process.waits",
        "Draft": "confstore._journal.commits",
        "Head": "confstore._stores.protocols",
        "JSONPathError": "confstore._documents.tagged_json",
        "Journal": "confstore._journal.chain",
        "JournalPoller": "confstore._journal.poller",
        "FillableDict": "confstore._values.read_only",
        "ReadOnlyDict": "confstore._values.read_only",
        "ReadOnlyList": "confstore._values.read_only",
        "TextFault": "confstore._documents.text_place",
        "call_after_fork": "confstore._process.forks",
        "canonical_update": "confstore._values.canonical",
        "canonical_values": "confstore._values.canonical",
        "check_if_version": "confstore._journal.chain",
        "check_json_name": "confstore._documents.tagged_json",
        "check_size": "confstore._values.canonical",
        "checked_draft": "confstore._journal.commits",
        "checked_keys": "confstore._values.keys",
        "checked_option": "confstore._values.names",
        "checked_store": "confstore._values.names",
        "decode_text": "confstore._documents.text_place",
        "split_into_drafts": "confstore._journal.commits",
        "drift_finding": "confstore._doctor",
        "find_json_fault": "confstore._documents.json_place",
        "finding_of": "confstore._doctor",
        "freeze": "confstore._values.read_only",
        "freeze_value": "confstore._values.read_only",
        "is_same": "confstore._values.read_only",
        "journal_finding": "confstore._doctor",
        "journal_form": "confstore._journal.commits",
        "lazy_names": "confstore._lazy",
        "number_from_text": "confstore._values.numbers",
        "number_to_text": "confstore._values.numbers",
        "option_from_json": "confstore._documents.tagged_json",
        "options_finding": "confstore._doctor",
        "paced": "confstore._process.naps",
        "poll_between": "confstore._stores.polling",
        "thaw": "confstore._values.read_only",
        "values_from_journal": "confstore._journal.commits",
        "values_from_json": "confstore._documents.tagged_json",
        "values_to_json": "confstore._documents.tagged_json",
        "without_gap": "confstore._journal.chain",
    },
)
