"""A store in a JSON file."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
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
    poll_between,
    select,
)
from confstore.errors import (
    InvalidNameError,
    NotJournaledError,
    OptionNotFoundError,
    StoreClosedError,
)
from confstore.files import open_regular
from confstore_file._journal_file import JournalState
from confstore_file._journaled_file import JournaledFile
from confstore_file._watched_file import State, digest_of
from confstore_file._writer import Writer

if TYPE_CHECKING:
    from confstore import Finding

__all__ = ["FileStore"]


class FileStore(ClosesOnExit):
    """
    One JSON object in a file: option to object of values.

    Made to be read and edited by hand, also while programs have it open. Reading takes no lock, and
    while the file is unchanged costs one `os.stat`. Each write rewrites the whole file, atomically
    and durably: a crash at any instant leaves the old version or the new one.

    - A file that does not exist is an empty store, with a warning in the log `confstore`. A file
      that this object has seen, and that is gone or empty, raises `StoreUnavailableError`: an
      editor may be saving it.
    - A broken file raises `CorruptStoreError` with its line and column, and is never overwritten.
      The same holds for an empty file that was not seen before; an empty store is `{}`.
    - Writers wait for each other through the lock file `.prod.json.lock` beside the file. Editors
      take no lock, so a write reads the file again right before it replaces it, and starts over if
      it was edited.
    - With `enable_journal`, every write is a commit to the journal `prod.journal.jsonl` beside the
      file. Its line is written first; once it is written, the commit is made. The journal keeps all
      old values, and nobody can read it who cannot read the options file.
    - The file is written with an indent of two spaces, line feeds, and no byte order mark, and read
      as any JSON in UTF-8. Symbolic links are followed, and stay.

    Every read sees the file as it is, so `consistent` has no effect. A write raises
    `CorruptStoreError` if the file does not hold a store, `AccessDeniedError` if the file or its
    folder may not be written, and `StoreUnavailableError` if the file, its lock or the disk is not
    available now. The methods of the journal raise the same errors for the journal's file.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        missing_ok: bool = True,
        optional: bool = False,
        lock_timeout: float = 10.0,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        """
        Open a store; the file is not read before it is needed.

        Args:
            path: The file. The store's name is the file's, without `.json`.
            missing_ok: False raises `StoreNotFoundError` at the first call if the file is absent.
            optional: Do not warn of an absent file, and take one that is gone at two looks in a row
                for absent, and not for one that an editor is saving.
            lock_timeout: Seconds that a write waits for other writers, of this process and of
                others, before it raises `StoreUnavailableError`.
            wall_clock: Seconds since the epoch; for tests.

        Raises:
            InvalidNameError: The path names no file, or the locale cannot write it.
            TypeError: It is no path.
            ValueError: The timeout is negative or not finite.
        """
        if not 0 <= lock_timeout < math.inf:
            raise ValueError("lock_timeout is a number of seconds, zero or more")
        given: object = path
        given = os.fspath(given) if isinstance(given, os.PathLike) else given
        if not isinstance(given, str):
            raise TypeError(f"path is a str, or gives one, not {type(given).__name__}")
        if looks_like_url(given):
            reason = "it looks like a URL: pass a path, or open it by confstore.open_store"
            raise InvalidNameError(None, "store", "a URL", reason)
        file_name = os.path.basename(given)
        self._name = checked_store(file_name.removesuffix(".json"))
        if "\0" in given or file_name in {".", ".."}:
            raise InvalidNameError(None, "store", ascii(given), "the path names no file")
        try:
            os.fsencode(given)
        except UnicodeEncodeError as error:
            reason = (
                f"the locale's encoding, {error.encoding}, cannot write the path: set PYTHONUTF8=1 "
                "or a UTF-8 locale"
            )
            raise InvalidNameError(None, "store", ascii(given), reason) from None
        # A later change of the working directory must not change the store.
        self._file = JournaledFile(
            os.path.abspath(given),
            self._name,
            wall_clock,
            missing_ok=missing_ok or optional,
            is_optional=optional,
        )
        self._given = given
        # Of the last file whose lines were asked for: its digest, and the lines.
        self._lines: tuple[str, Mapping[tuple[str, str], int]] = ("", {})
        self._writer = Writer(self._file, lock_timeout)
        self._is_closed = False

    @property
    def name(self) -> str:
        """The store's name: the file's, without `.json`."""
        return self._name

    def expect_absence(self) -> None:
        """Do not warn of an absent file: a write is about to make it."""
        self._file.options.expect_absence()

    def files(self) -> tuple[str, ...]:
        """The absolute paths of the options, the journal and the lock; none needs to exist."""
        return self._file.paths()

    def location(self) -> str:
        """The URL of the file, by the path that was given."""
        from urllib.parse import quote

        return f"file:{quote(self._given)}"

    def is_local(self) -> bool:
        """Return True: a file is on this machine."""
        return True

    def place_of(self, option: str, key: str, checkpoint: object = None) -> str:
        """
        The path and line of a key, such as `dev.json:12`.

        Only the path, if the file has changed since the checkpoint, or cannot be read.
        """
        digest = checkpoint.digest if isinstance(checkpoint, State) else None
        line = self._lines_of(digest).get((option, key))
        return self._given if line is None else f"{self._given}:{line}"

    def _lines_of(self, digest: str | None) -> Mapping[tuple[str, str], int]:
        known, lines = self._lines
        if digest is not None and digest == known:
            return lines
        try:
            with open(self._file.path, "rb", opener=open_regular) as file:
                content = file.read()
        except OSError:
            return {}
        found = digest_of(content)
        if found != known:
            from confstore.documents import lines_in_json

            self._lines = found, lines_in_json(content)
        return self._lines[1] if digest in {None, found} else {}

    def get(
        self,
        option: str,
        *,
        keys: Collection[str] | None = None,
        consistent: bool = True,  # noqa: ARG002 (always is)
    ) -> Values:
        """Read one option, or those of the given keys that it has."""
        wanted = checked_keys(keys)
        options = self._read().options
        # A name that is in the file is legal; the lookup takes a tenth of the check's time.
        values = options.get(
            option if option.__class__ is str else checked_option(option, store=self._name)
        )
        if values is None:
            raise OptionNotFoundError(self._name, checked_option(option, store=self._name))
        return select(values, wanted).copy()

    def items(
        self,
        *,
        consistent: bool = True,  # noqa: ARG002 (always is)
    ) -> Iterator[tuple[str, Values]]:
        """Every option at the time of the call, in the file's order."""
        options = self._read().options
        return ((option, values.copy()) for option, values in options.items())

    def poll(
        self,
        checkpoint: object = None,
        *,
        consistent: bool = False,  # noqa: ARG002 (always is)
    ) -> Poll:
        """Read the changes since a checkpoint of this object; any other gives a full answer."""
        state = self._read()
        if not (isinstance(checkpoint, State) and checkpoint.file is state.file):
            return poll_between(state, None, state.options)
        if checkpoint.options is state.options:
            return Poll(state, {})
        return poll_between(state, checkpoint.options, state.options)

    def update_interval_hint(self) -> float:
        """1: an unchanged file costs microseconds, and whoever edits it waits for the effect."""
        return 1.0

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        """Replace the whole option; it keeps its place in the file, and a new one is the last."""
        self._check_open()
        name = checked_option(option, store=self._name)
        self._writer.write((Change(name, canonical_values(name, values, store=self._name)),))

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        """Change the named keys and leave the others; create the option if it is absent."""
        self._check_open()
        name = checked_option(option, store=self._name)
        changed, removed = canonical_update(name, values, remove, store=self._name)

        def merged(old: ReadOnlyDict | None) -> ReadOnlyDict:
            return merge_update(name, old, changed, removed, store=self._name)

        self._writer.write_option(name, merged)

    def delete(self, option: str) -> None:
        """Remove the option; without its last one, the file holds `{}`."""
        name = checked_option(option, store=self._name)

        def removed(old: ReadOnlyDict | None) -> None:
            if old is None:
                raise OptionNotFoundError(self._name, name)

        # Before the lock file is made: there may be no folder for it.
        removed(self._read().options.get(name))
        self._writer.write_option(name, removed)

    def apply(self, changes: Iterable[Change]) -> None:
        """
        Apply all of the changes, or none, in one write of the file; see `confstore.BulkStore`.

        A write costs as much as the whole file, so a thousand options in one call cost a thousandth
        of a thousand calls.
        """
        self._check_open()
        checked = tuple(self._checked(change) for change in changes)
        if checked:
            self._writer.write(checked)

    def _checked(self, change: Change) -> Change:
        option = checked_option(change.option, store=self._name)
        if change.values is None:
            return Change(option, None)
        return Change(option, canonical_values(option, change.values, store=self._name))

    def create(self) -> None:
        """
        Make the file, which then holds `{}`, and its folder; do nothing if the file exists.

        No other call needs it: an absent file is an empty store, and the first write makes it.
        """
        self._check_open()
        self._writer.create()

    def is_journaled(self) -> bool:
        """True if every write is a commit."""
        self._check_open()
        journal = self._file.journal()
        if journal is None:
            self._file.check_there()
        return journal is not None

    def baseline(self) -> int:
        """The last version that only recorded the options at the time of `enable_journal`."""
        return self._journal().baseline

    def enable_journal(self) -> None:
        """
        Make every write a commit from now on; the present options are the first commits.

        The journal is `prod.journal.jsonl` beside `prod.json`, and every process sees it as soon as
        this returns. Remove the file to end journaling: a process that had seen it refuses to write
        until it opens the store anew or calls this again.

        Raises:
            InvalidCommitError: An option is so large in a journal that no commit holds it.
        """
        self._check_open()
        self._writer.enable_journal()

    def version(self) -> int:
        """The version of the last commit; 0 before the first."""
        return len(self._journal().lines)

    def commits(
        self,
        since: int = 0,
        *,
        consistent: bool = True,  # noqa: ARG002 (always is)
    ) -> list[Commit]:
        """The commits after a version, ascending and without gaps."""
        return self._journal().commits[max(0, since) :]

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
        Apply all of the changes, or none; see `confstore.JournaledStore`.

        Once its line is in the journal the commit is made, and this returns. If the options file
        cannot be replaced then, the log `confstore` has a warning, readers see the commit, and the
        next write puts it into the file. An edit of the file at the same moment stays, except where
        the commit changes it. If such an edit leaves a broken file, this raises the error of
        reading it although the commit is in the journal.
        """
        self._journal()
        draft = checked_draft(self._name, changes, author, comment, if_version=if_version)
        return self._writer.commit((draft,), if_version, journal_only=journal_only)[0]

    def commit_all(
        self,
        batches: Iterable[Iterable[Change]],
        *,
        if_version: int | None = None,
        author: str | None = None,
        comment: str = "",
    ) -> list[Commit]:
        """
        Make a commit of each batch in one write of the file; see `confstore.BulkJournaledStore`.

        A write costs as much as the whole file, so a hundred commits cost a hundredth of a hundred
        calls of `commit`, whose further promises hold.
        """
        self._journal()
        drafts = tuple(
            checked_draft(self._name, batch, author, comment, if_version=if_version)
            for batch in batches
        )
        return list(self._writer.commit(drafts, if_version)) if drafts else []

    def diagnose(self) -> Iterator[Finding]:
        """
        Report problems; see `confstore.DiagnosableStore`.

        A file without a name, or one that is removed at once, shows if a write could succeed. If
        the lock file exists, the lock is taken for a moment.
        """
        # Not at the top: few programs call this.
        from confstore_file._diagnosis import findings

        self._check_open()
        return findings(self, self._file.path)

    def close(self) -> None:
        """Refuse every further call; the second call does nothing."""
        self._is_closed = True

    def __repr__(self) -> str:
        return f"FileStore({self._file.path!r})"

    def _check_open(self) -> None:
        if self._is_closed:
            raise StoreClosedError(self._name)

    def _read(self) -> State:
        self._check_open()
        return self._file.read()

    def _journal(self) -> JournalState:
        self._check_open()
        journal = self._file.journal()
        if journal is None:
            self._file.check_there()
            raise NotJournaledError(self._name)
        return journal
