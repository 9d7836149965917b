"""
What an adapter is made of.

Everything here keeps one promise: that all backends accept the same, refuse the same and give back
the same. `confstore.testing` checks that a store keeps it.

The names below are imported when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from confstore._lazy import lazy_names as lazy_names

# Written twice: a type checker reads imports, and the program reads the mapping below.
if TYPE_CHECKING:
    from confstore._doctor import (
        drift_finding as drift_finding,
        finding_of as finding_of,
        findings_of as findings_of,
        journal_finding as journal_finding,
        options_finding as options_finding,
    )
    from confstore._documents.json_document import options_from_json as options_from_json
    from confstore._documents.json_place import find_json_fault as find_json_fault
    from confstore._documents.tagged_json import (
        JSONPathError as JSONPathError,
        values_from_json as values_from_json,
        values_to_json as values_to_json,
    )
    from confstore._documents.text_place import TextFault as TextFault, decode_text as decode_text
    from confstore._journal.chain import (
        check_if_version as check_if_version,
        check_unchanged as check_unchanged,
        without_gap as without_gap,
    )
    from confstore._journal.commits import (
        Draft as Draft,
        apply_changes as apply_changes,
        checked_draft as checked_draft,
        journal_form as journal_form,
        next_commit as next_commit,
        split_into_drafts as split_into_drafts,
        values_from_journal as values_from_journal,
    )
    from confstore._journal.poller import JournalPoller as JournalPoller
    from confstore._opening import percent_decode as percent_decode
    from confstore._process.closing import ClosesOnExit as ClosesOnExit
    from confstore._process.forks import call_after_fork as call_after_fork
    from confstore._process.naps import paced as paced
    from confstore._process.waits import Backoff as Backoff
    from confstore._stores.polling import poll_between as poll_between
    from confstore._stores.protocols import Head as Head, Journal as Journal
    from confstore._values.canonical import (
        canonical_update as canonical_update,
        canonical_values as canonical_values,
        check_size as check_size,
        merge_update as merge_update,
    )
    from confstore._values.keys import (
        RESERVED_KEYS as RESERVED_KEYS,
        checked_keys as checked_keys,
        select as select,
    )
    from confstore._values.names import (
        checked_option as checked_option,
        checked_store as checked_store,
        closest as closest,
    )
    from confstore._values.numbers import (
        number_from_text as number_from_text,
        number_to_text as number_to_text,
    )
    from confstore._values.read_only import (
        FillableDict as FillableDict,
        ReadOnlyDict as ReadOnlyDict,
        ReadOnlyList as ReadOnlyList,
        freeze as freeze,
        freeze_value as freeze_value,
        is_same as is_same,
        thaw as thaw,
    )

__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        "confstore._doctor": "drift_finding finding_of findings_of journal_finding options_finding",
        "confstore._documents.json_document": "options_from_json",
        "confstore._documents.json_place": "find_json_fault",
        "confstore._documents.tagged_json": ("JSONPathError values_from_json values_to_json"),
        "confstore._documents.text_place": "TextFault decode_text",
        "confstore._journal.chain": "check_if_version check_unchanged without_gap",
        "confstore._journal.commits": (
            "Draft apply_changes checked_draft journal_form next_commit split_into_drafts "
            "values_from_journal"
        ),
        "confstore._journal.poller": "JournalPoller",
        "confstore._lazy": "lazy_names",
        "confstore._opening": "percent_decode",
        "confstore._process.closing": "ClosesOnExit",
        "confstore._process.forks": "call_after_fork",
        "confstore._process.naps": "paced",
        "confstore._process.waits": "Backoff",
        "confstore._stores.polling": "poll_between",
        "confstore._stores.protocols": "Head Journal",
        "confstore._values.canonical": "canonical_update canonical_values check_size merge_update",
        "confstore._values.keys": "RESERVED_KEYS checked_keys select",
        "confstore._values.names": "checked_option checked_store closest",
        "confstore._values.numbers": "number_from_text number_to_text",
        "confstore._values.read_only": (
            "FillableDict ReadOnlyDict ReadOnlyList freeze freeze_value is_same thaw"
        ),
    },
)
