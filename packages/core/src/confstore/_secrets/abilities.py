"""The abilities that a sealed store has where the store beneath has them."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from confstore._stores.protocols import (
    BulkJournaledStore,
    BulkStore,
    Change,
    CoLocatedStore,
    Commit,
    FileBackedStore,
    HintedStore,
    JournaledStore,
    LocatedStore,
    Poll,
    PollableStore,
    Store,
    ability,
)
from confstore._values.names import checked_option

__all__ = ["class_for"]


class _Polls:
    """The ability of a `PollableStore`."""

    if TYPE_CHECKING:
        beneath: PollableStore

        def unsealed(self, option: str, values: Mapping[str, Any]) -> Mapping[str, Any]: ...

    def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Poll:
        """The changes since a checkpoint."""
        poll = self.beneath.poll(checkpoint, consistent=consistent)
        if not poll.changed:
            return poll
        changed = {option: self.unsealed(option, values) for option, values in poll.changed.items()}
        return Poll(poll.checkpoint, changed, poll.removed, poll.is_full)


class _Applies:
    """The ability of a `BulkStore`."""

    if TYPE_CHECKING:
        beneath: BulkStore

    def apply(self, changes: Iterable[Change]) -> None:
        """Apply all of the changes, or none, however many there are."""
        self.beneath.apply(_sealed_changes(self, changes))


class _KeepsJournal:
    """The ability of a `JournaledStore`; commits hold texts for secrets."""

    if TYPE_CHECKING:
        beneath: JournaledStore

    def is_journaled(self) -> bool:
        """Return True if the journal is enabled."""
        return self.beneath.is_journaled()

    def enable_journal(self, **arguments: Any) -> None:
        """Make every write a commit from now on, and the present options the first commits."""
        self.beneath.enable_journal(**arguments)

    def baseline(self) -> int:
        """The last version that holds what the store held when its journal was enabled."""
        return self.beneath.baseline()

    def version(self) -> int:
        """The version of the last commit; 0 before the first."""
        return self.beneath.version()

    def commits(self, since: int = 0, *, consistent: bool = True) -> list[Commit]:
        """The commits after a version, ascending and without gaps."""
        return self.beneath.commits(since, consistent=consistent)

    def commit(
        self,
        changes: Iterable[Change],
        *,
        if_version: int | None = None,
        author: str | None = None,
        comment: str = "",
        journal_only: bool = False,
    ) -> Commit:
        """Apply all of the changes, or none."""
        return self.beneath.commit(
            _sealed_changes(self, changes),
            if_version=if_version,
            author=author,
            comment=comment,
            journal_only=journal_only,
        )


class _CommitsMany(_KeepsJournal):
    """The ability of a `BulkJournaledStore`."""

    if TYPE_CHECKING:
        beneath: BulkJournaledStore

    def commit_all(
        self,
        batches: Iterable[Iterable[Change]],
        *,
        if_version: int | None = None,
        author: str | None = None,
        comment: str = "",
    ) -> list[Commit]:
        """Make a commit of each batch of changes, in their order: all of them, or none."""
        return self.beneath.commit_all(
            [_sealed_changes(self, changes) for changes in batches],
            if_version=if_version,
            author=author,
            comment=comment,
        )


class _Hints:
    """The ability of a `HintedStore`."""

    if TYPE_CHECKING:
        beneath: HintedStore

    def update_interval_hint(self) -> float:
        """Seconds between two refreshes that suit the store beneath."""
        return self.beneath.update_interval_hint()


class _HasFiles:
    """The ability of a `FileBackedStore`."""

    if TYPE_CHECKING:
        beneath: FileBackedStore

    def files(self) -> Sequence[str]:
        """The absolute paths of the files of the store beneath."""
        return self.beneath.files()


class _HasNeighbours:
    """The ability of a `CoLocatedStore`."""

    if TYPE_CHECKING:
        beneath: CoLocatedStore

    def stores(self) -> Sequence[str]:
        """The names of the stores in the place of the store beneath."""
        return self.beneath.stores()


class _HasPlace:
    """The ability of a `LocatedStore`."""

    if TYPE_CHECKING:
        beneath: LocatedStore

    def location(self) -> str:
        """The URL of the store beneath, without its parameters."""
        return self.beneath.location()

    def place_of(self, option: str, key: str, checkpoint: object = None) -> str:
        """The place of a key's value in the store beneath."""
        return self.beneath.place_of(option, key, checkpoint)

    def is_local(self) -> bool:
        """Return True if the store beneath is on this machine."""
        return self.beneath.is_local()


_ABILITIES: tuple[tuple[Any, type], ...] = (
    (PollableStore, _Polls),
    (BulkStore, _Applies),
    (BulkJournaledStore, _CommitsMany),
    (JournaledStore, _KeepsJournal),
    (HintedStore, _Hints),
    (FileBackedStore, _HasFiles),
    (CoLocatedStore, _HasNeighbours),
    (LocatedStore, _HasPlace),
)


def class_for(cls: type, store: Store) -> type:
    """A class with those abilities of a store beneath, which `ability` finds by their methods."""
    mixins = tuple(mixin for protocol, mixin in _ABILITIES if ability(store, protocol) is not None)
    return _composed(vars(cls).get("_plain", cls), mixins)


@functools.cache
def _composed(cls: type, mixins: tuple[type, ...]) -> type:
    # Named like its base: to its users it is the same.
    namespace = {"__module__": cls.__module__, "__qualname__": cls.__qualname__, "_plain": cls}
    # The class comes first: what a subclass overrides is its own.
    return type(cls.__name__, (cls, *mixins), namespace)


def _sealed_changes(store: Any, changes: Iterable[Change]) -> list[Change]:
    sealed = []
    for change in changes:
        values = change.values
        if values is not None:
            values = store.sealed(checked_option(change.option, store=store.name), values)
        sealed.append(Change(change.option, values))
    return sealed
