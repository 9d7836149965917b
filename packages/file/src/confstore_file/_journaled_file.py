"""The options file and its journal, read and written as one."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType

import attrs

from confstore import Change, Commit, Head
from confstore.adapter import Draft, ReadOnlyDict, next_commit, split_into_drafts
from confstore.errors import StoreUnavailableError
from confstore_file._document import options_to_bytes
from confstore_file._journal_file import JournalFile, JournalState
from confstore_file._journal_line import Header, Line
from confstore_file._os_errors import store_error
from confstore_file._pending import is_behind, is_pending
from confstore_file._replacement import Replacement, adopt_temporary, make_folder
from confstore_file._watched_file import State, WatchedFile, digest_of
from confstore_file._write_lock import WriteLock, lock_of

__all__ = ["Files", "Plan"]

_log = logging.getLogger("confstore")

_MAX_ATTEMPTS = 20
"""Tries of a write while somebody edits the file at the same moments; a guess: one is usual."""

Plan = Callable[[Mapping[str, ReadOnlyDict], Sequence[Commit] | None], Draft]
"""Given the options and the commits so far (None without a journal): what is to be written."""


class Files:
    """
    The files of one store.

    With a journal, a write is made by the journal's line, and then put into the options file. A
    writer that dies in between leaves the old options file, and the new one beside it: who reads
    sees the old one with the last line's changes, and the next writer puts the new one in its place
    first.
    """

    def __init__(
        self, path: str, store: str, wall_clock: Callable[[], float], lock_timeout_s: float
    ) -> None:
        """
        Name the files; none of them needs to exist.

        Args:
            path: The options file's absolute path.
            store: The store's name, for errors and logs.
            wall_clock: Seconds since the epoch, as in the files' times.
            lock_timeout_s: How long a write waits for other writers.
        """
        self._path = path
        self._store = store
        self._wall_clock = wall_clock
        self._file = WatchedFile(path, store, wall_clock)
        self._lock = WriteLock(store, lock_timeout_s)
        self._journals: dict[str, JournalFile] = {}
        # The last state that was read where there was no journal; it is not looked for again until
        # the options file changes, so that an unchanged read stays one os.stat.
        self._plain: State | None = None
        self._rolled: tuple[JournalState, State] | None = None
        self._place: tuple[State, str] | None = None

    # -- reading ---------------------------------------------------------------------------------

    def read(self, *, is_for_write: bool = False) -> State:
        """
        The options as they are now.

        Args:
            is_for_write: Whether the caller is about to create what is absent.

        Raises:
            ConfigStoreError: They cannot be read, or what a file holds is not a store.
        """
        state = self._file.read(is_for_write=is_for_write)
        if state is self._plain:
            return state
        try:
            return self._with_journal(state, is_for_write=is_for_write)
        except OSError as error:
            raise self._journal_error(error) from error

    def _with_journal(self, state: State, *, is_for_write: bool) -> State:
        target = self._target_of(state)
        journal_file = self._journal_of(target)
        for _ in range(_MAX_ATTEMPTS):
            try:
                # After the options: a writer adds to the journal first.
                journal = journal_file.read()
            except PermissionError:
                # Who may not read the journal reads the options all the same.
                return state
            if journal is None:
                if state.signature is not None and not journal_file.is_known:
                    self._plain = state
                return state
            if not is_behind(state, journal):
                return state
            if is_pending(target, state, journal):
                return self._rolled_forward(state, journal)
            again = self._file.read(is_for_write=is_for_write)
            if again.digest == state.digest:
                self._check_not_gone(state)
                return state
            # Its writer has put the new file in its place meanwhile.
            state = again
        return state

    def _target_of(self, state: State) -> str:
        """The file that was read; an unchanged one is where it was, which is slow to find out."""
        place = self._place
        if place is None or place[0] is not state or state.signature is None:
            place = self._place = state, os.path.realpath(self._path)
        return place[1]

    def _rolled_forward(self, state: State, journal: JournalState) -> State:
        rolled = self._rolled
        # The same options, so that who polls need not compare them.
        if rolled is None or rolled[0] is not journal:
            changes = journal.lines[-1].commit.changes
            options = MappingProxyType(_applied(state.options, changes))
            rolled = self._rolled = journal, attrs.evolve(state, options=options)
        return rolled[1]

    def _check_not_gone(self, state: State) -> None:
        if not state.is_absent:
            return
        reason = (
            f"{self._path} is gone, and its journal is not: put it back, or a file that holds {{}} "
            "in its place; if the store was removed for good, remove the journal, too"
        )
        raise StoreUnavailableError(self._store, reason)

    def journal(self) -> JournalState | None:
        """
        The journal as it is now; None if there is none.

        Raises:
            ConfigStoreError: It cannot be read, a line of it is no commit, or it was there and is
                gone.
        """
        try:
            return self._journal_that_stays(self._journal_of(os.path.realpath(self._path)))
        except OSError as error:
            raise self._journal_error(error) from error

    def _journal_error(self, error: OSError) -> Exception:
        return store_error(error, self._store, f"reading the journal of {self._path}")

    def _journal_that_stays(self, journal_file: JournalFile) -> JournalState | None:
        journal = journal_file.read()
        if journal is None and journal_file.is_known:
            reason = (
                f"the journal of {self._path} was there and is gone: put it back; "
                "if it was removed for good, open the store anew, or enable its journal again"
            )
            raise StoreUnavailableError(self._store, reason)
        return journal

    def paths(self) -> tuple[str, ...]:
        """The options file, its journal and its lock; none of them needs to exist."""
        target = os.path.realpath(self._path)
        return target, _journal_path(target), lock_of(target)

    def _journal_of(self, target: str) -> JournalFile:
        path = _journal_path(target)
        return self._journals.setdefault(path, JournalFile(path, self._wall_clock))

    # -- writing ---------------------------------------------------------------------------------

    def write(self, plan: Plan) -> Commit | None:
        """
        Write what is planned, atomically and durably.

        Args:
            plan: Asked under the lock, and again if somebody edits the file meanwhile; what it
                raises is raised, and nothing is written.

        Returns:
            The commit; None without a journal.

        Raises:
            CorruptStoreError: A file does not hold a store.
            StoreUnavailableError: The files, their lock or the disk cannot be had now.
            AccessDeniedError: The files or their folder may not be written.
        """
        return self._locked(lambda target: self._try(target, plan))

    def _locked(self, attempt: Callable[[str], _Outcome | None]) -> Commit | None:
        self.read(is_for_write=True)
        try:
            for _ in range(_MAX_ATTEMPTS):
                target = os.path.realpath(self._path)
                make_folder(os.path.dirname(target))
                with self._lock.held(target):
                    outcome = attempt(target)
                if outcome is not None:
                    return outcome.commit
        except OSError as error:
            raise store_error(error, self._store, f"writing {self._path}") from error
        raise self._edited_too_often()

    def _edited_too_often(self) -> StoreUnavailableError:
        reason = f"{self._path} was edited {_MAX_ATTEMPTS} times in the midst of one write"
        return StoreUnavailableError(self._store, reason)

    def _try(self, target: str, plan: Plan) -> _Outcome | None:
        """Write, unless somebody who takes no lock changes the file at the same time: then None."""
        journal_file = self._journal_of(target)
        journal = self._journal_that_stays(journal_file)
        before = self._file.read(is_for_write=True)
        if journal is None:
            draft = plan(before.options, None)
            new = _applied(before.options, draft.changes)
            return _Outcome() if self._replace(target, before, new) else None
        if is_behind(before, journal):
            if is_pending(target, before, journal):
                # Before the options: else a loss of power could leave what no line tells of.
                journal_file.sync()
                if self._is_still(before, target):
                    adopt_temporary(target)
                return None
            self._check_not_gone(before)
        draft = plan(before.options, journal.commits)
        return self._commit(target, journal_file, journal, before, draft)

    def _commit(
        self,
        target: str,
        journal_file: JournalFile,
        journal: JournalState,
        before: State,
        draft: Draft,
    ) -> _Outcome | None:
        options = _applied(before.options, draft.changes)
        content = options_to_bytes(options)
        commit = _next(draft, journal.last.commit if journal.last else None)
        line = Line(commit, before.digest, digest_of(content))
        with Replacement(target, content) as replacement:
            if not self._is_still(before, target):
                return None
            replacement.sync_name()
            if not journal_file.append(journal, line, model=replacement.temporary):
                return None
            # The commit is made: whatever happens now, it is there for the next reader.
            replacement.keep()
            if self._is_still(before, target):
                self._finish(replacement, commit, options, content)
                return _Outcome(commit)
        # An edit that met the commit: what the commit does not touch is as edited.
        for _ in range(_MAX_ATTEMPTS):
            edited = self._file.read(is_for_write=True)
            if self._replace(target, edited, _applied(edited.options, draft.changes)):
                return _Outcome(commit)
        raise self._edited_too_often()

    def _finish(
        self,
        replacement: Replacement,
        commit: Commit,
        options: Mapping[str, ReadOnlyDict],
        content: bytes,
    ) -> None:
        try:
            replacement.commit()
        except OSError as error:
            # An error would tell the caller that nothing was written.
            _log.warning(
                "store %r: version %d is in the journal, and %s will follow with the next write: "
                "replacing it failed: %s",
                self._store,
                commit.version,
                self._path,
                os.strerror(error.errno) if error.errno else type(error).__name__,
            )
        else:
            self._file.written(options, content)

    def _is_still(self, before: State, target: str) -> bool:
        now = self._file.read(is_for_write=True)
        return now.options is before.options and os.path.realpath(self._path) == target

    def _replace(self, target: str, before: State, options: Mapping[str, ReadOnlyDict]) -> bool:
        content = options_to_bytes(options)
        with Replacement(target, content) as replacement:
            if not self._is_still(before, target):
                return False
            replacement.commit()
        self._file.written(options, content)
        return True

    def create(self) -> None:
        """
        Make the options file, with no options, if it is absent.

        Raises:
            ConfigStoreError: It cannot be read or written.
        """
        self._locked(self._create)

    def _create(self, target: str) -> _Outcome | None:
        before = self._file.read(is_for_write=True)
        if not before.is_absent:
            return _Outcome()
        if self._journal_of(target).read() is not None:
            self._check_not_gone(before)
        return _Outcome() if self._replace(target, before, {}) else None

    def enable_journal(self) -> None:
        """
        Write down what there is as the first commits; or nothing, if there is a journal.

        Raises:
            ConfigStoreError: The files cannot be read or written.
        """
        self._locked(self._create_journal)

    def _create_journal(self, target: str) -> _Outcome:
        journal_file = self._journal_of(target)
        if journal_file.read() is not None:
            return _Outcome()
        state = self._file.read(is_for_write=True)
        changes = [Change(option, values) for option, values in state.options.items()]
        lines: list[Line] = []
        for draft in split_into_drafts(self._store, changes, comment="baseline"):
            commit = _next(draft, lines[-1].commit if lines else None)
            lines.append(Line(commit, state.digest, state.digest))
        journal_file.create(Header(len(lines)), lines, model=target)
        # Who has read the file before looks for a journal again once the file's times have changed.
        with suppress(OSError):
            os.utime(target)
        return _Outcome()


@attrs.frozen
class _Outcome:
    """A write that was made, and its commit, if there is a journal."""

    commit: Commit | None = None


def _journal_path(target: str) -> str:
    # Only what ends in .json loses its end: prod and prod.json are two stores.
    stem = target.removesuffix(".json")
    return f"{stem}.journal.jsonl" if stem != target else f"{target}.journal"


def _applied(
    options: Mapping[str, ReadOnlyDict], changes: Sequence[Change]
) -> dict[str, ReadOnlyDict]:
    applied = dict(options)
    for change in changes:
        if change.values is None:
            applied.pop(change.option, None)
        else:
            applied[change.option] = change.values  # type: ignore[assignment]  # a draft's are
    return applied


def _next(draft: Draft, previous: Commit | None) -> Commit:
    return next_commit(draft, Head.of(previous) if previous else Head())
