"""Writing the options file, and its journal first."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import attrs

from confstore import Change, Commit, Draft, Head, ReadOnlyDict
from confstore.adapter import apply_changes, check_if_version, next_commit, split_into_drafts
from confstore.errors import BackendError, NotJournaledError, StoreUnavailableError
from confstore_file._document import options_to_bytes
from confstore_file._journal_file import JournalFile, JournalState
from confstore_file._journal_line import Line
from confstore_file._journaled_file import MAX_ATTEMPTS, JournaledFile, is_behind, is_pending
from confstore_file._os_errors import reason_of, store_error
from confstore_file._replacement import (
    Replacement,
    adopt_temporary,
    is_mount,
    make_folder,
    mount_text,
)
from confstore_file._watched_file import State, digest_of
from confstore_file._write_lock import WriteLock

__all__ = ["Writer"]

_log = logging.getLogger("confstore")

_Drafts = tuple[Draft, ...]

_DraftMaker = Callable[[Mapping[str, ReadOnlyDict], Sequence[Commit] | None], _Drafts]
"""
Makes the drafts of one write of the present options and the commits so far (None without a
journal).

It is called under the lock, and again if somebody edits the file in the meantime.
"""


_CommitMaker = Callable[[str, JournalFile, JournalState, State, _Drafts], "_Outcome | None"]


@attrs.frozen
class _Outcome:
    """A write that was made, and its commits if there is a journal."""

    commits: tuple[Commit, ...] = ()


class Writer:
    """
    Writes the files of one store, under its lock, atomically and durably.

    Editors take no lock. So the file is read again right before it is replaced, and the write
    starts over if it was edited. Each method raises a `ConfigStoreError` if a file cannot be read
    or written.
    """

    def __init__(self, file: JournaledFile, lock_timeout_s: float) -> None:
        """Write to these files; each write waits so many seconds for other writers."""
        self._file = file
        self._store = file.store
        self._lock = WriteLock(file.store, lock_timeout_s)

    def write(self, changes: tuple[Change, ...]) -> None:
        """
        Write changes whose names and values are checked; with a journal, as one commit.

        Raises:
            InvalidCommitError: There is a journal, and no commit can hold the changes.
        """
        self._write(lambda _, commits: self._draft(changes, commits))

    def write_option(
        self, option: str, make: Callable[[ReadOnlyDict | None], ReadOnlyDict | None]
    ) -> None:
        """
        Write one option, whose new values are made of the present ones under the lock.

        None stands for an absent option. If `make` raises, nothing is written.
        """
        self._write(
            lambda options, commits: self._draft(
                (Change(option, make(options.get(option))),), commits
            )
        )

    def _draft(self, changes: tuple[Change, ...], commits: Sequence[Commit] | None) -> _Drafts:
        return (Draft(changes) if commits is None else Draft.of_checked(self._store, changes),)

    def commit(
        self, drafts: _Drafts, if_version: int | None, *, journal_only: bool = False
    ) -> tuple[Commit, ...]:
        """
        Commit checked drafts in one write; see `confstore.BulkJournaledStore`.

        Raises:
            NotJournaledError: There is no journal.
            VersionConflictError: Somebody committed to one of the options after `if_version`, or
                some are not as `journal_only` needs them.
        """

        def make_drafts(
            options: Mapping[str, ReadOnlyDict], commits: Sequence[Commit] | None
        ) -> _Drafts:
            if commits is None:
                # It was removed between the caller's look and the lock.
                raise NotJournaledError(self._store)
            if if_version is not None:
                since = commits[max(0, if_version) :]
                named = frozenset(option for draft in drafts for option in draft.options)
                check_if_version(self._store, if_version, named, since, len(commits))
            if journal_only:
                for draft in drafts:
                    draft.check_unchanged(self._store, options, len(commits))
            return drafts

        return self._write(make_drafts, journal_only=journal_only)

    def _write(self, make_drafts: _DraftMaker, *, journal_only: bool = False) -> tuple[Commit, ...]:
        commit = self._record if journal_only else self._commit
        return self._locked(lambda target: self._try(target, make_drafts, commit))

    def _locked(self, attempt: Callable[[str], _Outcome | None]) -> tuple[Commit, ...]:
        self._file.read(is_for_write=True)
        try:
            for _ in range(MAX_ATTEMPTS):
                target = self._file.target()
                make_folder(os.path.dirname(target))
                with self._lock.held(target):
                    outcome = attempt(target)
                if outcome is not None:
                    return outcome.commits
        except OSError as error:
            raise store_error(error, self._store, f"writing {self._file.path}") from error
        raise self._edited_too_often()

    def _edited_too_often(self) -> StoreUnavailableError:
        reason = f"{self._file.path} was edited {MAX_ATTEMPTS} times during one write"
        return StoreUnavailableError(self._store, reason)

    def _try(self, target: str, make_drafts: _DraftMaker, commit: _CommitMaker) -> _Outcome | None:
        """Write; None if somebody who takes no lock changed the file at the same time."""
        if is_mount(target):
            raise BackendError(self._store, mount_text(target))
        journal_file = self._file.journal_at(target)
        journal = self._file.known_journal(journal_file)
        before = self._file.options.read(is_for_write=True)
        if journal is None:
            drafts = make_drafts(before.options, None)
            return _Outcome() if self._replace(target, before, _changes_of(drafts)) else None
        if is_behind(before, journal):
            if is_pending(target, before, journal):
                # First the journal: else a loss of power could leave options without their line.
                journal_file.sync()
                if self._is_still(before, target):
                    adopt_temporary(target)
                return None
            self._file.check_not_gone(before)
        drafts = make_drafts(before.options, journal.commits)
        return commit(target, journal_file, journal, before, drafts)

    def _commit(
        self,
        target: str,
        journal_file: JournalFile,
        journal: JournalState,
        before: State,
        drafts: _Drafts,
    ) -> _Outcome | None:
        changes = _changes_of(drafts)
        options = _applied(before, changes)
        content = options_to_bytes(options)
        lines = _next_lines(drafts, journal, before.digest, digest_of(content))
        outcome = _Outcome(tuple(line.commit for line in lines))
        with Replacement(target, content) as replacement:
            if not self._is_still(before, target):
                return None
            replacement.sync_name()
            if not journal_file.append(journal, lines, model=replacement.temporary):
                return None
            # The commits are made: whatever fails from here on, the next reader sees it.
            replacement.keep()
            if self._is_still(before, target):
                self._finish(replacement, lines[-1].commit, options, content)
                return outcome
        # An edit at the same moment as the commit: it stays, except where the commit changed it.
        for _ in range(MAX_ATTEMPTS):
            if self._replace(target, self._file.options.read(is_for_write=True), changes):
                return outcome
        raise self._edited_too_often()

    def _record(
        self,
        target: str,
        journal_file: JournalFile,
        journal: JournalState,
        before: State,
        drafts: _Drafts,
    ) -> _Outcome | None:
        lines = _next_lines(drafts, journal, before.digest, before.digest)
        # Right before the line: an editor takes no lock.
        if not self._is_still(before, target):
            return None
        model = journal_file.path if before.is_absent else target
        is_made = journal_file.append(journal, lines, model=model)
        return _Outcome(tuple(line.commit for line in lines)) if is_made else None

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
                self._file.path,
                reason_of(error),
                extra={
                    "store": self._store,
                    "version": commit.version,
                    "error.type": type(error).__qualname__,
                },
            )
        else:
            self._file.options.written(options, content)

    def _is_still(self, before: State, target: str) -> bool:
        now = self._file.options.read(is_for_write=True)
        return now.options is before.options and self._file.target() == target

    def _replace(self, target: str, before: State, changes: Sequence[Change]) -> bool:
        """Write the options without a journal; False if somebody edited the file meanwhile."""
        options = _applied(before, changes)
        content = options_to_bytes(options)
        with Replacement(target, content) as replacement:
            if not self._is_still(before, target):
                return False
            replacement.commit()
        self._file.options.written(options, content)
        return True

    def create(self) -> None:
        """Make the options file, without options, if it is absent."""
        self._locked(self._create)

    def _create(self, target: str) -> _Outcome | None:
        before = self._file.options.read(is_for_write=True)
        if not before.is_absent:
            return _Outcome()
        if self._file.journal_at(target).read() is not None:
            self._file.check_not_gone(before)
        return _Outcome() if self._replace(target, before, ()) else None

    def enable_journal(self) -> None:
        """Commit the present options as the first commits of a new journal, if there is none."""
        self._locked(self._create_journal)

    def _create_journal(self, target: str) -> _Outcome:
        journal_file = self._file.journal_at(target)
        if journal_file.read() is not None:
            return _Outcome()
        state = self._file.options.read(is_for_write=True)
        changes = [Change(option, values) for option, values in state.options.items()]
        drafts = tuple(split_into_drafts(self._store, changes, comment="baseline"))
        lines = _next_lines(drafts, None, state.digest, state.digest)
        journal_file.create(lines, model=target)
        # A changed time makes every process that has read the file look for a journal again.
        with suppress(OSError):
            os.utime(target)
        return _Outcome()


def _next_lines(
    drafts: _Drafts, journal: JournalState | None, digest_before: str, digest: str
) -> list[Line]:
    """The lines of one write, behind those of a journal."""
    head = Head.of(journal.last.commit) if journal and journal.last else Head()
    lines = []
    for more in reversed(range(len(drafts))):
        commit = next_commit(drafts[-1 - more], head)
        lines.append(Line(commit, digest_before, digest, more))
        head = Head.of(commit)
    return lines


def _changes_of(drafts: _Drafts) -> list[Change]:
    return [change for draft in drafts for change in draft.changes]


def _applied(before: State, changes: Sequence[Change]) -> dict[str, ReadOnlyDict]:
    options = dict(before.options)
    apply_changes(options, changes)
    return options
