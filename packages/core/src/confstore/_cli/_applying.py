"""Changes on their way into a store: all of them checked, each whole, as few writes as can be."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, cast

import attrs

from confstore.adapter import split_into_drafts
from confstore.errors import ConfigStoreError, OptionNotFoundError

if TYPE_CHECKING:
    from confstore import BulkStore, Change, JournaledStore, Store
    from confstore._cli._progress import Progress
    from confstore._cli._session import Session

__all__ = ["Applied", "apply_changes", "commit_changes", "telling"]


@attrs.define
class Applied:
    """
    What has been done so far.

    Attributes:
        written: Options written.
        deleted: Options deleted.
        versions: The versions of the commits.
    """

    written: int = 0
    deleted: int = 0
    versions: list[int] = attrs.field(factory=list)

    @property
    def changes(self) -> int:
        """How many changes were made."""
        return self.written + self.deleted

    @property
    def version(self) -> str:
        """What to add to the sentence that says what was done."""
        if not self.versions:
            return ""
        first, last = self.versions[0], self.versions[-1]
        return f", version {last}" if first == last else f", versions {first} to {last}"

    def add(self, changes: Sequence[Change]) -> None:
        """Note changes that were made."""
        deleted = sum(change.values is None for change in changes)
        self.deleted += deleted
        self.written += len(changes) - deleted


def apply_changes(
    store: Store, changes: Sequence[Change], applied: Applied, progress: Progress
) -> None:
    """
    Apply checked changes to a store without a journal.

    At once if the store can do that; else option by option, and whatever ends it leaves each option
    as it was or as it is to be.

    Raises:
        ConfigStoreError: The store refused; `applied` tells what was done before.
    """
    if hasattr(store, "apply"):
        cast("BulkStore", store).apply(changes)
        applied.add(changes)
        return
    for change in changes:
        _apply(store, change)
        applied.add([change])
        progress.advance()


def _apply(store: Store, change: Change) -> None:
    if change.values is not None:
        store.set(change.option, change.values)
        return
    try:
        store.delete(change.option)
    except OptionNotFoundError:
        # Somebody else deleted it meanwhile.
        return


def commit_changes(
    store: JournaledStore,
    changes: Sequence[Change],
    applied: Applied,
    progress: Progress,
    *,
    seen: int,
    author: str,
    comment: str,
) -> None:
    """
    Commit changes, in as few commits as hold them.

    Args:
        store: The store.
        changes: The changes.
        applied: Where to note what was done.
        progress: The same, for who waits.
        seen: The version that the changes are made from.
        author: Who commits.
        comment: Why.

    Raises:
        VersionConflictError: Somebody committed to one of the options after `seen`.
        InvalidCommitError: No commit can hold them; nothing is written.
        ConfigStoreError: The store refused; `applied` tells what was done before.
    """
    # All at once, so that a change that fits into no commit is found before the first one.
    for draft in list(split_into_drafts(store.name, changes, author, comment)):
        commit = store.commit(draft.changes, if_version=seen, author=author, comment=comment)
        applied.add(draft.changes)
        applied.versions.append(commit.version)
        progress.advance(len(draft.changes))
        # Where nobody came between, the next commit need not have the store read ours again.
        if commit.version == seen + 1:
            seen = commit.version


@contextlib.contextmanager
def telling(session: Session, applied: Applied, total: int) -> Iterator[None]:
    """Say how far it came, if something ends it half way: Ctrl-C, or the store."""
    try:
        yield
    except (KeyboardInterrupt, ConfigStoreError) as error:
        # Where nothing was written, the error says it all.
        if applied.changes or isinstance(error, KeyboardInterrupt):
            session.say(
                f"stopped after {applied.changes} of {total} changes{applied.version}; every "
                "option is whole, and running it again makes the rest"
            )
        raise
