"""A store in process memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from confstore import Change, Commit, Poll, ReadOnlyDict, Values
from confstore.adapter import (
    ClosesOnExit,
    canonical_update,
    canonical_values,
    checked_draft,
    checked_keys,
    checked_option,
    checked_store,
    looks_like_url,
    merge_update,
    select,
)
from confstore.errors import (
    InvalidNameError,
    OptionNotFoundError,
    StoreClosedError,
    StoreUnavailableError,
)
from confstore_memory._contents import Contents
from confstore_memory._faults import CALLS, Faults

if TYPE_CHECKING:
    from confstore import Finding

__all__ = ["MemoryStore"]


class MemoryStore(ClosesOnExit):
    """
    Options in process memory: gone with the last handle.

    It accepts, refuses and gives back the same as every other backend, so that code which passes a
    unit test here does not fail in production. It is thread-safe, and a forked child has a copy.
    Every read is consistent, with or without `consistent`.
    """

    def __init__(
        self, name: str = "test", options: Mapping[str, Mapping[str, Any]] | None = None
    ) -> None:
        """
        Make a store of its own; `share` gives further handles on it.

        Args:
            name: The store's name, for errors: two stores of one name share nothing.
            options: The options that it holds from the start: option to values.

        Raises:
            InvalidNameError: The store or an option cannot have this name, or the store's is a URL.
            InvalidValueError: Some values are outside the domain.
        """
        self._name = checked_store(name)
        if looks_like_url(self._name):
            reason = "it looks like a URL: pass a name, or open it by confstore.open_store"
            raise InvalidNameError(None, "store", "a URL", reason)
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

    # -- reading -------------------------------------------------------------------------------

    def get(
        self,
        option: str,
        *,
        keys: Collection[str] | None = None,
        consistent: bool = True,  # noqa: ARG002 (memory always is)
    ) -> Values:
        """One option, or those of the given keys that it has."""
        self._start("get")
        checked = checked_option(option, store=self._name)
        wanted = checked_keys(keys)
        values = self._contents.options.get(checked)
        if values is None:
            raise OptionNotFoundError(self._name, checked)
        return select(values, wanted).copy()

    def items(
        self,
        *,
        consistent: bool = True,  # noqa: ARG002 (memory always is)
    ) -> Iterator[tuple[str, Values]]:
        """Every option as of the call, in the order in which they were made."""
        self._start("items")
        snapshot = self._contents.snapshot()
        return ((option, values.copy()) for option, values in snapshot.items())

    def poll(
        self,
        checkpoint: object = None,
        *,
        consistent: bool = False,  # noqa: ARG002 (memory always is)
    ) -> Poll:
        """
        The changes since a checkpoint.

        A poll of an unchanged store compares two integers; any other, each option's identity.
        """
        self._start("poll")
        return self._contents.poll(checkpoint)

    def update_interval_hint(self) -> float:
        """0: a look costs nothing, so a `TimeBasedConfigStore` looks before each read."""
        return 0.0

    def location(self) -> str:
        """The URL that names the store: `memory:NAME`."""
        from urllib.parse import quote

        return f"memory:{quote(self._name, safe='')}"

    def place_of(self, option: str, key: str, checkpoint: object = None) -> str:  # noqa: ARG002
        """The URL: memory has no places within a store."""
        return self.location()

    def is_local(self) -> bool:
        """Return True: memory is on this machine."""
        return True

    # -- writing -------------------------------------------------------------------------------

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        """Replace the whole option."""
        self._start("set")
        checked = checked_option(option, store=self._name)
        canonical = canonical_values(checked, values, store=self._name)
        self._contents.write(checked, lambda _: canonical)

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        """Change the named keys and leave the others; create the option if it is absent."""
        self._start("update")
        checked = checked_option(option, store=self._name)
        changed, removed = canonical_update(checked, values, remove, store=self._name)

        def merged(old: ReadOnlyDict | None) -> ReadOnlyDict:
            return merge_update(checked, old, changed, removed, store=self._name)

        self._contents.write(checked, merged)

    def delete(self, option: str) -> None:
        """Remove the option."""
        self._start("delete")
        checked = checked_option(option, store=self._name)

        def delete_if_there(old: ReadOnlyDict | None) -> None:
            if old is None:
                raise OptionNotFoundError(self._name, checked)

        self._contents.write(checked, delete_if_there)

    # -- the journal ---------------------------------------------------------------------------

    def is_journaled(self) -> bool:
        """True once the journal is enabled."""
        self._check_open()
        return self._contents.is_journaled

    def enable_journal(self) -> None:
        """Make every write a commit from now on, and the present options the first commits."""
        self._start("enable_journal")
        self._contents.enable_journal()

    def baseline(self) -> int:
        """The last version that holds what the store held when its journal was enabled."""
        self._check_open()
        self._contents.journal()
        return self._contents.baseline

    def version(self) -> int:
        """The version of the last commit; 0 before the first."""
        self._start("version")
        return self._contents.version()

    def commits(
        self,
        since: int = 0,
        *,
        consistent: bool = True,  # noqa: ARG002 (memory always is)
    ) -> list[Commit]:
        """The commits after a version, ascending; this journal never has a gap."""
        self._start("commits")
        return self._contents.commits(since)

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
        self._start("commit")
        draft = checked_draft(self._name, changes, author, comment, if_version=if_version)
        return self._contents.commit(draft, if_version, journal_only=journal_only)

    # -- tests ---------------------------------------------------------------------------------

    def fail(
        self,
        error: BaseException | None = None,
        *,
        times: int | None = None,
        on: str | Collection[str] = CALLS,
    ) -> None:
        """
        Make the next calls fail, through every handle on these options.

        A call that fails has no effect. Where several failures fit a call, the newest is raised.

        Args:
            error: The error to raise; a `StoreUnavailableError` by default.
            times: How many calls fail, in all; None until `heal`.
            on: Which calls: one or several of `get`, `items`, `set`, `update`, `delete`, `poll` and
                those of a journaled store; all of them by default.

        Raises:
            ValueError: `on` names another call, or `times` is less than 1.
        """
        if error is None:
            error = StoreUnavailableError(self._name, "a test makes it fail")
        self._faults.add(error, times, [on] if isinstance(on, str) else on)

    def heal(self) -> None:
        """Let no call fail any more."""
        self._faults.clear()

    def diagnose(self) -> Iterator[Finding]:
        """
        Look at the store.

        Nothing can be written without the journal of memory, so there is no drift. While calls are
        to fail, nothing more is looked at, not to use up the failures.
        """
        self._check_open()
        return self._findings()

    def _findings(self) -> Iterator[Finding]:
        # Not at the top: few programs ask.
        from confstore import Finding
        from confstore.adapter import findings_of

        yield Finding("memory", True, "the options belong to this process, and end with it")
        failing = self._faults.planned()
        if failing:
            text = f"these calls are to fail: {', '.join(failing)}"
            yield Finding("faults", False, text, "call `heal()` to end that")
        else:
            yield from findings_of(self, can_drift=False)

    # -- its life ------------------------------------------------------------------------------

    def close(self) -> None:
        """Refuse further calls through this handle; the second call does nothing."""
        self._is_closed = True

    def _check_open(self) -> None:
        if self._is_closed:
            raise StoreClosedError(self._name)

    def _start(self, call: str) -> None:
        """Check that the handle is open, and raise what a test wants this call to fail with."""
        self._check_open()
        self._faults.check(call)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._name!r}>"
