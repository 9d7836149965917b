"""
An adapter of confstore for SQLite: several stores in one file, one row an option.

    open_store("sqlite:config.db?store=prod", purpose="create")
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Collection, Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs

from confstore import Poll, ReadOnlyDict, Values, adapter, errors
from confstore.documents import options_from_json, values_to_json

TABLE = """CREATE TABLE IF NOT EXISTS confstore (
    store TEXT NOT NULL CHECK (typeof(store) = 'text'),
    option TEXT NOT NULL CHECK (typeof(option) = 'text' AND option <> ''),
    document TEXT NOT NULL,
    PRIMARY KEY (store, option)
) WITHOUT ROWID"""
SELECT = "SELECT option, CAST(document AS TEXT) FROM confstore WHERE store = ?"
ANY = "SELECT 1 FROM confstore LIMIT 0"
DELETE = "DELETE FROM confstore WHERE store = ? AND option = ?"

BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
TRY_AGAIN = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL}
REFUSED = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN}

# SQLite keeps account of its locks in the process, and a forked child inherits the account but not
# the locks. So none of our calls is under way, in any thread, at the moment of a fork.
_lock = threading.RLock()
if hasattr(os, "register_at_fork"):  # not on Windows
    release = _lock.release
    os.register_at_fork(before=_lock.acquire, after_in_parent=release, after_in_child=release)
# A child must not even close a connection of its parent: they stay here.
_inherited: list[sqlite3.Connection | None] = []


@attrs.frozen(eq=False, repr=False)
class _Checkpoint:
    store: SQLiteStore
    stamp: tuple[object, ...]  # an equal stamp: nothing was committed in between
    options: Mapping[str, ReadOnlyDict]


class SQLiteStore(adapter.ClosesOnExit):
    """A store in a SQLite file; a call waits at most `timeout` seconds for other writers."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        name: str,
        *,
        purpose: str = "create",
        timeout: float = 5.0,
    ) -> None:
        self.name = adapter.checked_store(name)
        self._path = Path(os.path.abspath(path))
        # SQLite creates an absent file only with the c.
        self._uri = f"{self._path.as_uri()}?mode={'rwc' if purpose == 'create' else 'rw'}"
        self._timeout_s = timeout
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None  # that of the connection
        self._is_closed = False
        self._notice_fork = adapter.call_after_fork(self._forget_connection)
        try:
            if purpose != "read":  # the first read of a reader reports what is absent
                with self._connected() as connection:
                    connection.execute(TABLE if purpose == "create" else ANY)
                # One that disappears later is not created again, without the table.
                self._uri = f"{self._path.as_uri()}?mode=rw"
        except BaseException:
            self.close()
            raise

    def get(
        self, option: str, *, keys: Collection[str] | None = None, consistent: bool = True
    ) -> Values:
        option, keys = adapter.checked_option(option, store=self.name), adapter.checked_keys(keys)
        with self._connected() as connection:
            values = self._read(connection, option).get(option)
        if values is None:
            raise errors.OptionNotFoundError(self.name, option)
        return adapter.select(values, keys).copy()

    def items(self, *, consistent: bool = True) -> Iterator[tuple[str, Values]]:
        with self._connected() as connection:
            options = self._read(connection)
        return ((option, values.copy()) for option, values in options.items())

    def set(self, option: str, values: Mapping[str, Any]) -> None:
        option = adapter.checked_option(option, store=self.name)
        canonical = adapter.canonical_values(option, values, store=self.name)
        with self._connected() as connection:
            self._write(connection, option, canonical)

    def update(
        self, option: str, values: Mapping[str, Any], *, remove: Collection[str] = ()
    ) -> None:
        option = adapter.checked_option(option, store=self.name)
        changed, removed = adapter.canonical_update(option, values, remove, store=self.name)
        with self._connected() as connection:
            connection.execute("BEGIN IMMEDIATE")  # nobody else writes between this read and write
            old = self._read(connection, option).get(option)
            merged = adapter.merge_update(option, old, changed, removed, store=self.name)
            self._write(connection, option, merged)

    def delete(self, option: str) -> None:
        option = adapter.checked_option(option, store=self.name)
        with self._connected() as connection:
            if connection.execute(DELETE, (self.name, option)).rowcount == 0:
                raise errors.OptionNotFoundError(self.name, option)

    def poll(self, checkpoint: object = None, *, consistent: bool = False) -> Poll:
        with self._connected() as connection:
            # First: what is committed in between is read now, and once more by the next poll.
            ((by_others,),) = connection.execute("PRAGMA data_version").fetchall()
            stamp = connection, by_others, connection.total_changes
            old = None
            if isinstance(checkpoint, _Checkpoint) and checkpoint.store is self:
                if checkpoint.stamp == stamp:
                    return Poll(checkpoint, {})
                old = checkpoint.options
            new = self._read(connection)
        return adapter.poll_between(_Checkpoint(self, stamp, new), old, new)

    def update_interval_hint(self) -> float:
        return 1.0  # a look at an unchanged file is one PRAGMA

    def secrets_context(self) -> str:
        return f"{self._path.name}/{self.name}"

    def close(self) -> None:
        self._notice_fork()
        with _lock:
            self._is_closed = True
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @contextmanager
    def _connected(self) -> Generator[sqlite3.Connection]:
        """One transaction under the lock; SQLite's errors become confstore's."""
        self._notice_fork()
        with _lock:
            if self._is_closed:
                raise errors.StoreClosedError(self.name)
            try:
                file = self._stat()
                if self._connection is not None and self._file not in (None, file):
                    # Another file has the name now, a backup's for instance: nobody writes to ours.
                    self._connection.close()
                    self._connection = None
                self._file = file
                if self._connection is None:
                    self._connection = sqlite3.connect(
                        self._uri,
                        timeout=self._timeout_s,
                        isolation_level=None,
                        check_same_thread=False,
                        uri=True,
                    )
                    # Not str: sqlite3 quotes a text that is not UTF-8 in its error.
                    self._connection.text_factory = bytes
                with self._connection:
                    yield self._connection
            except sqlite3.Error as error:
                raise self._error(error) from error

    def _read(self, connection: sqlite3.Connection, *option: str) -> dict[str, ReadOnlyDict]:
        query = f"{SELECT} AND option = ?" if option else SELECT
        # All rows at once: an unfinished SELECT would keep its lock.
        rows = connection.execute(query, (self.name, *option)).fetchall()
        return dict(self._option(*row) for row in rows)

    def _option(self, name: bytes, document: bytes) -> tuple[str, ReadOnlyDict]:
        place = f"{self._path}, store {self.name!r}, option {name.decode(errors='replace')!r}"
        try:
            option = name.decode()
            return option, options_from_json(document, place, option=option)[option]
        except UnicodeDecodeError:  # here and below somebody else wrote the row
            reason = "its name is not UTF-8"
        except errors.InvalidDocumentError as error:
            place, reason = error.place, error.reason
        raise errors.CorruptStoreError(place, reason)

    def _write(self, connection: sqlite3.Connection, option: str, values: ReadOnlyDict) -> None:
        row = self.name, option, json.dumps(values_to_json(values), ensure_ascii=False)
        connection.execute("INSERT OR REPLACE INTO confstore VALUES (?, ?, ?)", row)

    def _error(self, error: sqlite3.Error) -> errors.ConfigStoreError:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the higher bits give details
        if code in BROKEN:
            return errors.CorruptStoreError(str(self._path), str(error))
        reason = f"{self._path}: {error}"
        if self._is_absent() or "no such table" in reason:
            return errors.StoreNotFoundError(self.name, reason)
        if code in TRY_AGAIN:
            return errors.StoreUnavailableError(self.name, reason)
        kind = errors.AccessDeniedError if code in REFUSED else errors.BackendError
        return kind(self.name, reason)

    def _stat(self) -> tuple[int, int] | None:
        try:
            found = os.stat(self._path)
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _is_absent(self) -> bool:
        try:
            os.stat(self._path)
        except OSError as error:
            return isinstance(error, FileNotFoundError | NotADirectoryError)
        return False

    def _forget_connection(self) -> None:
        _inherited.append(self._connection)
        self._connection = None


def open_url(url: str, *, purpose: str = "write") -> SQLiteStore:
    """The store that `sqlite:PATH?store=NAME` names; for the entry point."""
    parsed = adapter.StoreURL.parse(url, ("store",))
    path, name = parsed.decode(parsed.path), parsed.text("store")
    if name is None or not path or path.startswith("//") or "\0" in path:
        raise parsed.error("a SQLite store's URL is sqlite:PATH?store=NAME")
    return SQLiteStore(path, name, purpose=purpose)
