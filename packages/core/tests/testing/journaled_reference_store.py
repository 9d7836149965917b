"""A correct store with a journal, as simple as one can be: what broken ones are made from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from confstore import Change, Commit, Draft, Head
from confstore.adapter import (
    apply_changes,
    canonical_update,
    canonical_values,
    check_if_version,
    checked_draft,
    checked_option,
    merge_update,
    next_commit,
    split_into_drafts,
)
from confstore.errors import NotJournaledError, StoreClosedError

from .reference_store import ReferenceStore


class JournaledReferenceStore(ReferenceStore):
    """Options and their journal in a dict of a backend that a test holds."""

    @property
    def journal(self) -> dict[str, Any]:
        """The commits and the baseline; empty without a journal."""
        if self.is_closed:
            raise StoreClosedError(self.name)
        return self.backend.setdefault(f"_journal:{self.name}", {})

    @property
    def held(self) -> list[Commit]:
        if not self.is_journaled():
            raise NotJournaledError(self.name)
        return self.journal["commits"]  # type: ignore[no-any-return]  # a journal holds commits

    def is_journaled(self) -> bool:
        return bool(self.journal)

    def baseline(self) -> int:
        return self.journal.get("baseline", 0)  # type: ignore[no-any-return]  # it is a number

    def enable_journal(self) -> None:
        if not self.is_journaled():
            self.journal["commits"] = []
            everything = [Change(option, values) for option, values in self.options.items()]
            for draft in split_into_drafts(self.name, everything, comment="baseline"):
                self.append(draft)
            self.journal["baseline"] = len(self.held)

    def version(self) -> int:
        return len(self.held)

    def commits(self, since: int = 0, *, consistent: bool = True) -> list[Commit]:
        return self.held[max(0, since) :]

    def commit(
        self,
        changes: Iterable[Change],
        *,
        if_version: int | None = None,
        author: str | None = None,
        comment: str = "",
        journal_only: bool = False,
    ) -> Commit:
        version = self.version()
        draft = self.checked(changes, author, comment, if_version)
        if if_version is not None:
            self.check_if_version(if_version, draft, version)
        if journal_only:
            return self.record(draft, version)
        return self.write(draft)

    def commit_all(
        self,
        batches: Iterable[Iterable[Change]],
        *,
        if_version: int | None = None,
        author: str | None = None,
        comment: str = "",
    ) -> list[Commit]:
        version = self.version()
        drafts = [self.checked(batch, author, comment) for batch in batches]
        if if_version is not None and drafts:
            changes = tuple(change for draft in drafts for change in draft.changes)
            self.check_if_version(if_version, Draft(changes), version)
        return [self.write(draft) for draft in drafts]

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        if not self.is_journaled():
            return super().set(option, values)
        canonical = canonical_values(
            checked_option(option, store=self.name), values, store=self.name
        )
        self.write(self.checked([Change(option, canonical)]))
        return None

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        if not self.is_journaled():
            return super().update(option, values, remove=remove)
        changed, removed = canonical_update(
            checked_option(option, store=self.name), values, remove, store=self.name
        )
        merged = merge_update(option, self.options.get(option), changed, removed, store=self.name)
        self.write(self.checked([Change(option, merged)]))
        return None

    def delete(self, option: str) -> None:
        if not self.is_journaled():
            return super().delete(option)
        self.existing(option)
        self.write(self.checked([Change(option, None)]))
        return None

    def apply(self, changes: Iterable[Change]) -> None:
        if not self.is_journaled():
            super().apply(changes)
        elif kept := list(changes):
            self.write(self.checked(kept))

    # -- the parts, for others to get wrong --------------------------------------------------------

    def checked(
        self,
        changes: Iterable[Change],
        author: str | None = None,
        comment: str = "",
        if_version: int | None = None,
    ) -> Draft:
        return checked_draft(self.name, changes, author, comment, if_version=if_version)

    def check_if_version(self, if_version: int, draft: Draft, version: int) -> None:
        since = self.held[if_version:]
        check_if_version(self.name, if_version, draft.options, since, version)

    def record(self, draft: Draft, version: int) -> Commit:
        self.check_unchanged(draft, version)
        return self.append(draft)

    def check_unchanged(self, draft: Draft, version: int) -> None:
        draft.check_unchanged(self.name, self.options, version)

    def write(self, draft: Draft) -> Commit:
        self.apply_draft(draft)
        return self.append(draft)

    def apply_draft(self, draft: Draft) -> None:
        apply_changes(self.options, draft.changes)

    def append(self, draft: Draft) -> Commit:
        commit = self.made(draft)
        self.held.append(commit)
        return commit

    def made(self, draft: Draft) -> Commit:
        head = Head.of(self.held[-1]) if self.held else Head()
        return next_commit(draft, head, at=self.now())

    def now(self) -> datetime:
        return datetime.now(UTC)
