"""
The journal of a file: `prod.journal.jsonl` beside `prod.json`.

A commit is made by its line, which is written and synced before the options file is replaced. Whole
lines never change. Bytes after the last whole line are a torn line, which the next writer cuts off.

Of several commits of one write, all are made by the last line. Those before it say that more
follow, and are synced first; without the last one they are cut off like a torn line.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import BinaryIO

import attrs

from confstore import Change, Commit
from confstore.errors import CorruptStoreError
from confstore.files import open_regular
from confstore_file._journal_line import (
    Line,
    header_from_bytes,
    header_to_line,
    is_continued,
    line_from_bytes,
    line_to_bytes,
)
from confstore_file._replacement import Replacement, check_planted, narrow_to
from confstore_file._watched_file import SETTLED_S, Signature, signature_of

__all__ = ["JournalFile", "JournalState"]


@attrs.frozen(eq=False)
class JournalState:
    """
    The whole lines of a journal at one moment.

    Attributes:
        baseline: The last version that only recorded the options at the start of the journal.
        lines: Its commits.
        size_b: The offset at which the last whole line ends.
        tail: The last whole line: while it is in its place, so are those before it.
    """

    baseline: int
    lines: tuple[Line, ...] = attrs.field(repr=False)
    size_b: int
    tail: bytes = attrs.field(repr=False)

    @property
    def commits(self) -> list[Commit]:
        """The commits, without their digests."""
        return [line.commit for line in self.lines]

    @property
    def last(self) -> Line | None:
        """The last commit; None before the first."""
        return self.lines[-1] if self.lines else None

    @property
    def last_changes(self) -> list[Change]:
        """The changes of the last write, which can be several commits."""
        begin = len(self.lines) - 1
        while begin > 0 and self.lines[begin - 1].more:
            begin -= 1
        return [change for line in self.lines[begin:] for change in line.commit.changes]


@attrs.frozen(eq=False)
class _Look:
    """A reading of the file; `is_settled` if its times can prove that the file has not changed."""

    state: JournalState
    status: os.stat_result
    is_settled: bool

    def proves_same(self, status: os.stat_result) -> bool:
        """True if a file with this status is unchanged."""
        return self.is_settled and signature_of(status) == signature_of(self.status)


class JournalFile:
    """
    Reads and appends to one journal; writers hold the lock of the options file.

    Attributes:
        path: The journal's path.
        is_known: True once this object has seen the file.
    """

    def __init__(self, path: str, target: str, wall_clock: Callable[[], float]) -> None:
        """Name the journal of an options file, by paths without symbolic links in their folders."""
        self._target = target
        self._fault: tuple[Signature, CorruptStoreError] | None = None
        self.path = path
        self._wall_clock = wall_clock
        self._look: _Look | None = None
        self.is_known = False

    def read(self) -> JournalState | None:
        """
        The journal as it is now; None if there is none.

        Only its last line and the lines after that are read again. Needs no lock: one assignment
        replaces the last reading.

        Raises:
            CorruptStoreError: A line is not a commit; the error's text begins `FILE:LINE:1:`.
            DistrustedFileError: Somebody may have planted it.
            OSError: It cannot be read.
        """
        seen = self._look
        try:
            status = os.stat(self.path)
            if seen and seen.proves_same(status):
                return seen.state
            fault = self._fault
            if fault is not None and fault[0] == signature_of(status):
                raise CorruptStoreError(*fault[1].args)
            known = seen.state if seen and seen.status.st_ino == status.st_ino else None
            try:
                look = self._read(known)
            except CorruptStoreError:
                # A writer may have cut off a torn line and appended its own, between two blocks of
                # this reading. A line that is really corrupt is so at the second reading, too.
                look = self._read(None)
        except FileNotFoundError:
            self._look = None
            return None
        self._look = look
        self.is_known = True
        return look.state

    def _read(self, known: JournalState | None) -> _Look:
        # The clock first: a write after this has a later time.
        now_s = self._wall_clock()
        with open(self.path, "rb", opener=open_regular) as file:
            status = os.fstat(file.fileno())
            check_planted(self.path, status, self._target)
            is_settled = now_s - status.st_mtime_ns / 1e9 >= SETTLED_S
            try:
                state = self._state(file, known)
            except CorruptStoreError as error:
                # A large one is not parsed again at each look.
                self._fault = (signature_of(status), error) if is_settled else None
                raise
        return _Look(state, status, is_settled)

    def _state(self, file: BinaryIO, known: JournalState | None) -> JournalState:
        if known is not None:
            file.seek(known.size_b - len(known.tail))
            content = file.read()
            # Else a failed writer has cut off a line that was read, or it is another file.
            if content.startswith(known.tail):
                return self._extended(known, content[len(known.tail) :])
            file.seek(0)
        first, end, rest = file.read().partition(b"\n")
        try:
            # Written together with the first commits, in one piece: it is never torn.
            baseline = header_from_bytes(first if end else b"")
        except ValueError as error:
            raise self._corrupt(1, str(error)) from None
        state = self._extended(JournalState(baseline, (), len(first + end), first + end), rest)
        if len(state.lines) < baseline:
            reason = f"it began with {baseline} commits, and some of them are missing"
            raise self._corrupt(1, reason)
        return state

    def _extended(self, known: JournalState, appended: bytes) -> JournalState:
        lines = list(known.lines)
        size_b, tail = known.size_b, known.tail
        for text in _whole_lines(appended):
            try:
                line = line_from_bytes(text)
                _check_follows(line, lines)
            except ValueError as error:
                raise self._corrupt(len(lines) + 2, str(error)) from None
            lines.append(line)
            size_b += len(text)
            tail = text
        if len(lines) == len(known.lines):
            return known
        return JournalState(known.baseline, tuple(lines), size_b, tail)

    def _corrupt(self, line: int, reason: str) -> CorruptStoreError:
        return CorruptStoreError(f"{os.path.basename(self.path)}:{line}:1", reason)

    def create(self, lines: list[Line], *, model: str) -> None:
        """
        Write a new journal, atomically; durable when this returns.

        Args:
            lines: Its first commits, which record the options as they are.
            model: A file whose owner and mode it gets, if that exists.

        Raises:
            OSError: It could not be written.
        """
        content = header_to_line(len(lines)) + b"".join(map(line_to_bytes, lines))
        with Replacement(self.path, content, model=model) as replacement:
            replacement.commit()

    def append(self, state: JournalState, lines: Sequence[Line], *, model: str) -> bool:
        """
        Append the commits of one write; all of them are made when this returns.

        A torn line of a writer that died is cut off.

        Args:
            state: The journal as it was read.
            lines: The commits, of which each but the last says that more follow.
            model: A file whose mode the journal's may not exceed: it holds all old values.

        Returns:
            False if somebody who takes no lock has changed the journal; nothing is appended then.

        Raises:
            OSError: It could not be written; nothing is appended then.
        """
        now = self.read()
        if now is None or (now.size_b, now.tail) != (state.size_b, state.tail):
            return False
        with open(self.path, "r+b", buffering=0, opener=open_regular) as file:
            narrow_to(file.fileno(), model)
            file.truncate(state.size_b)
            file.seek(state.size_b)
            try:
                *others, last = map(line_to_bytes, lines)
                # After a loss of power, the last line proves that those before it are whole.
                for content in filter(None, (b"".join(others), last)):
                    written_b = 0
                    while written_b < len(content):
                        written_b += file.write(content[written_b:])
                    os.fsync(file.fileno())
            except BaseException:
                with suppress(OSError):
                    file.truncate(state.size_b)
                raise
        return True

    def sync(self) -> None:
        """Sync the file: the writer of the last line may have died before it did so."""
        with open(self.path, "r+b", buffering=0, opener=open_regular) as file:
            os.fsync(file.fileno())


def _whole_lines(appended: bytes) -> list[bytes]:
    # A line without its end is being written, or its writer died while writing it.
    lines = [text + b"\n" for text in appended.split(b"\n")[:-1]]
    # JSON has no NUL: after a loss of power, it fills a missing block of the last write.
    while lines and (b"\0" in lines[-1] or is_continued(lines[-1])):
        lines.pop()
    return lines


def _check_follows(line: Line, lines: list[Line]) -> None:
    commit = line.commit
    if commit.version != len(lines) + 1:
        raise ValueError(f"version {len(lines) + 1} is expected here, and this is another")
    if lines and lines[-1].more and line.more != lines[-1].more - 1:
        raise ValueError("this commit does not follow those of the same write")
    if commit.previous != (lines[-1].commit.id if lines else None):
        raise ValueError("this commit does not follow the one before it")
