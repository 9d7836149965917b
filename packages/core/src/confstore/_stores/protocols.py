"""
The protocol `Store`, and every other protocol and record that core and an adapter share.

All are public names of `confstore`; `confstore.adapter` has the functions that help to write one.

An adapter writes a `Store`. The other protocols are optional abilities: `ability` finds them by
their methods. No property of a store does I/O or raises.
"""

from __future__ import annotations

import functools
from collections.abc import (
    AsyncIterator,
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from datetime import datetime
from typing import Any, Protocol, TypeVar, cast

import attrs

from confstore._values.read_only import ReadOnlyDict
from confstore._values.types import Values
from confstore.errors import (
    ERRORS_PAGE,
    AccessDeniedError,
    ConfigStoreError,
    CorruptStoreError,
    StoreUnavailableError,
)

__all__ = [
    "AsyncReads",
    "BulkJournaledStore",
    "BulkStore",
    "Change",
    "CoLocatedStore",
    "Commit",
    "ContextStore",
    "DiagnosableStore",
    "FieldAwareStore",
    "FileBackedStore",
    "Finding",
    "Head",
    "HintedStore",
    "Journal",
    "JournaledStore",
    "LocatedStore",
    "PartedStore",
    "Poll",
    "PollableStore",
    "ScheduledStore",
    "SealingStore",
    "Store",
    "TracedStore",
    "ability",
    "beneath_of",
]

S = TypeVar("S", bound="Store")
T = TypeVar("T")

# -- a store -----------------------------------------------------------------------------------


class Store(Protocol):
    """
    A named set of options in a backend.

    Every method is thread-safe and synchronous. Arguments are copied, and results belong to the
    caller. Every failure is a `ConfigStoreError`; a call on a closed store raises
    `StoreClosedError`. An adapter does not inherit from this class.
    """

    @property
    def name(self) -> str:
        """The store's name."""
        ...

    def get(
        self, option: str, *, keys: Collection[str] | None = None, consistent: bool = True
    ) -> Values:
        """
        One option, or those of the given keys that it has.

        Args:
            option: The option's name.
            keys: The keys to read; None reads all, an empty collection none.
            consistent: True to see every write that has ended.

        Raises:
            OptionNotFoundError: The option does not exist, whichever keys are asked for.
            TypeError: `keys` is a `str`, a mapping, or holds something that is not a `str`.
        """
        ...

    def items(self, *, consistent: bool = True) -> Iterator[tuple[str, Values]]:
        """Every option, streamed in the backend's order; an incomplete answer raises."""
        ...

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        """
        Replace the whole option.

        Raises:
            InvalidNameError: The option cannot have this name.
            InvalidValueError: The values are outside the domain; nothing is written.
        """
        ...

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        """
        Change the named keys and leave the others; create the option if it is absent.

        Raises:
            InvalidNameError: The option cannot have this name.
            InvalidValueError: The values are outside the domain, the option would become too large,
                or a key is both set and removed; nothing is written.
            TypeError: `remove` is a `str` or a mapping, or holds something that is not a `str`.
        """
        ...

    def delete(self, option: str) -> None:
        """
        Remove the option.

        Raises:
            OptionNotFoundError: The option does not exist.
        """
        ...

    def close(self) -> None:
        """Release resources; the second call does nothing."""
        ...


# -- abilities ---------------------------------------------------------------------------------


@attrs.frozen
class Change:
    """
    The new state of one option.

    Attributes:
        option: The option's name.
        values: All of its values from now on; None deletes it.
    """

    option: str
    values: Mapping[str, Any] | None = attrs.field(repr=False)


@attrs.frozen
class Poll:
    """
    The changes of a store since a checkpoint.

    Attributes:
        checkpoint: The argument of the next poll; only its store knows what it means.
        changed: Options that were written, with read-only values; after a full poll, all options.
        removed: The names of options that no longer exist; empty after a full poll.
        is_full: True if `changed` is the whole store.
    """

    checkpoint: object = attrs.field(repr=False)
    changed: Mapping[str, Mapping[str, Any]] = attrs.field(repr=False)
    removed: frozenset[str] = frozenset()
    is_full: bool = False


class PollableStore(Store, Protocol):
    """A store that finds its changes more cheaply than by reading everything."""

    def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Poll:
        """
        The changes since a checkpoint.

        Args:
            checkpoint: That of an earlier poll. None, or one that this store does not know (another
                store's, an older process's), gives a full answer.
            consistent: True to see every write that has ended.
        """
        ...


class BulkStore(Store, Protocol):
    """A store that writes many changes at once, for backends that rewrite everything, as a file."""

    def apply(self, changes: Iterable[Change]) -> None:
        """
        Apply all of the changes, or none, however many there are.

        Args:
            changes: Options to set or to delete; a delete of an absent option is no error. Of
                several changes of one option the last counts. Where there is a journal, this is
                one commit, with its limits.

        Raises:
            InvalidNameError: An option cannot have its name.
            InvalidValueError: Values are outside the domain; nothing is written.
            InvalidCommitError: There is a journal, and a commit cannot hold them.
        """
        ...


class ContextStore(Store, Protocol):
    """A store whose name alone does not tell it from other stores, as one in a table."""

    def secrets_context(self) -> str:
        """
        The store's name in sealed secrets, such as `TABLE/STORE`.

        It is part of what each secret is bound to: another one opens none of them.
        """
        ...


class SealingStore(Store, Protocol):
    """A store that keeps the secrets of another store sealed."""

    @property
    def beneath(self) -> Store:
        """The store beneath, which holds sealed texts."""
        ...

    def sealed(
        self,
        option: str,
        values: Mapping[str, Any],
        present: Mapping[str, Any] | None = None,
    ) -> Mapping[str, Any]:
        """An option's values with texts for secrets; an equal one keeps its present text."""
        ...

    def unsealed(self, option: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """An option's values with secrets for texts; nothing is opened."""
        ...

    def rewrapped(self, option: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """An option's values with new texts for those that an older key had sealed."""
        ...


def _one_line(text: str) -> str:
    # A path may hold a line break.
    return " ".join(text.split())


_ENTRIES = frozenset(
    {
        "clock",
        "credentials",
        "deploy",
        "drift",
        "endpoint",
        "env",
        "faults",
        "file",
        "folder",
        "journal",
        "key-schema",
        "layers",
        "leftover",
        "lock",
        "memory",
        "mount",
        "options",
        "permissions",
        "retention",
        "sealed",
        "secrets",
        "settings",
        "store",
        "table",
    }
)
"""The findings that `docs/errors.md` explains."""


@attrs.frozen
class Finding:
    """
    The result of one check of a diagnosis.

    Attributes:
        check: The name of the check: `endpoint`, `clock`, `credentials`, `table`, `key schema`,
            `permissions`, `journal`, `options`, `drift`, `file`, ...
        is_ok: False if there is a problem; None if that could not be found out.
        text: The result, on one line; names, sizes and times, and never a value.
        advice: How to solve the problem, on one line. Where there is no problem, it is a note.
    """

    check: str
    is_ok: bool | None
    text: str = attrs.field(converter=_one_line)
    advice: str = attrs.field(default="", converter=_one_line)

    @property
    def address(self) -> str:
        """The address of its entry in the documentation; empty for a check of another adapter."""
        # In layers, the name of the layer stands before it; an environment's is `env:PREFIX`.
        entry = self.check.rpartition(", ")[2].partition(":")[0].replace(" ", "-")
        return f"{ERRORS_PAGE}#{entry}" if entry in _ENTRIES else ""

    @classmethod
    def of_error(cls, check: str, error: ConfigStoreError) -> Finding:
        """The finding of a check that an error ended: unknown if the store did not answer."""
        if isinstance(error, StoreUnavailableError):
            return cls(check, None, str(error), "try again once the store can be reached")
        if isinstance(error, AccessDeniedError):
            return cls(check, None, str(error), "look again with permission to read this")
        if isinstance(error, CorruptStoreError):
            return cls(check, False, str(error), "repair it where the text says, or restore it")
        # The texts of the others say what to do.
        return cls(check, False, str(error))


class DiagnosableStore(Store, Protocol):
    """A store that can diagnose itself."""

    def diagnose(self) -> Iterator[Finding]:
        """
        Check the store; nothing is written.

        Each finding is given as soon as it is known. A problem is a finding and no error; one that
        makes further checks pointless, such as a backend that does not answer, is the last.
        """
        ...


class AsyncReads(Store, Protocol):
    """
    A store that can read on a running asyncio loop, without a thread; see `confstore.aio`.

    Everything else, polls included, runs in threads. One store serves every loop of the process.
    Its blocking `close` may be called in any thread, while reads are under way.
    """

    def reads_on_loop(self) -> bool:
        """
        Return True if a read that begins now stays on the loop; it is known without waiting.

        If not, the blocking methods are called in threads.
        """
        ...

    async def get_async(
        self, option: str, *, keys: Collection[str] | None = None, consistent: bool = True
    ) -> Values:
        """One option, as `Store.get`."""
        ...

    def items_async(self, *, consistent: bool = True) -> AsyncIterator[tuple[str, Values]]:
        """Every option, as `Store.items`."""
        ...


class HintedStore(Store, Protocol):
    """A store that knows how often a program should look for changes."""

    def update_interval_hint(self) -> float:
        """
        Seconds between two refreshes that suit the store; known without asking the backend.

        0 means that a look costs nothing: then each read looks, and no thread does. The hint may
        change after a read, for example once it is known that the store has a journal.
        """
        ...


class ScheduledStore(PollableStore, Protocol):
    """A store of several parts, each with its own interval."""

    def poll_due(self, checkpoint: object = None) -> Poll:
        """The changes since a checkpoint, of the parts whose interval has passed."""
        ...


class LocatedStore(Store, Protocol):
    """A store that can say where it is, and where in it a value stands."""

    def location(self) -> str:
        """The URL of the store without its parameters, such as `file:dev.json`; without I/O."""
        ...

    def place_of(self, option: str, key: str, checkpoint: object = None) -> str:
        """
        The place of a key's value for a person, such as `dev.json:12`.

        Args:
            option: An option that the store has.
            key: A key that it has.
            checkpoint: That of the poll that found the value; None stands for the store as it is.
        """
        ...

    def is_local(self) -> bool:
        """Return True if the store is on this machine, and so there when the network is not."""
        ...


class PartedStore(Store, Protocol):
    """A store of several parts, of which some are on this machine."""

    def remote_parts(self, checkpoint: object) -> Sequence[Mapping[str, ReadOnlyDict]]:
        """The options of each part that is not on this machine, as of a poll of this store."""
        ...

    def restore(self, parts: Sequence[Mapping[str, ReadOnlyDict]]) -> Poll:
        """
        A full poll with these options for the parts elsewhere; those on this machine are read now.

        Raises:
            CorruptStoreError: The parts are not those of this store.
        """
        ...


class TracedStore(Store, Protocol):
    """A store that can say with an option where its values come from."""

    def get_traced(self, option: str) -> tuple[Values, object]:
        """
        One option, strongly consistent, and what `confstore.origin` takes for a checkpoint.

        Raises:
            OptionNotFoundError: The option does not exist.
        """
        ...

    def place_of(self, option: str, key: str, checkpoint: object = None) -> str:
        """The place of a key's value, as for a `LocatedStore`."""
        ...


class FieldAwareStore(Store, Protocol):
    """A store that reads some values by the types of a schema."""

    def with_fields(self, fields: Mapping[str, Mapping[str | None, Any]]) -> Store:
        """
        The same store, read with these types.

        Args:
            fields: Option to key to type; the key None stands for those that are not named.
        """
        ...


class FileBackedStore(Store, Protocol):
    """A store in files of this machine, which nothing else may write."""

    def files(self) -> Sequence[str]:
        """The absolute paths of its files; none of them needs to exist."""
        ...


class CoLocatedStore(Store, Protocol):
    """A store in a place that holds several, such as a table."""

    def stores(self) -> Sequence[str]:
        """
        The names of the stores in this place, as far as one cheap look shows, in order.

        It may need a permission that reading does not need.
        """
        ...


# -- the journal -------------------------------------------------------------------------------


@attrs.frozen
class Commit:
    """
    One atomic write.

    Attributes:
        version: Its place in the journal; 1 is the first.
        id: Unique among all commits of all stores.
        at: When it was made, by the clock of its writer; aware, in UTC.
        author: Who made it, if that was said.
        comment: Why.
        changes: The options that it set or deleted, with their whole new values.
        previous: The `id` of the commit before it; None for the first.
    """

    version: int
    id: str
    at: datetime
    author: str | None
    comment: str
    changes: tuple[Change, ...]
    previous: str | None = None


class JournaledStore(Store, Protocol):
    """
    A store that can have a journal; `set`, `update` and `delete` are then commits of one change.

    Without one, `baseline`, `version`, `commits` and `commit` raise `NotJournaledError`.
    """

    def is_journaled(self) -> bool:
        """Return True if the journal is enabled."""
        ...

    def enable_journal(self) -> None:
        """
        Make every write a commit from now on, and the present options the first commits.

        With a journal this does nothing. An adapter may take keyword arguments.

        Raises:
            InvalidCommitError: An option is too large for a commit.
        """
        ...

    def baseline(self) -> int:
        """The last version that holds what the store held when its journal was enabled."""
        ...

    def version(self) -> int:
        """The version of the last commit; 0 before the first."""
        ...

    def commits(self, since: int = 0, *, consistent: bool = True) -> list[Commit]:
        """
        The commits after a version, ascending and without gaps.

        Raises:
            JournalGapError: The journal does not hold all of them.
        """
        ...

    def commit(
        self,
        changes: Iterable[Change],
        *,
        if_version: int | None = None,
        author: str | None = None,
        comment: str = "",
        journal_only: bool = False,
    ) -> Commit:
        """
        Apply all of the changes, or none.

        With `journal_only` no option is written: the journal is told of what bypassed it. A backend
        that cannot compare whole options within a transaction may miss a key that somebody adds at
        the same moment: look at the options again afterwards, as `reconcile` does.

        Args:
            changes: Options to set or to delete, 1 to 99 of them. A delete of an absent option is
                no error here, which may be one that bypassed the journal.
            if_version: Refuse if one of these options was committed after this version, or if the
                store has not come to this version yet.
            author: Who commits.
            comment: Why; author and comment have at most 2,000 bytes of UTF-8 together.
            journal_only: The options are as in the changes already (no values: absent); refuse if
                they are not.

        Raises:
            InvalidCommitError: Not every backend could make this commit; nothing is written.
            InvalidNameError: An option cannot have its name.
            InvalidValueError: Values are outside the domain.
            VersionConflictError: Somebody committed to one of the options after `if_version`, or
                there is no such version, or some are not as `journal_only` needs them (then both
                of its versions are the store's); nothing is written.
            JournalGapError: `if_version` is older than the journal.
        """
        ...


class BulkJournaledStore(JournaledStore, Protocol):
    """A journaled store that makes many commits at once, where each write rewrites everything."""

    def commit_all(
        self,
        batches: Iterable[Iterable[Change]],
        *,
        if_version: int | None = None,
        author: str | None = None,
        comment: str = "",
    ) -> list[Commit]:
        """
        Make a commit of each batch of changes, in their order: all of them, or none.

        Nobody sees some of the commits without the others.

        Args:
            batches: The changes of each commit; see `commit`. None at all make no commit.
            if_version: Refuse all if one of the options was committed after this version, or if the
                store has not come to this version yet.
            author: Who commits each of them.
            comment: Why.

        Raises:
            ConfigStoreError: The errors of `commit`; nothing is written.
        """
        ...


@attrs.frozen
class Head:
    """The last commit known to somebody; version 0 has no id."""

    version: int = 0
    id: str | None = None

    @classmethod
    def of(cls, commit: Commit) -> Head:
        """This commit as the last one."""
        return cls(commit.version, commit.id)


class Journal(Protocol):
    """The reads of one store's journal that `confstore.adapter.JournalPoller` needs."""

    def read_head(self) -> Head:
        """The last commit, strongly consistent."""
        ...

    def read_commits(self, since: int, *, consistent: bool) -> Sequence[Commit]:
        """The commits after a version, ascending; versions may be missing."""
        ...

    def read_following(self, head: Head, *, consistent: bool) -> Sequence[Commit] | None:
        """
        The commits after a known one, as `read_commits`; None if the journal does not hold it.

        The known commit is read, too, but only its version and its id are looked at: most polls
        find nothing new, and it may be large.
        """
        ...

    def read_options(self) -> Mapping[str, ReadOnlyDict]:
        """Every option, strongly consistent."""
        ...


# -- finding an ability ------------------------------------------------------------------------


def ability(store: object, protocol: Callable[..., T]) -> T | None:
    """
    The store, if it has every method of a protocol; else None.

    Args:
        store: Any store.
        protocol: `PollableStore`, `BulkStore`, `JournaledStore`, ..., or one of your own. (It is
            typed as a callable because mypy refuses a protocol as a `type`.)
    """
    for name in _methods_of(protocol):
        if not callable(getattr(store, name, None)):
            return None
    return cast("T", store)


def beneath_of(store: S) -> S:
    """The store that holds sealed texts: the one beneath a `SealingStore`; else the store."""
    sealing: Any = ability(store, SealingStore)
    return store if sealing is None else cast("S", sealing.beneath)


@functools.cache
def _methods_of(protocol: Any) -> tuple[str, ...]:
    """The public methods of a protocol, without those that every store has."""
    return tuple(
        name
        for base in protocol.__mro__
        if base not in Store.__mro__
        for name, member in vars(base).items()
        if callable(member) and not name.startswith("_")
    )
