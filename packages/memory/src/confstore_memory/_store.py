"""A store in process memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING

from confstore import Change, Commit, Poll, Value, Values
from confstore.adapter import (
    canonical_update,
    canonical_values,
    checked_draft,
    checked_keys,
    checked_option,
    checked_store,
    freeze,
    thaw,
)
from confstore.errors import OptionNotFoundError, StoreClosedError, StoreUnavailableError
from confstore_memory._contents import Contents
from confstore_memory._faults import CALLS, Faults

if TYPE_CHECKING:
    from typing_extensions import Self

    from confstore import Finding

__all__ = ["MemoryStore"]


class MemoryStore:
    """
    Options in process memory: gone with the last handle.

    It accepts, refuses and gives back what every other backend does, so that what passes here in a
    unit test does not fail there in production. It is thread-safe, and a forked child has a copy.
    """

    def __init__(
        self, name: str = "test", options: Mapping[str, Mapping[str, Value]] | None = None
    ) -> None:
        """
        Make a store of its own; `share` gives further handles on it.

        Args:
            name: The store's name, for errors: two stores of one name share nothing.
            options: What it holds from the start: option to values.

        Raises:
            InvalidNameError: The store or an option cannot have this name.
            InvalidValueError: Some values are outside the domain.
        """
        self._name = checked_store(name)
        self._contents = Contents(self._name)
        self._faults = Faults()
        self._is_closed = False
        for option, values in (options or {}).items():
            self.set(option, values)

    @property
    def name(self) -> str:
        """The store's name."""
        return self._name

    def share(self) -> MemoryStore:
        """Another handle on the same options and faults, as another process would have."""
        handle = MemoryStore(self._name)
        handle._contents = self._contents
        handle._faults = self._faults
        return handle

    def get(
        self,
        option: str,
        *,
        keys: Collection[str] | None = None,
        consistent: bool = True,  # noqa: ARG002 (memory always is)
    ) -> Values:
        """
        One option, or those of the given keys that it has.

        Args:
            option: The option's name.
            keys: The keys to read; None reads all, an empty collection none.
            consistent: Of no effect: every read is consistent.

        Raises:
            OptionNotFoundError: The option does not exist, whatever the keys.
            TypeError: `keys` is a `str`, a mapping, or holds something that is not a `str`.
        """
        self._check("get")
        checked = checked_option(option)
        wanted = checked_keys(keys)
        values = self._contents.get(checked)
        if values is None:
            raise OptionNotFoundError(checked, self._name)
        if wanted is None:
            return thaw(values)
        return thaw({key: value for key, value in values.items() if key in wanted})

    def items(
        self,
        *,
        consistent: bool = True,  # noqa: ARG002 (memory always is)
    ) -> Iterator[tuple[str, Values]]:
        """Every option as of the call, in the order in which they were made."""
        self._check("items")
        snapshot = self._contents.snapshot()
        return ((option, thaw(values)) for option, values in snapshot.items())

    def set(self, option: str, values: Mapping[str, Value]) -> None:
        """
        Replace the whole option.

        Raises:
            InvalidNameError: The option cannot have this name.
            InvalidValueError: The values are outside the domain; nothing is written.
        """
        self._check("set")
        checked = checked_option(option)
        self._contents.set(checked, freeze(canonical_values(checked, values)))

    def update(
        self, option: str, values: Mapping[str, Value], *, remove: Collection[str] = ()
    ) -> None:
        """
        Change the named keys and leave the others; create the option if it is absent.

        Raises:
            InvalidNameError: The option cannot have this name.
            InvalidValueError: The values are outside the domain, the option would become too large,
                or a key is both set and removed; nothing is written.
            TypeError: `remove` is a `str` or a mapping, or holds something that is not a `str`.
        """
        self._check("update")
        checked = checked_option(option)
        changes, removed = canonical_update(checked, values, remove)
        self._contents.update(checked, freeze(changes), removed)

    def delete(self, option: str) -> None:
        """
        Remove the option.

        Raises:
            OptionNotFoundError: The option does not exist.
        """
        self._check("delete")
        checked = checked_option(option)
        if not self._contents.delete(checked):
            raise OptionNotFoundError(checked, self._name)

    def poll(
        self,
        checkpoint: object = None,
        *,
        consistent: bool = False,  # noqa: ARG002 (memory always is)
    ) -> Poll:
        """
        What is new since the checkpoint.

        A poll of an unchanged store compares two integers; any other, each option's identity.

        Args:
            checkpoint: That of an earlier poll; None, or another store's, gives a full answer.
            consistent: Of no effect: every read is consistent.
        """
        self._check("poll")
        return self._contents.poll(checkpoint)

    def is_journaled(self) -> bool:
        """Whether every write is a commit."""
        self._check_open()
        return self._contents.is_journaled()

    def baseline(self) -> int:
        """
        The last version that only wrote down what there was when the journal was enabled.

        Raises:
            NotJournaledError: There is no journal.
        """
        self._check_open()
        return self._contents.baseline()

    def enable_journal(self) -> None:
        """
        Make every write a commit from now on, and what there is the first ones; or do nothing.

        Raises:
            InvalidCommitError: An option is so large in a journal that no commit holds it.
        """
        self._check("enable_journal")
        self._contents.enable_journal()

    def version(self) -> int:
        """
        The version of the last commit; 0 before the first.

        Raises:
            NotJournaledError: There is no journal.
        """
        self._check("version")
        return self._contents.read_head().version

    def commits(
        self,
        since: int = 0,
        *,
        consistent: bool = True,  # noqa: ARG002 (memory always is)
    ) -> list[Commit]:
        """
        The commits after a version, ascending and without gaps.

        Args:
            since: The version that is known already.
            consistent: Of no effect: every read is consistent.

        Raises:
            NotJournaledError: There is no journal.
        """
        self._check("commits")
        return self._contents.read_commits(since)

    def commit(
        self,
        changes: Iterable[Change],
        *,
        if_version: int | None = None,
        author: str | None = None,
        comment: str = "",
    ) -> Commit:
        """
        Apply all of the changes, or none; see `confstore.JournaledStore`.

        Raises:
            InvalidCommitError: Not every backend could make this commit.
            InvalidNameError: An option cannot have its name.
            InvalidValueError: Values are outside the domain.
            NotJournaledError: There is no journal.
            VersionConflictError: Somebody committed to one of the options after `if_version`.
        """
        self._check("commit")
        draft = checked_draft(self._name, changes, author, comment)
        return self._contents.commit(draft, if_version)

    def fail(
        self,
        error: BaseException | None = None,
        *,
        times: int | None = None,
        on: str | Collection[str] = CALLS,
    ) -> None:
        """
        Let the next calls fail, through every handle on these options.

        A call that fails has no effect. Where several failures fit a call, the newest is raised.

        Args:
            error: What is raised; a `StoreUnavailableError` unless told otherwise.
            times: How many calls fail, in all; None until `heal`.
            on: Which calls: one or several of `get`, `items`, `set`, `update`, `delete`, `poll` and
                those of a journaled store; all of them unless told otherwise.

        Raises:
            ValueError: `on` names another call, or `times` is less than 1.
        """
        if error is None:
            error = StoreUnavailableError(self._name, "a test lets it fail")
        self._faults.add(error, times, [on] if isinstance(on, str) else on)

    def heal(self) -> None:
        """Let no call fail any more."""
        self._faults.clear()

    def diagnose(self) -> Iterator[Finding]:
        """What is well and what is not; see `confstore.DiagnosableStore`."""
        # Not at the top: hardly a program asks.
        from confstore_memory._diagnosis import findings

        self._check_open()
        return findings(self, self._faults)

    def close(self) -> None:
        """Refuse further calls through this handle; closing twice is closing once."""
        self._is_closed = True

    def _check_open(self) -> None:
        if self._is_closed:
            raise StoreClosedError(self._name)

    def _check(self, call: str) -> None:
        self._check_open()
        self._faults.check(call)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._name!r}>"
