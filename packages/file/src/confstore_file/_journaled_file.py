"""
Reading the options file and its journal as one.

With a journal, a commit is made by its line. Its writer writes the next options file beside the old
one, then the line, then replaces the old file. If it dies before that, readers see the old file
with the changes of the last write, and the next writer replaces the file first.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from contextlib import suppress
from types import MappingProxyType

import attrs

from confstore.adapter import apply_changes
from confstore.errors import ConfigStoreError, StoreUnavailableError
from confstore.files import DistrustedFileError, open_regular
from confstore_file._absence import absent_file
from confstore_file._journal_file import JournalFile, JournalState
from confstore_file._os_errors import store_error
from confstore_file._replacement import check_planted, temporary_of
from confstore_file._watched_file import State, WatchedFile, digest_of
from confstore_file._write_lock import lock_of

__all__ = ["MAX_ATTEMPTS", "JournaledFile", "is_behind", "is_pending"]

_log = logging.getLogger("confstore")

MAX_ATTEMPTS = 20
"""Attempts while somebody edits the file at the same moments; a guess: one is usual."""


class JournaledFile:
    """
    The options file of a store and its journal, if there is one.

    Attributes:
        path: The options file's absolute path; links in it are not resolved.
        store: The store's name, for errors and logs.
        options: The options file alone.
    """

    def __init__(
        self,
        path: str,
        store: str,
        wall_clock: Callable[[], float],
        *,
        missing_ok: bool,
        is_optional: bool = False,
    ) -> None:
        """Name the files; none of them needs to exist yet, or at all if `missing_ok`."""
        self.path = path
        self.store = store
        self._missing_ok = missing_ok
        self.options = WatchedFile(path, store, wall_clock, is_optional=is_optional)
        self._wall_clock = wall_clock
        self._journals: dict[str, JournalFile] = {}
        # The last state without a journal. The journal is not looked for again until the options
        # file changes, so that an unchanged read stays one os.stat.
        self._unjournaled: State | None = None
        self._rolled: tuple[JournalState, State] | None = None
        self._place: tuple[State, str] | None = None
        self._has_warned = False

    def target(self) -> str:
        """The path of the options file without symbolic links."""
        return os.path.realpath(self.path)

    def paths(self) -> tuple[str, ...]:
        """The options file, its journal and its lock; none of them needs to exist."""
        target = self.target()
        return target, _journal_path(target), lock_of(target)

    def journal_at(self, target: str) -> JournalFile:
        """The journal of an options file; one object for each path."""
        path = _journal_path(target)
        known = self._journals.get(path)
        return known or self._journals.setdefault(path, JournalFile(path, target, self._wall_clock))

    def read(self, *, is_for_write: bool = False) -> State:
        """
        The options as they are now.

        Args:
            is_for_write: True if the caller is about to create an absent file.

        Raises:
            ConfigStoreError: A file cannot be read, or does not hold a store.
        """
        # An absent file that must be there is an error, and needs no warning.
        is_for_write = is_for_write or not self._missing_ok
        state = self.options.read(is_for_write=is_for_write)
        if state is self._unjournaled:
            return state
        try:
            found = self._with_journal(state, is_for_write=is_for_write)
        except OSError as error:
            raise self._journal_error(error) from error
        # Not one that a dying writer left beside its place, with its line in the journal.
        if found.is_absent and found is state and not self._missing_ok:
            raise absent_file(self.path, self.target(), self.store)
        return found

    def check_there(self) -> None:
        """Raise `StoreNotFoundError` if the file is absent and must not be."""
        if not self._missing_ok:
            # Reading it reports every other fault.
            try:
                with suppress(PermissionError, NotADirectoryError):
                    os.stat(self.path)
            except FileNotFoundError:
                raise absent_file(self.path, self.target(), self.store) from None

    def _with_journal(self, state: State, *, is_for_write: bool) -> State:
        target = self._target_of(state)
        journal_file = self.journal_at(target)
        for _ in range(MAX_ATTEMPTS):
            try:
                # After the options: a writer appends to the journal first.
                journal = journal_file.read()
            except PermissionError:
                # A user who may not read the journal can read the options all the same.
                return state
            except DistrustedFileError as error:
                if not self._has_warned:
                    self._has_warned = True
                    fields = {"store": self.store, "error.type": type(error).__qualname__}
                    text = "store %r is read without its journal: %s"
                    _log.warning(text, self.store, error, extra=fields)
                return state
            if journal is None:
                if state.signature is not None and not journal_file.is_known:
                    self._unjournaled = state
                return state
            if journal.last is None or state.digest == journal.last.digest:
                return state
            if is_pending(target, state, journal):
                return self._rolled_forward(state, journal)
            again = self.options.read(is_for_write=is_for_write)
            if again.digest == state.digest:
                # Somebody edited it by hand, or removed it.
                self.check_not_gone(state)
                return state
            # Writers have replaced the file in the meantime, perhaps more than once.
            state = again
        return state

    def _target_of(self, state: State) -> str:
        """The path of the file that was read; kept for an unchanged file, as finding it is slow."""
        place = self._place
        if place is None or place[0] is not state or state.signature is None:
            place = self._place = state, self.target()
        return place[1]

    def _rolled_forward(self, state: State, journal: JournalState) -> State:
        rolled = self._rolled
        # The same object each time, so that a poll need not compare the options.
        if rolled is None or rolled[0] is not journal:
            options = dict(state.options)
            apply_changes(options, journal.last_changes)
            state = attrs.evolve(state, options=MappingProxyType(options))
            rolled = self._rolled = journal, state
        return rolled[1]

    def check_not_gone(self, state: State) -> None:
        """Raise `StoreUnavailableError` if the options file is absent although it has commits."""
        if not state.is_absent:
            return
        reason = (
            f"{self.path} is gone, and its journal is not: put it back, or a file that holds {{}} "
            "in its place; if the store was removed for good, remove the journal, too"
        )
        raise StoreUnavailableError(self.store, reason)

    def journal(self) -> JournalState | None:
        """
        The journal as it is now; None if there is none.

        Raises:
            ConfigStoreError: It cannot be read, a line of it is not a commit, or it was there and
                is gone.
        """
        try:
            return self.known_journal(self.journal_at(self.target()))
        except OSError as error:
            raise self._journal_error(error) from error

    def _journal_error(self, error: OSError) -> ConfigStoreError:
        return store_error(error, self.store, f"reading the journal of {self.path}")

    def known_journal(self, journal_file: JournalFile) -> JournalState | None:
        """
        Read a journal that must not disappear once it was seen.

        Raises:
            StoreUnavailableError: It was there and is gone.
            OSError: It cannot be read.
        """
        journal = journal_file.read()
        if journal is None and journal_file.is_known:
            reason = (
                f"the journal of {self.path} was there and is gone: put it back; "
                "if it was removed for good, open the store anew, or enable its journal again"
            )
            raise StoreUnavailableError(self.store, reason)
        return journal


def is_behind(state: State, journal: JournalState) -> bool:
    """True if the options lack the last commit: they are still its old ones, or gone."""
    last = journal.last
    if last is None or state.digest == last.digest:
        return False
    return state.is_absent or state.digest == last.digest_before


def is_pending(target: str, state: State, journal: JournalState) -> bool:
    """
    True if the next options file still waits beside the one that lacks the last commit.

    If it is not there, it has already been in place, and somebody has put the old content back by
    hand since (`git checkout`, undo in an editor): an edit like any other.

    Raises:
        OSError: The waiting file cannot be read.
    """
    last = journal.lines[-1]
    if state.digest != last.digest_before:
        return False
    try:
        with open(temporary_of(target), "rb", opener=open_regular) as file:
            check_planted(temporary_of(target), os.fstat(file.fileno()), target)
            content = file.read()
    except (DistrustedFileError, FileNotFoundError):
        return False
    return digest_of(content) == last.digest


def _journal_path(target: str) -> str:
    # Only a name that ends in .json loses its end: prod and prod.json are two stores.
    stem = target.removesuffix(".json")
    return f"{stem}.journal.jsonl" if stem != target else f"{target}.journal"
