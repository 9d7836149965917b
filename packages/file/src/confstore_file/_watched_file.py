"""A file that is read again only when it has changed."""

from __future__ import annotations

import hashlib
import logging
import os
import stat
from collections.abc import Callable, Mapping
from types import MappingProxyType

import attrs

from confstore import ReadOnlyDict
from confstore.adapter import is_same
from confstore.errors import BackendError, CorruptStoreError, StoreUnavailableError
from confstore.files import open_regular
from confstore_file._document import is_blank, options_from_bytes
from confstore_file._os_errors import store_error

__all__ = ["SETTLED_S", "Signature", "State", "WatchedFile", "digest_of", "signature_of"]

_log = logging.getLogger("confstore")

SETTLED_S = 2.0
"""
Age at which a file's time of modification proves that nobody has written to it since.

The coarsest time stamps of a file system in use have steps of two seconds: FAT, by Microsoft's
"File Times". A file that is younger may change again and keep its stamp.
"""

_MAX_READS = 5
"""Readings of a file that changes meanwhile; a guess: a write in place takes a moment."""

NO_FILE = hashlib.sha256(b"").hexdigest()
"""The digest of an options file that does not exist: that of no bytes."""

Signature = tuple[int, int, int, int, int]


@attrs.frozen(eq=False)
class State:
    """
    The content of a file when it was read.

    Attributes:
        file: The `WatchedFile` that read it.
        options: Its options, read-only.
        signature: Its `os.stat` then; None while an equal one does not prove equal content.
        digest: SHA-256 of its bytes in hexadecimal digits; of no bytes where there is no file.
    """

    file: WatchedFile = attrs.field(repr=False)
    options: Mapping[str, ReadOnlyDict] = attrs.field(repr=False)
    digest: str = attrs.field(repr=False)
    signature: Signature | None = None

    @property
    def is_absent(self) -> bool:
        """True if there was no file; an empty file is not a store."""
        return self.digest == NO_FILE


class WatchedFile:
    """
    The options in a file, parsed again only when it has changed.

    Needs no lock: a state never changes, and each reader replaces the last state with one
    assignment. If a slow reader puts an older state there, the next reader finds that it is old.
    """

    def __init__(
        self,
        path: str,
        store: str,
        wall_clock: Callable[[], float],
        *,
        is_optional: bool = False,
    ) -> None:
        """Watch an absolute path; the file need not exist, and an optional one may be removed."""
        self._path = path
        self._store = store
        self._wall_clock = wall_clock
        self._absent = State(self, MappingProxyType({}), NO_FILE)
        self._state = self._absent
        # Once the file was seen, its absence is a fault and not an empty store.
        self._is_known = False
        self._is_optional = is_optional
        self._was_gone = False
        self._has_warned = is_optional
        # Of a broken file, so that a large one is not parsed again at each look.
        self._fault: tuple[Signature, CorruptStoreError] | None = None

    def expect_absence(self) -> None:
        """Do not warn of an absent file: a write is about to make it."""
        self._has_warned = True

    def read(self, *, is_for_write: bool = False) -> State:
        """
        The file as it is now.

        Args:
            is_for_write: True if the caller is about to create an absent file.

        Raises:
            ConfigStoreError: It cannot be read, or does not hold a store.
        """
        # Before os.stat: another thread may create the file right after it.
        is_known = self._is_known
        try:
            status = os.stat(self._path)
            state = self._state
            if state.signature is not None and state.signature == signature_of(status):
                return state
            fault = self._fault
            if fault is not None and fault[0] == signature_of(status):
                raise CorruptStoreError(*fault[1].args)
            if not stat.S_ISREG(status.st_mode):
                raise BackendError(self._store, f"{self._path} is not a file")
            signature, content = self._content()
        except FileNotFoundError:
            return self._without_file(is_known=is_known, is_for_write=is_for_write)
        except OSError as error:
            raise store_error(error, self._store, f"reading {self._path}") from error
        return self._parsed(signature, content, is_known=is_known)

    def _without_file(self, *, is_known: bool, is_for_write: bool) -> State:
        if is_known and self._is_optional and self._was_gone:
            # Gone at the look before, too: nobody is saving it.
            self._is_known = is_known = False
        if is_known:
            self._was_gone = True
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
                extra={"store": self._store},
            )
        return self._absent

    def _content(self) -> tuple[Signature | None, bytes]:
        """The file's bytes, and its signature if an equal one proves equal content."""
        for _ in range(_MAX_READS):
            # The clock first: a write after this has a later time.
            now_s = self._wall_clock()
            with open(self._path, "rb", buffering=0, opener=open_regular) as file:
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
        self._is_known, self._was_gone = True, False
        last = self._state
        digest = digest_of(content)
        if digest == last.digest:
            options = last.options
        else:
            try:
                parsed = options_from_bytes(content, os.path.basename(self._path))
            except CorruptStoreError as error:
                self._fault = None if signature is None else (signature, error)
                raise
            options = MappingProxyType(_shared(last.options, parsed))
        self._state = State(self, options, digest, signature)
        return self._state

    def written(self, options: Mapping[str, ReadOnlyDict], content: bytes) -> None:
        """Keep the options and the bytes that the caller has just written as the last state."""
        self._is_known = True
        self._state = State(self, MappingProxyType(dict(options)), digest_of(content))


def digest_of(content: bytes) -> str:
    """SHA-256 of a file's content, in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def signature_of(status: os.stat_result) -> Signature:
    """Numbers that change with a file, unless it changes twice within one step of the clock."""
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino, status.st_dev


def _shared(
    old: Mapping[str, ReadOnlyDict], new: dict[str, ReadOnlyDict]
) -> dict[str, ReadOnlyDict]:
    """The new options; the old object for each one that is the same, so that not both are kept."""
    if not old:
        return new
    return {
        option: old[option] if option in old and is_same(old[option], values) else values
        for option, values in new.items()
    }
