"""A store in a JSON file."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping

from confstore import Poll, Value, Values
from confstore.adapter import (
    ReadOnlyDict,
    canonical_update,
    canonical_values,
    check_size,
    checked_keys,
    checked_option,
    checked_store,
    freeze,
    poll_between,
    thaw,
)
from confstore.errors import (
    InvalidNameError,
    OptionNotFoundError,
    StoreClosedError,
    StoreUnavailableError,
)
from confstore_file._document import options_to_bytes
from confstore_file._os_errors import store_error
from confstore_file._replacement import Replacement, make_folder
from confstore_file._watched_file import State, WatchedFile
from confstore_file._write_lock import WriteLock

__all__ = ["FileStore"]

_MAX_ATTEMPTS = 20
"""Tries of a write while somebody edits the file at the same moments; a guess: one is usual."""

_Change = Callable[[dict[str, ReadOnlyDict]], None]


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
        self._file = WatchedFile(self._path, self._name, wall_clock)
        self._lock = WriteLock(self._name, lock_timeout)
        self._is_closed = False

    @property
    def name(self) -> str:
        """The store's name: the file's, without `.json`."""
        return self._name

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
        values = self._read().options.get(checked_option(option))
        if values is None:
            raise OptionNotFoundError(option, self._name)
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
        if not (isinstance(checkpoint, State) and checkpoint.file is self._file):
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

        def change(options: dict[str, ReadOnlyDict]) -> None:
            options[name] = new

        self._write(change)

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

        def change(options: dict[str, ReadOnlyDict]) -> None:
            merged = {**options.get(name, {}), **freeze(canonical)}
            kept = {key: value for key, value in merged.items() if key not in removed}
            check_size(name, kept)
            options[name] = ReadOnlyDict(kept)

        self._write(change)

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

        def change(options: dict[str, ReadOnlyDict]) -> None:
            if name not in options:
                raise OptionNotFoundError(name, self._name)
            del options[name]

        self._write(change)

    def close(self) -> None:
        """Refuse every further call; closing twice is closing once."""
        self._is_closed = True

    def __repr__(self) -> str:
        return f"FileStore({self._path!r})"

    def _read(self, *, is_for_write: bool = False) -> State:
        if self._is_closed:
            raise StoreClosedError(self._name)
        return self._file.read(is_for_write=is_for_write)

    def _write(self, change: _Change) -> None:
        self._read(is_for_write=True)
        try:
            for _ in range(_MAX_ATTEMPTS):
                target = os.path.realpath(self._path)
                make_folder(os.path.dirname(target))
                with self._lock.held(target):
                    if self._has_replaced(target, change):
                        return
        except OSError as error:
            raise store_error(error, self._name, f"writing {self._path}") from error
        reason = f"{self._path} was edited {_MAX_ATTEMPTS} times in the midst of one write"
        raise StoreUnavailableError(self._name, reason)

    def _has_replaced(self, target: str, change: _Change) -> bool:
        """Change the file, unless somebody who takes no lock changes it at the same time."""
        before = self._read(is_for_write=True)
        options = dict(before.options)
        change(options)
        content = options_to_bytes(options)
        with Replacement(target, content) as replacement:
            now = self._read(is_for_write=True)
            if now.options is not before.options or os.path.realpath(self._path) != target:
                return False
            replacement.commit()
        self._file.written(options, content)
        return True
