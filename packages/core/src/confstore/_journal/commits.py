"""One atomic write to a journaled store, within the limits of every backend."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any

import attrs

from confstore._documents.tagged_json import values_to_json
from confstore._stores.protocols import Change, Commit, Head
from confstore._values.canonical import MAX_DEPTH, canonical_values
from confstore._values.keys import RESERVED_KEYS
from confstore._values.names import checked_option, utf8_size
from confstore._values.read_only import is_same
from confstore._values.sizes import text_size_b, values_size_b
from confstore.errors import InvalidCommitError, VersionConflictError

__all__ = [
    "Draft",
    "apply_changes",
    "checked_draft",
    "journal_form",
    "next_commit",
    "split_into_batches",
    "split_into_drafts",
]

MAX_CHANGES = 99
"""
Changes of one commit.

Source: AWS, "Amazon DynamoDB Transactions": a transaction has at most 100 actions; one of them
writes the commit.
"""

MAX_REMARKS_B = 2_000
"""Bytes of UTF-8 of author and comment together, so that every option fits beside them."""

MAX_COMMIT_B = 409_600
"""
Bytes of a commit by DynamoDB's size rule.

Source: AWS, "Quotas in Amazon DynamoDB": an item has at most 400 KB. A transaction of at most 4 MB
never binds: what it writes is the commit, and the same options beside it.
"""

# The names and values of a commit's other attributes, with room for keys of other names.
_COMMIT_OVERHEAD_B = 1_000
_CHANGE_OVERHEAD_B = 40
# A value stands in a list of maps with a map in them: three of the levels that it could use alone.
_MAX_JOURNALED_DEPTH = MAX_DEPTH - 3


@attrs.frozen
class Draft:
    """
    A commit without a version yet.

    `checked_draft` makes one of a caller's changes, `of_checked` of changes that are checked.

    Attributes:
        changes: At most one for each option; their values are canonical and read-only.
        author: Who commits, if that was said.
        comment: Why.
    """

    changes: tuple[Change, ...]
    author: str | None = None
    comment: str = ""

    @classmethod
    def of_checked(
        cls,
        store: str,
        changes: tuple[Change, ...],
        author: str | None = None,
        comment: str = "",
    ) -> Draft:
        """
        A draft of changes whose names and values are checked; only the limits of a commit are left.

        Raises:
            InvalidCommitError: No change or more than 99 of them, an option twice, an author and
                comment of more than 2,000 bytes, or more in all than one DynamoDB item holds.
        """
        if not 1 <= len(changes) <= MAX_CHANGES:
            reason = f"a commit has 1 to {MAX_CHANGES} changes, this one {len(changes)}: split it"
            raise InvalidCommitError(store, reason)
        draft = cls(changes, author, comment)
        if len(draft.options) < len(changes):
            reason = "a commit changes an option once, this one changes one twice"
            raise InvalidCommitError(store, reason)
        _check_remarks(store, author, comment)
        size_b = commit_size_b(store, draft)
        if size_b > MAX_COMMIT_B:
            reason = (
                f"it has {size_b:,} bytes by DynamoDB's size rule, at most {MAX_COMMIT_B:,} fit: "
                "split it into several commits"
            )
            raise InvalidCommitError(store, reason)
        return draft

    @property
    def options(self) -> frozenset[str]:
        """The names of the options that it changes."""
        return frozenset(change.option for change in self.changes)

    def check_unchanged(
        self, store: str, options: Mapping[str, Mapping[str, Any]], version: int
    ) -> None:
        """
        Check that options are as this draft says, for a commit with `journal_only`.

        Args:
            store: The store's name.
            options: The options as they are, at least those of the draft that exist.
            version: The store's version now.

        Raises:
            VersionConflictError: Some of them are not so.
        """
        changed = sorted(
            change.option
            for change in self.changes
            if not is_same(options.get(change.option), change.values)
        )
        if changed:
            raise VersionConflictError(store, version, version, tuple(changed))


def next_commit(
    draft: Draft, head: Head, *, id: str | None = None, at: datetime | None = None
) -> Commit:
    """
    The commit that makes a draft the next version.

    Args:
        draft: What to commit.
        head: The last commit before it.
        id: The id of the commit; None makes a new one.
        at: When it is made, aware, in UTC; None takes the present time.
    """
    return Commit(
        head.version + 1,
        uuid.uuid4().hex if id is None else id,
        datetime.now(UTC) if at is None else at,
        draft.author,
        draft.comment,
        draft.changes,
        head.id,
    )


def apply_changes(options: MutableMapping[str, Any], changes: Iterable[Change]) -> None:
    """Set and delete options in place; a change without values deletes its option."""
    for change in changes:
        if change.values is None:
            options.pop(change.option, None)
        else:
            options[change.option] = change.values


def checked_draft(
    store: str,
    changes: Iterable[Change],
    author: str | None = None,
    comment: str = "",
    *,
    if_version: object = None,
    reserved: Collection[str] = RESERVED_KEYS,
) -> Draft:
    """
    A draft of a caller's changes, in canonical form.

    Args:
        store: The store's name.
        changes: What to change.
        author: Who changes it.
        comment: Why.
        if_version: The caller's, of which only the type is checked here; see `check_if_version`.
        reserved: Keys that this backend needs for itself.

    Raises:
        InvalidNameError: An option cannot have its name.
        InvalidValueError: Values are outside the domain.
        InvalidCommitError: `if_version` is no int; or see `Draft.of_checked`.
    """
    if if_version is not None and type(if_version) is not int:
        reason = (
            f"if_version is the version that you have read, an int, not {type(if_version).__name__}"
        )
        raise InvalidCommitError(store, reason)
    checked = tuple(_checked_change(store, change, reserved) for change in changes)
    return Draft.of_checked(store, checked, author, comment)


def split_into_drafts(
    store: str,
    changes: Iterable[Change],
    author: str | None = None,
    comment: str = "",
    *,
    reserved: Collection[str] = RESERVED_KEYS,
) -> Iterator[Draft]:
    """
    As few drafts as hold all of the changes, in their order.

    Raises:
        InvalidCommitError: The author and the comment are too long.
        InvalidValueError: Values are outside the domain.
    """
    for batch in split_into_batches(store, changes):
        yield checked_draft(store, batch, author, comment, reserved=reserved)


def split_into_batches(store: str, changes: Iterable[Change]) -> Iterator[list[Change]]:
    """As few batches as commits hold all of the changes, in their order; nothing is checked."""
    batch: list[Change] = []
    room_b = 0
    for change in changes:
        size_b = _change_size_b(change)
        if batch and (len(batch) == MAX_CHANGES or size_b > room_b):
            yield batch
            batch = []
        if not batch:
            room_b = MAX_COMMIT_B - _COMMIT_OVERHEAD_B - text_size_b(store) - MAX_REMARKS_B
        batch.append(change)
        room_b -= size_b
    if batch:
        yield batch


def _checked_change(store: str, change: Change, reserved: Collection[str]) -> Change:
    option = checked_option(change.option, store=store)
    if change.values is None:
        return Change(option, None)
    return Change(option, canonical_values(option, change.values, store=store, reserved=reserved))


def _check_remarks(store: str, author: str | None, comment: str) -> None:
    remarks: dict[str, object] = {"author": author or "", "comment": comment}
    for name, text in remarks.items():
        if not isinstance(text, str) or utf8_size(text) is None:
            raise InvalidCommitError(store, f"the {name} is not a text that UTF-8 can hold")
    size_b = text_size_b(author or "") + text_size_b(comment)
    if size_b > MAX_REMARKS_B:
        reason = f"author and comment have {size_b:,} bytes together, at most {MAX_REMARKS_B:,} fit"
        raise InvalidCommitError(store, reason)


def commit_size_b(store: str, draft: Draft) -> int:
    """Bytes of the item that holds a commit in DynamoDB."""
    size_b = _COMMIT_OVERHEAD_B + text_size_b(store)
    size_b += text_size_b(draft.author or "") + text_size_b(draft.comment)
    return size_b + sum(map(_change_size_b, draft.changes))


def _change_size_b(change: Change) -> int:
    size_b = _CHANGE_OVERHEAD_B + text_size_b(change.option)
    if change.values is None:
        return size_b
    form = journal_form(change.values)
    return size_b + (text_size_b(form) if isinstance(form, str) else values_size_b(form))


def journal_form(values: Mapping[str, Any]) -> Mapping[str, Any] | str:
    """
    Values as a commit holds them: unchanged, or as a text of tagged JSON.

    They are a text where they are nested so deep that DynamoDB's 32 levels do not hold them inside
    the commit's own levels.
    """
    if _depth(values) - 1 <= _MAX_JOURNALED_DEPTH:
        return values
    return json.dumps(values_to_json(values), ensure_ascii=False, separators=(",", ":"))


def _depth(value: Any) -> int:
    if isinstance(value, Mapping):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(_depth, value), default=0)
    return 0
