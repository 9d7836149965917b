"""A file that is read again only when it has changed."""

from __future__ import annotations

import hashlib
import logging
import os
import stat
from collections.abc import Callable, Mapping
from types import MappingProxyType

import attrs

from confstore.adapter import ReadOnlyDict, is_same
from confstore.errors import BackendError, CorruptStoreError, StoreUnavailableError
from confstore_file._document import is_blank, options_from_bytes
from confstore_file._os_errors import store_error

__all__ = ["SETTLED_S", "State", "WatchedFile", "digest_of", "signature_of"]

_log = logging.getLogger("confstore")

SETTLED_S = 2.0
"""
Age at which a file's time of modification proves that nobody has written to it since.

The coarsest time stamps of a file system in use have steps of two seconds: FAT, by Microsoft's
"File Times". A file that is younger may change again and keep its stamp.
"""

_MAX_READS = 5
"""Readings of a file that changes meanwhile; a guess: who writes in place is soon done."""

NO_FILE = hashlib.sha256(b"").hexdigest()
"""The digest that stands for an options file that is not there."""

Signature = tuple[int, int, int, int, int]


@attrs.frozen(eq=False)
class State:
    """
    What a file held when it was read.

    Attributes:
        file: The `WatchedFile` that read it.
        options: Its options, read-only.
        signature: What `os.stat` said of it then; None while that proves nothing.
        digest: SHA-256 of its bytes in hexadecimal digits; of no bytes where there is no file.
    """

    file: WatchedFile = attrs.field(repr=False)
    options: Mapping[str, ReadOnlyDict] = attrs.field(repr=False)
    digest: str = attrs.field(repr=False)
    signature: Signature | None = None

    @property
    def is_absent(self) -> bool:
        """Whether there was no file; an empty one is no store."""
        return self.digest == NO_FILE


class WatchedFile:
    """
    The options in a file, parsed anew only when it has changed.

    Needs no lock: a state is never changed, and each reader puts its own, with one reference, in
    the place of the last. An older one that comes late is found to be old by the next reader.
    """

    def __init__(self, path: str, store: str, wall_clock: Callable[[], float]) -> None:
        """
        Watch a path; the file need not exist.

        Args:
            path: An absolute path.
            store: The store's name, for errors and logs.
            wall_clock: Seconds since the epoch, as in the file's times.
        """
        self._path = path
        self._store = store
        self._wall_clock = wall_clock
        self._absent = State(self, MappingProxyType({}), NO_FILE)
        self._state = self._absent
        # Once there was something in the file, its absence is no empty store.
        self._is_known = False
        self._has_warned = False

    def read(self, *, is_for_write: bool = False) -> State:
        """
        The file as it is now.

        Args:
            is_for_write: Whether the caller is about to create what is absent.

        Raises:
            ConfigStoreError: It cannot be read, or what it holds is not a store.
        """
        # Before the look: another thread may create the file right after it.
        is_known = self._is_known
        try:
            status = os.stat(self._path)
            state = self._state
            if state.signature is not None and state.signature == signature_of(status):
                return state
            if not stat.S_ISREG(status.st_mode):
                raise BackendError(self._store, f"{self._path} is not a file")
            signature, content = self._content()
        except FileNotFoundError:
            return self._without_file(is_known=is_known, is_for_write=is_for_write)
        except OSError as error:
            raise store_error(error, self._store, f"reading {self._path}") from error
        return self._parsed(signature, content, is_known=is_known)

    def _without_file(self, *, is_known: bool, is_for_write: bool) -> State:
        if is_known:
            reason = (
                f"{self._path} was there and is gone: an editor may be saving it; "
                "if it was removed for good, open the store anew"
            )
            raise StoreUnavailableError(self._store, reason)
        if not (self._has_warned or is_for_write):
            self._has_warned = True
            _log.warning(
                "store %r is empty until something is written: %s does not exist",
                self._store,
                self._path,
            )
        return self._absent

    def _content(self) -> tuple[Signature | None, bytes]:
        """The file's bytes, and its signature if that proves anything."""
        for _ in range(_MAX_READS):
            # The clock first: what is written after this has a later time.
            now_s = self._wall_clock()
            with open(self._path, "rb", buffering=0) as file:
                status = os.fstat(file.fileno())
                content = file.read()
                is_whole = signature_of(os.fstat(file.fileno())) == signature_of(status)
            if is_whole:
                is_settled = now_s - status.st_mtime_ns / 1e9 >= SETTLED_S
                return signature_of(status) if is_settled else None, content
        reason = f"{self._path} changes faster than it can be read"
        raise StoreUnavailableError(self._store, reason)

    def _parsed(self, signature: Signature | None, content: bytes, *, is_known: bool) -> State:
        if is_blank(content):
            if is_known:
                reason = f"{self._path} is empty: an editor may be saving it"
                raise StoreUnavailableError(self._store, reason)
            place = f"{os.path.basename(self._path)}:1:1"
            raise CorruptStoreError(place, "the file is empty; a store without options is {}")
        self._is_known = True
        last = self._state
        digest = digest_of(content)
        if digest == last.digest:
            options = last.options
        else:
            parsed = options_from_bytes(content, os.path.basename(self._path))
            options = MappingProxyType(_shared(last.options, parsed))
        self._state = State(self, options, digest, signature)
        return self._state

    def written(self, options: Mapping[str, ReadOnlyDict], content: bytes) -> None:
        """
        Take note of what the caller has just written.

        Args:
            options: The options.
            content: The bytes that stand for them.
        """
        self._is_known = True
        self._state = State(self, MappingProxyType(dict(options)), digest_of(content))


def digest_of(content: bytes) -> str:
    """SHA-256 of what a file holds, in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def signature_of(status: os.stat_result) -> Signature:
    """What changes whenever a file does, unless it does so within one step of the clock."""
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino, status.st_dev


def _shared(
    old: Mapping[str, ReadOnlyDict], new: dict[str, ReadOnlyDict]
) -> dict[str, ReadOnlyDict]:
    """The new options; of those that are the same as before, the old objects, not to keep both."""
    if not old:
        return new
    return {
        option: old[option] if option in old and is_same(old[option], values) else values
        for option, values in new.items()
    }
