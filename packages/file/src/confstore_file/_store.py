"""A store in a JSON file."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from confstore import Change, Commit, Poll, Value, Values
from confstore.adapter import (
    Draft,
    ReadOnlyDict,
    canonical_update,
    canonical_values,
    check_if_version,
    check_size,
    checked_draft,
    checked_keys,
    checked_option,
    checked_store,
    freeze,
    poll_between,
    thaw,
)
from confstore.errors import (
    InvalidNameError,
    NotJournaledError,
    OptionNotFoundError,
    StoreClosedError,
)
from confstore_file._journal_file import JournalState
from confstore_file._journaled_file import Files
from confstore_file._watched_file import State

if TYPE_CHECKING:
    from confstore import Finding

__all__ = ["FileStore"]


class FileStore:
    """
    One JSON object in a file: option to object of values.

    Made to be read and edited by hand, also while programs have it open. Reading takes no lock, and
    while the file is unchanged costs one `os.stat`. Each write rewrites the whole file, atomically
    and durably: a crash at any instant leaves the old version or the new one.

    - A file that does not exist is an empty store, with a warning in the log `confstore`. One that
      this object has seen, and that is gone or empty, is unavailable: an editor may be saving it.
    - A broken file raises `CorruptStoreError`, which names line and column, and is never
      overwritten. So does an empty one in which nothing was seen before; an empty store is `{}`.
    - Writers wait for each other through the lock file `.prod.json.lock` beside the file. Editors
      know nothing of it: a write looks at the file again right before it replaces it, and starts
      over if it was edited.
    - With `enable_journal`, every write is a commit to the journal `prod.journal.jsonl` beside the
      file: its line is written first, and is the write. It keeps all old values, for whoever may
      read the options file, and for no more people.
    - What is written has an indent of two spaces, line feeds, and no byte order mark; what is read
      is any JSON in UTF-8. Symbolic links are followed, and stay.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        lock_timeout: float = 10.0,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        """
        Open a store; the file is first looked at when it is needed.

        Args:
            path: The file. The store's name is the file's, without `.json`.
            lock_timeout: Seconds that a write waits for other writers, of this process and of
                others, before it raises `StoreUnavailableError`.
            wall_clock: Seconds since the epoch; for tests.

        Raises:
            InvalidNameError: The path names no file.
            ValueError: The timeout is negative or not finite.
        """
        if not 0 <= lock_timeout < math.inf:
            raise ValueError("lock_timeout is a number of seconds, zero or more")
        given = os.fspath(path)
        if not isinstance(given, str):
            raise TypeError("path is a str, or gives one, not bytes")
        file_name = os.path.basename(given)
        self._name = checked_store(file_name.removesuffix(".json"))
        if "\0" in given or file_name in {".", ".."}:
            raise InvalidNameError("store", ascii(given), "the path names no file")
        # A later change of the working directory must not change the store.
        self._path = os.path.abspath(given)
        self._files = Files(self._path, self._name, wall_clock, lock_timeout)
        self._is_closed = False

    @property
    def name(self) -> str:
        """The store's name: the file's, without `.json`."""
        return self._name

    @property
    def files(self) -> tuple[str, ...]:
        """The absolute paths of the options, the journal and the lock; none needs to exist."""
        return self._files.paths()

    def get(
        self,
        option: str,
        *,
        keys: Collection[str] | None = None,
        consistent: bool = True,  # noqa: ARG002 (a file always is)
    ) -> Values:
        """
        One option, or those of the given keys that it has.

        Args:
            option: The option's name.
            keys: The keys to read; None reads all, an empty collection none.
            consistent: Makes no difference: each read sees the file as it is.

        Raises:
            OptionNotFoundError: The option does not exist.
            CorruptStoreError: The file does not hold a store.
            StoreUnavailableError: The file was there and is gone or empty.
        """
        wanted = checked_keys(keys)
        options = self._read().options
        # What is there has a legal name; the check takes a tenth of the time.
        values = options.get(option if option.__class__ is str else checked_option(option))
        if values is None:
            raise OptionNotFoundError(checked_option(option), self._name)
        if wanted is None:
            return thaw(values)
        return thaw({key: value for key, value in values.items() if key in wanted})

    def items(
        self,
        *,
        consistent: bool = True,  # noqa: ARG002 (a file always is)
    ) -> Iterator[tuple[str, Values]]:
        """
        Every option, in the file's order, as it is now: later writes do not change the answer.

        Args:
            consistent: Makes no difference: each read sees the file as it is.

        Raises:
            CorruptStoreError: The file does not hold a store.
            StoreUnavailableError: The file was there and is gone or empty.
        """
        options = self._read().options
        return ((option, thaw(values)) for option, values in options.items())

    def poll(
        self,
        checkpoint: object = None,
        *,
        consistent: bool = False,  # noqa: ARG002 (a file always is)
    ) -> Poll:
        """
        What is new since the checkpoint.

        Args:
            checkpoint: That of an earlier poll of this object; anything else gives a full answer.
            consistent: Makes no difference: each read sees the file as it is.

        Raises:
            CorruptStoreError: The file does not hold a store.
            StoreUnavailableError: The file was there and is gone or empty.
        """
        state = self._read()
        if not (isinstance(checkpoint, State) and checkpoint.file is state.file):
            return poll_between(state, None, state.options)
        if checkpoint.options is state.options:
            return Poll(state, {})
        return poll_between(state, checkpoint.options, state.options)

    def set(self, option: str, values: Mapping[str, Value]) -> None:
        """
        Replace the whole option; it keeps its place in the file, and a new one is the last.

        Raises:
            InvalidNameError: The option cannot have this name.
            InvalidValueError: The values are outside the domain; nothing is written.
            CorruptStoreError: The file does not hold a store; nothing is written.
            StoreUnavailableError: The file, its lock or the disk cannot be had now.
            AccessDeniedError: The file or its folder may not be written.
        """
        name = checked_option(option)
        new = freeze(canonical_values(name, values))
        self._write(name, lambda _: new)

    def update(
        self, option: str, values: Mapping[str, Value], *, remove: Collection[str] = ()
    ) -> None:
        """
        Change the named keys and leave the others; create the option if it is absent.

        Raises:
            InvalidNameError: The option cannot have this name.
            InvalidValueError: The values are outside the domain, the option would become too large,
                or a key is both set and removed; nothing is written.
            CorruptStoreError: The file does not hold a store; nothing is written.
            StoreUnavailableError: The file, its lock or the disk cannot be had now.
            AccessDeniedError: The file or its folder may not be written.
        """
        name = checked_option(option)
        canonical, removed = canonical_update(name, values, remove)

        def merged(old: ReadOnlyDict | None) -> ReadOnlyDict:
            both = {**(old or {}), **freeze(canonical)}
            kept = ReadOnlyDict({key: value for key, value in both.items() if key not in removed})
            check_size(name, kept)
            return kept

        self._write(name, merged)

    def delete(self, option: str) -> None:
        """
        Remove the option; without its last one, the file holds `{}`.

        Raises:
            OptionNotFoundError: The option does not exist.
            CorruptStoreError: The file does not hold a store; nothing is written.
            StoreUnavailableError: The file, its lock or the disk cannot be had now.
            AccessDeniedError: The file or its folder may not be written.
        """
        name = checked_option(option)
        # Before a lock file is made, for which there may be no folder.
        if name not in self._read().options:
            raise OptionNotFoundError(name, self._name)

        def removed(old: ReadOnlyDict | None) -> None:
            if old is None:
                raise OptionNotFoundError(name, self._name)

        self._write(name, removed)

    def apply(self, changes: Iterable[Change]) -> None:
        """
        Apply all of the changes, or none, in one write of the file; see `confstore.BulkStore`.

        A write costs as much as the whole file, so a thousand options cost a thousand times less
        in this way than one by one.

        Raises:
            InvalidNameError: An option cannot have its name.
            InvalidValueError: Values are outside the domain; nothing is written.
            InvalidCommitError: There is a journal, and a commit cannot hold them.
            CorruptStoreError: A file does not hold a store; nothing is written.
            StoreUnavailableError: The files, their lock or the disk cannot be had now.
            AccessDeniedError: The files or their folder may not be written.
        """
        self._check_open()
        draft = Draft(tuple(map(_checked, changes)), None, "")
        if not draft.changes:
            return

        def plan(_: Mapping[str, ReadOnlyDict], commits: Sequence[Commit] | None) -> Draft:
            return draft if commits is None else checked_draft(self._name, draft.changes)

        self._files.write(plan)

    def create(self) -> None:
        """
        Make the file, which then holds `{}`, and its folder; or do nothing, if it is there.

        No other call needs it: an absent file is an empty store, and the first write makes it.

        Raises:
            CorruptStoreError: The file does not hold a store.
            StoreUnavailableError: The file, its lock or the disk cannot be had now.
            AccessDeniedError: The folder may not be written.
        """
        self._check_open()
        self._files.create()

    def is_journaled(self) -> bool:
        """
        Whether every write is a commit.

        Raises:
            CorruptStoreError: The journal does not hold commits.
            StoreUnavailableError: The journal was there and is gone.
        """
        self._check_open()
        return self._files.journal() is not None

    def baseline(self) -> int:
        """
        The last version that only wrote down what there was when the journal was enabled.

        Raises:
            NotJournaledError: There is no journal.
        """
        return self._journal().header.baseline

    def enable_journal(self) -> None:
        """
        Make every write a commit from now on, and what there is the first ones; or do nothing.

        The journal is `prod.journal.jsonl` beside `prod.json`. It is there as soon as this returns,
        for every process; so remove it, and it is gone: who had seen it writes no more, until the
        store is opened anew or this is called again.

        Raises:
            CorruptStoreError: A file does not hold a store.
            StoreUnavailableError: The files, their lock or the disk cannot be had now.
            AccessDeniedError: The folder may not be written.
            InvalidCommitError: An option is so large in a journal that no commit holds it.
        """
        self._check_open()
        self._files.enable_journal()

    def version(self) -> int:
        """
        The version of the last commit; 0 before the first.

        Raises:
            NotJournaledError: There is no journal.
        """
        return len(self._journal().lines)

    def commits(
        self,
        since: int = 0,
        *,
        consistent: bool = True,  # noqa: ARG002 (a file always is)
    ) -> list[Commit]:
        """
        The commits after a version, ascending and without gaps.

        Args:
            since: The version that is known already.
            consistent: Makes no difference: each read sees the journal as it is.

        Raises:
            CorruptStoreError: The journal does not hold commits.
            NotJournaledError: There is no journal.
        """
        return self._journal().commits[max(0, since) :]

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

        Once its line is in the journal the commit is made, and this returns: if the options file
        cannot be replaced then, the log `confstore` has a warning, who reads sees the commit, and
        the next write puts it into the file. Somebody who edits the file at the same moment keeps
        what the commit does not touch. Only if that edit leaves no sound file, the error of
        reading it is raised although the commit is in the journal.

        Raises:
            AccessDeniedError: The files or their folder may not be written.
            CorruptStoreError: A file does not hold a store.
            InvalidCommitError: Not every backend could make this commit.
            InvalidNameError: An option cannot have its name.
            InvalidValueError: Values are outside the domain.
            NotJournaledError: There is no journal.
            StoreUnavailableError: The files, their lock or the disk cannot be had now.
            VersionConflictError: Somebody committed to one of the options after `if_version`.
        """
        self._journal()
        draft = checked_draft(self._name, changes, author, comment)

        def plan(_: Mapping[str, ReadOnlyDict], commits: Sequence[Commit] | None) -> Draft:
            if commits is None:
                # It was removed between the look at it and the lock.
                raise NotJournaledError(self._name)
            if if_version is not None:
                since = commits[max(0, if_version) :]
                check_if_version(self._name, if_version, draft.options, since, len(commits))
            return draft

        return cast("Commit", self._files.write(plan))

    def diagnose(self) -> Iterator[Finding]:
        """
        What is well and what is not; see `confstore.DiagnosableStore`.

        Whether a write could succeed is tried with a file that has no name, or is gone at once; the
        lock is taken for a moment, if its file is there.
        """
        # Not at the top: hardly a program asks.
        from confstore_file._diagnosis import findings

        self._check_open()
        return findings(self, self._path)

    def close(self) -> None:
        """Refuse every further call; closing twice is closing once."""
        self._is_closed = True

    def __repr__(self) -> str:
        return f"FileStore({self._path!r})"

    def _check_open(self) -> None:
        if self._is_closed:
            raise StoreClosedError(self._name)

    def _read(self) -> State:
        self._check_open()
        return self._files.read()

    def _journal(self) -> JournalState:
        self._check_open()
        journal = self._files.journal()
        if journal is None:
            raise NotJournaledError(self._name)
        return journal

    def _write(
        self, option: str, make: Callable[[ReadOnlyDict | None], ReadOnlyDict | None]
    ) -> None:
        self._check_open()

        def plan(options: Mapping[str, ReadOnlyDict], commits: Sequence[Commit] | None) -> Draft:
            change = Change(option, make(options.get(option)))
            if commits is None:
                return Draft((change,), None, "")
            return checked_draft(self._name, [change])

        self._files.write(plan)


def _checked(change: Change) -> Change:
    option = checked_option(change.option)
    values = change.values
    return Change(option, None if values is None else freeze(canonical_values(option, values)))
