"""The limits of one commit, and the form of its values."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from confstore import Change, Draft
from confstore.adapter import (
    canonical_values,
    checked_draft,
    is_same,
    journal_form,
    split_into_drafts,
)
from confstore.documents import number_from_text, values_from_json
from confstore.errors import InvalidCommitError


def changes_of(count: int, text_b: int) -> list[Change]:
    """So many changes, each with a text of so many bytes."""
    return [Change(f"{number:02}", {"k": "x" * text_b}) for number in range(count)]


def test_split_leaves_room_for_author_and_comment() -> None:
    """Changes that fill a commit without remarks go into two, and the longest remarks fit there."""
    changes = changes_of(4, 101_875)
    assert checked_draft("test", changes)
    drafts = list(split_into_drafts("test", changes, "a" * 1_000, "c" * 1_000))
    assert [len(draft.changes) for draft in drafts] == [3, 1]
    assert {(draft.author, draft.comment) for draft in drafts} == {("a" * 1_000, "c" * 1_000)}


def test_size_counts_each_change() -> None:
    """Forty bytes for the names and types around each change count: there may be 99 of them."""
    assert checked_draft("test", changes_of(99, 4_070))
    with pytest.raises(InvalidCommitError, match="at most 409,600 fit"):
        checked_draft("test", changes_of(99, 4_090))
    assert [len(one.changes) for one in split_into_drafts("test", changes_of(99, 4_090))] == [98, 1]


def test_draft_of_checked_changes() -> None:
    """A draft of checked changes keeps their values, and has the limits of any commit."""
    change = Change("db", canonical_values("db", {"port": 1}))
    assert Draft.of_checked("test", (change,)).changes[0].values is change.values
    with pytest.raises(InvalidCommitError, match="1 to 99 changes, this one 0"):
        Draft.of_checked("test", ())
    with pytest.raises(InvalidCommitError, match="twice"):
        Draft.of_checked("test", (change, change))


@pytest.mark.parametrize("levels", [0, 28, 29, 31])
def test_values_come_back_out_of_a_journal(levels: int) -> None:
    """As they are, or, where DynamoDB's 32 levels do not hold them in a commit, as a text."""
    value: Any = {"bytes": b"\0", "set": {1, 2.5}, "exact": Decimal("1." + "1" * 37)}
    for _ in range(levels - 1):
        value = [value]
    values = canonical_values("option", {"deep": value if levels else 1})
    form = journal_form(values)
    if levels <= 28:
        assert form is values
    else:
        assert isinstance(form, str)
        assert is_same(values_from_json(json.loads(form, parse_float=number_from_text)), values)
